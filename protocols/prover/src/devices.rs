//! Which device serves which operation.

use kernelwise_hal::{Contract, Device, FractionTree, Msm, SumcheckDevice};

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
        })
    }
}
