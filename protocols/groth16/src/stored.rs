//! Proving keys as bytes: what a setup folder keeps, so that a kernel is set up once.
//!
//! ```text
//! verifying key: its length, its encoding
//! form of the quotient (1 byte), then numbers of points: wires, private, quotient, boundary
//! points, uncompressed: β and δ in G1, a, b in G1, b in G2, private, quotient, boundary with η/ε and η/δ
//! ```
//! Integers are 64 bits, little-endian. Points are not checked to be on their curves, as those of every proving key are not:
//! a wrong key gives proofs that do not verify.

use kernelwise_core::groth16::VerifyingKey;
use kernelwise_field::{CanonicalDeserialize, CanonicalSerialize, G1Affine, G2Affine};

use crate::error::Groth16ProveError;
use crate::key::{BoundaryPoints, ProvingKey, ProvingPoints, Quotient};

/// Bytes of an uncompressed point of G1; points of G2 have twice as many.
const G1_BYTES: u64 = 64;

fn malformed(problem: impl Into<String>) -> Groth16ProveError {
    Groth16ProveError::KeyFile {
        problem: problem.into(),
    }
}

impl ProvingKey {
    /// The key as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let points = self.points();
        let verifying = self.verifying().encode();
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&(verifying.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&verifying);
        bytes.push(match points.quotient {
            Quotient::Powers(_) => 0,
            Quotient::OddValues(_) => 1,
        });
        let boundary = points.boundary.as_ref();
        for count in [
            points.a.len(),
            points.private.len(),
            points.quotient.bases().len(),
            boundary.map_or(0, |boundary| boundary.bases.len()),
        ] {
            bytes.extend_from_slice(&(count as u64).to_le_bytes());
        }
        write(&mut bytes, &[points.beta_g1, points.delta_g1]);
        write(&mut bytes, &points.a);
        write(&mut bytes, &points.b_g1);
        write(&mut bytes, &points.b_g2);
        write(&mut bytes, &points.private);
        write(&mut bytes, points.quotient.bases());
        if let Some(boundary) = boundary {
            write(&mut bytes, &boundary.bases);
            write(&mut bytes, &[boundary.blind, boundary.blind_private]);
        }
        bytes
    }

    /// The inverse of [`encode`](Self::encode), for any bytes.
    ///
    /// # Errors
    /// [`Groth16ProveError::KeyFile`] for bytes that are no encoding; [`Groth16ProveError::Groth16`] for a malformed verifying key;
    /// [`Groth16ProveError::Shape`] for numbers of points that do not fit.
    pub fn decode(bytes: &[u8]) -> Result<Self, Groth16ProveError> {
        let mut rest = bytes;
        let length = number(&mut rest)?;
        let verifying = usize::try_from(length)
            .ok()
            .and_then(|length| rest.split_at_checked(length));
        let (verifying, after) = verifying.ok_or_else(|| malformed("cut off"))?;
        rest = after;
        let verifying = VerifyingKey::decode(verifying)?;
        let (&form, after) = rest.split_first().ok_or_else(|| malformed("cut off"))?;
        rest = after;
        let [wires, private, quotient, boundary] = [
            number(&mut rest)?,
            number(&mut rest)?,
            number(&mut rest)?,
            number(&mut rest)?,
        ];
        // Everything that is to be read must be there before anything is allocated.
        let blinds = if boundary > 0 { 2 } else { 0 };
        let points = [
            2, wires, wires, wires, wires, private, quotient, boundary, blinds,
        ];
        let expected = points
            .into_iter()
            .try_fold(0u64, u64::checked_add)
            .and_then(|points| points.checked_mul(G1_BYTES));
        if expected != Some(rest.len() as u64) {
            return Err(malformed(format!(
                "{} bytes of points, expected {expected:?}",
                rest.len()
            )));
        }
        let heads = read::<G1Affine>(&mut rest, 2)?;
        let (a, b_g1) = (read(&mut rest, wires)?, read(&mut rest, wires)?);
        let b_g2 = read::<G2Affine>(&mut rest, wires)?;
        let (private, quotient) = (read(&mut rest, private)?, read(&mut rest, quotient)?);
        let bases = read(&mut rest, boundary)?;
        let blinds = read::<G1Affine>(&mut rest, blinds)?;
        let &[beta_g1, delta_g1] = heads.as_slice() else {
            return Err(malformed("cut off"));
        };
        let boundary = match blinds.as_slice() {
            &[blind, blind_private] => Some(BoundaryPoints {
                bases,
                blind,
                blind_private,
            }),
            _ => None,
        };
        let points = ProvingPoints {
            beta_g1,
            delta_g1,
            a,
            b_g1,
            b_g2,
            private,
            quotient: match form {
                0 => Quotient::Powers(quotient),
                1 => Quotient::OddValues(quotient),
                other => return Err(malformed(format!("form {other} of the quotient"))),
            },
            boundary,
        };
        let key = Self::new(verifying, points)?;
        // Coordinates have spare bits, which are one thing only.
        if key.encode() == bytes {
            Ok(key)
        } else {
            Err(malformed("not the encoding of its points"))
        }
    }
}

