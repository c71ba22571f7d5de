//! Points and coordinates as bytes: one encoding each.
//!
//! A point is its x-coordinate, little-endian, with two flags in the last byte: the larger of two y, or the identity. Decoding takes a
//! square root; several are taken side by side, because each is a chain of products that wait for one another.

use kernelwise_field::{
    AdditiveGroup, AffineRepr, BigInt, CanonicalSerialize, Field, Fq, G1_BYTES, G1Affine,
    PrimeField,
};

/// Marks the larger y.
const LARGER: u8 = 0x80;
/// Marks the identity, whose x is zero.
const IDENTITY: u8 = 0x40;

/// Square roots taken side by side: as many chains of products as keep a multiplier busy.
const BATCH: usize = 4;

/// The compressed encoding of a point.
pub(crate) fn point_bytes(point: &G1Affine) -> [u8; G1_BYTES] {
    let mut bytes = [0; G1_BYTES];
    // Serialising 32 bytes into 32 bytes cannot fail; a zero encoding would be rejected by any verifier.
    let written = point.serialize_compressed(&mut bytes[..]);
    debug_assert!(written.is_ok());
    bytes
}

/// Decodes points, each from its only valid encoding: on the curve (G1 has cofactor 1), canonical coordinate and flags.
///
/// # Cost
/// A square root in the base field per point.
pub(crate) fn points_from_bytes(encodings: &[[u8; G1_BYTES]]) -> Option<Vec<G1Affine>> {
    let mut points = Vec::with_capacity(encodings.len());
    // y² = x³ + b, by the generator's coordinates.
    let generator = G1Affine::generator();
    let curve = |x: Fq| x.square() * x;
    let b = generator.y.square() - curve(generator.x);
    for chunk in encodings.chunks(BATCH) {
        let (mut xs, mut squares) = ([Fq::ZERO; BATCH], [Fq::ONE; BATCH]);
        for ((x, square), bytes) in xs.iter_mut().zip(&mut squares).zip(chunk) {
            let mut coordinate = *bytes;
            coordinate[G1_BYTES - 1] &= !(LARGER | IDENTITY);
            *x = coordinate_from_bytes(&coordinate)?;
            *square = curve(*x) + b;
        }
        let roots = root_candidates(squares);
        for (((&x, &square), &y), bytes) in xs.iter().zip(&squares).zip(&roots).zip(chunk) {
            let flags = bytes[G1_BYTES - 1] & (LARGER | IDENTITY);
            let point = if flags & IDENTITY != 0 {
                G1Affine::zero()
            } else if y.square() != square {
                return None;
            } else if (y > -y) == (flags == LARGER) {
                G1Affine::new_unchecked(x, y)
            } else {
                G1Affine::new_unchecked(x, -y)
            };
            if point_bytes(&point) != *bytes {
                return None;
            }
            points.push(point);
        }
    }
    Some(points)
}

/// A square root of each element that has one: `a^((p+1)/4)`, as `p ≡ 3 mod 4`.
fn root_candidates(squares: [Fq; BATCH]) -> [Fq; BATCH] {
    const { assert!(Fq::MODULUS.0[0] % 4 == 3) };
    // (p + 1)/4 = ⌊p/4⌋ + 1, which does not carry: p/4 is even or odd, but not all ones.
    let mut exponent = [0; 4];
    for (i, limb) in exponent.iter_mut().enumerate() {
        let above = Fq::MODULUS.0.get(i + 1).copied().unwrap_or(0);
        *limb = Fq::MODULUS.0[i] >> 2 | above << 62;
    }
    exponent[0] += 1;
    // Four bits of the exponent at a time.
    let mut powers = [[Fq::ONE; BATCH]; 16];
    for digit in 1..powers.len() {
        for (lane, square) in squares.iter().enumerate() {
            powers[digit][lane] = powers[digit - 1][lane] * square;
        }
    }
    let mut roots = [Fq::ONE; BATCH];
    for limb in exponent.iter().rev() {
        for shift in (0..64).step_by(4).rev() {
            for _ in 0..4 {
                roots.iter_mut().for_each(|root| {
                    root.square_in_place();
                });
            }
            let digit = (limb >> shift & 15) as usize;
            for (root, power) in roots.iter_mut().zip(&powers[digit]) {
                *root *= power;
            }
        }
    }
    roots
}

/// The canonical encoding of a coordinate.
pub(crate) fn coordinate_bytes(x: Fq) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (chunk, limb) in bytes.chunks_exact_mut(8).zip(x.into_bigint().0) {
        chunk.copy_from_slice(&limb.to_le_bytes());
    }
    bytes
}

/// Decodes a coordinate; `None` unless it is below the modulus.
pub(crate) fn coordinate_from_bytes(bytes: &[u8; 32]) -> Option<Fq> {
    let mut limbs = [0u64; 4];
    for (limb, chunk) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
        *limb = chunk
            .iter()
            .rev()
            .fold(0, |acc, &byte| acc << 8 | u64::from(byte));
    }
    Fq::from_bigint(BigInt(limbs))
}

#[cfg(test)]
mod tests {
    use kernelwise_field::CanonicalDeserialize;

    use super::*;
    use crate::commitment::CommitmentKey;

    #[test]
    fn any_number_of_points_is_decoded() {
        let mut points = CommitmentKey::derive(11).bases().to_vec();
        points[3] = -points[3];
        points[7] = G1Affine::zero();
        for len in 0..=points.len() {
            let bytes: Vec<_> = points[..len].iter().map(point_bytes).collect();
            assert_eq!(points_from_bytes(&bytes).as_deref(), Some(&points[..len]));
        }
    }

    #[test]
    fn accepts_what_a_library_accepts() {
        // Small x-coordinates with all flags, and the ends of the field: half of them are on the curve.
        let modulus = coordinate_bytes(-Fq::ONE);
        let mut encodings: Vec<[u8; 32]> = (0..64u8)
            .flat_map(|x| [0, LARGER, IDENTITY, LARGER | IDENTITY].map(|flags| (x, flags)))
            .map(|(x, flags)| {
                let mut bytes = [0; 32];
                (bytes[0], bytes[31]) = (x, flags);
                bytes
            })
            .collect();
        for step in 0..8 {
            let mut bytes = modulus;
            bytes[0] = bytes[0].wrapping_add(step).wrapping_sub(4);
            encodings.push(bytes);
        }
        let mut valid = 0;
        for bytes in encodings {
            let expected = G1Affine::deserialize_compressed(&bytes[..])
                .ok()
                .filter(|point| point_bytes(point) == bytes);
            let got = points_from_bytes(&[bytes]).and_then(|points| points.first().copied());
            assert_eq!(got, expected, "{bytes:?}");
            valid += usize::from(got.is_some());
        }
        assert!(valid > 32, "{valid}");
    }
}
