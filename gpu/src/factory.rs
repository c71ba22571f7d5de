//! Finds and opens cards.

use std::sync::Arc;

use kernelwise_hal::{Device, DeviceError, DeviceFactory, DeviceInfo, DeviceKind};

use crate::CudaDevice;
use crate::driver::cuda;

/// Name of the first card, and of the family.
pub const CUDA: &str = "cuda";

/// The kernels compiled for the host: for tests, and far slower than any other device.
#[cfg(feature = "host-shim")]
pub const HOST: &str = "cuda-host";

/// Memory that the host lends to its kernels, in bytes.
#[cfg(feature = "host-shim")]
const HOST_BYTES: u64 = 1 << 30;

/// The cards of this machine.
#[derive(Clone, Default)]
pub struct CudaFactory {
    tail: Option<Arc<dyn Device>>,
}

/// Whether the first card is there, with a driver for it.
pub fn is_present() -> bool {
    cuda::properties(0).is_ok()
}

/// The name of the `ordinal`-th card.
pub(crate) fn name(ordinal: u32) -> String {
    match ordinal {
        0 => CUDA.to_owned(),
        _ => format!("{CUDA}:{ordinal}"),
    }
}

impl CudaFactory {
    /// Devices that hand what is small to `tail`.
    pub fn with_tail(tail: Arc<dyn Device>) -> Self {
        Self { tail: Some(tail) }
    }
}

impl std::fmt::Debug for CudaFactory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CudaFactory").finish_non_exhaustive()
    }
}

impl DeviceFactory for CudaFactory {
    fn probe(&self) -> Vec<DeviceInfo> {
        let card = |ordinal| {
            let properties = cuda::properties(ordinal).ok()?;
            Some(DeviceInfo {
                name: name(ordinal),
                kind: DeviceKind::Gpu,
                description: properties.description,
                threads: properties.multiprocessors as usize,
                memory_bytes: Some(properties.memory_bytes),
            })
        };
        let cards = (0..cuda::count().unwrap_or(0)).filter_map(card);
        #[cfg(feature = "host-shim")]
        let cards = cards.chain([self.host().info().clone()]);
        cards.collect()
    }

    fn open(&self, name: &str) -> Result<Arc<dyn Device>, DeviceError> {
        #[cfg(feature = "host-shim")]
        if name == HOST {
            return Ok(Arc::new(self.host()));
        }
        let ordinal = match name.strip_prefix(CUDA) {
            Some("") => Some(0),
            Some(rest) => rest.strip_prefix(':').and_then(|text| text.parse().ok()),
            None => None,
        };
        match ordinal {
            Some(ordinal) => Ok(Arc::new(CudaDevice::open(ordinal, self.tail.clone())?)),
            None => Err(DeviceError::UnknownDevice {
                name: name.to_owned(),
                available: self.probe().into_iter().map(|info| info.name).collect(),
            }),
        }
    }

    fn unavailable(&self) -> Vec<DeviceError> {
        let family = |error: crate::driver::DriverError| error.on(CUDA);
        match cuda::count() {
            Ok(count) => (0..count)
                .filter_map(|ordinal| Some(cuda::properties(ordinal).err()?.on(&name(ordinal))))
                .collect(),
            Err(error) => vec![family(error)],
        }
    }
}

#[cfg(feature = "host-shim")]
impl CudaFactory {
    fn host(&self) -> CudaDevice {
        let driver = crate::driver::host::Host::new(0, HOST_BYTES);
        CudaDevice::new(HOST, Arc::new(driver), self.tail.clone())
    }
}
