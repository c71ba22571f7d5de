//! Keys that have the shape of real ones and nothing else, for predicting what a proof takes.

use kernelwise_core::groth16::{KeyPoints, VerifyingKey};
use kernelwise_field::{AffineRepr, G1Affine, G2Affine};

use crate::error::Groth16ProveError;
use crate::key::{BoundaryPoints, ProvingKey, ProvingPoints, Quotient};
use crate::r1cs::R1cs;
use crate::setup::domain_len;

/// A key for `r1cs` whose points are generators, and the identity where those of every real key are. Proofs made with it do not
/// verify.
///
/// # Cost
/// A copy per wire; nothing is multiplied.
///
/// # Errors
/// [`Groth16ProveError::TooLarge`] if there are more constraints than roots of unity.
pub fn shape_key(r1cs: &R1cs) -> Result<ProvingKey, Groth16ProveError> {
    let counts = r1cs.counts();
    let len = domain_len(r1cs)?;
    let (one, one_g2) = (G1Affine::generator(), G2Affine::generator());
    let outside = 1 + counts.public + counts.boundary;
    let [a, b, _] = r1cs.matrices().map(|matrix| {
        let mut occurs = vec![false; counts.total];
        for row in 0..matrix.rows() {
            for (wire, _) in matrix.row(row) {
                occurs[wire] = true;
            }
        }
        occurs
    });
    let verifying = VerifyingKey::new(KeyPoints {
        alpha_g1: one,
        beta_g2: one_g2,
        gamma_g2: one_g2,
        delta_g2: one_g2,
        boundary_g2: (counts.boundary > 0).then_some(one_g2),
        input_bases: vec![one; 1 + counts.public],
    })?;
    let g1 = |occurs: bool| if occurs { one } else { G1Affine::zero() };
    let a = a.iter().enumerate();
    let points = ProvingPoints {
        beta_g1: one,
        delta_g1: one,
        // Public and boundary wires have rows of their own.
        a: a.map(|(wire, &occurs)| g1(occurs || wire < outside))
            .collect(),
        b_g1: b.iter().map(|&occurs| g1(occurs)).collect(),
        b_g2: b
            .iter()
            .map(|&occurs| if occurs { one_g2 } else { G2Affine::zero() })
            .collect(),
        private: vec![one; counts.total - outside],
        quotient: Quotient::OddValues(vec![one; len]),
        boundary: (counts.boundary > 0).then(|| BoundaryPoints {
            bases: vec![one; counts.boundary],
            blind: one,
            blind_private: one,
        }),
    };
    ProvingKey::new(verifying, points)
}
