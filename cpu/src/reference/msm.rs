//! Multi-scalar multiplication as a sum of double-and-adds.

use kernelwise_field::{AdditiveGroup, AffineRepr, G1, G1Affine, PrimeField};
use kernelwise_hal::{BaseSet, DeviceError, Msm, Scalars};

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

impl Msm for ReferenceMsm {
    fn load(&self, bases: &[G1Affine]) -> Result<BaseSet, DeviceError> {
        Ok(BaseSet::new(
            &self.device,
            bases.len(),
            Box::new(bases.to_vec()),
        ))
    }

    fn msm(&self, bases: &BaseSet, scalars: Scalars<'_>) -> Result<G1, DeviceError> {
        let points: &Vec<G1Affine> = bases.prepared(&self.device)?;
        if scalars.len() > points.len() {
            return Err(DeviceError::LengthMismatch {
                what: "scalars",
                expected: points.len(),
                got: scalars.len(),
            });
        }
        let scalars = scalars.to_field();
        Ok(points
            .iter()
            .zip(&scalars)
            .fold(G1::ZERO, |sum, (base, scalar)| {
                sum + base.mul_bigint(scalar.into_bigint())
            }))
    }
}
