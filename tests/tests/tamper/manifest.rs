//! Every message of a proof, with the check that must reject its alteration.

use kernelwise_core::field::{AdditiveGroup, CanonicalDeserialize, CanonicalSerialize, Field, Fr};
use kernelwise_core::transcript::Message;
use kernelwise_core::verify::verify_traced;
use kernelwise_prover::Proved;
use kernelwise_tests::checks::{
    Check, LABELS, Position, check_of, is_arrival, is_claim, is_points,
};
use kernelwise_tests::circuits::{by_groth16, chained_squares, pipeline};
use kernelwise_tests::graphs::network;
use kernelwise_tests::run::Case;
use kernelwise_tests::small;
use rayon::prelude::*;

/// A case with its honest proof, taken apart.
struct Subject {
    case: Case,
    proved: Proved,
    messages: Vec<(Message, Position)>,
}

impl Subject {
    fn new(case: Case) -> Self {
        let proved = case.prove(&case.witness());
        let trace = verify_traced(case.key.verifier(), &proved.public, &proved.proof)
            .expect("an honest proof verifies");
        let (mut at, mut end) = (Position::default(), 0);
        let mut messages = Vec::new();
        for message in trace {
            assert_eq!(message.offset, end, "messages lie side by side");
            end += message.len;
            messages.push((message, at));
            at.pass(message.label);
        }
        assert_eq!(end, proved.proof.messages.len(), "every byte is a message");
        Self {
            case,
            proved,
            messages,
        }
    }

    /// The check that rejects the proof with other bytes at `offset`; `None` if those are what is there.
    fn rejected_by(&self, offset: usize, bytes: &[u8]) -> Option<Check> {
        let mut altered = self.proved.clone();
        altered.proof.messages[offset..offset + bytes.len()].copy_from_slice(bytes);
        (altered.proof != self.proved.proof).then(|| {
            let error = self
                .case
                .verify(&altered)
                .expect_err("an altered proof is rejected");
            Check::of(&error)
        })
    }

    fn bytes(&self, offset: usize, len: usize) -> &[u8] {
        &self.proved.proof.messages[offset..offset + len]
    }

    /// The first, middle and last message of each label.
    fn chosen(&self) -> Vec<(Message, Position)> {
        let of_label = |label: &str| -> Vec<_> {
            self.messages
                .iter()
                .filter(|(message, _)| message.label == label)
                .copied()
                .collect()
        };
        let mut chosen = Vec::new();
        for label in self.labels() {
            let all = of_label(label);
            chosen.extend([0, all.len() / 2, all.len() - 1].map(|index| all[index]));
        }
        chosen
    }

    fn labels(&self) -> Vec<&'static str> {
        let mut labels: Vec<_> = self.messages.iter().map(|(m, _)| m.label).collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    }
}

fn subjects() -> Vec<Subject> {
    [
        network(1),
        small::quantised(),
        small::reshaped(),
        small::mirrored(true),
        small::pooled(),
        small::two_products(false),
        pipeline(),
        by_groth16(&pipeline()),
        chained_squares(),
    ]
    .map(|program| Subject::new(Case::new(program, 1)))
    .into()
}

fn expected(message: &Message, at: Position) -> Check {
    check_of(message.label, at).unwrap_or_else(|| panic!("`{}` is not listed", message.label))
}

/// Whether `got` is the check that must reject an alteration of `message`.
fn fits(message: &Message, at: Position, got: Check) -> bool {
    got == expected(message, at) || (is_claim(message.label) && is_arrival(got))
}

/// A label that nobody has listed fails here, and one that never occurs.
#[test]
fn manifest_lists_the_messages_that_occur() {
    let mut met: Vec<_> = subjects().iter().flat_map(Subject::labels).collect();
    met.sort_unstable();
    met.dedup();
    let mut listed = LABELS;
    listed.sort_unstable();
    assert_eq!(met, listed);
    assert!(
        LABELS
            .iter()
            .all(|label| check_of(label, Position::default()).is_some())
    );
}

fn scalar(bytes: &[u8]) -> Fr {
    Fr::deserialize_compressed(bytes).expect("canonical")
}

fn bytes(value: &Fr) -> Vec<u8> {
    let mut bytes = Vec::new();
    value.serialize_compressed(&mut bytes).expect("32 bytes");
    bytes
}

/// Offsets of the first, middle and last element of a message.
fn elements(message: &Message) -> [usize; 3] {
    let count = message.len / 32;
    [0, count / 2, count - 1].map(|index| message.offset + 32 * index)
}

