//! The CUDA driver, loaded at run time.
//!
//! One stream gives the order. A second one takes new memory and its contents to the card while kernels run, and the first waits for it from
//! then on: what was asked before does not. Copies pass through two pinned pieces, so that one is filled while the other travels, and copies to
//! the device return before they have arrived. Freed memory stays in the driver's pool. Every wait ends: a card that does not answer in time is
//! given up, and with it the memory that it may still write to.

#![expect(unsafe_code, reason = "the driver is a C library")]

mod images;
mod kernels;
mod nvrtc;
mod probe;
mod staging;

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cudarc::driver::result::{self, DriverError as Failure};
use cudarc::driver::sys;

use super::launch::Slot;
use super::{DevicePtr, Driver, DriverError, Fill, Launch, PIECE_BYTES, Properties, Take};
use kernels::Kernels;
pub use probe::{count, properties};
use probe::{describe, unavailable};
use staging::Staging;

/// What a card may take for all that was asked of it before a copy: far more than any request needs.
pub const TIMEOUT: Duration = Duration::from_secs(120);

/// Dynamic shared memory that needs no permission.
const SHARED_BYTES: u32 = 48 << 10;

/// A card of NVIDIA's.
pub struct Cuda {
    properties: Properties,
    device: sys::CUdevice,
    context: sys::CUcontext,
    stream: sys::CUstream,
    /// Takes memory to the card, beside what the other stream does.
    uploads: sys::CUstream,
    kernels: Kernels,
    staging: Mutex<Staging>,
    upload_staging: Mutex<Staging>,
    /// Set once an operation did not end: what it may still write to must not be freed.
    abandoned: AtomicBool,
}

// SAFETY: the driver's functions may be called from any thread with these handles once the context is current in it, which `enter`
// sees to; the pinned memory is behind a lock.
unsafe impl Send for Cuda {}
// SAFETY: as above.
unsafe impl Sync for Cuda {}

impl Cuda {
    /// Takes the card's primary context and loads the kernels. The card is given up when it does not do within `timeout` what was asked of it; [`TIMEOUT`]
    /// suits any request.
    ///
    /// # Errors
    /// As [`properties`]; [`DriverError::Unavailable`] if the driver takes none of the images of the kernels.
    pub fn open(ordinal: u32, timeout: Duration) -> Result<Self, DriverError> {
        let properties = properties(ordinal)?;
        let opened = (|| {
            let device = result::device::get(ordinal as i32)?;
            // SAFETY: the device came from the driver.
            let context = unsafe { result::primary_ctx::retain(device) }?;
            Ok((device, context))
        })();
        let (device, context) =
            opened.map_err(|failure| unavailable("opening the card", failure))?;
        let prepared = Self::prepare(properties, device, context, timeout);
        if prepared.is_err() {
            // SAFETY: retained above, and used by nothing.
            let _ = unsafe { result::primary_ctx::release(device) };
        }
        prepared
    }

    fn prepare(
        properties: Properties,
        device: sys::CUdevice,
        context: sys::CUcontext,
        timeout: Duration,
    ) -> Result<Self, DriverError> {
        let opening = |failure| unavailable("opening the card", failure);
        // SAFETY: the context was retained by the caller.
        unsafe { result::ctx::set_current(context) }.map_err(opening)?;
        keep_freed_memory(device).map_err(opening)?;
        let stream =
            || result::stream::create(result::stream::StreamKind::NonBlocking).map_err(opening);
        let staging = || Staging::new(PIECE_BYTES, timeout).map_err(opening);
        let mut cuda = Self {
            properties,
            device,
            context,
            stream: stream()?,
            uploads: stream()?,
            kernels: Kernels::default(),
            staging: Mutex::new(staging()?),
            upload_staging: Mutex::new(staging()?),
            abandoned: AtomicBool::new(false),
        };
        cuda.kernels = Kernels::load(cuda.properties.compute_capability)?;
        Ok(cuda)
    }

    /// Makes the context current in this thread.
    fn enter(&self) -> Result<(), DriverError> {
        if self.abandoned.load(Ordering::Relaxed) {
            let reason = "an earlier operation did not end".to_owned();
            return Err(DriverError::Lost(reason));
        }
        // SAFETY: the context is retained as long as `self` lives.
        unsafe { result::ctx::set_current(self.context) }.map_err(lost)
    }

