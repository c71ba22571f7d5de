//! Commitments to boundary wires, and the proofs that carry them.

use kernelwise_core::groth16::Proof;
use kernelwise_field::{CurveGroup, Fr, G1Affine};
use zeroize::Zeroize;

use super::{Blinds, Devices, Prover};
use crate::error::Groth16ProveError;
use crate::r1cs::R1cs;
use crate::random;

/// What opens a commitment to boundary wires: the secret that hides it.
///
/// It is used up by the one proof that may carry the commitment, and overwritten when dropped.
#[derive(Zeroize)]
#[zeroize(drop)]
pub struct BoundaryOpening {
    pub(super) kappa: Fr,
}

impl std::fmt::Debug for BoundaryOpening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BoundaryOpening").finish_non_exhaustive()
    }
}

impl Prover {
    /// Commits to the boundary wires: the first message about them, before any challenge.
    ///
    /// # Errors
    /// [`Groth16ProveError::Unsupported`] for a system without boundary wires; [`Groth16ProveError::Shape`];
    /// [`Groth16ProveError::Randomness`]; what a device reports.
    pub fn commit(
        &self,
        devices: Devices<'_>,
        boundary: &[Fr],
    ) -> Result<(G1Affine, BoundaryOpening), Groth16ProveError> {
        let Some([blind, _]) = &self.head.blinds else {
            return Err(Groth16ProveError::Unsupported {
                operation: "a commitment",
                what: "circuits without boundary wires",
            });
        };
        let expected = self.counts.boundary;
        if boundary.len() != expected {
            return Err(Groth16ProveError::Shape {
                what: "values of boundary wires",
                expected,
                got: boundary.len(),
            });
        }
        let opening = BoundaryOpening {
            kappa: random::field()?,
        };
        let sum = self.boundary.sum(devices.msm, boundary)?;
        let commitment = sum + *blind * opening.kappa;
        Ok((commitment.into_affine(), opening))
    }

    /// Proves that `wires` satisfy `r1cs` and that the commitment with this opening is to its boundary wires.
    ///
    /// # Errors
    /// As [`prove`](Prover::prove).
    pub fn prove_committed(
        &self,
        devices: Devices<'_>,
        r1cs: &R1cs,
        wires: &[Fr],
        opening: BoundaryOpening,
    ) -> Result<Proof, Groth16ProveError> {
        r1cs.check(wires)?;
        self.prove_unchecked(devices, r1cs, wires, opening)
    }

    /// As [`prove_committed`](Prover::prove_committed), whether the wires satisfy the system or not.
    pub(crate) fn prove_unchecked(
        &self,
        devices: Devices<'_>,
        r1cs: &R1cs,
        wires: &[Fr],
        opening: BoundaryOpening,
    ) -> Result<Proof, Groth16ProveError> {
        let rows = self.rows(r1cs)?;
        self.prove_rows(devices, rows, wires, &Blinds::fresh()?, Some(opening))
    }
}
