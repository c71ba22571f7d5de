//! A driver that fails when told to, and counts what is asked of it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{DevicePtr, Driver, DriverError, Fill, Launch, Properties, Take};

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No memory. Calls that do not allocate pass.
    OutOfMemory,
    /// A launch is refused. Calls that do not launch pass.
    Launch,
    /// The card does not answer. Calls that do not wait pass.
    Timeout,
    /// The card is lost, for this call and all after it.
    Lost,
}

/// What was asked of a [`Faulty`] driver.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Calls that can fail.
    pub calls: u64,
    /// Buffers that are allocated now.
    pub live_buffers: u64,
    /// Bytes of copies to the device.
    pub written_bytes: u64,
    /// Bytes of copies from the device.
    pub read_bytes: u64,
    /// Launches of each kernel.
    pub launches: BTreeMap<String, u64>,
}

/// Another driver, with one fault.
pub struct Faulty {
    inner: Arc<dyn Driver>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    counts: Counts,
    /// The first call to fail, and how.
    fault: Option<(u64, Fault)>,
    lost: bool,
}

/// What a call does, as far as faults distinguish it.
#[derive(Clone, Copy, PartialEq)]
enum Call {
    Allocate(u64),
    Launch,
    Wait,
    Other,
}

impl Faulty {
    /// Counts, and does not fail.
    pub fn new(inner: Arc<dyn Driver>) -> Self {
        Self {
            inner,
            state: Mutex::default(),
        }
    }

    /// Lets the first call of the fault's kind from the `call`-th from now on fail.
    pub fn fail_after(&self, call: u64, fault: Fault) {
        let mut state = self.state();
        state.fault = Some((state.counts.calls + call, fault));
    }

    /// What was asked so far.
    pub fn counts(&self) -> Counts {
        self.state().counts.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, call: Call) -> Result<(), DriverError> {
        let free_bytes = self.inner.free_bytes()?;
        let mut state = self.state();
        state.counts.calls += 1;
        let due = state.fault.filter(|&(at, _)| state.counts.calls > at);
        let failure = match (due, call) {
            (Some((_, Fault::OutOfMemory)), Call::Allocate(asked_bytes)) => {
                DriverError::OutOfMemory {
                    asked_bytes,
                    free_bytes,
                }
            }
            (Some((_, Fault::Launch)), Call::Launch) => DriverError::Launch {
                kernel: "kernel".to_owned(),
                reason: "injected".to_owned(),
            },
            (Some((_, Fault::Timeout)), Call::Wait) => DriverError::Timeout { timeout_ms: 1 },
            (Some((_, Fault::Lost)), _) => {
                state.lost = true;
                return Err(DriverError::Lost("injected".to_owned()));
            }
            _ if state.lost => return Err(DriverError::Lost("injected before".to_owned())),
            _ => return Ok(()),
        };
        state.fault = None;
        Err(failure)
    }
}

impl Driver for Faulty {
    fn properties(&self) -> &Properties {
        self.inner.properties()
    }

    fn free_bytes(&self) -> Result<u64, DriverError> {
        self.enter(Call::Other)?;
        self.inner.free_bytes()
    }

    fn allocate(&self, bytes: usize) -> Result<DevicePtr, DriverError> {
        self.enter(Call::Allocate(bytes as u64))?;
        let pointer = self.inner.allocate(bytes)?;
        self.state().counts.live_buffers += 1;
        Ok(pointer)
    }

    fn upload(&self, bytes: usize, fill: &mut Fill<'_>) -> Result<DevicePtr, DriverError> {
        self.enter(Call::Allocate(bytes as u64))?;
        let pointer = self.inner.upload(bytes, fill)?;
        let mut state = self.state();
        state.counts.live_buffers += 1;
        state.counts.written_bytes += bytes as u64;
        Ok(pointer)
    }

    fn free(&self, pointer: DevicePtr) {
        self.state().counts.live_buffers -= 1;
        self.inner.free(pointer);
    }

    fn write(&self, to: DevicePtr, bytes: usize, fill: &mut Fill<'_>) -> Result<(), DriverError> {
        self.enter(Call::Other)?;
        self.state().counts.written_bytes += bytes as u64;
        self.inner.write(to, bytes, fill)
    }

    fn read(&self, from: DevicePtr, bytes: usize, take: &mut Take<'_>) -> Result<(), DriverError> {
        self.enter(Call::Wait)?;
        self.state().counts.read_bytes += bytes as u64;
        self.inner.read(from, bytes, take)
    }

    fn clear(&self, pointer: DevicePtr, bytes: usize) -> Result<(), DriverError> {
        self.enter(Call::Other)?;
        self.inner.clear(pointer, bytes)
    }

    fn launch(&self, launch: &Launch<'_>) -> Result<(), DriverError> {
        self.enter(Call::Launch)?;
        let mut state = self.state();
        *state
            .counts
            .launches
            .entry(launch.kernel.to_owned())
            .or_default() += 1;
        drop(state);
        self.inner.launch(launch)
    }
}
