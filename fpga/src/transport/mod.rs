//! Pipes of bytes between the driver and a core.

mod direct;
mod recorder;
mod replay;
mod serial;
mod sim;
mod trace;
#[cfg(feature = "hdl-sim")]
pub mod verilated;

use std::time::{Duration, Instant};

pub use direct::Direct;
pub use recorder::Recorder;
pub use replay::Replay;
pub use serial::{Serial, probe};
pub use sim::{Board, LineCore, Sim};
pub use trace::{Event, Trace};

/// Why bytes do not get through.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportError {
    /// The other side is gone.
    #[error("line was lost: {reason}")]
    Lost {
        /// What the operating system or the simulator said.
        reason: String,
    },
    /// The line takes no more bytes.
    #[error("line took no bytes in time")]
    Stuck,
    /// A replayed trace does not go on like this.
    #[error("the trace is of other requests, from byte {bytes} on")]
    Diverged {
        /// Bytes that agreed.
        bytes: usize,
    },
}

/// How long things take on a line, for deadlines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Time of a byte, in nanoseconds.
    pub byte_ns: u64,
    /// Time of a clock cycle of the core, in nanoseconds.
    pub cycle_ns: u64,
    /// What comes on top of every exchange.
    pub margin: Duration,
}

/// A pipe of bytes.
pub trait Transport: Send {
    /// Sends all of `bytes`.
    ///
    /// # Errors
    /// [`TransportError::Stuck`] if that takes longer than to `deadline`; [`TransportError::Lost`] if the other side is gone.
    fn send(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), TransportError>;

    /// Receives what is there, waiting until `deadline` for the first byte; returns how many bytes came, 0 if none in time.
    ///
    /// # Errors
    /// [`TransportError::Lost`] if the other side is gone.
    fn receive(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<usize, TransportError>;

    /// How long to wait for what.
    fn timing(&self) -> Timing;
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn send(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), TransportError> {
        (**self).send(bytes, deadline)
    }

    fn receive(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        (**self).receive(buffer, deadline)
    }

    fn timing(&self) -> Timing {
        (**self).timing()
    }
}
