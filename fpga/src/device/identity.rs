//! The word by which a core is known.

use kernelwise_hal::DeviceError;

use super::session::device_error;
use crate::frame::{MAX_DATA_BYTES, ROW_BYTES, Read, Request, row_bytes};
use crate::isa::{CONTEXTS, REGISTER_SPACE, ROWS};
use crate::link::Link;

/// Lanes that the driver divides work among.
const LANES: u8 = 1;

/// Rows without which not even the programs fit.
const LEAST_ROWS: u32 = 1 << 10;

/// What a core says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// Version of the interface.
    pub version: u8,
    /// Lanes.
    pub lanes: u8,
    /// Rows of memory.
    pub rows: u32,
    /// Clock cycles of a bit on the serial line.
    pub divider: u16,
}

impl Identity {
    /// Asks for it.
    ///
    /// # Errors
    /// [`DeviceError::Lost`] if this is no core of this version, [`DeviceError::Unsupported`] if it has several lanes behind one line.
    pub(super) fn read(link: &mut Link, name: &str) -> Result<Self, DeviceError> {
        let read = Read {
            address: REGISTER_SPACE,
            rows: 1,
        };
        let rows = link.request(
            Request {
                read,
                ..Request::default()
            },
            0,
        );
        let rows = rows.map_err(|error| device_error(name, "identifying", &error))?;
        let bytes = row_bytes(rows.first().unwrap_or(&[0; 4]));
        let identity = Self {
            version: bytes[7],
            lanes: bytes[9],
            rows: 1u32.checked_shl(bytes[8].into()).unwrap_or(0),
            divider: u16::from(bytes[12]) | u16::from(bytes[13]) << 8,
        };
        let expected = (CONTEXTS as u8, MAX_DATA_BYTES / ROW_BYTES);
        let got = (bytes[10], usize::from(bytes[11]));
        // Lanes that share a chip have smaller memories.
        let has_rows = (LEAST_ROWS..=ROWS as u32).contains(&identity.rows);
        if bytes[..7] != *b"KWFPGA\0" || identity.version != 1 || !has_rows || got != expected {
            return Err(DeviceError::Lost {
                device: name.to_owned(),
                reason: format!("no core of this version: identity {:02x?}", &bytes[..14]),
            });
        }
        if identity.lanes != LANES {
            return Err(DeviceError::Unsupported {
                device: name.to_owned(),
                operation: "cores of several lanes",
            });
        }
        Ok(identity)
    }
}

impl std::fmt::Display for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "BN254 core version {}, {} lane, {} rows of memory, {} cycles a bit",
            self.version, self.lanes, self.rows, self.divider
        )
    }
}
