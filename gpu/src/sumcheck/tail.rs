//! The last rounds, on another device.

use std::borrow::Cow;
use std::sync::Arc;

use kernelwise_field::Fr;
use kernelwise_hal::rounds::EqPrefix;
use kernelwise_hal::{Device, DeviceError, RoundPoly, RoundProver, SumcheckRequest, Table, Term};

use super::tables::Taken;

/// Entries of this many tables together, as far as that can be counted.
pub(super) fn entries(num_vars: usize, tables: usize) -> usize {
    let len = u32::try_from(num_vars)
        .ok()
        .and_then(|n| 1usize.checked_shl(n));
    len.unwrap_or(usize::MAX).saturating_mul(tables)
}

/// Where sumchecks go on when they are small.
#[derive(Clone)]
pub(super) struct HandOver {
    pub(super) device: Arc<dyn Device>,
    /// Entries of all tables together, at most.
    pub(super) entries: usize,
}

/// A sumcheck that went on elsewhere.
pub(super) struct Tail {
    prover: Box<dyn RoundProver>,
    /// What the evaluation of each table is to be multiplied by: the bound part of an `eq`.
    scales: Vec<Fr>,
}

impl Tail {
    /// Hands what is left to `device`.
    pub(super) fn new(
        device: &dyn Device,
        num_vars: usize,
        tables: Vec<Taken>,
        terms: &[Term],
    ) -> Result<Self, DeviceError> {
        let scale = |taken: &Taken| match taken {
            Taken::Entries(_) => Fr::from(1u64),
            Taken::Eq(eq) => eq.scale(),
        };
        let scales: Vec<Fr> = tables.iter().map(scale).collect();
        let table = |taken: Taken| match taken {
            Taken::Entries(entries) => Table::Fr(Cow::Owned(entries)),
            Taken::Eq(eq) => Table::Eq(Cow::Owned(EqPrefix::unbound(&eq).to_vec())),
        };
        let term = |term: &Term| {
            let factor: Fr = term.factors.iter().map(|&factor| scales[factor]).product();
            Term {
                coefficient: term.coefficient * factor,
                factors: term.factors.clone(),
            }
        };
        let request = SumcheckRequest::new(
            num_vars,
            tables.into_iter().map(table).collect(),
            terms.iter().map(term).collect(),
        )?;
        let sumcheck = device.sumcheck().ok_or_else(|| DeviceError::Unsupported {
            device: device.info().name.clone(),
            operation: "sumcheck",
        })?;
        Ok(Self {
            prover: sumcheck.prepare(request)?,
            scales,
        })
    }

    pub(super) fn prove_round(
        &mut self,
        bind: Option<Fr>,
        claim: Fr,
    ) -> Result<RoundPoly, DeviceError> {
        self.prover.prove_round(bind, claim)
    }

    pub(super) fn finish(self, bind: Option<Fr>) -> Result<Vec<Fr>, DeviceError> {
        let values = self.prover.finish(bind)?;
        let scaled = values.into_iter().zip(self.scales);
        Ok(scaled.map(|(value, scale)| value * scale).collect())
    }
}
