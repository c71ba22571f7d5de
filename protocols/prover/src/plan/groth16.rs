//! What Groth16 launches ask of devices, counted and measured.

use std::time::Instant;

use kernelwise_core::field::{CurveGroup, Field, Fr, G2, G2Affine, PrimeGroup, Zero};
use kernelwise_hal::{BaseSet, DeviceError, Msm, Ntt, Scalars};

use super::counting::CountingDevice;
use super::measure::elements;
use super::{Operation, Rates};
use crate::devices::Devices;

impl Msm<G2> for CountingDevice {
    fn load(&self, bases: &[G2Affine]) -> Result<BaseSet<G2>, DeviceError> {
        Ok(Self::resident(bases.len()))
    }

    fn msm(&self, _bases: &BaseSet<G2>, scalars: Scalars<'_>) -> Result<G2, DeviceError> {
        let begun = Instant::now();
        self.count(begun, 0, [(Operation::PointG2, scalars.len() as u64)]);
        Ok(G2::zero())
    }
}

impl Ntt for CountingDevice {
    fn forward(&self, values: &mut [Fr], _shift: Fr) -> Result<(), DeviceError> {
        let begun = Instant::now();
        let len = values.len().max(1) as u64;
        let units = len / 2 * u64::from(len.ilog2());
        // Three vectors of the domain are held at a time.
        self.count(begun, 3 * 32 * len, [(Operation::Butterfly, units)]);
        Ok(())
    }

    fn inverse(&self, values: &mut [Fr], shift: Fr) -> Result<(), DeviceError> {
        self.forward(values, shift)
    }
}

impl Rates {
    /// Measures what only Groth16 launches ask for; devices that do not offer it have no rate for it.
    pub(super) fn groth16(&mut self, devices: Devices<'_>) -> Result<(), DeviceError> {
        let (len, vars) = (512, 12u64);
        if let Some(msm) = devices.msm_g2 {
            let multiples = std::iter::successors(Some(G2::generator()), |point| {
                Some(*point + G2::generator())
            });
            let points: Vec<G2> = multiples.take(len).collect();
            let bases = msm.load(&G2::normalize_batch(&points))?;
            let scalars = elements(len);
            self.record(Operation::PointG2, len as u64, || {
                msm.msm(&bases, Scalars::Fr(&scalars)).map(drop)
            })?;
        }
        if let Some(ntt) = devices.ntt {
            let mut values = elements(1 << vars);
            self.record(Operation::Butterfly, vars << (vars - 1), || {
                ntt.forward(&mut values, Fr::ONE)
            })?;
        }
        Ok(())
    }
}