fn write<P: CanonicalSerialize>(bytes: &mut Vec<u8>, points: &[P]) {
    for point in points {
        // Writing to a vector cannot fail.
        let written = point.serialize_uncompressed(&mut *bytes);
        debug_assert!(written.is_ok());
    }
}

fn number(rest: &mut &[u8]) -> Result<u64, Groth16ProveError> {
    let (bytes, after) = rest
        .split_first_chunk::<8>()
        .ok_or_else(|| malformed("cut off"))?;
    *rest = after;
    Ok(u64::from_le_bytes(*bytes))
}

fn read<P: CanonicalDeserialize>(
    rest: &mut &[u8],
    count: u64,
) -> Result<Vec<P>, Groth16ProveError> {
    let point = |_| {
        P::deserialize_uncompressed_unchecked(&mut *rest)
            .map_err(|_| malformed("a coordinate that is not canonical"))
    };
    (0..count).map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::r1cs::{Linear, R1csBuilder, Wire};
    use crate::setup::{QuotientForm, setup};
    use kernelwise_field::Fr;

    fn keys() -> Vec<ProvingKey> {
        let system = |shared: bool| {
            let mut builder = R1csBuilder::new();
            let public = builder.public();
            let x = if shared {
                builder.boundary()
            } else {
                builder.private()
            };
            let y = builder.private();
            builder.constrain(x, x, y);
            builder.constrain(
                y,
                x,
                Linear::from(public) + Linear::from(Wire::ONE) * Fr::from(5u64),
            );
            builder.build().unwrap()
        };
        vec![
            setup(&system(true), QuotientForm::OddValues).unwrap(),
            setup(&system(false), QuotientForm::Powers).unwrap(),
        ]
    }

    #[test]
    fn keys_come_back() {
        for key in keys() {
            assert_eq!(ProvingKey::decode(&key.encode()).unwrap(), key);
        }
    }

    #[test]
    fn any_other_bytes_are_refused_or_another_key() {
        for key in keys() {
            let bytes = key.encode();
            for len in (0..bytes.len()).step_by(7) {
                ProvingKey::decode(&bytes[..len]).unwrap_err();
            }
            ProvingKey::decode(&[&bytes[..], &[0]].concat()).unwrap_err();
            for place in (0..bytes.len()).step_by(5) {
                for value in [bytes[place] ^ 1, bytes[place] ^ 0x80, 0xff] {
                    let mut altered = bytes.clone();
                    altered[place] = value;
                    let same = altered == bytes;
                    let decoded = ProvingKey::decode(&altered);
                    assert_eq!(decoded.is_ok_and(|other| other == key), same, "{place}");
                }
            }
        }
    }
}
