//! Programs of kernels: upload, launch over grids, move data, download, compile.

mod compiled;
mod launch;
mod tensors;

use std::sync::Arc;

use kernelwise_core::Values;
use kernelwise_core::circuit::{Circuit, CircuitId};
use kernelwise_core::kernels::ProofSystem;
use kernelwise_core::program::{KernelGraph, Range, Shape, TableId, Tensor, TensorId, TensorKind};
use kernelwise_prover::key::Parameters;
use kernelwise_prover::{HintRegistry, IntTensor};

pub use compiled::Compiled;
pub use launch::Argument;

use crate::error::KernelError;
use crate::patch::optimise;
use crate::table::Table;

/// Commitment rows are at most this long where an axis boundary allows it.
const MAX_COLUMNS: usize = 512;

/// A tensor of a program under construction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Array(TensorId);

/// Builds a program.
///
/// ```
/// use kernelwise_core::program::Range;
/// use kernelwise_language::{CircuitKernel, Context};
///
/// let square = CircuitKernel::compile("square", |k| {
///     let x = k.scalar("x", Range::new(-100, 100));
///     k.output_scalar("y", x * x);
/// })?;
/// let mut context = Context::new();
/// let x = context.upload("x", &[5], Range::new(-100, 100), vec![1i64, -2, 3, -4, 5])?;
/// let y = context.launch(&square, &[5], [x])?[0];
/// context.download("y", y)?;
/// let program = context.compile()?;
/// let outputs = program.run()?;
/// assert_eq!(outputs[0].as_integers(), Some([1, 4, 9, 16, 25].as_slice()));
/// # Ok::<(), kernelwise_language::KernelError>(())
/// ```
#[derive(Debug, Default)]
pub struct Context {
    graph: KernelGraph,
    uploads: Vec<Values>,
    parameters: Parameters,
    hints: HintRegistry,
    tables: Vec<(Table, TableId)>,
    circuits: Vec<(Arc<Circuit>, CircuitId)>,
    /// The range that a kernel declares for a result, to be checked by the verifier where the result is public.
    declared: Vec<(TensorId, Range)>,
    downloads: Vec<String>,
}

impl Context {
    /// An empty program.
    pub fn new() -> Self {
        Self {
            graph: KernelGraph {
                max_columns: MAX_COLUMNS,
                ..KernelGraph::default()
            },
            ..Self::default()
        }
    }

    /// A public input with its values, which later proofs may replace.
    ///
    /// # Errors
    /// [`KernelError::Misuse`] if the values do not fit shape and range, or the name is taken.
    pub fn upload(
        &mut self,
        name: &str,
        dims: &[usize],
        range: Range,
        values: impl Into<Values>,
    ) -> Result<Array, KernelError> {
        let values = values.into().for_range(&range);
        let tensor = tensor(name, dims, TensorKind::Input, range);
        if let Some((expected, got)) = values.problem(&tensor) {
            return Err(misuse("upload", name, expected, got));
        }
        if self
            .graph
            .inputs
            .iter()
            .filter_map(|&id| self.graph.tensor(id))
            .any(|known| known.name == name)
        {
            return Err(misuse(
                "upload",
                name,
                "a name of its own",
                "one that is taken",
            ));
        }
        let id = self.graph.add_tensor(tensor);
        self.graph.inputs.push(id);
        self.uploads.push(values);
        Ok(Array(id))
    }

    /// A parameter: committed once, at setup, and the same for all proofs.
    ///
    /// # Errors
    /// [`KernelError::Misuse`] if the values do not fit shape and range.
    pub fn upload_parameter(
        &mut self,
        name: &str,
        dims: &[usize],
        range: Range,
        values: Vec<i64>,
    ) -> Result<Array, KernelError> {
        let tensor = tensor(name, dims, TensorKind::Parameter, range);
        let values = Values::Int(values);
        if let Some((expected, got)) = values.problem(&tensor) {
            return Err(misuse("upload", name, expected, got));
        }
        let data = IntTensor::new(
            tensor.shape.clone(),
            values.as_integers().unwrap_or_default(),
            &range,
        );
        let id = self.graph.add_tensor(tensor);
        self.parameters.insert(id, data);
        Ok(Array(id))
    }

