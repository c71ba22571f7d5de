//! What can go wrong on a device, and how a caller tells the cases apart.

/// The failure of one device operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The device does not offer this operation; ask [`crate::Device`] for capabilities first.
    #[error("{device} does not support {operation}")]
    Unsupported {
        /// Name of the device.
        device: String,
        /// The operation that was asked for.
        operation: &'static str,
    },
    /// Two lengths that belong together differ.
    #[error("{what}: expected length {expected}, got {got}")]
    LengthMismatch {
        /// Which argument.
        what: &'static str,
        /// The length that the other arguments imply.
        expected: usize,
        /// The length that came.
        got: usize,
    },
    /// An argument is outside what the operation is defined for.
    #[error("{what}: expected {expected}, got {got}")]
    InvalidArgument {
        /// Which argument.
        what: &'static str,
        /// What would have been valid.
        expected: String,
        /// What came.
        got: String,
    },
    /// The device ran out of memory.
    #[error("{device} is out of memory: {asked_bytes} bytes asked, {free_bytes} free")]
    OutOfMemory {
        /// Name of the device.
        device: String,
        /// Bytes that the operation asked for.
        asked_bytes: u64,
        /// Bytes that were free.
        free_bytes: u64,
    },
    /// The device went away: unplugged, reset or crashed.
    #[error("{device} was lost: {reason}")]
    Lost {
        /// Name of the device.
        device: String,
        /// What the driver or link reported.
        reason: String,
    },
    /// The device did not answer in time.
    #[error("{device} did not answer within {timeout_ms} ms while {operation}")]
    Timeout {
        /// Name of the device.
        device: String,
        /// The operation in progress.
        operation: &'static str,
        /// The limit that passed, in milliseconds.
        timeout_ms: u64,
    },
    /// A [`BaseSet`](crate::BaseSet) was handed to a device that did not load it.
    #[error("bases were loaded on {loaded_on} and used on {used_on}")]
    ForeignBases {
        /// The device that holds the bases.
        loaded_on: String,
        /// The device that was asked to use them.
        used_on: String,
    },
    /// No device of this name is there.
    #[error("unknown device {name}: expected one of [{}]", available.join(", "))]
    UnknownDevice {
        /// The name that was asked for.
        name: String,
        /// The names that can be opened.
        available: Vec<String>,
    },
    /// The device cannot be opened on this machine: no driver, no hardware, or the wrong kind of either.
    #[error("{device} cannot be opened: {reason}")]
    Unavailable {
        /// Name of the device, or of its family.
        device: String,
        /// What is missing.
        reason: String,
    },
    /// Two devices that must agree do not: at least one of them computes wrongly.
    #[error("{left} and {right} disagree on {operation}")]
    Disagreement {
        /// Name of the first device.
        left: String,
        /// Name of the second device.
        right: String,
        /// The operation whose results differ.
        operation: &'static str,
    },
    /// The caller broke the order of calls, or a result contradicts what the device itself said.
    #[error("invariant violated on {device}: {reason}")]
    InvariantViolation {
        /// Name of the device.
        device: String,
        /// Which invariant.
        reason: String,
    },
}

/// A coarse class of [`DeviceError`], for callers that decide between retry, fallback and report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Not enough memory on the device.
    OutOfMemory,
    /// The device is gone.
    Lost,
    /// No answer in time.
    Timeout,
    /// The call itself was wrong: lengths, ranges, foreign bases, names.
    Usage,
    /// The operation is not offered.
    Unsupported,
    /// A result or a call order that must not occur.
    InvariantViolation,
}

impl DeviceError {
    /// Whether this refuses a request that is too much for the device, in memory or in what it has programs for, rather than reports that
    /// something is wrong.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self.kind(), ErrorKind::OutOfMemory | ErrorKind::Unsupported)
    }

    /// The coarse class of this error.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Unsupported { .. } | Self::Unavailable { .. } => ErrorKind::Unsupported,
            Self::LengthMismatch { .. }
            | Self::InvalidArgument { .. }
            | Self::ForeignBases { .. }
            | Self::UnknownDevice { .. } => ErrorKind::Usage,
            Self::OutOfMemory { .. } => ErrorKind::OutOfMemory,
            Self::Lost { .. } => ErrorKind::Lost,
            Self::Timeout { .. } => ErrorKind::Timeout,
            Self::Disagreement { .. } | Self::InvariantViolation { .. } => {
                ErrorKind::InvariantViolation
            }
        }
    }
}
