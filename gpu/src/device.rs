//! A card as a prover device.

use std::sync::Arc;

use kernelwise_field::G2;
use kernelwise_hal::{
    Contract, Device, DeviceError, DeviceInfo, DeviceKind, Msm, Ntt, Peak, SumcheckDevice,
};

use crate::contract::CudaContract;
use crate::driver::{Driver, Gpu, cuda};
use crate::msm::CudaMsm;
use crate::ntt::CudaNtt;
use crate::sumcheck::CudaSumcheck;

/// A GPU behind a driver.
pub struct CudaDevice {
    info: DeviceInfo,
    peak: Option<Peak>,
    msm: CudaMsm,
    sumcheck: CudaSumcheck,
    contract: CudaContract,
    ntt: CudaNtt,
}

impl CudaDevice {
    /// Calls the card behind `driver` `name`. With `tail`, the last rounds of sumchecks and what is small from the outset are played there.
    pub fn new(name: &str, driver: Arc<dyn Driver>, tail: Option<Arc<dyn Device>>) -> Self {
        let gpu = Gpu::new(name, driver);
        let properties = gpu.properties();
        let info = DeviceInfo {
            name: name.to_owned(),
            kind: DeviceKind::Gpu,
            description: properties.description.clone(),
            threads: properties.multiprocessors as usize,
            memory_bytes: Some(properties.memory_bytes),
        };
        Self {
            peak: properties.peak(),
            info,
            contract: CudaContract::new(gpu.clone()),
            msm: CudaMsm::new(gpu.clone()),
            ntt: CudaNtt::new(gpu.clone()),
            sumcheck: CudaSumcheck::new(gpu, tail),
        }
    }

    /// Opens the `ordinal`-th card.
    ///
    /// # Errors
    /// [`DeviceError::Unavailable`] if there is no driver, an old one, no such card, or one that the kernels are not for; what a card reports while
    /// it is measured from which size on `tail` plays sumchecks faster.
    pub fn open(ordinal: u32, tail: Option<Arc<dyn Device>>) -> Result<Self, DeviceError> {
        let name = crate::factory::name(ordinal);
        match cuda::Cuda::open(ordinal, cuda::TIMEOUT) {
            Ok(driver) => {
                let mut device = Self::new(&name, Arc::new(driver), tail);
                device.sumcheck.measure()?;
                Ok(device)
            }
            Err(error) => Err(error.on(&name)),
        }
    }
}

impl std::fmt::Debug for CudaDevice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CudaDevice")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}

impl Device for CudaDevice {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn msm(&self) -> Option<&dyn Msm> {
        Some(&self.msm)
    }

    fn msm_g2(&self) -> Option<&dyn Msm<G2>> {
        Some(&self.msm)
    }

    fn sumcheck(&self) -> Option<&dyn SumcheckDevice> {
        Some(&self.sumcheck)
    }

    fn contract(&self) -> Option<&dyn Contract> {
        Some(&self.contract)
    }

    fn ntt(&self) -> Option<&dyn Ntt> {
        Some(&self.ntt)
    }

    fn peak(&self) -> Option<Peak> {
        self.peak
    }
}
