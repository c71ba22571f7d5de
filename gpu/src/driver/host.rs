//! The kernels compiled for the host: device memory is host memory, and launches run to their end.

#![expect(unsafe_code, reason = "the kernels are C++")]

use std::alloc::{Layout, alloc, dealloc};
use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::launch::Slot;
use super::{DevicePtr, Driver, DriverError, Fill, Launch, Properties, Take};

unsafe extern "C" {
    fn kw_shim_launch(
        kernel: *const c_char,
        grid: *const u32,
        block: *const u32,
        shared_bytes: u32,
        args: *mut *mut c_void,
        seed: u64,
        error: *mut c_char,
        error_len: usize,
    ) -> c_int;

    fn kw_shim_parameters(kernel: *const c_char, bytes: *mut u32, capacity: usize) -> c_int;
}

/// What addresses from a card are aligned to.
const ALIGN: usize = 256;

/// The host as a card.
#[derive(Debug)]
pub struct Host {
    properties: Properties,
    seed: u64,
    blocks: Mutex<Blocks>,
}

#[derive(Debug, Default)]
struct Blocks {
    /// Sizes by address.
    sizes: HashMap<u64, usize>,
    used_bytes: u64,
}

impl Host {
    /// A card with this much memory, on which threads are scheduled in an order that depends on `seed`.
    pub fn new(seed: u64, memory_bytes: u64) -> Self {
        Self {
            properties: Properties {
                description: format!("kernels compiled for the host, order {seed}"),
                multiprocessors: 2,
                shared_bytes_per_block: 48 << 10,
                compute_capability: (8, 0),
                memory_bytes,
                clock_khz: 0,
                memory_clock_khz: 0,
                memory_bus_bits: 0,
            },
            seed,
            blocks: Mutex::default(),
        }
    }

    fn blocks(&self) -> MutexGuard<'_, Blocks> {
        self.blocks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn layout(bytes: usize) -> Result<Layout, DriverError> {
    Layout::from_size_align(bytes, ALIGN).map_err(|error| DriverError::Lost(error.to_string()))
}

impl Driver for Host {
    fn properties(&self) -> &Properties {
        &self.properties
    }

    fn free_bytes(&self) -> Result<u64, DriverError> {
        Ok(self.properties.memory_bytes - self.blocks().used_bytes)
    }

    fn allocate(&self, bytes: usize) -> Result<DevicePtr, DriverError> {
        let mut blocks = self.blocks();
        let (asked_bytes, free_bytes) = (
            bytes as u64,
            self.properties.memory_bytes - blocks.used_bytes,
        );
        let out_of_memory = DriverError::OutOfMemory {
            asked_bytes,
            free_bytes,
        };
        if asked_bytes > free_bytes || bytes == 0 {
            return Err(out_of_memory);
        }
        // SAFETY: the size is not zero.
        let pointer = unsafe { alloc(layout(bytes)?) };
        if pointer.is_null() {
            return Err(out_of_memory);
        }
        // SAFETY: `pointer` was allocated with `bytes` bytes. Contents are undefined, but shall be the same in every run, and no
        // memory of Rust shall ever be read before it was written.
        unsafe { pointer.write_bytes(0xa5, bytes) };
        let address = pointer.expose_provenance() as u64;
        blocks.sizes.insert(address, bytes);
        blocks.used_bytes += asked_bytes;
        Ok(DevicePtr(address))
    }

    fn free(&self, pointer: DevicePtr) {
        let mut blocks = self.blocks();
        let Some(bytes) = blocks.sizes.remove(&pointer.0) else {
            return;
        };
        blocks.used_bytes -= bytes as u64;
        if let Ok(layout) = layout(bytes) {
            // SAFETY: the address came from `alloc` with this layout, and left the table, so it is freed once.
            unsafe { dealloc(address(pointer), layout) };
        }
    }

    fn write(&self, to: DevicePtr, bytes: usize, fill: &mut Fill<'_>) -> Result<(), DriverError> {
        // SAFETY: by the contract of `Driver`, the range lies inside an allocation, which is initialised, and no kernel runs
        // between calls.
        fill(unsafe { std::slice::from_raw_parts_mut(address(to), bytes) });
        Ok(())
    }

    fn read(&self, from: DevicePtr, bytes: usize, take: &mut Take<'_>) -> Result<(), DriverError> {
        // SAFETY: as in `write`.
        take(unsafe { std::slice::from_raw_parts(address(from), bytes) });
        Ok(())
    }

    fn clear(&self, pointer: DevicePtr, bytes: usize) -> Result<(), DriverError> {
        // SAFETY: by the contract of `Driver`, the range lies inside an allocation.
        unsafe { address(pointer).write_bytes(0, bytes) };
        Ok(())
    }

    fn launch(&self, launch: &Launch<'_>) -> Result<(), DriverError> {
        let failed = |reason: String| DriverError::Launch {
            kernel: launch.kernel.to_owned(),
            reason,
        };
        let kernel = CString::new(launch.kernel).map_err(|error| failed(error.to_string()))?;
        let mut parameters = [0; 64];
        // SAFETY: the name ends in zero, and there is room for as many sizes as is said.
        let count = unsafe {
            kw_shim_parameters(kernel.as_ptr(), parameters.as_mut_ptr(), parameters.len())
        };
        let sizes = launch.args.sizes();
        let expected = usize::try_from(count)
            .ok()
            .and_then(|count| parameters.get(..count));
        if expected != Some(sizes) {
            return Err(failed(format!(
                "arguments of {sizes:?} bytes for parameters of {expected:?}"
            )));
        }
        let mut slots: Vec<Slot> = launch.args.slots().to_vec();
        let mut args: Vec<*mut c_void> = slots
            .iter_mut()
            .map(|slot| std::ptr::from_mut(slot).cast())
            .collect();
        let mut error = [0 as c_char; 256];
        // SAFETY: the name ends in zero; grid and block have three words each; there is an argument for every parameter, of its size
        // and aligned for any type; what they point to suffices by the contract of `Gpu::launch`; the error has room for its length.
        let status = unsafe {
            kw_shim_launch(
                kernel.as_ptr(),
                launch.grid.blocks.as_ptr(),
                launch.grid.threads.as_ptr(),
                launch.grid.shared_bytes,
                args.as_mut_ptr(),
                self.seed,
                error.as_mut_ptr(),
                error.len(),
            )
        };
        if status == 0 {
            return Ok(());
        }
        if let Some(last) = error.last_mut() {
            *last = 0;
        }
        // SAFETY: the text ends in a zero, which was put there if nowhere else.
        let text = unsafe { CStr::from_ptr(error.as_ptr()) };
        Err(failed(text.to_string_lossy().into_owned()))
    }
}

fn address(pointer: DevicePtr) -> *mut u8 {
    std::ptr::with_exposed_provenance_mut(pointer.0 as usize)
}
