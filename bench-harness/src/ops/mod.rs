//! The operations, each as a list of cases that every device and reference solves.

mod contract;
mod field;
pub(crate) mod groth16;
mod msm;
mod msm_g2;
mod msm_rows;
mod msm_small;
mod ntt;
mod sumcheck;
mod sumcheck_wide;
mod sums;

pub(crate) use msm_rows::row_len;
pub(crate) use sumcheck::Instance as SumcheckInstance;

use std::ops::RangeInclusive;
use std::sync::Arc;

use clap::ValueEnum;
use kernelwise_field::{G1, G1Affine};
use kernelwise_hal::Device;

use crate::case::{Case, Contender, Task};
use crate::error::BenchError;
use crate::inputs;
use crate::meter::Metered;

/// Seed of all bases.
const BASE_SEED: u64 = 0x6b77;

/// An operation that can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, ValueEnum)]
pub enum Op {
    /// Independent products over an array that stays in the first-level cache.
    Field,
    /// Multi-scalar multiplication with full-width scalars.
    Msm,
    /// The same in G2.
    MsmG2,
    /// Multi-scalar multiplication with bits and small integers.
    MsmSmall,
    /// One multi-scalar multiplication per row of a matrix of small integers, over the same bases.
    MsmRows,
    /// All rounds of a sumcheck.
    Sumcheck,
    /// All rounds of a sumcheck over many terms and few instances: a layer of a data-parallel circuit.
    SumcheckWide,
    /// A small-integer matrix by a vector of field elements.
    Contract,
    /// Number-theoretic transform.
    Ntt,
    /// A Groth16 proof, from the values of all wires.
    Groth16,
}

impl Op {
    /// The name in records and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Msm => "msm",
            Self::MsmG2 => "msm-g2",
            Self::MsmSmall => "msm-small",
            Self::MsmRows => "msm-rows",
            Self::Sumcheck => "sumcheck",
            Self::SumcheckWide => "sumcheck-wide",
            Self::Contract => "contract",
            Self::Ntt => "ntt",
            Self::Groth16 => "groth16",
        }
    }

    /// Those that some device of this build can offer.
    pub fn offered() -> Vec<Self> {
        let all = Self::value_variants().iter().copied();
        all.filter(|op| !op.scalar_kinds().is_empty()).collect()
    }

    /// The kinds of numbers that it is measured on; none if no device trait offers it.
    pub fn scalar_kinds(self) -> &'static [&'static str] {
        match self {
            Self::Field => &["fr"],
            Self::Msm | Self::MsmG2 => &["fr"],
            Self::MsmSmall => &["bits", "i8", "i16", "i32"],
            Self::MsmRows => &["i8"],
            Self::Sumcheck => &["fr-fr", "i8-fr", "eq-abc"],
            Self::SumcheckWide => sumcheck_wide::KINDS,
            Self::Contract => &["i8-rows", "i8-cols", "i16-rows", "i16-cols"],
            Self::Ntt => &["forward", "inverse-coset"],
            Self::Groth16 => &["fr"],
        }
    }

    /// The sizes that it can be measured at.
    pub fn log_sizes(self) -> RangeInclusive<u32> {
        match self {
            // Below, packing the array into lanes would show.
            Self::Field => 12..=30,
            // Its size is the number of instances.
            Self::SumcheckWide => 1..=14,
            // A proof has a few constraints at least; keys are made afresh.
            Self::Groth16 => 3..=22,
            _ => 1..=26,
        }
    }

    /// Whether more threads change anything.
    pub fn is_parallel(self) -> bool {
        self != Self::Field
    }
}

/// What cases are made from.
pub struct Setting {
    devices: Vec<Metered>,
    points: Arc<Vec<G1Affine>>,
}

impl Setting {
    /// Devices, and as many bases as `ops` at `log_size` need.
    pub fn new(devices: Vec<Metered>, ops: &[Op], log_size: u32) -> Self {
        let needed = |op: &Op| match op {
            Op::Msm | Op::MsmSmall => 1usize << log_size,
            Op::MsmRows => msm_rows::row_len(log_size),
            _ => 0,
        };
        let points = inputs::points::<G1>(BASE_SEED, ops.iter().map(needed).max().unwrap_or(0));
        Self {
            devices,
            points: Arc::new(points),
        }
    }

    /// The same bases with devices opened in another pool.
    #[must_use]
    pub fn with_devices(&self, devices: Vec<Metered>) -> Self {
        Self {
            devices,
            points: Arc::clone(&self.points),
        }
    }

    /// The case of one operation, kind and size.
    ///
    /// # Errors
    /// [`BenchError::Unsupported`] if no device offers it; [`BenchError::Size`]; what a device or library reports.
    pub fn case(&self, op: Op, scalar_kind: &str, log_size: u32) -> Result<Case, BenchError> {
        let sizes = op.log_sizes();
        if !sizes.contains(&log_size) {
            return Err(BenchError::Size {
                min: *sizes.start(),
                max: *sizes.end(),
                got: log_size,
            });
        }
        match op {
            Op::Field => field::case(self, log_size),
            Op::Msm => msm::case(self, log_size),
            Op::MsmG2 => msm_g2::case(self, log_size),
            Op::MsmSmall => msm_small::case(self, scalar_kind, log_size),
            Op::MsmRows => msm_rows::case(self, log_size),
            Op::Sumcheck => sumcheck::case(self, scalar_kind, log_size),
            Op::SumcheckWide => sumcheck_wide::case(self, scalar_kind, log_size),
            Op::Contract => contract::case(self, scalar_kind, log_size),
            Op::Ntt => ntt::case(self, scalar_kind, log_size),
            Op::Groth16 => groth16::case(self, log_size),
        }
    }

    fn bases(&self, len: usize) -> Arc<Vec<G1Affine>> {
        if len == self.points.len() {
            return Arc::clone(&self.points);
        }
        Arc::new(self.points.iter().take(len).copied().collect())
    }

    fn unsupported(&self, operation: &'static str) -> BenchError {
        let names = self.devices.iter().map(|device| device.info().name.clone());
        BenchError::Unsupported {
            operation,
            devices: names.collect(),
        }
    }

    /// One contender per device that offers the operation, as `offers` says.
    fn device_contenders(
        &self,
        operation: &'static str,
        offers: impl Fn(&Metered) -> bool,
        mut build: impl FnMut(Metered) -> Result<Box<dyn Task>, BenchError>,
    ) -> Result<Vec<Contender>, BenchError> {
        let able = self.devices.iter().filter(|device| offers(device));
        let contenders: Vec<Contender> = able
            .map(|device| {
                let task = build(device.clone())?;
                Ok(Contender::device(device, task))
            })
            .collect::<Result<_, BenchError>>()?;
        if contenders.is_empty() {
            return Err(self.unsupported(operation));
        }
        Ok(contenders)
    }
}

/// The device's implementation of an operation, of which the plan says that it is there.
fn offered<'a, T: ?Sized>(
    device: &'a Metered,
    operation: &'static str,
    select: impl Fn(&'a Metered) -> Option<&'a T>,
) -> Result<&'a T, BenchError> {
    select(device).ok_or_else(|| BenchError::Unsupported {
        operation,
        devices: vec![device.info().name.clone()],
    })
}

/// References first, then devices.
fn contenders(references: Vec<Contender>, devices: Vec<Contender>) -> Vec<Contender> {
    references.into_iter().chain(devices).collect()
}

#[cfg(test)]
mod tests;
