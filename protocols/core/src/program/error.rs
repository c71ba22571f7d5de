//! Why a graph is not a program.

use super::{KernelGraph, TensorId};

/// Why a graph is not a program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// A launch does not fit its kernel.
    #[error("launch `{launch}` ({kernel}): {argument}: expected {expected}, got {got}")]
    Kernel {
        /// Name of the launch.
        launch: String,
        /// Name of the kernel.
        kernel: &'static str,
        /// Which argument.
        argument: &'static str,
        /// What would fit.
        expected: String,
        /// What came.
        got: String,
    },
    /// A tensor is malformed, or is produced or used in the wrong place.
    #[error("tensor `{tensor}`: {problem}")]
    Tensor {
        /// Name, or index where there is no such tensor.
        tensor: String,
        /// What is wrong.
        problem: String,
    },
    /// A lookup table is malformed.
    #[error("table `{table}`: {problem}")]
    Table {
        /// Name of the table.
        table: String,
        /// What is wrong.
        problem: String,
    },
    /// A circuit is malformed.
    #[error(transparent)]
    Circuit(#[from] crate::circuit::CircuitError),
    /// The graph as a whole is outside what the protocol handles.
    #[error("graph: {what}: expected {expected}, got {got}")]
    Limit {
        /// Which quantity.
        what: &'static str,
        /// What is handled.
        expected: String,
        /// What came.
        got: String,
    },
}

pub(super) fn limit(
    what: &'static str,
    holds: bool,
    expected: usize,
    got: usize,
) -> Result<(), GraphError> {
    if holds {
        return Ok(());
    }
    Err(GraphError::Limit {
        what,
        expected: format!("at most {expected}"),
        got: got.to_string(),
    })
}

pub(super) fn tensor_error(
    graph: &KernelGraph,
    id: TensorId,
    problem: impl Into<String>,
) -> GraphError {
    let tensor = graph
        .tensor(id)
        .map_or_else(|| format!("#{}", id.0), |tensor| tensor.name.clone());
    GraphError::Tensor {
        tensor,
        problem: problem.into(),
    }
}
