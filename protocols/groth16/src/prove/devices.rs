//! What a prover needs of devices.

use kernelwise_field::{G1, G2};
use kernelwise_hal::{Device, DeviceError, Msm, Ntt};

/// Where each operation runs; `rayon` serves the rest.
#[derive(Clone, Copy)]
pub struct Devices<'a> {
    /// Sums in G1.
    pub msm: &'a dyn Msm<G1>,
    /// Sums in G2.
    pub msm_g2: &'a dyn Msm<G2>,
    /// Transforms.
    pub ntt: &'a dyn Ntt,
}

impl<'a> Devices<'a> {
    /// The first of `devices` that offers each operation.
    ///
    /// # Errors
    /// [`DeviceError::Unsupported`] if none offers one.
    pub fn select(devices: &[&'a dyn Device]) -> Result<Self, DeviceError> {
        let missing = |operation| DeviceError::Unsupported {
            device: devices
                .iter()
                .map(|device| device.info().name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
            operation,
        };
        let first = devices.iter();
        Ok(Self {
            msm: first
                .clone()
                .find_map(|device| device.msm())
                .ok_or_else(|| missing("multi-scalar multiplication"))?,
            msm_g2: first
                .clone()
                .find_map(|device| device.msm_g2())
                .ok_or_else(|| missing("multi-scalar multiplication in G2"))?,
            ntt: first
                .clone()
                .find_map(|device| device.ntt())
                .ok_or_else(|| missing("number-theoretic transform"))?,
        })
    }
}
