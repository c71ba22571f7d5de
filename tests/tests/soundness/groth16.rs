//! Launches proved by Groth16: what binds them to their neighbours.

use kernelwise_core::field::{AffineRepr, Field, Fr, G1Affine};
use kernelwise_core::groth16::PROOF_BYTES;
use kernelwise_core::program::{Program, TensorId};
use kernelwise_prover::{Proved, Witness};
use kernelwise_tests::cheats::{Alteration, edit, tensor};
use kernelwise_tests::checks::Check;
use kernelwise_tests::circuits::{
    by_groth16, chained_squares, field_elements, pipeline, random_program,
};
use kernelwise_tests::run::Case;

fn refused(case: &Case, proved: &Proved) -> Check {
    Check::of(&case.verify(proved).expect_err("a false proof is rejected"))
}

#[test]
fn every_circuit_proves_either_way() {
    let mut programs: Vec<Program> = vec![pipeline(), field_elements()];
    programs.extend((0..25).map(|seed| random_program(seed).validate().expect("valid")));
    for (seed, program) in (0u64..).zip(programs) {
        let case = Case::new(by_groth16(&program), seed);
        let proved = case.prove(&case.witness());
        case.verify(&proved)
            .unwrap_or_else(|error| panic!("{seed}: {error}"));
        let other = Case::new(program, seed);
        assert_eq!(
            other.witness().public(other.key.program()),
            case.witness().public(case.key.program()),
            "{seed}: systems agree on what is computed"
        );
    }
}

/// One launch by Groth16, its neighbour by sumchecks: mixed programs verify as one.
#[test]
fn systems_mix() {
    for launch in 0..2 {
        let mut graph = pipeline().graph().clone();
        let system = kernelwise_core::kernels::ProofSystem::Groth16;
        graph.prove_with(launch, system).expect("a circuit");
        let case = Case::new(graph.validate().expect("valid"), 4);
        case.verify(&case.prove(&case.witness())).expect("honest");
    }
}

type Change = fn(&mut [i64]);

/// The check that rejects a run of the pipeline, all of its circuits by Groth16, after `change` to a tensor.
fn rejected_by(name: &str, change: Change) -> Check {
    let case = Case::new(by_groth16(&pipeline()), 3);
    let mut witness = case.witness();
    edit(&mut witness, tensor(case.key.program(), name, 0), change);
    witness.count_lookups(case.key.program()).expect("counts");
    Check::of(&case.refusal(&witness))
}

#[test]
fn false_runs() {
    // A gate's output, an instance in place of another, a hint that is not the input's bits, one that is no bit.
    assert_eq!(rejected_by("power", |v| v[4] += 1), Check::Groth16);
    assert_eq!(rejected_by("power", |v| v.swap(0, 6)), Check::Groth16);
    assert_eq!(rejected_by("bits", |v| v[5] ^= 1), Check::Groth16);
    let not_a_bit = rejected_by("bits", |v| {
        let sum = v[0] + 2 * v[1] + 4 * v[2] + 8 * v[3];
        v[..4].copy_from_slice(&[sum, 0, 0, 0]);
        v[0] += i64::from(sum < 2) * 16;
    });
    assert_eq!(not_a_bit, Check::Groth16);
    // The result of a lookup is shared: the table vouches for another pair.
    let other_root = rejected_by("root", |v| v[0] = if v[0] == 4 { 9 } else { 4 });
    assert_eq!(other_root, Check::LookupLayer(0));
    // Looked up as it should be, but not what the gates make of the inputs.
    assert_eq!(rejected_by("ranged", |v| v[1] ^= 1), Check::Groth16);
}

/// Proves an honest run with a message altered, or what a commitment or a proof is about.
fn altered(
    case: &Case,
    label: &'static str,
    nth: usize,
    change: impl FnMut(&mut [Fr]) + Send,
) -> Check {
    let mut alteration = Alteration::new(label, nth, change);
    let proved = case.prove_cheating(&case.witness(), &mut |label, values| {
        alteration.apply(label, values);
    });
    assert!(alteration.occurred(), "{label}");
    refused(case, &proved)
}

