//! What can go wrong on a card.

use kernelwise_hal::DeviceError;

/// The failure of one operation of a [`Driver`](super::Driver).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DriverError {
    /// There is no driver, none that is recent enough, or no card.
    #[error("{0}")]
    Unavailable(String),
    /// The card's memory is used up.
    #[error("out of memory: {asked_bytes} bytes asked, {free_bytes} free")]
    OutOfMemory {
        /// Bytes that were asked for.
        asked_bytes: u64,
        /// Bytes that were free.
        free_bytes: u64,
    },
    /// A kernel is not there, or cannot be launched in this form.
    #[error("launch of {kernel}: {reason}")]
    Launch {
        /// Name of the kernel.
        kernel: String,
        /// What the driver said.
        reason: String,
    },
    /// The card crashed or went away; every later operation fails as well.
    #[error("lost: {0}")]
    Lost(String),
    /// The card did not finish in time.
    #[error("no answer within {timeout_ms} ms")]
    Timeout {
        /// The limit that passed, in milliseconds.
        timeout_ms: u64,
    },
}

impl DriverError {
    /// The same failure as the hardware abstraction layer has it, of the device called `device`.
    pub fn on(self, device: &str) -> DeviceError {
        let device = device.to_owned();
        match self {
            Self::Unavailable(reason) => DeviceError::Unavailable { device, reason },
            Self::OutOfMemory {
                asked_bytes,
                free_bytes,
            } => DeviceError::OutOfMemory {
                device,
                asked_bytes,
                free_bytes,
            },
            Self::Launch { .. } => DeviceError::InvariantViolation {
                device,
                reason: self.to_string(),
            },
            Self::Lost(reason) => DeviceError::Lost { device, reason },
            Self::Timeout { timeout_ms } => DeviceError::Timeout {
                device,
                operation: "computing",
                timeout_ms,
            },
        }
    }
}
