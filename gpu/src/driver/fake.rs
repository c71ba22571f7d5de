//! Memory without a processor: kernels do nothing. For the paths that do not depend on what kernels compute.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{DevicePtr, Driver, DriverError, Fill, Launch, Properties, Take};

/// A card that allocates, copies and checks addresses, and computes nothing.
#[derive(Debug)]
pub struct Fake {
    properties: Properties,
    memory: Mutex<Memory>,
}

#[derive(Debug, Default)]
struct Memory {
    /// Contents by address.
    blocks: BTreeMap<u64, Vec<u8>>,
    used_bytes: u64,
    next: u64,
}

/// Distance between addresses of different allocations, beyond their own size.
const GAP: u64 = 256;

impl Fake {
    /// A card with this much memory.
    pub fn new(memory_bytes: u64) -> Self {
        Self {
            properties: Properties {
                description: "memory without kernels".to_owned(),
                multiprocessors: 4,
                shared_bytes_per_block: 48 << 10,
                compute_capability: (8, 0),
                memory_bytes,
                clock_khz: 0,
                memory_clock_khz: 0,
                memory_bus_bits: 0,
            },
            memory: Mutex::default(),
        }
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Memory {
    /// The bytes at `pointer`, which may lie inside an allocation.
    fn range(&mut self, pointer: DevicePtr, bytes: usize) -> Result<&mut [u8], DriverError> {
        let found = self.blocks.range_mut(..=pointer.0).next_back();
        found
            .and_then(|(start, block)| {
                let start = (pointer.0 - start) as usize;
                block.get_mut(start..start.checked_add(bytes)?)
            })
            .ok_or_else(|| {
                DriverError::Lost(format!(
                    "illegal address: {bytes} bytes at {:#x}",
                    pointer.0
                ))
            })
    }
}

impl Driver for Fake {
    fn properties(&self) -> &Properties {
        &self.properties
    }

    fn free_bytes(&self) -> Result<u64, DriverError> {
        Ok(self.properties.memory_bytes - self.memory().used_bytes)
    }

    fn allocate(&self, bytes: usize) -> Result<DevicePtr, DriverError> {
        let mut memory = self.memory();
        let (asked_bytes, free_bytes) = (
            bytes as u64,
            self.properties.memory_bytes - memory.used_bytes,
        );
        if asked_bytes > free_bytes {
            return Err(DriverError::OutOfMemory {
                asked_bytes,
                free_bytes,
            });
        }
        let start = memory.next + GAP;
        memory.next = (start + asked_bytes).next_multiple_of(GAP);
        memory.used_bytes += asked_bytes;
        memory.blocks.insert(start, vec![0xa5; bytes]);
        Ok(DevicePtr(start))
    }

    fn free(&self, pointer: DevicePtr) {
        let mut memory = self.memory();
        if let Some(block) = memory.blocks.remove(&pointer.0) {
            memory.used_bytes -= block.len() as u64;
        }
    }

    fn write(&self, to: DevicePtr, bytes: usize, fill: &mut Fill<'_>) -> Result<(), DriverError> {
        let mut memory = self.memory();
        fill(memory.range(to, bytes)?);
        Ok(())
    }

    fn read(&self, from: DevicePtr, bytes: usize, take: &mut Take<'_>) -> Result<(), DriverError> {
        take(self.memory().range(from, bytes)?);
        Ok(())
    }

    fn clear(&self, pointer: DevicePtr, bytes: usize) -> Result<(), DriverError> {
        self.memory().range(pointer, bytes)?.fill(0);
        Ok(())
    }

    fn launch(&self, launch: &Launch<'_>) -> Result<(), DriverError> {
        let limit = self.properties.shared_bytes_per_block;
        if launch.grid.shared_bytes > limit {
            return Err(DriverError::Launch {
                kernel: launch.kernel.to_owned(),
                reason: format!(
                    "{} bytes of shared memory of {limit}",
                    launch.grid.shared_bytes
                ),
            });
        }
        Ok(())
    }
}
