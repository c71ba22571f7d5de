//! Owned memory of a device.

use std::marker::PhantomData;
use std::ops::Range;

use kernelwise_hal::DeviceError;

use super::{DevicePtr, Driver, DriverError, Element, Gpu};

/// `len` elements in the memory of a device; dropping it frees them.
#[derive(Debug)]
pub(crate) struct Buffer<T> {
    gpu: Gpu,
    /// `None` if there are no elements.
    pointer: Option<DevicePtr>,
    len: usize,
    element: PhantomData<T>,
}

impl<T: Element> Buffer<T> {
    /// Undefined contents.
    pub(super) fn new(gpu: Gpu, len: usize) -> Result<Self, DeviceError> {
        Self::made(gpu, len, |driver, bytes| driver.allocate(bytes))
    }

    /// All `parts`, one after the other.
    pub(super) fn of_parts(gpu: Gpu, parts: &[&[T]]) -> Result<Self, DeviceError> {
        let len = parts.iter().map(|part| part.len()).sum();
        Self::made(gpu, len, |driver, bytes| {
            driver.upload(bytes, &mut stores(parts))
        })
    }

    fn made(
        gpu: Gpu,
        len: usize,
        memory: impl FnOnce(&dyn Driver, usize) -> Result<DevicePtr, DriverError>,
    ) -> Result<Self, DeviceError> {
        let out_of_range = || gpu.invariant(format!("a buffer of {len} elements"));
        let bytes = len.checked_mul(T::BYTES).ok_or_else(out_of_range)?;
        let pointer = match bytes {
            0 => None,
            _ => Some(gpu.on(memory(gpu.driver(), bytes))?),
        };
        Ok(Self {
            gpu,
            pointer,
            len,
            element: PhantomData,
        })
    }

    /// Number of elements.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The address of an element, null if the buffer is empty. Addresses up to the end are valid.
    pub(crate) fn pointer(&self, index: usize) -> DevicePtr {
        let DevicePtr(start) = self.pointer.unwrap_or(DevicePtr(0));
        DevicePtr(start + (index.min(self.len) * T::BYTES) as u64)
    }

    fn check(&self, range: &Range<usize>) -> Result<(), DeviceError> {
        if range.start <= range.end && range.end <= self.len {
            return Ok(());
        }
        Err(self
            .gpu
            .invariant(format!("elements {range:?} of a buffer of {}", self.len)))
    }

    /// Copies `values` to the elements from `at` on.
    ///
    /// # Errors
    /// [`DeviceError::InvariantViolation`] if they do not fit; whatever the driver reports.
    pub(crate) fn write(&mut self, at: usize, values: &[T]) -> Result<(), DeviceError> {
        self.check(&(at..at.saturating_add(values.len())))?;
        if values.is_empty() {
            return Ok(());
        }
        let (pointer, bytes) = (self.pointer(at), values.len() * T::BYTES);
        let parts = [values];
        self.gpu
            .on(self.gpu.driver().write(pointer, bytes, &mut stores(&parts)))
    }

    /// Sets all bytes to zero.
    ///
    /// # Errors
    /// Whatever the driver reports.
    pub(crate) fn clear(&mut self) -> Result<(), DeviceError> {
        match self.pointer {
            None => Ok(()),
            Some(pointer) => self
                .gpu
                .on(self.gpu.driver().clear(pointer, self.len * T::BYTES)),
        }
    }

    /// Waits for everything before, and copies all elements to the host.
    ///
    /// # Errors
    /// Whatever the driver reports.
    pub(crate) fn read(&self) -> Result<Vec<T>, DeviceError> {
        self.read_range(0..self.len)
    }

    /// Waits for everything before, and copies the elements in `range` to the host.
    ///
    /// # Errors
    /// [`DeviceError::InvariantViolation`] if there are no such elements; whatever the driver reports.
    pub(crate) fn read_range(&self, range: Range<usize>) -> Result<Vec<T>, DeviceError> {
        self.check(&range)?;
        let mut values = Vec::with_capacity(range.len());
        if range.is_empty() {
            return Ok(values);
        }
        let mut take = |bytes: &[u8]| values.extend(bytes.chunks_exact(T::BYTES).map(T::load));
        let (pointer, bytes) = (self.pointer(range.start), range.len() * T::BYTES);
        self.gpu
            .on(self.gpu.driver().read(pointer, bytes, &mut take))?;
        Ok(values)
    }
}

/// Writes all `parts`, one after the other, to pieces of memory that are whole numbers of elements.
fn stores<T: Element>(parts: &[&[T]]) -> impl FnMut(&mut [u8]) {
    let mut parts = parts.iter();
    let mut rest: &[T] = &[];
    move |mut bytes| {
        while !bytes.is_empty() {
            let count = rest.len().min(bytes.len() / T::BYTES);
            let (values, others) = rest.split_at(count);
            let (piece, more) = bytes.split_at_mut(count * T::BYTES);
            for (bytes, value) in piece.chunks_exact_mut(T::BYTES).zip(values) {
                value.store(bytes);
            }
            (bytes, rest) = (more, others);
            if rest.is_empty() {
                match parts.next() {
                    Some(part) => rest = part,
                    None => break,
                }
            }
        }
    }
}

impl<T> Drop for Buffer<T> {
    fn drop(&mut self) {
        if let Some(pointer) = self.pointer {
            self.gpu.driver().free(pointer);
        }
    }
}
