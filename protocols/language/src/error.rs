//! Why a kernel or a program is refused.

use kernelwise_core::circuit::CircuitError;
use kernelwise_core::program::GraphError;
use kernelwise_groth16::Groth16ProveError;
use kernelwise_prover::ProveError;

/// The failure of building, compiling or launching a kernel.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KernelError {
    /// Something was used in a way that makes no sense: a shape, an arity, a width, a name.
    #[error("kernel `{kernel}`: {argument}: expected {expected}, got {got}")]
    Misuse {
        /// Name of the kernel.
        kernel: String,
        /// Which input, output, hint or operation.
        argument: String,
        /// What would fit.
        expected: String,
        /// What came.
        got: String,
    },
    /// No assertion and no lookup depends on a hint: a prover could choose it freely.
    #[error(
        "kernel `{kernel}`: hint `{hint}`: expected an assertion or lookup that constrains result {index}, got none"
    )]
    UnconstrainedHint {
        /// Name of the kernel.
        kernel: String,
        /// Name of the hint.
        hint: String,
        /// Which of its results.
        index: usize,
    },
    /// An assertion is false for all inputs.
    #[error("kernel `{kernel}`: assertion `{assertion}` cannot hold: expected 0, got a constant")]
    Unsatisfiable {
        /// Name of the kernel.
        kernel: String,
        /// Label of the assertion.
        assertion: String,
    },
    /// An assertion fails on given inputs.
    #[error("kernel `{kernel}`: assertion `{assertion}`: expected 0, got {got}")]
    Violated {
        /// Name of the kernel.
        kernel: String,
        /// Label of the assertion.
        assertion: String,
        /// The value.
        got: String,
    },
    /// The kernel cannot be written as rank-one constraints.
    #[error("kernel `{kernel}` as rank-one constraints: {source}")]
    Constraints {
        /// Name of the kernel.
        kernel: String,
        /// Why.
        source: Groth16ProveError,
    },
    /// The compiler met a state that it excludes.
    #[error("kernel `{kernel}`: internal inconsistency: {problem}")]
    Internal {
        /// Name of the kernel.
        kernel: String,
        /// Which one.
        problem: &'static str,
    },
    /// The program is not valid.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// Running or proving failed.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// The circuit is outside what verifiers accept.
    #[error(transparent)]
    Circuit(#[from] CircuitError),
}
