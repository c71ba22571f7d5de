//! Multi-scalar multiplication as a sum of double-and-adds.

use kernelwise_field::{AffineRepr, PrimeField};
use kernelwise_hal::{BaseSet, DeviceError, Msm, MsmGroup, Scalars};

/// One double-and-add per scalar.
pub(crate) struct ReferenceMsm {
    device: String,
}

impl ReferenceMsm {
    pub(crate) fn new(device: &str) -> Self {
        Self {
            device: device.to_owned(),
        }
    }
}

impl<G: MsmGroup> Msm<G> for ReferenceMsm {
    fn load(&self, bases: &[G::Affine]) -> Result<BaseSet<G>, DeviceError> {
        Ok(BaseSet::new(
            &self.device,
            bases.len(),
            Box::new(bases.to_vec()),
        ))
    }

    fn msm(&self, bases: &BaseSet<G>, scalars: Scalars<'_>) -> Result<G, DeviceError> {
        let points: &Vec<G::Affine> = bases.prepared(&self.device)?;
        bases.covers(scalars.len())?;
        let scalars = scalars.to_field();
        Ok(points
            .iter()
            .zip(&scalars)
            .fold(G::zero(), |sum, (base, scalar)| {
                sum + base.mul_bigint(scalar.into_bigint())
            }))
    }
}