    fn allocate_in(&self, stream: sys::CUstream, bytes: usize) -> Result<DevicePtr, DriverError> {
        // SAFETY: the stream lives as long as `self`; the other one uses the memory only after it waited for this one.
        match unsafe { result::malloc_async(stream, bytes) } {
            Ok(pointer) => Ok(DevicePtr(pointer)),
            Err(Failure(sys::CUresult::CUDA_ERROR_OUT_OF_MEMORY)) => {
                Err(DriverError::OutOfMemory {
                    asked_bytes: bytes as u64,
                    free_bytes: self.free_bytes()?,
                })
            }
            Err(failure) => Err(lost(failure)),
        }
    }

    fn free_in(&self, stream: sys::CUstream, pointer: DevicePtr) {
        // SAFETY: the address came from `allocate_in`, and its owner frees it once. What fails here fails again elsewhere.
        let _ = unsafe { result::free_async(pointer.0, stream) };
    }

    /// Copies to the device, piece by piece in the order of `stream`.
    fn send(
        &self,
        staging: &mut Staging,
        stream: sys::CUstream,
        to: DevicePtr,
        bytes: usize,
        fill: &mut Fill<'_>,
    ) -> Result<(), DriverError> {
        for start in (0..bytes).step_by(PIECE_BYTES) {
            let len = (bytes - start).min(PIECE_BYTES);
            let piece = staging.next();
            self.given_up(piece.wait())?;
            fill(piece.bytes(len));
            // SAFETY: the caller owns the range; the piece is not touched again before its event is over.
            unsafe { piece.send(to.0 + start as u64, len, stream) }.map_err(lost)?;
        }
        Ok(())
    }

    /// Remembers that something did not end.
    fn given_up<T>(&self, result: Result<T, DriverError>) -> Result<T, DriverError> {
        if matches!(result, Err(DriverError::Timeout { .. })) {
            self.abandoned.store(true, Ordering::Relaxed);
        }
        result
    }
}

/// Memory that was freed stays in the pool of the device, instead of going back to the system at every wait.
fn keep_freed_memory(device: sys::CUdevice) -> Result<(), Failure> {
    let mut keep = u64::MAX;
    // SAFETY: the device came from the driver; the attribute is a 64-bit number, which is read during the call.
    unsafe {
        let pool = result::device::get_default_mem_pool(device)?;
        let attribute = sys::CUmemPool_attribute_enum::CU_MEMPOOL_ATTR_RELEASE_THRESHOLD;
        sys::cuMemPoolSetAttribute(pool, attribute, (&raw mut keep).cast()).result()
    }
}

/// A 64-bit attribute of the pool of a device.
fn pool_bytes(device: sys::CUdevice, attribute: sys::CUmemPool_attribute) -> Result<u64, Failure> {
    let mut bytes = 0u64;
    // SAFETY: the device came from the driver; the attribute is a 64-bit number, which is written during the call.
    unsafe {
        let pool = result::device::get_default_mem_pool(device)?;
        sys::cuMemPoolGetAttribute(pool, attribute, (&raw mut bytes).cast()).result()?;
    }
    Ok(bytes)
}

fn locked(staging: &Mutex<Staging>) -> MutexGuard<'_, Staging> {
    staging.lock().unwrap_or_else(PoisonError::into_inner)
}

fn lost(failure: Failure) -> DriverError {
    DriverError::Lost(describe(failure))
}

impl Driver for Cuda {
    fn properties(&self) -> &Properties {
        &self.properties
    }

    fn free_bytes(&self) -> Result<u64, DriverError> {
        use sys::CUmemPool_attribute_enum as Attribute;
        self.enter()?;
        let (free, _) = result::mem_get_info().map_err(lost)?;
        let pool = |attribute| pool_bytes(self.device, attribute).map_err(lost);
        let kept = pool(Attribute::CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT)?
            .saturating_sub(pool(Attribute::CU_MEMPOOL_ATTR_USED_MEM_CURRENT)?);
        Ok(free as u64 + kept)
    }

    fn allocate(&self, bytes: usize) -> Result<DevicePtr, DriverError> {
        self.enter()?;
        self.allocate_in(self.stream, bytes)
    }

