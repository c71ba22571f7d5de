//! The tree of fractions: from "the sum is zero" to one claim on all leaves.

use kernelwise_field::{AdditiveGroup, Fr};

use crate::error::VerifyError;
use crate::poly::eq_eval;
use crate::sumcheck::verify_sumcheck;
use crate::transcript::VerifierTranscript;

/// A claim on the leaves: the multilinear extensions of numerators and denominators at `point`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeafClaim {
    /// One coordinate per variable of the leaves.
    pub point: Vec<Fr>,
    /// Numerators at `point`.
    pub numerator: Fr,
    /// Denominators at `point`.
    pub denominator: Fr,
}

/// Reduces `Σ_leaves numerator/denominator = 0` to a claim at a random point of the leaves.
///
/// Layer `k` has `2^k` nodes; node `x` has the children `x` and `x + 2^k`, so that each layer's halves are contiguous:
///
/// ```text
/// p_k(x) = p_{k+1}(0,x)·q_{k+1}(1,x) + p_{k+1}(1,x)·q_{k+1}(0,x),   q_k(x) = q_{k+1}(0,x)·q_{k+1}(1,x)
/// ```
/// The root must be `0/q` with `q ≠ 0`.
///
/// # Errors
/// [`VerifyError::LookupDenominator`], [`VerifyError::LookupLayer`] or [`VerifyError::Malformed`].
pub fn verify_fractions(
    transcript: &mut VerifierTranscript<'_>,
    num_vars: usize,
) -> Result<LeafClaim, VerifyError> {
    let root = transcript.read_scalar("lookup root")?;
    if root == Fr::ZERO {
        return Err(VerifyError::LookupDenominator);
    }
    let mut claim = LeafClaim {
        point: Vec::new(),
        numerator: Fr::ZERO,
        denominator: root,
    };
    for layer in 0..num_vars {
        let lambda = transcript.challenge();
        let sum = claim.numerator + lambda * claim.denominator;
        let reduced = verify_sumcheck(transcript, "lookup round", layer, 3, sum)?;
        let children = transcript.read_scalars("lookup children", 4)?;
        let &[p0, p1, q0, q1] = children.as_slice() else {
            return Err(VerifyError::LookupLayer { layer });
        };
        let node = p0 * q1 + p1 * q0 + lambda * q0 * q1;
        if reduced.value != eq_eval(&claim.point, &reduced.point) * node {
            return Err(VerifyError::LookupLayer { layer });
        }
        let mu = transcript.challenge();
        let mut point = vec![mu];
        point.extend(reduced.point);
        claim = LeafClaim {
            point,
            numerator: p0 + mu * (p1 - p0),
            denominator: q0 + mu * (q1 - q0),
        };
    }
    Ok(claim)
}
