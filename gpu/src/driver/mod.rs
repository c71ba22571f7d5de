//! What the device logic asks of a GPU: memory, copies and launches in one order, with errors that say what was asked.
//!
//! Operations on one driver happen in the order they were called; only [`Driver::read`] waits for those before it. A driver is shared
//! by everything on its card ([`Gpu`]), and memory is owned by buffers.

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
