//! Multi-scalar multiplication: in lanes where the CPU has them, scalar buckets elsewhere.

mod affine;
mod digits;
mod group;
mod scalar;
mod small;

use kernelwise_hal::msm::rows_of;
use kernelwise_hal::{BaseSet, DeviceError, Msm, Scalars};

use crate::simd::Level;
#[cfg(target_arch = "x86_64")]
use crate::simd::{Avx512, msm::MAX_BASES};
use group::SumGroup;
use scalar::ScalarBases;

/// Bucket methods on every core.
pub(crate) struct OptimizedMsm {
    device: String,
    level: Level,
}

impl OptimizedMsm {
    /// On the [active](Level::active) instruction set.
    pub(crate) fn new(device: &str) -> Self {
        Self::on(device, Level::active())
    }

    /// On `level`, or on scalar code if the CPU does not offer it.
    pub(crate) fn on(device: &str, level: Level) -> Self {
        Self {
            device: device.to_owned(),
            level,
        }
    }

    fn bases<'a, G: SumGroup>(
        &self,
        bases: &'a BaseSet<G>,
        needed: usize,
    ) -> Result<&'a Bases<G>, DeviceError> {
        let prepared = bases.prepared(&self.device)?;
        bases.covers(needed)?;
        Ok(prepared)
    }
}

/// Resident bases, in the layout of the instruction set that sums them.
enum Bases<G: SumGroup> {
    #[cfg(target_arch = "x86_64")]
    Lanes(G::LaneBases),
    Scalar(ScalarBases<G>),
}

impl<G: SumGroup> Bases<G> {
    fn new(level: Level, bases: &[G::Affine]) -> Self {
        #[cfg(target_arch = "x86_64")]
        if level == Level::Avx512
            && bases.len() <= MAX_BASES
            && let Some(ops) = Avx512::detect()
        {
            return Self::Lanes(G::lane_bases(ops, bases));
        }
        let _ = level;
        Self::Scalar(ScalarBases::new(bases))
    }

    /// One sum per row, over the bases from `start` on.
    fn sums(&self, start: usize, scalars: Scalars<'_>, row_len: usize) -> Vec<G> {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Lanes(bases) => G::lane_sums(bases, start, scalars, row_len),
            Self::Scalar(bases) => bases.sums(start, scalars, row_len),
        }
    }
}

impl<G: SumGroup> Msm<G> for OptimizedMsm {
    fn load(&self, bases: &[G::Affine]) -> Result<BaseSet<G>, DeviceError> {
        let prepared = Bases::<G>::new(self.level, bases);
        Ok(BaseSet::new(&self.device, bases.len(), Box::new(prepared)))
    }

    fn msm(&self, bases: &BaseSet<G>, scalars: Scalars<'_>) -> Result<G, DeviceError> {
        self.msm_from(bases, 0, scalars)
    }

    fn msm_from(
        &self,
        bases: &BaseSet<G>,
        start: usize,
        scalars: Scalars<'_>,
    ) -> Result<G, DeviceError> {
        let bases = self.bases(bases, start.saturating_add(scalars.len()))?;
        // No scalars make no row.
        let sums = bases.sums(start, scalars, scalars.len());
        Ok(sums.into_iter().sum())
    }

    fn msm_rows(
        &self,
        bases: &BaseSet<G>,
        scalars: Scalars<'_>,
        row_len: usize,
    ) -> Result<Vec<G>, DeviceError> {
        let rows = rows_of(scalars.len(), row_len)?.count();
        let bases = self.bases(bases, if rows == 0 { 0 } else { row_len })?;
        Ok(bases.sums(0, scalars, row_len))
    }
}

#[cfg(test)]
mod tests {
    use kernelwise_field::G2;
    use kernelwise_hal::{Device, DeviceInfo, DeviceKind, conformance};

    use super::*;

    struct OnlyMsm(DeviceInfo, OptimizedMsm);

    impl Device for OnlyMsm {
        fn info(&self) -> &DeviceInfo {
            &self.0
        }

        fn msm(&self) -> Option<&dyn Msm> {
            Some(&self.1)
        }

        fn msm_g2(&self) -> Option<&dyn Msm<G2>> {
            Some(&self.1)
        }
    }

    #[test]
    fn every_instruction_set_passes() {
        for level in [Level::Portable, Level::detect()] {
            let info = DeviceInfo {
                name: format!("{level:?}"),
                kind: DeviceKind::Cpu,
                description: String::new(),
                threads: 1,
                memory_bytes: None,
            };
            let msm = OptimizedMsm::on(&info.name, level);
            if let Err(failure) = conformance::run(&OnlyMsm(info, msm)) {
                panic!("{level:?}: {failure}: {:?}", failure.reason);
            }
        }
    }
}
