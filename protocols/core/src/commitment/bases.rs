//! Bases without a trapdoor.
//!
//! A base is the first point of the curve among hashes of its index and an attempt. Finding it takes about two square roots; *finding it
//! again*, from the attempt and the y-coordinate, takes one hash and the equation of the curve. A [`BaseHint`] is those two.
//!
//! # Soundness
//! Hints need no trust: whoever reads them recomputes the x-coordinate, so that every accepted base is a hash, and nobody knows a
//! discrete logarithm. A hint may name a later attempt than derivation would have taken. That lets its author choose among 256 hashes per
//! index, and a relation between any of those is as hard to find as between the first ones. Bases themselves, without the hash, would
//! need trust: their author could know a relation, and open commitments to anything.

use kernelwise_field::{AffineRepr, Fq, G1Affine};
use serde::{Deserialize, Serialize};
use sha3::{Digest as _, Sha3_256};

use super::RowLayout;
use crate::error::VerifyError;
use crate::points::{coordinate_bytes, coordinate_from_bytes};
use crate::program::{Program, TensorKind};

const TAG: &[u8] = b"kernelwise pedersen bases v1";

/// How a base was found: enough to find it again without a square root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaseHint {
    /// Hashes before this one were on no point of the curve.
    pub attempt: u8,
    /// The y-coordinate, canonical and little-endian.
    pub y: [u8; 32],
}

/// The bases of the columns, with their hints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitmentKey {
    bases: Vec<G1Affine>,
    attempts: Vec<u8>,
}

impl CommitmentKey {
    /// Derives `columns` bases, each from its index alone: a longer key extends a shorter one.
    ///
    /// # Cost
    /// About two square roots in the base field per base.
    pub fn derive(columns: usize) -> Self {
        let (bases, attempts) = (0..columns as u64).map(base).unzip();
        Self { bases, attempts }
    }

    /// Derives one base per hint.
    ///
    /// # Cost
    /// One hash and a few field multiplications per base.
    ///
    /// # Errors
    /// [`VerifyError::Key`] if a hint does not lead to a base.
    pub fn from_hints(hints: &[BaseHint]) -> Result<Self, VerifyError> {
        let find = |(index, hint)| base_from_hint(index, hint);
        let bases: Option<Vec<_>> = (0u64..).zip(hints).map(find).collect();
        let bases = bases.ok_or_else(|| VerifyError::Key {
            problem: "a hint leads to no base".to_owned(),
        })?;
        Ok(Self {
            bases,
            attempts: hints.iter().map(|hint| hint.attempt).collect(),
        })
    }

    /// What [`from_hints`](Self::from_hints) finds the same bases by.
    pub fn hints(&self) -> Vec<BaseHint> {
        let hint = |(base, &attempt): (&G1Affine, &u8)| BaseHint {
            attempt,
            y: coordinate_bytes(base.y),
        };
        self.bases.iter().zip(&self.attempts).map(hint).collect()
    }

    /// The bases.
    pub fn bases(&self) -> &[G1Affine] {
        &self.bases
    }
}

/// Columns of the widest tensor that a program commits to: the number of bases it needs.
pub fn widest_row(program: &Program) -> usize {
    let max_columns = program.graph().max_columns;
    let committed = program
        .tensors_of(TensorKind::Parameter)
        .chain(program.tensors_of(TensorKind::Advice));
    committed
        .map(|(_, tensor)| RowLayout::new(&tensor.shape, max_columns).columns)
        .max()
        .unwrap_or(0)
}

/// One hash: an x-coordinate, unless it is not below the modulus, and whether y is the greater of two.
fn candidate(index: u64, attempt: u8) -> (Option<Fq>, bool) {
    let mut hasher = Sha3_256::new();
    hasher.update(TAG);
    hasher.update(index.to_le_bytes());
    hasher.update(u64::from(attempt).to_le_bytes());
    let mut bytes: [u8; 32] = hasher.finalize().into();
    // 254 bits for x; the top bit chooses y.
    let greatest = bytes[31] & 0x80 != 0;
    bytes[31] &= 0x3f;
    (coordinate_from_bytes(&bytes), greatest)
}

/// Hashes to an x-coordinate until one lies on the curve (try-and-increment; the input is public, so timing does not matter).
/// G1 of BN254 has cofactor 1: every point of the curve is in the group.
///
/// All 256 attempts fail with probability 2^-256; the identity, which is then returned, is refused by whoever reads a hint of it.
fn base(index: u64) -> (G1Affine, u8) {
    let found = (0..=u8::MAX).find_map(|attempt| {
        let (x, greatest) = candidate(index, attempt);
        let point = G1Affine::get_point_from_x_unchecked(x?, greatest)?;
        Some((point, attempt))
    });
    found.unwrap_or((G1Affine::zero(), u8::MAX))
}

fn base_from_hint(index: u64, hint: &BaseHint) -> Option<G1Affine> {
    let (x, greatest) = candidate(index, hint.attempt);
    let y = coordinate_from_bytes(&hint.y)?;
    let point = G1Affine::new_unchecked(x?, y);
    (point.is_on_curve() && (y > -y) == greatest).then_some(point)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use kernelwise_field::PrimeField;

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

    #[test]
    fn hints_lead_to_the_same_bases() {
        let key = CommitmentKey::derive(40);
        assert_eq!(CommitmentKey::from_hints(&key.hints()), Ok(key));
    }

    #[test]
    fn hints_lead_to_hashes_only() {
        let hints = CommitmentKey::derive(4).hints();
        let refused = |change: &dyn Fn(&mut Vec<BaseHint>)| {
            let mut wrong = hints.clone();
            change(&mut wrong);
            CommitmentKey::from_hints(&wrong).is_err()
        };
        let negate = |hint: &mut BaseHint| {
            hint.y = coordinate_bytes(-coordinate_from_bytes(&hint.y).unwrap());
        };
        assert!(refused(&|hints| negate(&mut hints[1])));
        assert!(refused(&|hints| hints[2].y[0] ^= 1));
        assert!(refused(&|hints| hints[3].attempt ^= 1));
        assert!(refused(&|hints| hints[0].y = [0xff; 32]));
        assert!(refused(&|hints| hints.swap(0, 1)));
        // A point of the curve that is no hash: the generator (1, 2).
        assert!(refused(
            &|hints| hints[0].y = coordinate_bytes(Fq::from(2u64))
        ));
        // y + p names the same point; only one encoding of it is accepted.
        let modulus = Fq::MODULUS.0;
        assert!(refused(&|hints| {
            let mut carry = 0u128;
            for (chunk, limb) in hints[0].y.chunks_exact_mut(8).zip(modulus) {
                let own = u64::from_le_bytes(chunk.try_into().unwrap());
                carry += u128::from(own) + u128::from(limb);
                chunk.copy_from_slice(&(carry as u64).to_le_bytes());
                carry >>= 64;
            }
        }));
    }
}
