//! The devices that can be measured.

use kernelwise_cpu::CpuFactory;
use kernelwise_gpu::CudaFactory;
use kernelwise_hal::{DeviceError, Registry};

use crate::meter::Metered;

/// Every family of devices in this build. A card does everything itself: what it would leave to the CPU is not measured as the card's.
pub fn registry() -> Registry {
    Registry::new()
        .with(CpuFactory)
        .with(CudaFactory::default())
}

/// Opens devices by name; threads are those of the current pool.
///
/// # Errors
/// [`DeviceError::UnknownDevice`] with the names that are there; whatever a driver reports.
pub fn open(names: &[String]) -> Result<Vec<Metered>, DeviceError> {
    let registry = registry();
    names
        .iter()
        .map(|name| registry.open(name).map(Metered::new))
        .collect()
}
