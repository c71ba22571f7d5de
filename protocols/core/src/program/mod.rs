//! Programs: a directed acyclic graph of kernel launches over integer tensors.
//!
//! Tensors are edges, launches are nodes in topological order. A [`KernelGraph`] is what a front end
//! builds; [`Program`] is the same graph after [`KernelGraph::validate`], with its digest, and the only form that
//! provers and verifiers accept.

mod digest;
mod error;
mod graph;
mod index_map;
mod linked;
mod range;
mod segments;
mod tables;
mod tensor;
mod validate;

pub use digest::Digest;
pub use error::GraphError;
pub use graph::{KernelGraph, Launch, LookupTable, TableFunction, TableId};
pub(crate) use index_map::MAX_AXIS_WORK;
pub use index_map::{AxisMap, AxisMultiplier, IndexMap, LinearTerm};
pub use linked::{LinkedLaunch, LinkedLaunches, SharedTensor};
pub use range::Range;
pub use segments::{Segment, Segments};
pub(crate) use tensor::log2_ceil;
pub use tensor::{Shape, Tensor, TensorId, TensorKind};
pub use validate::{Program, WireWidths};
