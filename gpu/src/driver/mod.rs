//! What the device logic asks of a GPU: memory, copies and launches in one order, with errors that say what was asked.
//!
//! Operations on one driver happen as if in the order they were called, though new memory travels to the card beside what was asked before
//! ([`Driver::upload`]); only [`Driver::read`] waits for those before it. A driver is shared by everything on its card ([`Gpu`]), and memory is
//! owned by buffers.

use kernelwise_hal::Peak;

mod buffer;
pub mod cuda;
mod element;
mod error;
pub mod fake;
pub mod faulty;
mod gpu;
#[cfg(feature = "host-shim")]
pub mod host;
mod launch;

pub(crate) use buffer::Buffer;
pub(crate) use element::Element;
pub use error::DriverError;
pub use gpu::Gpu;
pub(crate) use launch::Args;
pub use launch::{Grid, Launch};

/// What a card is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Properties {
    /// Model, and the version of its driver.
    pub description: String,
    /// Streaming multiprocessors.
    pub multiprocessors: u32,
    /// Shared memory that a block may have without asking for more, in bytes.
    pub shared_bytes_per_block: u32,
    /// Generation: major and minor.
    pub compute_capability: (u32, u32),
    /// Memory of the card, in bytes.
    pub memory_bytes: u64,
    /// Highest clock of the multiprocessors, in kHz; 0 if unknown.
    pub clock_khz: u32,
    /// Highest clock of the memory, in kHz; 0 if unknown.
    pub memory_clock_khz: u32,
    /// Width of the memory bus, in bits; 0 if unknown.
    pub memory_bus_bits: u32,
}

/// Multiply-adds of 32-bit integers that a multiprocessor starts per clock, on every generation from 8.0 on
/// ([CUDA C++ Programming Guide](https://docs.nvidia.com/cuda/cuda-c-programming-guide/#arithmetic-instructions)).
const LANES: u64 = 64;

impl Properties {
    /// What the card does at most, if its clocks are known.
    pub fn peak(&self) -> Option<Peak> {
        let hertz = |khz: u32| u64::from(khz) * 1000;
        // Memory transfers twice per clock.
        let bytes_per_second =
            2 * hertz(self.memory_clock_khz) * u64::from(self.memory_bus_bits) / 8;
        let peak = Peak {
            multiply_adds_per_second: u64::from(self.multiprocessors)
                * LANES
                * hertz(self.clock_khz),
            bytes_per_second,
        };
        (peak.multiply_adds_per_second > 0 && bytes_per_second > 0).then_some(peak)
    }
}

/// An address in the memory of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DevicePtr(pub u64);

/// Produces the bytes of a copy to the device, piece by piece in order.
pub type Fill<'a> = dyn FnMut(&mut [u8]) + 'a;

/// Takes the bytes of one piece of a copy from the device, piece by piece in order.
pub type Take<'a> = dyn FnMut(&[u8]) + 'a;

/// Copies are cut into pieces of this many bytes, a multiple of the size of every element.
pub const PIECE_BYTES: usize = 4 << 20;

/// One card.
///
/// Addresses come from [`allocate`](Driver::allocate), ranges lie inside what was allocated, and launches fit their kernels: the
/// callers are the modules of this crate, and [`Launch`] can be made nowhere else.
pub trait Driver: Send + Sync {
    /// Facts about the card.
    fn properties(&self) -> &Properties;

    /// Memory that can be allocated now, in bytes.
    ///
    /// # Errors
    /// [`DriverError::Lost`].
    fn free_bytes(&self) -> Result<u64, DriverError>;

    /// Memory for `bytes > 0` bytes, aligned to 256, of undefined contents.
    ///
    /// # Errors
    /// [`DriverError::OutOfMemory`]; [`DriverError::Lost`].
    fn allocate(&self, bytes: usize) -> Result<DevicePtr, DriverError>;

    /// Memory for `bytes > 0` bytes, aligned to 256, that `fill` produces; returns once it has produced them all. Whatever is asked afterwards
    /// finds them there; what was asked before goes on meanwhile.
    ///
    /// # Errors
    /// As [`allocate`](Driver::allocate) and [`write`](Driver::write).
    fn upload(&self, bytes: usize, fill: &mut Fill<'_>) -> Result<DevicePtr, DriverError> {
        let pointer = self.allocate(bytes)?;
        match self.write(pointer, bytes, fill) {
            Ok(()) => Ok(pointer),
            Err(error) => {
                self.free(pointer);
                Err(error)
            }
        }
    }

    /// Gives memory back once all operations before have used it. Errors have been, or will be, reported by others.
    fn free(&self, pointer: DevicePtr);

    /// Copies `bytes` bytes to the device; returns once `fill` has produced them all.
    ///
    /// # Errors
    /// [`DriverError::Lost`]; [`DriverError::Timeout`].
    fn write(&self, to: DevicePtr, bytes: usize, fill: &mut Fill<'_>) -> Result<(), DriverError>;

    /// Waits for all operations before, then copies `bytes` bytes from the device.
    ///
    /// # Errors
    /// [`DriverError::Lost`], also if an operation before failed; [`DriverError::Timeout`].
    fn read(&self, from: DevicePtr, bytes: usize, take: &mut Take<'_>) -> Result<(), DriverError>;

    /// Sets `bytes` bytes to zero.
    ///
    /// # Errors
    /// [`DriverError::Lost`].
    fn clear(&self, pointer: DevicePtr, bytes: usize) -> Result<(), DriverError>;

    /// Starts a kernel.
    ///
    /// # Errors
    /// [`DriverError::Launch`] if there is no such kernel or it refuses the launch; [`DriverError::Lost`].
    fn launch(&self, launch: &Launch<'_>) -> Result<(), DriverError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_follow_from_clocks() {
        let mut card = Properties {
            description: String::new(),
            multiprocessors: 132,
            shared_bytes_per_block: 0,
            compute_capability: (9, 0),
            memory_bytes: 0,
            clock_khz: 1_980_000,
            memory_clock_khz: 2_619_000,
            memory_bus_bits: 5120,
        };
        let peak = Peak {
            multiply_adds_per_second: 16_727_040_000_000,
            bytes_per_second: 3_352_320_000_000,
        };
        assert_eq!(card.peak(), Some(peak));
        card.memory_clock_khz = 0;
        assert_eq!(card.peak(), None);
    }
}
