//! Why a key could not be made or a proof not be produced.

use kernelwise_core::groth16::Groth16Error;
use kernelwise_hal::DeviceError;

/// The failure of setup or prover.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Groth16ProveError {
    /// The constraint system or the witness has a shape that is not possible.
    #[error("{what}: expected {expected}, got {got}")]
    Shape {
        /// Which part.
        what: &'static str,
        /// What would have fitted.
        expected: usize,
        /// What came.
        got: usize,
    },
    /// A constraint names a wire that is not there.
    #[error("constraint {row} names wire {wire} of {wires}")]
    Wire {
        /// The constraint.
        row: usize,
        /// The wire.
        wire: usize,
        /// Number of wires.
        wires: usize,
    },
    /// More than the format or the field's roots of unity allow.
    #[error("{what}: at most {limit}, got {got}")]
    TooLarge {
        /// Which part.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// What came.
        got: usize,
    },
    /// The witness does not satisfy the constraints.
    #[error("constraint {row} is not satisfied")]
    Unsatisfied {
        /// The first constraint that fails.
        row: usize,
    },
    /// A form of key or circuit that an operation is not for.
    #[error("{operation} is not supported for {what}")]
    Unsupported {
        /// What was asked.
        operation: &'static str,
        /// For what.
        what: &'static str,
    },
    /// The operating system gave no randomness.
    #[error("no randomness from the operating system: {problem}")]
    Randomness {
        /// What it reported.
        problem: String,
    },
    /// A key that is read while proving could not be read.
    #[error("key file: {problem}")]
    KeyFile {
        /// What is wrong.
        problem: String,
    },
    /// A key or proof is invalid.
    #[error(transparent)]
    Groth16(#[from] Groth16Error),
    /// A device failed.
    #[error(transparent)]
    Device(#[from] DeviceError),
}