#[test]
fn field_element_plus_one_negated_or_zero() {
    for subject in subjects() {
        let scalars: Vec<_> = subject
            .chosen()
            .into_iter()
            .filter(|(message, _)| !is_points(message.label))
            .collect();
        scalars.par_iter().for_each(|(message, at)| {
            for offset in elements(message) {
                let value = scalar(subject.bytes(offset, 32));
                for other in [value + Fr::ONE, -value, Fr::ZERO] {
                    let got = subject.rejected_by(offset, &bytes(&other));
                    // A root of zero is refused before its layer is looked at.
                    let zero_root = message.label == "lookup root" && other == Fr::ZERO;
                    let right = |got| match zero_root {
                        true => got == Check::LookupDenominator,
                        false => fits(message, *at, got),
                    };
                    assert!(got.is_none_or(right), "{message:?}: {got:?}");
                }
                // Not every value is its own negative, or zero; but every value has a successor.
                assert!(
                    subject
                        .rejected_by(offset, &bytes(&(value + Fr::ONE)))
                        .is_some()
                );
            }
        });
    }
}

#[test]
fn elements_of_a_message_exchanged() {
    let mut exchanged = 0;
    for subject in subjects() {
        for (message, at) in subject.chosen() {
            let [first, _, last] = elements(&message);
            let mut swapped = subject.bytes(message.offset, message.len).to_vec();
            let end = swapped.len() - 32;
            if first == last {
                continue;
            }
            let (head, tail) = swapped.split_at_mut(end);
            head[..32].swap_with_slice(tail);
            if let Some(got) = subject.rejected_by(message.offset, &swapped) {
                assert!(fits(&message, at, got), "{message:?}: {got:?}");
                exchanged += 1;
            }
        }
    }
    assert!(exchanged > 30, "{exchanged}");
}

#[test]
fn messages_exchanged() {
    let mut exchanged = 0;
    for subject in subjects() {
        // Neighbours of the same length, whatever their labels, and the same label far apart.
        for pair in subject.messages.windows(2) {
            let [(a, at), (b, _)] = pair else {
                unreachable!("windows of two")
            };
            if a.len != b.len || is_points(a.label) != is_points(b.label) {
                continue;
            }
            let mut swapped = subject.bytes(b.offset, b.len).to_vec();
            swapped.extend_from_slice(subject.bytes(a.offset, a.len));
            let Some(got) = subject.rejected_by(a.offset, &swapped) else {
                continue;
            };
            exchanged += 1;
            let fits = match (a.label, b.label) {
                // Two factors exchanged have the same product, and two claims the same sum: what they claim is checked where
                // it arrives, at a producer, an input or the opening.
                ("matmul input", "matmul weight")
                | ("conv2d input", "conv2d weight")
                | ("linear input", "linear input")
                | ("circuit input", "circuit input")
                | ("max-pool input", "max-pool input") => is_arrival(got),
                _ => fits(a, *at, got),
            };
            assert!(fits, "{a:?} and {b:?}: {got:?}");
        }
    }
    assert!(exchanged > 100, "{exchanged}");
}

#[test]
fn byte_of_a_message() {
    for subject in subjects() {
        subject.chosen().par_iter().for_each(|(message, at)| {
            for offset in elements(message) {
                for index in [0, 15, 31] {
                    let byte = subject.bytes(offset + index, 1)[0];
                    for other in [byte ^ 1, byte ^ 0x80, byte.wrapping_add(0x35)] {
                        let got = subject.rejected_by(offset + index, &[other]);
                        let right =
                            |got| got == Check::Malformed(message.label) || fits(message, *at, got);
                        assert!(got.is_some_and(right), "{message:?}: {got:?}");
                    }
                }
            }
        });
    }
}

/// Proofs that are cut before a message, lack one, repeat one, or go on after the last one.
#[test]
fn proof_cut_or_extended() {
    for subject in subjects() {
        for (message, _) in subject.messages.iter().step_by(7) {
            let mut cut = subject.proved.clone();
            cut.proof.messages.truncate(message.offset);
            let error = subject.case.verify(&cut).expect_err("cut off");
            assert_eq!(Check::of(&error), Check::Malformed(message.label));
            let mut cut = subject.proved.clone();
            cut.proof
                .messages
                .drain(message.offset..message.offset + message.len);
            subject.case.verify(&cut).expect_err("a message is missing");
            let mut twice = subject.proved.clone();
            let copy = subject.bytes(message.offset, message.len).to_vec();
            twice
                .proof
                .messages
                .splice(message.offset..message.offset, copy);
            subject
                .case
                .verify(&twice)
                .expect_err("a message is doubled");
        }
        for more in [1, 31, 32, 64] {
            let mut extended = subject.proved.clone();
            let len = extended.proof.messages.len();
            extended.proof.messages.resize(len + more, 0);
            let error = subject.case.verify(&extended).expect_err("extended");
            assert_eq!(Check::of(&error), Check::TrailingBytes);
        }
    }
}