/// The commitment is to other values than the program has: claims are about the program's.
#[test]
fn committed_to_other_values() {
    let case = Case::new(chained_squares(), 1);
    for launch in 0..2 {
        for element in [0, 5, 6, 11] {
            let change = |values: &mut [Fr]| values[element] += Fr::ONE;
            let got = altered(&case, "groth16 committed", launch, change);
            assert_eq!(got, Check::Groth16);
        }
    }
}

/// The commitment is to the program's values, the proof about others, which were chosen after the challenges.
#[test]
fn values_changed_after_the_challenge() {
    let case = Case::new(chained_squares(), 1);
    for launch in 0..2 {
        let change = |values: &mut [Fr]| {
            // Still true of the relation: another x, and its square.
            values[0] += Fr::ONE;
            values[6] = values[0] * values[0];
        };
        let got = altered(&case, "groth16 proved", launch, change);
        assert_eq!(got, Check::Groth16);
    }
}

/// Commitment and proof agree with one another on a true launch, but not with the rest of the program.
#[test]
fn another_launch_than_the_program_s() {
    let case = Case::new(chained_squares(), 1);
    for launch in 0..2 {
        let mut met = [0; 2];
        let proved = case.prove_cheating(&case.witness(), &mut |label, values| {
            let kind = match label {
                "groth16 committed" => 0,
                "groth16 proved" => 1,
                _ => return,
            };
            if met[kind] == launch {
                values[0] += Fr::ONE;
                values[6] = values[0] * values[0];
            }
            met[kind] += 1;
        });
        assert_eq!(met, [2, 2]);
        assert_eq!(refused(&case, &proved), Check::Groth16);
    }
}

/// A wrong value for an input: its producer, the statement or the opening would be asked next; where they are satisfied, the proof
/// is not.
#[test]
fn wrong_values_at_the_points() {
    let case = Case::new(chained_squares(), 1);
    let plus_one = |values: &mut [Fr]| values[0] += Fr::ONE;
    // The first value in the backward pass is of the second launch's input, the last of a public one.
    assert_eq!(
        altered(&case, "groth16 value", 0, plus_one),
        Check::Kernel("matmul")
    );
    assert_eq!(
        altered(&case, "groth16 value", 1, plus_one),
        Check::InputClaim
    );
}

/// The offset of the carried commitments and of the proofs within the messages.
fn places(case: &Case, proved: &Proved) -> (usize, usize) {
    let key = case.key.verifier();
    let trace = kernelwise_core::verify::verify_traced(key, &proved.public, &proved.proof);
    let trace = trace.expect("honest");
    let of = |label| trace.iter().find(|message| message.label == label);
    let offset = |label| of(label).expect("it occurs").offset;
    (offset("groth16 commitment"), offset("groth16 proof"))
}

#[test]
fn carried_commitments_swapped_reused_or_shifted() {
    let case = Case::new(chained_squares(), 1);
    let witness = case.witness();
    let mut earlier: Vec<G1Affine> = Vec::new();
    let honest = case.prove_with_carried(&witness, &mut |points| earlier = points.to_vec());
    case.verify(&honest).expect("nothing was altered");
    type Cheat<'a> = &'a (dyn Fn(&mut [G1Affine]) + Sync);
    let cheats: [Cheat<'_>; 5] = [
        &|points| points.swap(0, 1),
        &|points| points[0] = earlier[0],
        &|points| points[1] = earlier[1],
        &|points| points[0] = -points[0],
        &|points| points[0] = G1Affine::zero(),
    ];
    for (index, cheat) in cheats.into_iter().enumerate() {
        let proved = case.prove_with_carried(&witness, &mut |points| cheat(points));
        assert_eq!(refused(&case, &proved), Check::Groth16, "{index}");
    }
}

