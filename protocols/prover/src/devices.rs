//! Which device serves which operation.

use kernelwise_field::G2;
use kernelwise_hal::{Contract, Device, FractionTree, Msm, Ntt, SumcheckDevice};

use crate::error::ProveError;

/// The operations that proving needs, each with the device chosen for it.
#[derive(Clone, Copy)]
pub struct Devices<'a> {
    /// Serves multi-scalar multiplications.
    pub msm: &'a dyn Msm,
    /// Serves sumchecks.
    pub sumcheck: &'a dyn SumcheckDevice,
    /// Serves trees of fractions.
    pub fractions: &'a dyn FractionTree,
    /// Serves contractions.
    pub contract: &'a dyn Contract,
    /// Serves sums in G2, which only Groth16 launches ask for.
    pub msm_g2: Option<&'a dyn Msm<G2>>,
    /// Serves transforms, which only Groth16 launches ask for.
    pub ntt: Option<&'a dyn Ntt>,
}

impl<'a> Devices<'a> {
    /// The first of `candidates` that offers each operation.
    ///
    /// # Errors
    /// [`ProveError::Unsupported`] that names the operation which none offers.
    pub fn select(candidates: &[&'a dyn Device]) -> Result<Self, ProveError> {
        let missing = |operation| ProveError::Unsupported { operation };
        Ok(Self {
            msm: candidates
                .iter()
                .find_map(|d| d.msm())
                .ok_or(missing("multi-scalar multiplication"))?,
            sumcheck: candidates
                .iter()
                .find_map(|d| d.sumcheck())
                .ok_or(missing("sumcheck"))?,
            fractions: candidates
                .iter()
                .find_map(|d| d.fractions())
                .ok_or(missing("trees of fractions"))?,
            contract: candidates
                .iter()
                .find_map(|d| d.contract())
                .ok_or(missing("contraction"))?,
            msm_g2: candidates.iter().find_map(|d| d.msm_g2()),
            ntt: candidates.iter().find_map(|d| d.ntt()),
        })
    }

    /// What Groth16 launches need.
    ///
    /// # Errors
    /// [`ProveError::Unsupported`] that names the operation which no device offers.
    pub fn groth16(&self) -> Result<kernelwise_groth16::Devices<'a>, ProveError> {
        let missing = |operation| ProveError::Unsupported { operation };
        Ok(kernelwise_groth16::Devices {
            msm: self.msm,
            msm_g2: self
                .msm_g2
                .ok_or(missing("multi-scalar multiplication in G2"))?,
            ntt: self.ntt.ok_or(missing("number-theoretic transform"))?,
        })
    }
}
