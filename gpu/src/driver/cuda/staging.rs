//! Pinned memory that copies pass through, two pieces in turn.

use std::ffi::c_void;
use std::time::{Duration, Instant};

use cudarc::driver::result::{self, DriverError as Failure};
use cudarc::driver::sys;

use super::super::DriverError;
use super::lost;

/// How long to ask without pause: longer than a round of a small sumcheck takes.
const SPIN: Duration = Duration::from_micros(200);

/// A pause between questions once that has passed.
const PAUSE: Duration = Duration::from_micros(20);

/// Two pieces, used in turn.
pub(super) struct Staging {
    pieces: [Piece; 2],
    current: usize,
}

impl Staging {
    /// Two pieces of `bytes` bytes, in the current context, that are waited for no longer than `timeout`.
    pub(super) fn new(bytes: usize, timeout: Duration) -> Result<Self, Failure> {
        let first = Piece::new(bytes, timeout)?;
        let second = Piece::new(bytes, timeout).inspect_err(|_| first.free())?;
        Ok(Self {
            pieces: [first, second],
            current: 0,
        })
    }

    /// The piece whose turn it is. It may still travel.
    pub(super) fn next(&mut self) -> &mut Piece {
        self.current = 1 - self.current;
        self.current()
    }

    /// The piece that `next` gave last.
    pub(super) fn current(&mut self) -> &mut Piece {
        &mut self.pieces[self.current]
    }

    /// The piece that `next` gave before the last.
    pub(super) fn previous(&mut self) -> &mut Piece {
        &mut self.pieces[1 - self.current]
    }

    /// Waits for all that was asked of `stream`.
    pub(super) fn drain(&mut self, stream: sys::CUstream) -> Result<(), DriverError> {
        let piece = self.current();
        piece.record(stream).map_err(lost)?;
        piece.wait()
    }

    /// Gives the memory back; nothing travels, and no piece is used again.
    pub(super) fn free(&mut self) {
        self.pieces.iter().for_each(Piece::free);
    }
}

/// Pinned memory, and the end of the copy that uses it.
pub(super) struct Piece {
    memory: *mut u8,
    bytes: usize,
    event: sys::CUevent,
    travels: bool,
    timeout: Duration,
}

impl Piece {
    fn new(bytes: usize, timeout: Duration) -> Result<Self, Failure> {
        let flags = sys::CUevent_flags::CU_EVENT_DISABLE_TIMING;
        let event = result::event::create(flags)?;
        // SAFETY: a context is current.
        match unsafe { result::malloc_host(bytes, 0) } {
            Ok(memory) => {
                let memory: *mut u8 = memory.cast();
                // SAFETY: the memory has `bytes` bytes, which are initialised here, once.
                unsafe { memory.write_bytes(0, bytes) };
                Ok(Self {
                    memory,
                    bytes,
                    event,
                    travels: false,
                    timeout,
                })
            }
            Err(failure) => {
                // SAFETY: created above, used by nothing.
                let _ = unsafe { result::event::destroy(event) };
                Err(failure)
            }
        }
    }

    fn free(&self) {
        // SAFETY: both were made in `new` and are not used again by the callers.
        unsafe {
            let _ = result::free_host(self.memory.cast::<c_void>());
            let _ = result::event::destroy(self.event);
        }
    }

    /// The first `len` bytes; nothing travels, since the caller waited.
    pub(super) fn bytes(&mut self, len: usize) -> &mut [u8] {
        // SAFETY: the memory has that many initialised bytes, and `&mut self` keeps others away.
        unsafe { std::slice::from_raw_parts_mut(self.memory, len.min(self.bytes)) }
    }

    /// Copies the first `len` bytes to the device.
    ///
    /// # Safety
    /// `len` bytes at `to` belong to the caller, and the piece is not touched before [`wait`](Piece::wait).
    pub(super) unsafe fn send(
        &mut self,
        to: sys::CUdeviceptr,
        len: usize,
        stream: sys::CUstream,
    ) -> Result<(), Failure> {
        // SAFETY: by the contract of this function.
        unsafe { result::memcpy_htod_async(to, self.bytes(len), stream) }?;
        self.record(stream)
    }

    /// Copies `len` bytes from the device to the first bytes.
    ///
    /// # Safety
    /// As [`send`](Piece::send).
    pub(super) unsafe fn receive(
        &mut self,
        from: sys::CUdeviceptr,
        len: usize,
        stream: sys::CUstream,
    ) -> Result<(), Failure> {
        // SAFETY: by the contract of this function.
        unsafe { result::memcpy_dtoh_async(self.bytes(len), from, stream) }?;
        self.record(stream)
    }

    fn record(&mut self, stream: sys::CUstream) -> Result<(), Failure> {
        self.travels = true;
        // SAFETY: the event is alive, and so is the stream of the caller.
        unsafe { result::event::record(self.event, stream) }
    }

    /// Lets what is asked of `stream` from now on wait for the last copy through this piece; the host does not.
    ///
    /// # Safety
    /// The stream is alive.
    pub(super) unsafe fn hold(&self, stream: sys::CUstream) -> Result<(), Failure> {
        let flags = sys::CUevent_wait_flags::CU_EVENT_WAIT_DEFAULT;
        // SAFETY: the event is alive, and so is the stream by the contract of this function.
        unsafe { result::stream::wait_event(stream, self.event, flags) }
    }

    /// Waits until the piece has arrived.
    pub(super) fn wait(&mut self) -> Result<(), DriverError> {
        if !self.travels {
            return Ok(());
        }
        let start = Instant::now();
        loop {
            // SAFETY: the event is alive.
            match unsafe { result::event::query(self.event) } {
                Ok(()) => {
                    self.travels = false;
                    return Ok(());
                }
                Err(Failure(sys::CUresult::CUDA_ERROR_NOT_READY)) => {}
                Err(failure) => return Err(lost(failure)),
            }
            match start.elapsed() {
                waited if waited < SPIN => std::hint::spin_loop(),
                waited if waited < self.timeout => std::thread::sleep(PAUSE),
                _ => {
                    return Err(DriverError::Timeout {
                        timeout_ms: self.timeout.as_millis() as u64,
                    });
                }
            }
        }
    }
}
