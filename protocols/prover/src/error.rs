//! Why a proof could not be made.

use kernelwise_core::program::GraphError;
use kernelwise_core::{VerifyError, program::Range};
use kernelwise_groth16::Groth16ProveError;
use kernelwise_hal::DeviceError;

/// The failure of setup, execution or proving.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// A tensor has the wrong number of values.
    #[error("tensor `{tensor}`: expected {expected} values, got {got}")]
    Length {
        /// Name of the tensor.
        tensor: String,
        /// Elements of its shape.
        expected: usize,
        /// Values that came.
        got: usize,
    },
    /// A value is outside the range that the program relies on.
    #[error("tensor `{tensor}`: expected values in {expected}, got {got}")]
    OutOfRange {
        /// Name of the tensor.
        tensor: String,
        /// The declared range.
        expected: Range,
        /// The value.
        got: i64,
    },
    /// Field elements came for a tensor of integers.
    #[error("tensor `{tensor}`: expected integers in {expected}, got field elements")]
    NotIntegers {
        /// Name of the tensor.
        tensor: String,
        /// The declared range.
        expected: Range,
    },
    /// A value that a launch looks up is not in the table.
    #[error("launch `{launch}`: {got} is outside the domain {expected} of its table")]
    OutOfDomain {
        /// Name of the launch.
        launch: String,
        /// The table's domain.
        expected: Range,
        /// The value.
        got: i64,
    },
    /// Inputs or parameters do not match what the program names.
    #[error("{what}: expected {expected}, got {got}")]
    Interface {
        /// Which list.
        what: &'static str,
        /// What the program names.
        expected: usize,
        /// What came.
        got: usize,
    },
    /// A circuit's hints cannot be found.
    #[error("launch `{launch}`: {problem}")]
    Hint {
        /// Name of the launch.
        launch: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// No device offers an operation that proving needs.
    #[error("no selected device offers {operation}")]
    Unsupported {
        /// The operation.
        operation: &'static str,
    },
    /// A plan does not fit the memory that it may use.
    #[error(
        "`{step}` needs {needed} bytes of memory, {missing} more than the budget of {budget}: allow more, or prove fewer instances at a time"
    )]
    MemoryBudget {
        /// The launch or phase that needs the most.
        step: String,
        /// Predicted peak.
        needed: u64,
        /// What may be used.
        budget: u64,
        /// The difference.
        missing: u64,
    },
    /// Keys of Groth16 launches do not fit the program.
    #[error("Groth16 keys: {problem}")]
    Groth16Key {
        /// What is wrong.
        problem: &'static str,
    },
    /// A Groth16 launch could not be set up or proved.
    #[error(transparent)]
    Groth16(#[from] Groth16ProveError),
    /// A device failed.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The graph is not valid.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// Keys do not fit together.
    #[error(transparent)]
    Key(#[from] VerifyError),
    /// The engine met a state that a validated program excludes.
    #[error("internal inconsistency: {0}")]
    Internal(&'static str),
}
