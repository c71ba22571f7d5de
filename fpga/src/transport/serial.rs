//! A serial port.

use std::io::{ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use serialport::{SerialPort, SerialPortType};

use super::{Timing, Transport, TransportError};

/// An open serial port: 8 data bits, no parity, 1 stop bit.
pub struct Serial {
    port: Box<dyn SerialPort>,
    timing: Timing,
}

impl std::fmt::Debug for Serial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Serial")
            .field("port", &self.port.name())
            .finish_non_exhaustive()
    }
}

fn lost(error: impl std::fmt::Display) -> TransportError {
    TransportError::Lost {
        reason: error.to_string(),
    }
}

/// Latency of a USB bridge, twice, and scheduling.
const MARGIN: Duration = Duration::from_millis(150);

impl Serial {
    /// Opens the port at `path` with `baud` bits a second.
    ///
    /// # Errors
    /// [`TransportError::Lost`] if there is no such port, or it is in use.
    pub fn open(path: &str, baud: u32) -> Result<Self, TransportError> {
        let port = serialport::new(path, baud)
            .timeout(Duration::from_millis(20))
            .open()
            .map_err(lost)?;
        let timing = Timing {
            byte_ns: 10_000_000_000 / u64::from(baud.max(1)),
            // Until the identity row says otherwise: a slow board.
            cycle_ns: 100,
            margin: MARGIN,
        };
        Ok(Self { port, timing })
    }

    /// The same port with other expectations.
    pub fn with_timing(self, timing: Timing) -> Self {
        Self { timing, ..self }
    }
}

impl Transport for Serial {
    fn send(&mut self, bytes: &[u8], deadline: Instant) -> Result<(), TransportError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.port.write(rest) {
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted
                    ) => {}
                Err(error) => return Err(lost(error)),
            }
            if !rest.is_empty() && Instant::now() > deadline {
                return Err(TransportError::Stuck);
            }
        }
        Ok(())
    }

    fn receive(&mut self, buffer: &mut [u8], deadline: Instant) -> Result<usize, TransportError> {
        loop {
            match self.port.read(buffer) {
                Ok(0) => return Err(lost("end of file")),
                Ok(count) => return Ok(count),
                Err(error)
                    if matches!(
                        error.kind(),
                        ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted
                    ) => {}
                Err(error) => return Err(lost(error)),
            }
            if Instant::now() >= deadline {
                return Ok(0);
            }
        }
    }

    fn timing(&self) -> Timing {
        self.timing
    }
}

/// Paths of the USB serial ports of this machine.
pub fn probe() -> Vec<String> {
    let ports = serialport::available_ports().unwrap_or_default();
    ports
        .into_iter()
        .filter(|port| {
            matches!(port.port_type, SerialPortType::UsbPort(_))
                || port.port_name.contains("ttyUSB")
                || port.port_name.contains("ttyACM")
        })
        .map(|port| port.port_name)
        .collect()
}
