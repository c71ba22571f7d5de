//! Opens the two tiers by name.

use std::sync::Arc;

use kernelwise_hal::{Device, DeviceError, DeviceFactory, DeviceInfo};

use crate::CpuDevice;

/// The host CPU, always there.
#[derive(Debug, Clone, Copy, Default)]
pub struct CpuFactory;

impl CpuFactory {
    fn devices() -> [CpuDevice; 2] {
        [CpuDevice::optimized(), CpuDevice::reference()]
    }
}

impl DeviceFactory for CpuFactory {
    fn probe(&self) -> Vec<DeviceInfo> {
        Self::devices()
            .iter()
            .map(|device| device.info().clone())
            .collect()
    }

    fn open(&self, name: &str) -> Result<Arc<dyn Device>, DeviceError> {
        match Self::devices()
            .into_iter()
            .find(|device| device.info().name == name)
        {
            Some(device) => Ok(Arc::new(device)),
            None => Err(DeviceError::UnknownDevice {
                name: name.to_owned(),
                available: self.probe().into_iter().map(|info| info.name).collect(),
            }),
        }
    }
}