    fn upload(&self, bytes: usize, fill: &mut Fill<'_>) -> Result<DevicePtr, DriverError> {
        self.enter()?;
        let mut staging = locked(&self.upload_staging);
        let pointer = self.allocate_in(self.uploads, bytes)?;
        let sent = self.send(&mut staging, self.uploads, pointer, bytes, fill);
        // SAFETY: the stream lives as long as `self`.
        let sent = sent.and_then(|()| unsafe { staging.current().hold(self.stream) }.map_err(lost));
        match sent {
            Ok(()) => Ok(pointer),
            Err(error) => {
                if self.enter().is_ok() {
                    self.free_in(self.uploads, pointer);
                }
                Err(error)
            }
        }
    }

    fn free(&self, pointer: DevicePtr) {
        if self.enter().is_ok() {
            self.free_in(self.stream, pointer);
        }
    }

    fn write(&self, to: DevicePtr, bytes: usize, fill: &mut Fill<'_>) -> Result<(), DriverError> {
        self.enter()?;
        self.send(&mut locked(&self.staging), self.stream, to, bytes, fill)
    }

    fn read(&self, from: DevicePtr, bytes: usize, take: &mut Take<'_>) -> Result<(), DriverError> {
        self.enter()?;
        let mut staging = locked(&self.staging);
        let mut pending: Option<usize> = None;
        for start in (0..bytes).step_by(PIECE_BYTES) {
            let len = (bytes - start).min(PIECE_BYTES);
            let piece = staging.next();
            self.given_up(piece.wait())?;
            // SAFETY: the caller owns the range; the piece is not touched again before its event is over.
            unsafe { piece.receive(from.0 + start as u64, len, self.stream) }.map_err(lost)?;
            if let Some(len) = pending.replace(len) {
                let piece = staging.previous();
                self.given_up(piece.wait())?;
                take(piece.bytes(len));
            }
        }
        if let Some(len) = pending {
            let piece = staging.current();
            self.given_up(piece.wait())?;
            take(piece.bytes(len));
        }
        Ok(())
    }

    fn clear(&self, pointer: DevicePtr, bytes: usize) -> Result<(), DriverError> {
        self.enter()?;
        // SAFETY: the caller owns the range.
        unsafe { result::memset_d8_async(pointer.0, 0, bytes, self.stream) }.map_err(lost)
    }

    fn launch(&self, launch: &Launch<'_>) -> Result<(), DriverError> {
        self.enter()?;
        let function = self.kernels.function(launch.kernel)?;
        let grid = launch.grid;
        let failed = |failure: Failure| match failure.0 {
            sys::CUresult::CUDA_ERROR_INVALID_VALUE
            | sys::CUresult::CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES => DriverError::Launch {
                kernel: launch.kernel.to_owned(),
                reason: describe(failure),
            },
            _ => lost(failure),
        };
        if grid.shared_bytes > SHARED_BYTES {
            use sys::CUfunction_attribute_enum as Attribute;
            let attribute = Attribute::CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES;
            let bytes = grid.shared_bytes as i32;
            // SAFETY: the function belongs to a loaded module.
            unsafe { result::function::set_function_attribute(function, attribute, bytes) }
                .map_err(failed)?;
        }
        let mut slots: Vec<Slot> = launch.args.slots().to_vec();
        let mut args: Vec<*mut c_void> = slots
            .iter_mut()
            .map(|slot| std::ptr::from_mut(slot).cast())
            .collect();
        let triple = |[x, y, z]: [u32; 3]| (x, y, z);
        // SAFETY: the driver copies the arguments during the call; that they fit the kernel, and what they point to suffices, is up to
        // the callers of `Gpu::launch`; buffers are freed in the order of the stream.
        unsafe {
            result::launch_kernel(
                function,
                triple(grid.blocks),
                triple(grid.threads),
                grid.shared_bytes,
                self.stream,
                &mut args,
            )
        }
        .map_err(failed)
    }
}

impl Drop for Cuda {
    fn drop(&mut self) {
        if self.enter().is_err() {
            return;
        }
        let (mut staging, mut upload_staging) =
            (locked(&self.staging), locked(&self.upload_staging));
        if upload_staging.drain(self.uploads).is_err() || staging.drain(self.stream).is_err() {
            // The card may still write to the pinned memory, or run kernels of the modules.
            return;
        }
        staging.free();
        upload_staging.free();
        // SAFETY: nothing runs any more, and no kernel is used again.
        unsafe { self.kernels.unload() };
        // SAFETY: nothing runs any more; the streams and the context are not used again.
        unsafe {
            let _ = result::stream::destroy(self.uploads);
            let _ = result::stream::destroy(self.stream);
            let _ = result::primary_ctx::release(self.device);
        }
    }
}
