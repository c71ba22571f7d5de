//! Every byte and every length of a small proof file.

use kernelwise_core::wire::{FileKind, ModelProof, WireError, decode_file, encode_file};
use kernelwise_core::{VerifyError, verify};
use kernelwise_prover::Proved;
use kernelwise_tests::run::Case;
use kernelwise_tests::small;
use rayon::prelude::*;

/// What became of a file.
#[derive(Debug)]
enum Outcome {
    File(WireError),
    Proof(VerifyError),
    Accepted(ModelProof),
}

fn read(case: &Case, proved: &Proved, file: &[u8]) -> Outcome {
    let proof = match decode_file(FileKind::Proof, file).and_then(ModelProof::decode) {
        Ok(proof) => proof,
        Err(error) => return Outcome::File(error),
    };
    match verify(case.key.verifier(), &proved.public, &proof) {
        Ok(()) => Outcome::Accepted(proof),
        Err(error) => Outcome::Proof(error),
    }
}

fn subject() -> (Case, Proved, Vec<u8>) {
    let case = Case::new(small::product(), 1);
    let proved = case.prove(&case.witness());
    let file = encode_file(FileKind::Proof, &proved.proof.encode());
    match read(&case, &proved, &file) {
        Outcome::Accepted(proof) => assert_eq!(proof, proved.proof),
        other => panic!("{other:?}"),
    }
    (case, proved, file)
}

#[test]
fn every_byte_of_the_file() {
    let (case, proved, file) = subject();
    (0..file.len()).into_par_iter().for_each(|index| {
        for flip in (0..8).map(|bit| 1 << bit).chain([0xff]) {
            let mut altered = file.clone();
            altered[index] ^= flip;
            match (index, read(&case, &proved, &altered)) {
                (0..4, Outcome::File(WireError::Magic)) => {}
                (4, Outcome::File(WireError::Kind { .. })) => {}
                (5..8, Outcome::File(WireError::Version { .. })) => {}
                (8..16, Outcome::File(WireError::Length { .. })) => {}
                (16.., Outcome::File(WireError::Checksum { .. })) => {}
                (_, other) => panic!("byte {index} ^ {flip}: {other:?}"),
            }
        }
    });
}

#[test]
fn every_byte_of_the_payload_under_a_right_checksum() {
    let (case, proved, _) = subject();
    let payload = proved.proof.encode();
    (0..payload.len()).into_par_iter().for_each(|index| {
        for flip in (0..8).map(|bit| 1 << bit).chain([0xff]) {
            let mut altered = payload.clone();
            altered[index] ^= flip;
            let file = encode_file(FileKind::Proof, &altered);
            match (index, read(&case, &proved, &file)) {
                (0..32, Outcome::Proof(VerifyError::WrongProgram { .. })) => {}
                (32..64, Outcome::Proof(VerifyError::WrongKey { .. })) => {}
                (
                    64..,
                    Outcome::Proof(
                        VerifyError::Malformed { .. }
                        | VerifyError::Kernel { .. }
                        | VerifyError::Opening { .. },
                    ),
                ) => {}
                (_, other) => panic!("byte {index} ^ {flip}: {other:?}"),
            }
        }
    });
}

/// Proofs with lookups, where most of the verifier is: one flip per byte.
#[test]
fn every_byte_of_a_proof_with_lookups() {
    let case = Case::new(small::quantised(), 1);
    let proved = case.prove(&case.witness());
    (0..proved.proof.messages.len())
        .into_par_iter()
        .for_each(|index| {
            let mut altered = proved.clone();
            altered.proof.messages[index] ^= 1 << (index % 8);
            case.verify(&altered)
                .expect_err("an altered byte is rejected");
        });
}

#[test]
fn every_length_of_the_file() {
    let (case, proved, file) = subject();
    for len in 0..file.len() {
        match read(&case, &proved, &file[..len]) {
            Outcome::File(WireError::Magic) if len < 4 => {}
            Outcome::File(WireError::Length { .. }) if len >= 4 => {}
            other => panic!("{len} bytes: {other:?}"),
        }
    }
    let mut longer = file.clone();
    for _ in 0..file.len() {
        longer.push(0);
        assert!(matches!(
            read(&case, &proved, &longer),
            Outcome::File(WireError::Length { .. })
        ));
    }
}

#[test]
fn every_length_of_the_payload_under_a_right_checksum() {
    let (case, proved, _) = subject();
    let payload = proved.proof.encode();
    for len in 0..payload.len() {
        let file = encode_file(FileKind::Proof, &payload[..len]);
        match read(&case, &proved, &file) {
            Outcome::File(WireError::Length { expected: 64, .. }) if len < 64 => {}
            // A point or a field element is cut off, unless the cut lies between two checks of one kernel.
            Outcome::Proof(VerifyError::Malformed { .. }) if len >= 64 => {}
            other => panic!("{len} bytes: {other:?}"),
        }
    }
    let mut longer = payload.clone();
    for _ in 0..payload.len() {
        longer.push(0x5a);
        let file = encode_file(FileKind::Proof, &longer);
        assert!(matches!(
            read(&case, &proved, &file),
            Outcome::Proof(VerifyError::TrailingBytes)
        ));
    }
}
