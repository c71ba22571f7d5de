//! A proof: two points of G1 and one of G2.

use kernelwise_field::{CanonicalDeserialize, CanonicalSerialize, G1Affine, G2Affine};

use super::Groth16Error;

/// Bytes of an encoded proof: compressed `A`, `B` and `C`.
pub const PROOF_BYTES: usize = 128;

/// A proof whose points are in their groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Proof {
    a: G1Affine,
    b: G2Affine,
    c: G1Affine,
}

impl Proof {
    /// Checks the points: on the curves, and `b` in the subgroup of prime order.
    ///
    /// # Errors
    /// [`Groth16Error::Point`].
    pub fn new(a: G1Affine, b: G2Affine, c: G1Affine) -> Result<Self, Groth16Error> {
        check_g1(&a, "A")?;
        check_g2(&b, "B")?;
        check_g1(&c, "C")?;
        Ok(Self { a, b, c })
    }

    /// `A`.
    pub fn a(&self) -> &G1Affine {
        &self.a
    }

    /// `B`.
    pub fn b(&self) -> &G2Affine {
        &self.b
    }

    /// `C`.
    pub fn c(&self) -> &G1Affine {
        &self.c
    }

    /// Compressed points, `A`, `B`, `C`.
    pub fn to_bytes(&self) -> [u8; PROOF_BYTES] {
        let mut bytes = [0; PROOF_BYTES];
        let mut rest = &mut bytes[..];
        // The points fill the buffer exactly; a zero encoding would be refused by any verifier.
        let written = self
            .a
            .serialize_compressed(&mut rest)
            .and_then(|()| self.b.serialize_compressed(&mut rest))
            .and_then(|()| self.c.serialize_compressed(&mut rest));
        debug_assert!(written.is_ok());
        bytes
    }

    /// Decodes the only valid encoding of a proof.
    ///
    /// # Errors
    /// [`Groth16Error::Encoding`] for any other bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Groth16Error> {
        let malformed = || Groth16Error::Encoding {
            what: "proof",
            expected: "128 bytes, three compressed points",
        };
        if bytes.len() != PROOF_BYTES {
            return Err(malformed());
        }
        let mut rest = bytes;
        let a = G1Affine::deserialize_compressed(&mut rest).map_err(|_| malformed())?;
        let b = G2Affine::deserialize_compressed(&mut rest).map_err(|_| malformed())?;
        let c = G1Affine::deserialize_compressed(&mut rest).map_err(|_| malformed())?;
        let proof = Self { a, b, c };
        if proof.to_bytes() == bytes {
            Ok(proof)
        } else {
            Err(malformed())
        }
    }
}

/// The curve of G1 has prime order.
pub(super) fn check_g1(point: &G1Affine, what: &'static str) -> Result<(), Groth16Error> {
    if point.is_on_curve() {
        Ok(())
    } else {
        Err(Groth16Error::Point { what })
    }
}

pub(super) fn check_g2(point: &G2Affine, what: &'static str) -> Result<(), Groth16Error> {
    if point.is_on_curve() && point.is_in_correct_subgroup_assuming_on_curve() {
        Ok(())
    } else {
        Err(Groth16Error::Point { what })
    }
}
