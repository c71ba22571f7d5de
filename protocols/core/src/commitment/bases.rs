//! Bases without a trapdoor.

use kernelwise_field::{CanonicalDeserialize, CanonicalSerialize, Fq, G1Affine, PrimeField};
use sha3::{Digest as _, Sha3_256};

use crate::wire::WireError;

/// Bytes of an uncompressed point.
const BASE_BYTES: usize = 64;

const TAG: &[u8] = b"kernelwise pedersen bases v1";

/// The bases of the columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentKey {
    bases: Vec<G1Affine>,
}

impl CommitmentKey {
    /// Derives `columns` bases, each from its index alone: a longer key extends a shorter one.
    ///
    /// # Cost
    /// About two square roots in the base field per base.
    pub fn derive(columns: usize) -> Self {
        Self {
            bases: (0..columns as u64).map(base).collect(),
        }
    }

    /// Uncompressed bases, 64 bytes each, for a prover to keep.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.bases.len() * BASE_BYTES);
        for base in &self.bases {
            // Writing to memory cannot fail; a short key would be refused when read.
            let written = base.serialize_uncompressed(&mut bytes);
            debug_assert!(written.is_ok());
        }
        bytes
    }

    /// Reads what [`encode`](Self::encode) wrote. Only for a prover's own file: a verifier derives its bases.
    ///
    /// # Errors
    /// [`WireError::Encoding`] unless the bytes are points of the curve.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let problem = |problem: &str| WireError::Encoding {
            problem: problem.to_owned(),
        };
        let (chunks, rest) = bytes.as_chunks::<BASE_BYTES>();
        if !rest.is_empty() {
            return Err(problem("the bases are cut off"));
        }
        let decode = |chunk: &[u8; BASE_BYTES]| G1Affine::deserialize_uncompressed(&chunk[..]);
        let bases: Result<_, _> = chunks.iter().map(decode).collect();
        Ok(Self {
            bases: bases.map_err(|_| problem("a base is not a point of the curve"))?,
        })
    }

    /// The bases.
    pub fn bases(&self) -> &[G1Affine] {
        &self.bases
    }
}

/// Hashes to an x-coordinate until one lies on the curve (try-and-increment; the input is public, so timing does not matter).
/// G1 of BN254 has cofactor 1: every point of the curve is in the group.
fn base(index: u64) -> G1Affine {
    let mut attempt = 0u64;
    loop {
        let mut hasher = Sha3_256::new();
        hasher.update(TAG);
        hasher.update(index.to_le_bytes());
        hasher.update(attempt.to_le_bytes());
        let mut bytes: [u8; 32] = hasher.finalize().into();
        // 254 bits for x, rejected unless below the modulus; the top bit chooses y.
        let greatest = bytes[31] & 0x80 != 0;
        bytes[31] &= 0x3f;
        let x = from_canonical(&bytes);
        if let Some(point) = x.and_then(|x| G1Affine::get_point_from_x_unchecked(x, greatest)) {
            return point;
        }
        attempt += 1;
    }
}

fn from_canonical(bytes: &[u8; 32]) -> Option<Fq> {
    let mut limbs = [0u64; 4];
    for (limb, chunk) in limbs.iter_mut().zip(bytes.chunks_exact(8)) {
        *limb = chunk
            .iter()
            .rev()
            .fold(0, |acc, &byte| acc << 8 | u64::from(byte));
    }
    Fq::from_bigint(kernelwise_field::BigInt(limbs))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use kernelwise_field::AffineRepr;

    use super::*;

    #[test]
    fn bases_are_distinct_points_and_extend() {
        let key = CommitmentKey::derive(40);
        let mut seen = BTreeSet::new();
        for base in key.bases() {
            assert!(base.is_on_curve() && !base.is_zero());
            assert!(seen.insert(base.x));
        }
        assert_eq!(CommitmentKey::derive(7).bases(), &key.bases()[..7]);
    }
}
