//! A proof is for one program, one key, one version and one statement, and everything it says is bound before the challenges
//! that it is tested with.

use kernelwise_core::commitment::RowLayout;
use kernelwise_core::field::Fr;
use kernelwise_core::program::{Digest, Program, TensorKind};
use kernelwise_core::transcript::{Instance, ProverTranscript, VerifierTranscript};
use kernelwise_core::wire::{FileKind, ModelProof, WireError, decode_file, encode_file};
use kernelwise_core::{PublicTensors, VerifyError, verify};
use kernelwise_prover::Proved;
use kernelwise_tests::cheats::tensor;
use kernelwise_tests::checks::Check;
use kernelwise_tests::graphs::network;
use kernelwise_tests::run::{Case, integers};
use kernelwise_tests::small;

/// What rejects a proof with lookups under other challenges than it was made for: layer 0 has no rounds, and holds for any.
const OTHER_CHALLENGES: Check = Check::LookupLayer(1);

fn honest(case: &Case) -> Proved {
    let proved = case.prove(&case.witness());
    case.verify(&proved).expect("an honest proof verifies");
    proved
}

/// The check that rejects `proof` under the key of `case`, first as it is and then with the digests that the key asks for.
fn under_another_key(case: &Case, proved: &Proved) -> (Check, Check) {
    let key = case.key.verifier();
    let as_is = verify(key, &proved.public, &proved.proof).expect_err("another key");
    let relabelled = ModelProof {
        program: key.program().digest(),
        key: key.digest(),
        messages: proved.proof.messages.clone(),
    };
    let relabelled = verify(key, &proved.public, &relabelled).expect_err("another key");
    (Check::of(&as_is), Check::of(&relabelled))
}

#[test]
fn proof_for_another_model() {
    // The same messages in number and kind: one table entry differs.
    let programs = |hi: i64| -> Program {
        let mut graph = small::quantised().graph().clone();
        let table = graph.tables.last_mut().expect("clamp");
        assert_eq!(table.name, "clamp");
        table.function = kernelwise_core::program::TableFunction::Clamp(
            kernelwise_core::program::Range::new(-8, hi),
        );
        graph.validate().expect("valid")
    };
    let (one, other) = (Case::new(programs(7), 1), Case::new(programs(6), 1));
    let (as_is, relabelled) = under_another_key(&other, &honest(&one));
    assert_eq!((as_is, relabelled), (Check::WrongProgram, OTHER_CHALLENGES));
}

#[test]
fn proof_for_another_key() {
    let (one, other) = (Case::new(network(1), 1), Case::new(network(1), 2));
    let (as_is, relabelled) = under_another_key(&other, &honest(&one));
    assert_eq!((as_is, relabelled), (Check::WrongKey, OTHER_CHALLENGES));
}

#[test]
fn launches_swapped() {
    let case = Case::new(small::two_products(false), 1);
    let swapped = Case::new(small::two_products(true), 1);
    let (as_is, relabelled) = under_another_key(&case, &honest(&swapped));
    assert_eq!(
        (as_is, relabelled),
        (Check::WrongProgram, Check::Kernel("matmul"))
    );
}

/// The prover runs its launches with each other's weights, under the right program.
#[test]
fn weights_swapped_between_launches() {
    let case = Case::new(small::two_products(false), 1);
    let program = case.key.program();
    let ids = [tensor(program, "weight", 0), tensor(program, "weight", 1)];
    let mut parameters = case.key.parameters().clone();
    let [first, second] = ids.map(|id| parameters[&id].clone());
    assert_ne!(first, second);
    parameters.insert(ids[0], second);
    parameters.insert(ids[1], first);
    let witness = kernelwise_prover::execute(program, &parameters, case.key.hints(), &case.inputs)
        .expect("runs");
    assert_eq!(Check::of(&case.refusal(&witness)), Check::GROUP);
}

