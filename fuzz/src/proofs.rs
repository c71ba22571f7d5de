//! Proofs and statements, for keys that are honest.
//!
//! The first byte chooses a program, the second whether the rest replaces the honest bytes or edits them: a random string
//! fails at the first message, a few edits of an honest proof reach every check.

use std::sync::LazyLock;

use kernelwise_core::program::Program;
use kernelwise_core::verify::verify_traced;
use kernelwise_core::wire::ModelProof;
use kernelwise_core::{PublicTensors, verify};
use kernelwise_prover::Proved;
use kernelwise_tests::circuits::{by_groth16, chained_squares, pipeline};
use kernelwise_tests::run::Case;
use kernelwise_tests::small;

/// Bytes of one edit: where, and what.
const EDIT: usize = 4;

/// Programs that have every kind of message between them.
pub(crate) fn programs() -> Vec<Program> {
    vec![
        small::product(),
        small::quantised(),
        small::convolved(),
        small::pooled(),
        small::mirrored(true),
        pipeline(),
        chained_squares(),
        by_groth16(&pipeline()),
    ]
}

/// A key with an honest proof.
struct Subject {
    case: Case,
    proved: Proved,
}

static SUBJECTS: LazyLock<Vec<Subject>> = LazyLock::new(|| {
    let subject = |program| {
        let case = Case::new(program, 1);
        let proved = case.prove(&case.witness());
        case.verify(&proved).expect("an honest proof verifies");
        Subject { case, proved }
    };
    programs().into_iter().map(subject).collect()
});

/// The bytes that an input stands for, in place of the honest ones.
fn altered(honest: &[u8], edits: bool, rest: &[u8]) -> Vec<u8> {
    if !edits {
        return rest.to_vec();
    }
    let mut bytes = honest.to_vec();
    for edit in rest.chunks_exact(EDIT) {
        let place = usize::from(edit[0]) | usize::from(edit[1]) << 8 | usize::from(edit[2]) << 16;
        let len = bytes.len();
        if let Some(byte) = bytes.get_mut(place.checked_rem(len).unwrap_or(0)) {
            *byte = edit[3];
        }
    }
    bytes
}

fn edit(place: usize, value: u8) -> [u8; EDIT] {
    [place as u8, (place >> 8) as u8, (place >> 16) as u8, value]
}

fn split(bytes: &[u8]) -> Option<(&'static Subject, bool, &[u8])> {
    let (&[index, mode], rest) = bytes.split_first_chunk::<2>()?;
    let subject = &SUBJECTS[usize::from(index) % SUBJECTS.len()];
    Some((subject, mode & 1 == 1, rest))
}

/// Seeds of [`proof`]: every program's proof, and an edit of the first byte of each of its messages.
pub fn proof_seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (index, subject) in SUBJECTS.iter().enumerate() {
        let Proved { proof, public, .. } = &subject.proved;
        seeds.push([&[index as u8, 0], proof.messages.as_slice()].concat());
        let trace = verify_traced(subject.case.key.verifier(), public, proof);
        let mut labels = Vec::new();
        for message in trace.expect("an honest proof verifies") {
            if labels.contains(&message.label) {
                continue;
            }
            labels.push(message.label);
            let edit = edit(message.offset, proof.messages[message.offset] ^ 1);
            seeds.push([&[index as u8, 1], &edit[..]].concat());
        }
    }
    seeds
}

/// A proof.
///
/// # Panics
/// If another than the honest one verifies, or that one does not.
pub fn proof(bytes: &[u8]) {
    let Some((subject, edits, rest)) = split(bytes) else {
        return;
    };
    let Proved { proof, public, .. } = &subject.proved;
    let other = ModelProof {
        messages: altered(&proof.messages, edits, rest),
        ..proof.clone()
    };
    let outcome = verify(subject.case.key.verifier(), public, &other);
    assert_eq!(outcome.is_ok(), other == *proof, "{outcome:?}");
    let _ = ModelProof::decode(bytes);
}

/// Seeds of [`public`].
pub fn public_seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (index, subject) in SUBJECTS.iter().enumerate() {
        let bytes = postcard::to_stdvec(&subject.proved.public).expect("an encoding");
        seeds.push([&[index as u8, 0], bytes.as_slice()].concat());
        seeds.push([&[index as u8, 1], &edit(3, bytes[3] ^ 1)[..]].concat());
    }
    seeds
}

/// A statement.
///
/// # Panics
/// If another than the honest one verifies with the honest proof, or that one does not.
pub fn public(bytes: &[u8]) {
    let Some((subject, edits, rest)) = split(bytes) else {
        return;
    };
    let Proved { proof, public, .. } = &subject.proved;
    let honest = postcard::to_stdvec(public).expect("an encoding");
    let Ok(other) = postcard::from_bytes::<PublicTensors>(&altered(&honest, edits, rest)) else {
        return;
    };
    let outcome = verify(subject.case.key.verifier(), &other, proof);
    assert_eq!(outcome.is_ok(), other == *public, "{outcome:?}");
}
