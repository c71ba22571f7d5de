//! The kernels: what each computes, which lookups it needs, and how claims pass through it.
//!
//! One folder per kernel: `relation.rs` is the integer semantics' static side (shapes, ranges, lookups),
//! `verify.rs` turns a claim on the output into claims on the inputs. The prover's side of the same folder lives in the
//! prover crate.

mod circuit;
mod conv2d;
mod linear;
mod lookup;
mod matmul;
mod max_pool;
mod rescale;
mod reshape;
mod spec;

pub use circuit::{
    CircuitLaunch, GatePhase, Grid, GridWeights, LayerWeights, LevelClaim, Pending, ProofSystem,
    combine,
};
pub use conv2d::Conv2d;
pub use linear::Linear;
pub use lookup::Lookup;
pub use matmul::MatMul;
pub use max_pool::{MaxPool, PoolAxis};
pub use rescale::Rescale;
pub use reshape::Reshape;
use serde::{Deserialize, Serialize};
pub use spec::{BoxMask, LinearForm, LookupSpec};

use crate::program::{GraphError, KernelGraph, Launch, Tensor, TensorKind};

pub use conv2d::ConvShape;
pub use matmul::MatMulShape;

/// What a launch computes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Kernel {
    /// Contraction of the last axes of `x` with the first axes of `w`.
    MatMul(MatMul),
    /// Two-dimensional convolution.
    Conv2d(Conv2d),
    /// Sum of separable index maps: bias, residual, transpose, slice, pad, concat, window sums.
    Linear(Linear),
    /// Row-major relabelling of elements.
    Reshape(Reshape),
    /// Multiplication by a fixed-point number with rounding.
    Rescale(Rescale),
    /// Element-wise function by table.
    Lookup(Lookup),
    /// Maximum over windows.
    MaxPool(MaxPool),
    /// A circuit, once for each point of a grid.
    Circuit(CircuitLaunch),
}

impl Kernel {
    /// The relation of this kernel.
    pub fn relation(&self) -> &dyn Relation {
        match self {
            Self::MatMul(kernel) => kernel,
            Self::Conv2d(kernel) => kernel,
            Self::Linear(kernel) => kernel,
            Self::Reshape(kernel) => kernel,
            Self::Rescale(kernel) => kernel,
            Self::Lookup(kernel) => kernel,
            Self::MaxPool(kernel) => kernel,
            Self::Circuit(kernel) => kernel,
        }
    }
}

/// The static side of a kernel.
pub trait Relation {
    /// Name for messages, in lower case.
    fn name(&self) -> &'static str;

    /// Checks arity, shapes, tensor kinds and ranges of one launch.
    ///
    /// # Errors
    /// [`GraphError::Kernel`] that names launch, argument, expected and got.
    fn check(&self, view: &LaunchView<'_>) -> Result<(), GraphError>;

    /// The lookups that one launch takes part in. Called only after [`check`](Self::check).
    fn lookups(&self, _view: &LaunchView<'_>) -> Vec<LookupSpec> {
        Vec::new()
    }

    /// Whether result number `index` is advice (constrained by lookups and the kernel's own sumchecks), virtual (claims pass
    /// through) or private (the launch's own).
    fn output_kind(&self, _view: &LaunchView<'_>, _index: usize) -> TensorKind {
        TensorKind::Virtual
    }

    /// Whether the kernel's own constraints prove the range of result number `index`, which is advice.
    fn proves_range(&self, _view: &LaunchView<'_>, _index: usize) -> bool {
        false
    }

    /// Integer multiply-accumulates of one launch.
    fn macs(&self, _view: &LaunchView<'_>) -> u64 {
        0
    }
}

/// A launch together with its graph.
#[derive(Debug, Clone, Copy)]
pub struct LaunchView<'a> {
    /// The graph.
    pub graph: &'a KernelGraph,
    /// The launch.
    pub launch: &'a Launch,
}

impl<'a> LaunchView<'a> {
    /// Argument number `index`.
    ///
    /// # Errors
    /// [`GraphError::Kernel`] if the launch has fewer.
    pub fn input(&self, index: usize) -> Result<&'a Tensor, GraphError> {
        self.launch
            .inputs
            .get(index)
            .and_then(|&id| self.graph.tensor(id))
            .ok_or_else(|| {
                self.misuse(
                    "inputs",
                    format!("at least {}", index + 1),
                    self.launch.inputs.len().to_string(),
                )
            })
    }

    /// Result number `index`.
    ///
    /// # Errors
    /// [`GraphError::Kernel`] if the launch has fewer.
    pub fn output(&self, index: usize) -> Result<&'a Tensor, GraphError> {
        self.launch
            .outputs
            .get(index)
            .and_then(|&id| self.graph.tensor(id))
            .ok_or_else(|| {
                self.misuse(
                    "outputs",
                    format!("at least {}", index + 1),
                    self.launch.outputs.len().to_string(),
                )
            })
    }

    /// Requires exactly this many arguments and results.
    ///
    /// # Errors
    /// [`GraphError::Kernel`] otherwise.
    pub fn arity(&self, inputs: usize, outputs: usize) -> Result<(), GraphError> {
        self.require("inputs", self.launch.inputs.len() == inputs, || {
            (inputs.to_string(), self.launch.inputs.len().to_string())
        })?;
        self.require("outputs", self.launch.outputs.len() == outputs, || {
            (outputs.to_string(), self.launch.outputs.len().to_string())
        })
    }

    /// Turns a failed condition into an error about `argument` with `(expected, got)`.
    ///
    /// # Errors
    /// [`GraphError::Kernel`] if the condition does not hold.
    pub fn require(
        &self,
        argument: &'static str,
        holds: bool,
        expected_got: impl FnOnce() -> (String, String),
    ) -> Result<(), GraphError> {
        if holds {
            return Ok(());
        }
        let (expected, got) = expected_got();
        Err(self.misuse(argument, expected, got))
    }

    /// An error about `argument` of this launch.
    pub fn misuse(&self, argument: &'static str, expected: String, got: String) -> GraphError {
        GraphError::Kernel {
            launch: self.launch.name.clone(),
            kernel: self.launch.kernel.relation().name(),
            argument,
            expected,
            got,
        }
    }

    /// Requires the declared range of `output` to enclose what the kernel can produce.
    ///
    /// # Errors
    /// [`GraphError::Kernel`] if it does not, or if the kernel's values leave 64 bits (`None`).
    pub fn require_range(
        &self,
        output: &Tensor,
        produced: Option<crate::program::Range>,
    ) -> Result<(), GraphError> {
        match produced {
            Some(range) if output.range.encloses(&range) => Ok(()),
            Some(range) => Err(self.misuse(
                "output range",
                format!("to enclose {range}"),
                output.range.to_string(),
            )),
            None => Err(self.misuse(
                "output range",
                "64-bit accumulators".to_owned(),
                "an overflow".to_owned(),
            )),
        }
    }
}