/// Proofs are the last messages, so that exchanging them leaves every challenge as it is.
#[test]
fn proofs_swapped_or_reused() {
    let case = Case::new(chained_squares(), 1);
    let witness = case.witness();
    let (honest, other) = (case.prove(&witness), case.prove(&witness));
    let (_, start) = places(&case, &honest);
    let end = honest.proof.messages.len();
    assert_eq!(end - start, 2 * PROOF_BYTES);
    let mut swapped = honest.clone();
    swapped.proof.messages[start..].rotate_left(PROOF_BYTES);
    assert_eq!(refused(&case, &swapped), Check::Groth16);
    for launch in 0..2 {
        let range = start + launch * PROOF_BYTES..start + (launch + 1) * PROOF_BYTES;
        let mut reused = honest.clone();
        reused.proof.messages[range.clone()].copy_from_slice(&other.proof.messages[range]);
        assert_eq!(refused(&case, &reused), Check::Groth16);
    }
}

/// Two launches under one key, each with the other's values.
#[test]
fn launches_exchanged() {
    let case = Case::new(chained_squares(), 1);
    assert_eq!(case.key.verifier().linked().keys().len(), 1);
    let mut seen = Vec::new();
    case.prove_cheating(&case.witness(), &mut |label, values| {
        if label == "groth16 committed" {
            seen.push(values.to_vec());
        }
    });
    let mut met = [0; 2];
    let proved = case.prove_cheating(&case.witness(), &mut |label, values| {
        let kind = match label {
            "groth16 committed" => 0,
            "groth16 proved" => 1,
            _ => return,
        };
        values.copy_from_slice(&seen[1 - met[kind]]);
        met[kind] += 1;
    });
    assert_eq!(refused(&case, &proved), Check::Groth16);
}

/// A key of another setup has other secrets.
#[test]
fn proof_under_another_setup() {
    let (case, other) = (
        Case::new(chained_squares(), 1),
        Case::new(chained_squares(), 1),
    );
    let mut proved = case.prove(&case.witness());
    assert_ne!(case.key.verifier().digest(), other.key.verifier().digest());
    proved.proof.key = other.key.verifier().digest();
    other
        .verify(&proved)
        .expect_err("another key, other challenges");
}

/// What only the launch knows cannot be used by others, and nothing but circuits can be chosen.
#[test]
fn choices_that_validation_refuses() {
    use kernelwise_core::kernels::ProofSystem;
    let program = by_groth16(&pipeline());
    let bits = tensor(&program, "bits", 0);
    let refused = |change: &dyn Fn(&mut kernelwise_core::program::KernelGraph)| {
        let mut graph = program.graph().clone();
        change(&mut graph);
        graph.validate().expect_err("refused").to_string()
    };
    let error = refused(&|graph| graph.outputs.push(bits));
    assert!(error.contains("`bits`"), "{error}");
    let error = refused(&|graph| {
        let y: TensorId = graph.launches[1].inputs[0];
        graph.tensors[bits.0 as usize].shape = graph.tensors[y.0 as usize].shape.clone();
        graph.launches[1].inputs[0] = bits;
    });
    assert!(error.contains("`bits`"), "{error}");
    let root = tensor(&program, "root", 0);
    let error = refused(&|graph| {
        graph.tensors[root.0 as usize].range = kernelwise_core::program::Range::new(0, 224);
    });
    assert!(error.contains("hint range"), "{error}");
    let mut graph = program.graph().clone();
    let product = graph.launches.len() - 1;
    graph
        .prove_with(product, ProofSystem::Groth16)
        .expect_err("a matrix product");
    graph
        .prove_with(99, ProofSystem::Groth16)
        .expect_err("no launch");
    graph.prove_with(0, ProofSystem::Gkr).expect("and back");
    graph.prove_with(1, ProofSystem::Gkr).expect("and back");
    assert_eq!(
        graph.validate().expect("valid").digest(),
        pipeline().digest()
    );
}

/// The proof of a false run is made without complaint, and does not verify: nothing in the prover stands for a check.
#[test]
fn prover_does_not_check() {
    let case = Case::new(chained_squares(), 1);
    let mut witness: Witness = case.witness();
    edit(&mut witness, tensor(case.key.program(), "z", 0), |v| {
        v[0] += 1
    });
    let proved = case.prove(&witness);
    assert_eq!(refused(&case, &proved), Check::Groth16);
}
