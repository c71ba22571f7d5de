//! One encoding per message: anything else is malformed, whatever it would decode to.

use kernelwise_core::commitment::CommitmentKey;
use kernelwise_core::field::{BigInteger, CanonicalSerialize, Fq, Fr, G1Affine, PrimeField};
use kernelwise_core::verify::verify_traced;
use kernelwise_core::{VerifyError, transcript::Message};
use kernelwise_prover::Proved;
use kernelwise_tests::checks::{Check, Position, check_of};
use kernelwise_tests::graphs::network;
use kernelwise_tests::run::Case;
use kernelwise_tests::small;

fn honest(case: &Case) -> (Proved, Vec<Message>) {
    let proved = case.prove(&case.witness());
    let trace = verify_traced(case.key.verifier(), &proved.public, &proved.proof);
    (proved, trace.expect("an honest proof verifies"))
}

/// `a + b` of little-endian integers; `None` if it does not fit.
fn add(a: &[u8], b: &[u8]) -> Option<[u8; 32]> {
    let (mut sum, mut carry) = ([0; 32], 0u16);
    for ((sum, a), b) in sum.iter_mut().zip(a).zip(b) {
        let wide = u16::from(*a) + u16::from(*b) + carry;
        (*sum, carry) = (wide as u8, wide >> 8);
    }
    (carry == 0).then_some(sum)
}

/// Verifies the proof with 32 bytes replaced.
fn with_bytes(
    case: &Case,
    proved: &Proved,
    offset: usize,
    bytes: &[u8],
) -> Result<(), VerifyError> {
    let mut altered = proved.clone();
    altered.proof.messages[offset..offset + 32].copy_from_slice(bytes);
    assert_ne!(altered.proof, proved.proof);
    case.verify(&altered)
}

#[test]
fn field_elements_are_canonical() {
    let modulus = Fr::MODULUS.to_bytes_le();
    let mut tried = 0;
    for program in [network(1), small::reshaped()] {
        let case = Case::new(program, 1);
        let (proved, messages) = honest(&case);
        for message in messages.iter().filter(|m| m.label != "commitment") {
            for offset in [message.offset, message.offset + message.len - 32] {
                let value = &proved.proof.messages[offset..offset + 32];
                let twice = add(value, &modulus).expect("2·r < 2^256");
                for bytes in [&twice[..], &modulus, &[0xff; 32]] {
                    let got =
                        with_bytes(&case, &proved, offset, bytes).expect_err("a second encoding");
                    assert_eq!(Check::of(&got), Check::Malformed(message.label));
                    tried += 1;
                }
            }
        }
    }
    assert!(tried > 500, "{tried}");
}

fn compressed(point: &G1Affine) -> [u8; 32] {
    let mut bytes = [0; 32];
    point
        .serialize_compressed(&mut bytes[..])
        .expect("32 bytes");
    bytes
}

/// The top bit marks the larger y, the next one the identity.
const LARGER: u8 = 0x80;
const IDENTITY: u8 = 0x40;

#[test]
fn points_are_canonical_and_on_the_curve() {
    let case = Case::new(small::quantised(), 1);
    let (proved, messages) = honest(&case);
    let offsets: Vec<usize> = messages
        .iter()
        .filter(|message| message.label == "commitment")
        .flat_map(|message| (0..message.len / 32).map(|row| message.offset + 32 * row))
        .collect();
    assert!(!offsets.is_empty());
    let some_points = CommitmentKey::derive(64);
    let encodings: Vec<_> = some_points.bases().iter().map(compressed).collect();

    let mut wrong: Vec<(&str, [u8; 32])> = Vec::new();
    // x + p names the same point where it fits beside the flags.
    let modulus = Fq::MODULUS.to_bytes_le();
    let beside_flags = |bytes: &[u8; 32]| {
        let flags = bytes[31] & (LARGER | IDENTITY);
        let mut x = *bytes;
        x[31] &= !flags;
        let mut sum = add(&x, &modulus).filter(|sum| sum[31] & (LARGER | IDENTITY) == 0)?;
        sum[31] |= flags;
        Some(sum)
    };
    let second: Vec<_> = encodings.iter().filter_map(beside_flags).collect();
    assert!(!second.is_empty(), "some x is small enough");
    wrong.extend(second.into_iter().map(|bytes| ("x + p", bytes)));
    for bytes in encodings.iter().take(4) {
        let flagged = |flags: u8| {
            let mut bytes = *bytes;
            bytes[31] = bytes[31] & !(LARGER | IDENTITY) | flags;
            bytes
        };
        wrong.push(("identity with an x", flagged(IDENTITY)));
        wrong.push(("both flags", flagged(IDENTITY | LARGER)));
    }
    let mut identity = [0; 32];
    identity[31] = IDENTITY | LARGER;
    wrong.push(("negative identity", identity));
    // Half of all x are on no point of the curve.
    let outside: Vec<[u8; 32]> = (0..32u8)
        .map(|x| {
            let mut bytes = [0; 32];
            bytes[0] = x;
            bytes
        })
        .filter(|bytes| G1Affine::get_point_from_x_unchecked(Fq::from(bytes[0]), true).is_none())
        .collect();
    assert!(outside.len() > 5);
    wrong.extend(outside.into_iter().map(|bytes| ("off the curve", bytes)));

    for offset in [
        offsets[0],
        offsets[offsets.len() / 2],
        offsets[offsets.len() - 1],
    ] {
        for (what, bytes) in &wrong {
            let got = with_bytes(&case, &proved, offset, bytes).expect_err(what);
            assert_eq!(Check::of(&got), Check::Malformed("commitment"), "{what}");
        }
    }
}

#[test]
fn other_points_of_the_curve() {
    let case = Case::new(small::quantised(), 1);
    let (proved, messages) = honest(&case);
    let mut identity = [0; 32];
    identity[31] = IDENTITY;
    for message in messages.iter().filter(|m| m.label == "commitment") {
        for offset in (message.offset..message.offset + message.len).step_by(32) {
            let own = &proved.proof.messages[offset..offset + 32];
            let mut negative = [0; 32];
            negative.copy_from_slice(own);
            negative[31] ^= LARGER;
            let another = compressed(&CommitmentKey::derive(1).bases()[0]);
            for (what, bytes) in [
                ("identity", identity),
                ("negative", negative),
                ("another", another),
            ] {
                // A row of zeros is the identity, and has no negative.
                if own == bytes || (own == identity && what == "negative") {
                    continue;
                }
                let got = with_bytes(&case, &proved, offset, &bytes).expect_err(what);
                let at = Position::default();
                assert_eq!(Some(Check::of(&got)), check_of(message.label, at), "{what}");
            }
        }
    }
}