    /// Has all launches so far of the kernels called `kernel` proved by `system`; sumchecks prove what nothing is said of.
    ///
    /// Groth16 makes small irregular kernels cheap, at the price of a key whose maker could forge
    /// ([`kernelwise_prover::setup()`]).
    ///
    /// # Errors
    /// [`KernelError::Graph`] if no launch is called so.
    pub fn prove_with(&mut self, kernel: &str, system: ProofSystem) -> Result<(), KernelError> {
        Ok(self.graph.prove_kernel_with(kernel, system)?)
    }

    /// Makes an array a public output.
    ///
    /// # Errors
    /// [`KernelError::Misuse`] if the array is an input or parameter, or an output already.
    pub fn download(&mut self, name: &str, array: Array) -> Result<(), KernelError> {
        let tensor = self.tensor(array)?;
        if matches!(tensor.kind, TensorKind::Input | TensorKind::Parameter) {
            return Err(misuse(
                "download",
                name,
                "a result of a kernel",
                format!("`{}`", tensor.name),
            ));
        }
        if self.graph.outputs.contains(&array.0) {
            return Err(misuse(
                "download",
                name,
                "one download of each array",
                "two",
            ));
        }
        let declared = self
            .declared
            .iter()
            .find(|(id, _)| *id == array.0)
            .map(|&(_, range)| range);
        if let Some(tensor) = self.graph.tensors.get_mut(array.0.0 as usize) {
            name.clone_into(&mut tensor.name);
            tensor.range = declared.unwrap_or(tensor.range);
        }
        self.graph.outputs.push(array.0);
        self.downloads.push(name.to_owned());
        Ok(())
    }

    /// The shape of an array.
    ///
    /// # Errors
    /// [`KernelError::Misuse`] if it belongs to another context.
    pub fn shape(&self, array: Array) -> Result<&[usize], KernelError> {
        Ok(self.tensor(array)?.shape.dims())
    }

    /// The range that is known of an array's values.
    ///
    /// # Errors
    /// As [`shape`](Self::shape).
    pub fn range(&self, array: Array) -> Result<Range, KernelError> {
        Ok(self.tensor(array)?.range)
    }

    /// Drops what nothing needs, joins launches that move data, shares equal ones, and validates the program.
    ///
    /// # Errors
    /// [`KernelError::Graph`] that names the launch or tensor.
    pub fn compile(mut self) -> Result<Compiled, KernelError> {
        let places = optimise(&mut self.graph);
        self.parameters = std::mem::take(&mut self.parameters)
            .into_iter()
            .filter_map(|(id, data)| Some((*places.get(&id)?, data)))
            .collect();
        self.compile_as_written()
    }

    /// Validates the program as it stands.
    pub(crate) fn compile_as_written(self) -> Result<Compiled, KernelError> {
        let program = self.graph.validate()?;
        Ok(Compiled::new(
            program,
            self.parameters,
            self.hints,
            self.uploads,
            self.downloads,
        ))
    }

    fn tensor(&self, array: Array) -> Result<&Tensor, KernelError> {
        self.graph.tensor(array.0).ok_or_else(|| {
            misuse(
                "context",
                "array",
                "one of this context",
                format!("number {}", array.0.0),
            )
        })
    }

    fn virtual_tensor(&mut self, name: &str, dims: &[usize], range: Range) -> TensorId {
        self.graph
            .add_tensor(tensor(name, dims, TensorKind::Virtual, range))
    }
}

fn tensor(name: &str, dims: &[usize], kind: TensorKind, range: Range) -> Tensor {
    Tensor {
        name: name.to_owned(),
        shape: Shape::new(dims),
        kind,
        range,
        scale: None,
    }
}

fn misuse(
    kernel: &str,
    argument: &str,
    expected: impl ToString,
    got: impl ToString,
) -> KernelError {
    KernelError::Misuse {
        kernel: kernel.to_owned(),
        argument: argument.to_owned(),
        expected: expected.to_string(),
        got: got.to_string(),
    }
}
