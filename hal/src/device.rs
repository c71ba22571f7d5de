//! A device: facts about it, and the operations it offers.

use kernelwise_field::G2;

use crate::{Contract, FractionTree, Msm, Ntt, SumcheckDevice};

/// The family of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DeviceKind {
    /// Cores and vector units of the host.
    Cpu,
    /// A graphics processor.
    Gpu,
    /// A field-programmable gate array, real or simulated.
    Fpga,
    /// Several devices behind the traits of one, or none at all.
    Virtual,
}

/// What a device is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeviceInfo {
    /// Short, unique, stable name by which users select it, such as `cpu`.
    pub name: String,
    /// The family.
    pub kind: DeviceKind,
    /// One line for people: model, instruction sets, driver.
    pub description: String,
    /// Worker threads or lanes that it computes on.
    pub threads: usize,
    /// Memory that it may use, in bytes, when it has its own.
    pub memory_bytes: Option<u64>,
}

/// What the arithmetic units and the memory of a device do at most: no operation is faster than its work over these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peak {
    /// Multiply-adds of 32-bit integers a second; one with a result of 64 bits counts as two.
    pub multiply_adds_per_second: u64,
    /// Bytes a second between the device and its own memory.
    pub bytes_per_second: u64,
}

/// Which operations a device offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities {
    /// Multi-scalar multiplication in G1.
    pub msm: bool,
    /// Multi-scalar multiplication in G2.
    pub msm_g2: bool,
    /// Sumcheck rounds.
    pub sumcheck: bool,
    /// Trees of fractions.
    pub fractions: bool,
    /// Small-integer matrix by field vector.
    pub contract: bool,
    /// Number-theoretic transforms.
    pub ntt: bool,
}

/// One prover device.
///
/// Only [`info`](Device::info) is required; an operation that a device lacks stays `None` and is served by
/// another device, chosen when planning.
pub trait Device: Send + Sync {
    /// Facts about this device.
    fn info(&self) -> &DeviceInfo;

    /// Multi-scalar multiplication in G1, if offered.
    fn msm(&self) -> Option<&dyn Msm> {
        None
    }

    /// Multi-scalar multiplication in G2, if offered.
    fn msm_g2(&self) -> Option<&dyn Msm<G2>> {
        None
    }

    /// Sumcheck rounds, if offered.
    fn sumcheck(&self) -> Option<&dyn SumcheckDevice> {
        None
    }

    /// Trees of fractions, if offered.
    fn fractions(&self) -> Option<&dyn FractionTree> {
        None
    }

    /// Small-integer contraction, if offered.
    fn contract(&self) -> Option<&dyn Contract> {
        None
    }

    /// Number-theoretic transforms, if offered.
    fn ntt(&self) -> Option<&dyn Ntt> {
        None
    }

    /// What its hardware does at most, if that is known.
    fn peak(&self) -> Option<Peak> {
        None
    }

    /// Which operations are offered.
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            msm: self.msm().is_some(),
            msm_g2: self.msm_g2().is_some(),
            sumcheck: self.sumcheck().is_some(),
            fractions: self.fractions().is_some(),
            contract: self.contract().is_some(),
            ntt: self.ntt().is_some(),
        }
    }
}
