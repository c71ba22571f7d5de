//! The CPU as a device.

use kernelwise_hal::field::{G1, G2};
use kernelwise_hal::{
    Contract, Device, DeviceInfo, DeviceKind, FractionTree, Msm, Ntt, SumcheckDevice,
};

use crate::optimized::{
    contract::OptimizedContract, fractions::OptimizedFractions, msm::OptimizedMsm,
    ntt::OptimizedNtt, sumcheck::OptimizedSumcheck,
};
use crate::reference::{
    contract::ReferenceContract, fractions::ReferenceFractions, msm::ReferenceMsm,
    ntt::ReferenceNtt, sumcheck::ReferenceSumcheck,
};

/// Sums in both groups.
trait BothMsm: Msm<G1> + Msm<G2> {}

impl<T: Msm<G1> + Msm<G2>> BothMsm for T {}

/// The host CPU in one of two tiers that return the same values.
pub struct CpuDevice {
    info: DeviceInfo,
    msm: Box<dyn BothMsm>,
    sumcheck: Box<dyn SumcheckDevice>,
    fractions: Box<dyn FractionTree>,
    contract: Box<dyn Contract>,
    ntt: Box<dyn Ntt>,
}

impl CpuDevice {
    /// The plain tier, `cpu-reference`: obviously right, sequential, the oracle of every other device.
    pub fn reference() -> Self {
        let name = "cpu-reference";
        Self {
            info: DeviceInfo {
                name: name.to_owned(),
                kind: DeviceKind::Cpu,
                description: "plain sequential arithmetic, the oracle of other devices".to_owned(),
                threads: 1,
                memory_bytes: None,
            },
            msm: Box::new(ReferenceMsm::new(name)),
            sumcheck: Box::new(ReferenceSumcheck::new(name)),
            fractions: Box::new(ReferenceFractions),
            contract: Box::new(ReferenceContract),
            ntt: Box::new(ReferenceNtt),
        }
    }

    /// The fast tier, `cpu`: uses the current rayon pool.
    pub fn optimized() -> Self {
        let name = "cpu";
        Self {
            info: DeviceInfo {
                name: name.to_owned(),
                kind: DeviceKind::Cpu,
                description: format!("{} threads", rayon::current_num_threads()),
                threads: rayon::current_num_threads(),
                memory_bytes: None,
            },
            msm: Box::new(OptimizedMsm::new(name)),
            sumcheck: Box::new(OptimizedSumcheck::new(name)),
            fractions: Box::new(OptimizedFractions),
            contract: Box::new(OptimizedContract),
            ntt: Box::new(OptimizedNtt),
        }
    }
}

impl std::fmt::Debug for CpuDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CpuDevice")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

impl Device for CpuDevice {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn msm(&self) -> Option<&dyn Msm> {
        Some(&*self.msm)
    }

    fn msm_g2(&self) -> Option<&dyn Msm<G2>> {
        Some(&*self.msm)
    }

    fn sumcheck(&self) -> Option<&dyn SumcheckDevice> {
        Some(&*self.sumcheck)
    }

    fn fractions(&self) -> Option<&dyn FractionTree> {
        Some(&*self.fractions)
    }

    fn contract(&self) -> Option<&dyn Contract> {
        Some(&*self.contract)
    }

    fn ntt(&self) -> Option<&dyn Ntt> {
        Some(&*self.ntt)
    }
}
