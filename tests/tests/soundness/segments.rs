//! Segments have transcripts of their own, and none of them stands for another.

use kernelwise_core::program::Program;
use kernelwise_core::transcript::Message;
use kernelwise_core::verify;
use kernelwise_core::verify::verify_traced;
use kernelwise_core::wire::ModelProof;
use kernelwise_prover::Proved;
use kernelwise_tests::checks::Check;
use kernelwise_tests::graphs::{Builder, network};
use kernelwise_tests::run::Case;
use kernelwise_tests::small;

/// Two matrix products of equal shapes, side by side.
fn side_by_side() -> Program {
    let mut builder = Builder::without_tables();
    let x = builder.input(&[2, 3]);
    let outputs = [builder.matmul(x, 1, 3), builder.matmul(x, 1, 3)];
    builder.finish(&outputs)
}

/// An honest proof and the messages of its products, which are all there are before the opening.
fn honest(case: &Case) -> (Proved, Vec<Message>) {
    let proved = case.prove(&case.witness());
    let traced = verify_traced(case.key.verifier(), &proved.public, &proved.proof);
    let mut messages = traced.expect("an honest proof verifies");
    messages.retain(|message| message.label.starts_with("matmul"));
    (proved, messages)
}

fn check_with(case: &Case, proved: &Proved, messages: Vec<u8>) -> Check {
    let proof = ModelProof {
        messages,
        ..proved.proof.clone()
    };
    let refused = verify(case.key.verifier(), &proved.public, &proof);
    Check::of(&refused.expect_err("a false proof"))
}

#[test]
fn launches_fall_apart_at_committed_tensors() {
    let names = |program: &Program| -> Vec<Vec<String>> {
        let launches = &program.graph().launches;
        let segments = program.segments().apart().iter();
        segments
            .map(|segment| {
                let own = segment.launches().iter();
                own.map(|&index| launches[index].kernel.relation().name().to_owned())
                    .collect()
            })
            .collect()
    };
    assert_eq!(names(&side_by_side()), [["matmul"], ["matmul"]]);
    // One after the other, the claim on what is between them goes on.
    let chained = small::two_products(false);
    assert!(chained.segments().apart().is_empty());
    assert_eq!(chained.segments().together(), [1, 0]);
    let network = network(0);
    assert_eq!(
        names(&network),
        [
            vec!["matmul"],
            vec!["rescale", "matmul", "reshape"],
            vec!["rescale", "linear", "conv2d"],
            vec!["max-pool"],
            vec!["rescale", "linear", "conv2d"],
        ]
    );
}

#[test]
fn segments_exchanged() {
    let case = Case::new(side_by_side(), 1);
    let (proved, messages) = honest(&case);
    let halves = messages.split_at(messages.len() / 2);
    let bytes = |part: &[Message]| {
        let (first, last) = (part.first().expect("some"), part.last().expect("some"));
        proved.proof.messages[first.offset..last.offset + last.len].to_vec()
    };
    let (left, right) = (bytes(halves.0), bytes(halves.1));
    assert_eq!(left.len(), right.len());
    let start = messages[0].offset;
    let mut exchanged = proved.proof.messages.clone();
    exchanged.splice(start..start + 2 * left.len(), [right, left].concat());
    assert_ne!(exchanged, proved.proof.messages);
    let check = check_with(&case, &proved, exchanged);
    assert_eq!(check, Check::Kernel("matmul"));
}

/// The segment holds as it was proved; its statement is another.
#[test]
fn segment_of_another_run() {
    let case = Case::new(side_by_side(), 1);
    let mut other = Case::new(side_by_side(), 1);
    other.inputs = Case::new(side_by_side(), 2).inputs;
    let (proved, messages) = honest(&case);
    let (donor, same) = honest(&other);
    assert_eq!(messages, same);
    let (first, second) = messages.split_at(messages.len() / 2);
    for part in [first, second] {
        let mut spliced = proved.proof.messages.clone();
        for message in part {
            let range = message.offset..message.offset + message.len;
            spliced[range.clone()].copy_from_slice(&donor.proof.messages[range]);
        }
        let check = check_with(&case, &proved, spliced);
        assert_eq!(check, Check::Kernel("matmul"));
    }
}
