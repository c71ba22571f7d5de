//! A named card that its users share.

use std::sync::Arc;

use kernelwise_hal::DeviceError;

use super::{Args, Buffer, Driver, DriverError, Element, Grid, Launch, Properties};

/// A card and the name of the device that it is.
#[derive(Clone)]
pub struct Gpu {
    name: Arc<str>,
    driver: Arc<dyn Driver>,
}

impl std::fmt::Debug for Gpu {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Gpu").field(&self.name).finish()
    }
}

impl Gpu {
    /// Calls the card behind `driver` `name`.
    pub fn new(name: &str, driver: Arc<dyn Driver>) -> Self {
        Self {
            name: name.into(),
            driver,
        }
    }

    /// Name of the device.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Facts about the card.
    pub fn properties(&self) -> &Properties {
        self.driver.properties()
    }

    /// Memory that can be allocated now, in bytes.
    ///
    /// # Errors
    /// Whatever the driver reports.
    pub fn free_bytes(&self) -> Result<u64, DeviceError> {
        self.on(self.driver.free_bytes())
    }

    pub(super) fn driver(&self) -> &dyn Driver {
        &*self.driver
    }

    pub(super) fn on<T>(&self, result: Result<T, DriverError>) -> Result<T, DeviceError> {
        result.map_err(|error| error.on(&self.name))
    }

    pub(crate) fn invariant(&self, reason: String) -> DeviceError {
        DeviceError::InvariantViolation {
            device: self.name.to_string(),
            reason,
        }
    }

    /// A buffer of undefined contents.
    pub(crate) fn allocate<T: Element>(&self, len: usize) -> Result<Buffer<T>, DeviceError> {
        Buffer::new(self.clone(), len)
    }

    /// A buffer of zeros.
    pub(crate) fn zeroed<T: Element>(&self, len: usize) -> Result<Buffer<T>, DeviceError> {
        let mut buffer = self.allocate(len)?;
        buffer.clear()?;
        Ok(buffer)
    }

    /// A buffer that holds `values`; they travel beside what was asked before.
    pub(crate) fn upload<T: Element>(&self, values: &[T]) -> Result<Buffer<T>, DeviceError> {
        self.upload_parts(&[values])
    }

    /// A buffer that holds the elements of all `parts`, one after the other.
    pub(crate) fn upload_parts<T: Element>(
        &self,
        parts: &[&[T]],
    ) -> Result<Buffer<T>, DeviceError> {
        Buffer::of_parts(self.clone(), parts)
    }

    /// Starts a kernel. `args` fit its parameters, and what they point to is as long as the kernel needs.
    ///
    /// # Errors
    /// [`DeviceError::InvariantViolation`] if there is no such kernel or the geometry is none; whatever the driver reports.
    pub(crate) fn launch(&self, kernel: &str, grid: Grid, args: &Args) -> Result<(), DeviceError> {
        grid.check()
            .map_err(|reason| self.invariant(format!("launch of {kernel}: {reason}")))?;
        self.on(self.driver.launch(&Launch { kernel, grid, args }))
    }
}
