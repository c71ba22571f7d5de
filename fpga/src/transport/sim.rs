//! A simulated core behind a pseudo-terminal, opened by the very code that opens a board.

use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serialport::{SerialPort, TTYPort};

use super::{Serial, Timing, Transport, TransportError};
use crate::model::Core;

/// A core that lives on a serial line and in time.
pub trait LineCore: Send {
    /// Lets up to `cycles` cycles pass, taking bytes from the front of `input` at line rate; appends what the core sends
    /// to `output`. Returns the bytes taken and whether anything is going on.
    fn advance(&mut self, cycles: u64, input: &[u8], output: &mut Vec<u8>) -> (usize, bool);
}

impl LineCore for Core {
    fn advance(&mut self, _cycles: u64, input: &[u8], output: &mut Vec<u8>) -> (usize, bool) {
        output.extend(self.exchange(input));
        (input.len(), false)
    }
}

/// A simulated core behind a pseudo-terminal, until dropped.
pub struct Board {
    path: String,
    stop: Arc<AtomicBool>,
    cycles: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
    // Dropping the terminal would hang up the line.
    _terminal: TTYPort,
}

impl std::fmt::Debug for Board {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Board")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// The host's end of a simulated line.
#[derive(Debug)]
pub struct Sim {
    serial: Serial,
    board: Board,
}

/// Cycles between two looks at the terminal.
const SLICE: u64 = 4096;

/// Idle cycles after which the simulation waits for bytes: longer than the framer's patience.
const DOZE: u64 = 1 << 19;

/// What a simulation can be relied on to do, on a loaded machine: 300 000 cycles a second.
const CYCLE_NS: u64 = 3_000;

impl Board {
    /// Starts `core` in a thread of its own.
    ///
    /// # Errors
    /// [`TransportError::Lost`] if the operating system has no pseudo-terminals left.
    pub fn start(core: impl LineCore + 'static) -> Result<Self, TransportError> {
        let lost = |error: serialport::Error| TransportError::Lost {
            reason: error.to_string(),
        };
        let (mut master, terminal) = TTYPort::pair().map_err(lost)?;
        let path = terminal.name().ok_or(TransportError::Lost {
            reason: "the pseudo-terminal has no name".to_owned(),
        })?;
        master.set_timeout(Duration::from_millis(5)).map_err(lost)?;
        let stop = Arc::new(AtomicBool::new(false));
        let cycles = Arc::new(AtomicU64::new(0));
        let (stopped, counted) = (Arc::clone(&stop), Arc::clone(&cycles));
        let thread = std::thread::spawn(move || play(core, master, &stopped, &counted));
        Ok(Self {
            path,
            stop,
            cycles,
            thread: Some(thread),
            _terminal: terminal,
        })
    }

    /// The path at which the line can be opened like a serial port.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Cycles simulated so far, the time between requests included.
    pub fn cycles(&self) -> u64 {
        self.cycles.load(Ordering::Relaxed)
    }

    /// Whether the simulation goes on.
    pub fn running(&self) -> bool {
        self.thread
            .as_ref()
            .is_some_and(|thread| !thread.is_finished())
    }
}

impl Sim {
    /// Starts `core` in a thread of its own, at `divider` cycles a bit, and opens its line.
    ///
    /// # Errors
    /// As [`Board::start`].
    pub fn start(core: impl LineCore + 'static, divider: u16) -> Result<Self, TransportError> {
        Self::start_slow(core, divider, 1)
    }

    /// As [`start`](Self::start), for a simulation `factor` times as slow as may be expected: a netlist.
    ///
    /// # Errors
    /// As [`Board::start`].
    pub fn start_slow(
        core: impl LineCore + 'static,
        divider: u16,
        factor: u32,
    ) -> Result<Self, TransportError> {
        let board = Board::start(core)?;
        let cycle_ns = CYCLE_NS * u64::from(factor);
        let timing = Timing {
            byte_ns: 10 * u64::from(divider) * cycle_ns,
            cycle_ns,
            margin: Duration::from_millis(500),
        };
        // A pseudo-terminal has no speed; any will do.
        let serial = Serial::open(board.path(), 3_000_000)?.with_timing(timing);
        Ok(Self { serial, board })
    }

    /// The core's side.
    pub fn board(&self) -> &Board {
        &self.board
    }
}

/// The device's side: bytes from the terminal to the core's line and back, until told to stop.
fn play(mut core: impl LineCore, mut master: TTYPort, stop: &AtomicBool, counted: &AtomicU64) {
    let mut input: Vec<u8> = Vec::new();
    let mut output: Vec<u8> = Vec::new();
    let mut buffer = [0; 4096];
    let mut idle = DOZE;
    while !stop.load(Ordering::Relaxed) {
        let waiting = match master.bytes_to_read() {
            Ok(count) => count > 0,
            Err(_) => return,
        };
        if waiting || idle >= DOZE {
            match master.read(&mut buffer) {
                Ok(count) => input.extend_from_slice(&buffer[..count]),
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted
                    ) => {}
                Err(_) => return,
            }
        }
        if input.is_empty() && idle >= DOZE {
            continue;
        }
        let (taken, busy) = core.advance(SLICE, &input, &mut output);
        input.drain(..taken);
        counted.fetch_add(SLICE, Ordering::Relaxed);
        idle = if busy || taken > 0 || !input.is_empty() || !output.is_empty() {
            0
        } else {
            idle + SLICE
        };
        if !output.is_empty() && write(&mut master, &mut output, stop).is_err() {
            return;
        }
    }
}

fn write(master: &mut TTYPort, output: &mut Vec<u8>, stop: &AtomicBool) -> std::io::Result<()> {
    while !output.is_empty() && !stop.load(Ordering::Relaxed) {
        match master.write(output) {
            Ok(count) => drop(output.drain(..count)),
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted
                ) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl Drop for Board {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic of the simulation has shown as a lost line already.
            let _ = thread.join();
        }
    }
}

impl Sim {
    fn serial(&mut self) -> Result<&mut Serial, TransportError> {
        if self.board.running() {
            return Ok(&mut self.serial);
        }
        Err(TransportError::Lost {
            reason: "the simulation has ended".to_owned(),
        })
    }
}

impl Transport for Sim {
    fn send(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), TransportError> {
        self.serial()?.send(bytes, deadline)
    }

    fn receive(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        self.serial()?.receive(buffer, deadline)
    }

    fn timing(&self) -> Timing {
        self.serial.timing()
    }
}
