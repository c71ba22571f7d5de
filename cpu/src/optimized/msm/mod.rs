//! Multi-scalar multiplication: in lanes where the CPU has them, scalar buckets elsewhere.

mod affine;
mod digits;
mod scalar;
mod small;

use kernelwise_field::{G1, G1Affine};
use kernelwise_hal::msm::rows_of;
use kernelwise_hal::{BaseSet, DeviceError, Msm, Scalars};

use crate::simd::Level;
#[cfg(target_arch = "x86_64")]
use crate::simd::{
    Avx512,
    msm::{LaneBases, MAX_BASES},
};
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

    fn bases<'a>(&self, bases: &'a BaseSet, needed: usize) -> Result<&'a Bases, DeviceError> {
        let prepared = bases.prepared(&self.device)?;
        if needed > bases.len() {
            return Err(DeviceError::LengthMismatch {
                what: "scalars",
                expected: bases.len(),
                got: needed,
            });
        }
        Ok(prepared)
    }
}

/// Resident bases, in the layout of the instruction set that sums them.
enum Bases {
    #[cfg(target_arch = "x86_64")]
    Lanes(LaneBases),
    Scalar(ScalarBases),
}

impl Bases {
    fn new(level: Level, bases: &[G1Affine]) -> Self {
        #[cfg(target_arch = "x86_64")]
        if level == Level::Avx512
            && bases.len() <= MAX_BASES
            && let Some(ops) = Avx512::detect()
        {
            return Self::Lanes(LaneBases::new(ops, bases));
        }
        let _ = level;
        Self::Scalar(ScalarBases::new(bases))
    }

    fn sums(&self, scalars: Scalars<'_>, row_len: usize) -> Vec<G1> {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Lanes(bases) => bases.sums(scalars, row_len),
            Self::Scalar(bases) => bases.sums(scalars, row_len),
        }
    }
}

impl Msm for OptimizedMsm {
    fn load(&self, bases: &[G1Affine]) -> Result<BaseSet, DeviceError> {
        let prepared = Bases::new(self.level, bases);
        Ok(BaseSet::new(&self.device, bases.len(), Box::new(prepared)))
    }

    fn msm(&self, bases: &BaseSet, scalars: Scalars<'_>) -> Result<G1, DeviceError> {
        let bases = self.bases(bases, scalars.len())?;
        // No scalars make no row.
        Ok(bases.sums(scalars, scalars.len()).into_iter().sum())
    }

    fn msm_rows(
        &self,
        bases: &BaseSet,
        scalars: Scalars<'_>,
        row_len: usize,
    ) -> Result<Vec<G1>, DeviceError> {
        let rows = rows_of(scalars.len(), row_len)?.count();
        let bases = self.bases(bases, if rows == 0 { 0 } else { row_len })?;
        Ok(bases.sums(scalars, row_len))
    }
}

#[cfg(test)]
mod tests {
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