#[test]
fn proof_used_for_another_statement() {
    for (program, expected) in [
        (network(1), OTHER_CHALLENGES),
        (small::product(), Check::Kernel("matmul")),
    ] {
        let case = Case::new(program, 1);
        let proved = honest(&case);
        let reject = |public: &PublicTensors| {
            Check::of(
                &case
                    .verify_as(public, &proved)
                    .expect_err("another statement"),
            )
        };
        let nudge = |value: &mut i64| *value += if *value > 0 { -1 } else { 1 };
        let mut input = proved.public.clone();
        nudge(&mut integers(&mut input.inputs[0])[1]);
        assert_eq!(reject(&input), expected);
        let mut output = proved.public.clone();
        nudge(&mut integers(&mut output.outputs[0])[1]);
        assert_eq!(reject(&output), expected);
        let mut order = proved.public.clone();
        integers(&mut order.inputs[0]).swap(0, 1);
        assert_ne!(order, proved.public);
        assert_eq!(reject(&order), expected);
    }
}

#[test]
fn proof_of_another_input_for_the_same_output() {
    // A zero weight gives every input the same output.
    let program = small::product();
    let mut case = Case::new(program, 1);
    let id = tensor(case.key.program(), "weight", 0);
    let zero = {
        let mut parameters = case.key.parameters().clone();
        let tensor = parameters.get_mut(&id).expect("weight");
        let zeros = vec![0; tensor.shape().len()];
        *tensor = kernelwise_prover::IntTensor::new(
            tensor.shape().clone(),
            &zeros,
            &kernelwise_core::program::Range::new(-8, 7),
        );
        parameters
    };
    case.key = kernelwise_prover::setup(
        small::product(),
        zero,
        kernelwise_tests::run::devices(&case.device),
    )
    .expect("setup");
    let one = honest(&case);
    let first = &mut integers(&mut case.inputs[0])[0];
    *first = if *first == 0 { 1 } else { 0 };
    let other = honest(&case);
    assert_eq!(one.public.outputs, other.public.outputs);
    let error = case
        .verify_as(&other.public, &one)
        .expect_err("another input");
    // All claims are on zeros except the one on the input, and its point depends on the input.
    assert_eq!(Check::of(&error), Check::InputClaim);
}

#[test]
fn proof_of_another_version() {
    let case = Case::new(small::product(), 1);
    let file = encode_file(FileKind::Proof, &honest(&case).proof.encode());
    let mut other = file.clone();
    other[5] = 2;
    let kind = FileKind::Proof;
    assert_eq!(
        decode_file(kind, &other),
        Err(WireError::Version { kind, got: 2 })
    );
    assert!(matches!(
        decode_file(FileKind::ProverKey, &file),
        Err(WireError::Kind { got: 4, .. })
    ));
}

#[test]
fn public_tensors_of_the_wrong_shape_or_range() {
    let case = Case::new(small::quantised(), 1);
    let proved = honest(&case);
    type Change = fn(&mut PublicTensors);
    let changes: [(&str, Change); 9] = [
        ("inputs", |public| public.inputs.clear()),
        ("inputs", |public| public.inputs.push(vec![0i64].into())),
        ("outputs", |public| public.outputs.clear()),
        ("outputs", |public| {
            public.outputs.push(Vec::<i64>::new().into())
        }),
        ("input", |public| integers(&mut public.inputs[0]).push(0)),
        ("input", |public| integers(&mut public.inputs[0])[0] = 8),
        ("input", |public| {
            integers(&mut public.inputs[0])[0] = i64::MIN
        }),
        ("y", |public| {
            integers(&mut public.outputs[0]).pop();
        }),
        ("y", |public| integers(&mut public.outputs[0])[0] = i64::MAX),
    ];
    for (expected, change) in changes {
        let mut public = proved.public.clone();
        change(&mut public);
        match case.verify_as(&public, &proved) {
            Err(VerifyError::PublicTensor { tensor, .. }) => assert_eq!(tensor, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn empty_proof() {
    for (program, label) in [
        (network(1), "commitment"),
        (small::product(), "matmul round"),
        (small::reshaped_input(), ""),
    ] {
        let case = Case::new(program, 1);
        let mut proved = honest(&case);
        let needs_messages = !label.is_empty();
        assert_eq!(!proved.proof.messages.is_empty(), needs_messages);
        proved.proof.messages.clear();
        match case.verify(&proved) {
            Err(VerifyError::Malformed { label: got, .. }) => assert_eq!(got, label),
            // Nothing is committed and nothing is summed: the verifier itself compares input and output.
            Ok(()) => assert!(!needs_messages),
            other => panic!("{other:?}"),
        }
    }
}

/// A statement that needs no message is still checked.
#[test]
fn false_statement_without_messages() {
    let case = Case::new(small::reshaped_input(), 1);
    let mut proved = honest(&case);
    integers(&mut proved.public.outputs[0]).swap(0, 1);
    let error = case.verify(&proved).expect_err("a false output");
    assert_eq!(Check::of(&error), Check::InputClaim);
}

/// Splices the commitments of one run into the proof of another: no challenge may have been drawn before them.
#[test]
fn commitments_of_another_run() {
    let mut case = Case::new(small::quantised(), 1);
    let one = honest(&case);
    integers(&mut case.inputs[0]).reverse();
    let other = honest(&case);
    let program = case.key.program();
    let mut offset = 0;
    for (id, advice) in program.tensors_of(TensorKind::Advice) {
        let rows = RowLayout::new(&advice.shape, program.graph().max_columns).rows;
        let part = offset..offset + 32 * rows;
        offset = part.end;
        let mut spliced = one.clone();
        if spliced.proof.messages[part.clone()] == other.proof.messages[part.clone()] {
            continue;
        }
        spliced.proof.messages[part.clone()].copy_from_slice(&other.proof.messages[part]);
        let error = case.verify(&spliced).expect_err("foreign commitments");
        assert_eq!(Check::of(&error), OTHER_CHALLENGES, "{id:?}");
    }
    let mut all = one.clone();
    all.proof.messages[..offset].copy_from_slice(&other.proof.messages[..offset]);
    assert_ne!(all.proof, one.proof);
    let error = case.verify(&all).expect_err("foreign commitments");
    assert_eq!(Check::of(&error), OTHER_CHALLENGES);
}

/// The first challenge of prover and verifier for an instance.
fn first_challenges(instance: &Instance<'_>) -> [Fr; 2] {
    [
        ProverTranscript::new(instance).challenge(),
        VerifierTranscript::new(instance, &[]).challenge(),
    ]
}

#[test]
fn first_challenge_depends_on_all_of_the_instance() {
    let public = |inputs: &[&[i64]], outputs: &[&[i64]]| PublicTensors {
        inputs: inputs.iter().map(|values| values.to_vec().into()).collect(),
        outputs: outputs
            .iter()
            .map(|values| values.to_vec().into())
            .collect(),
    };
    let publics = [
        public(&[&[1, 2]], &[&[3]]),
        public(&[&[1, 4]], &[&[3]]),
        public(&[&[1, 2]], &[&[4]]),
        public(&[&[1, 2, 3]], &[]),
        public(&[&[1], &[2]], &[&[3]]),
        public(&[&[1, 2], &[3]], &[]),
        public(&[], &[&[1, 2], &[3]]),
        public(&[&[2, 1]], &[&[3]]),
    ];
    let mut seen = Vec::new();
    for (program, key) in [
        ([1; 32], [2; 32]),
        ([3; 32], [2; 32]),
        ([1; 32], [3; 32]),
        ([2; 32], [1; 32]),
    ] {
        for public in &publics {
            let (program, key) = (Digest(program), Digest(key));
            let [prover, verifier] = first_challenges(&Instance {
                program,
                key,
                public,
            });
            assert_eq!(prover, verifier);
            assert!(!seen.contains(&prover), "{public:?}");
            seen.push(prover);
        }
    }
}

/// A key that is told apart by more than its size: equal shapes, other weights, other commitments and digest.
#[test]
fn keys_of_equal_shapes_differ() {
    let (one, other) = (Case::new(network(1), 1), Case::new(network(1), 2));
    let (one, other) = (one.key.verifier(), other.key.verifier());
    assert_eq!(one.program().digest(), other.program().digest());
    assert_ne!(one.digest(), other.digest());
    for (id, commitment) in one.parameters() {
        assert_ne!(commitment, &other.parameters()[id]);
    }
}
