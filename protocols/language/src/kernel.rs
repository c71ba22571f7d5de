//! Compiled kernels.

use std::sync::Arc;

use kernelwise_core::circuit::Circuit;
use kernelwise_core::field::Fr;
use kernelwise_core::program::Range;
use kernelwise_groth16::launch::CircuitRelation;
use kernelwise_prover::HintRegistry;

use crate::builder::KernelBuilder;
use crate::error::KernelError;
use crate::inspect::Report;
use crate::ir::{Ir, NodeId, evaluate};
use crate::lower::{CompileOptions, lower};
use crate::table::Table;

/// A kernel, compiled: a layered circuit, and the form that it came from.
#[derive(Debug, Clone)]
pub struct CircuitKernel {
    circuit: Arc<Circuit>,
    ir: Arc<Ir>,
    registry: HintRegistry,
    boolean_hints: Vec<bool>,
    /// The nodes of the circuit's hints, port by port.
    hint_nodes: Vec<NodeId>,
}

/// What is declared of an input or output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declared<'a> {
    /// Name.
    pub name: &'a str,
    /// Number of values.
    pub len: usize,
    /// Whether tensors have no axis for it.
    pub is_scalar: bool,
    /// Where values lie; `None` for an output whose range follows from the inputs'.
    pub range: Option<Range>,
}

impl CircuitKernel {
    /// Compiles what `write` writes, with default options.
    ///
    /// # Errors
    /// [`KernelError`]: the first misuse, hints that nothing constrains, inputs that nothing uses.
    pub fn compile(name: &str, write: impl FnOnce(&KernelBuilder)) -> Result<Self, KernelError> {
        Self::compile_with(name, &CompileOptions::default(), write)
    }

    /// Compiles what `write` writes.
    ///
    /// # Cost
    /// Linear in what is written, once for each strategy that is tried.
    ///
    /// # Errors
    /// As [`compile`](Self::compile).
    pub fn compile_with(
        name: &str,
        options: &CompileOptions,
        write: impl FnOnce(&KernelBuilder),
    ) -> Result<Self, KernelError> {
        let builder = KernelBuilder::new(name);
        write(&builder);
        let (ir, registry) = builder.finish()?;
        let lowered = lower(name, &ir, options)?;
        Ok(Self {
            circuit: Arc::new(lowered.circuit),
            ir: Arc::new(ir),
            registry,
            boolean_hints: lowered.boolean_hints,
            hint_nodes: lowered.hint_nodes,
        })
    }

    /// The kernel's name.
    pub fn name(&self) -> &str {
        &self.circuit.name
    }

    /// The layered circuit.
    pub fn circuit(&self) -> &Circuit {
        &self.circuit
    }

    pub(crate) fn shared_circuit(&self) -> &Arc<Circuit> {
        &self.circuit
    }

    /// Inputs, in the order of a launch's arguments.
    pub fn inputs(&self) -> impl Iterator<Item = Declared<'_>> {
        self.ir.inputs.iter().map(|port| Declared {
            name: &port.name,
            len: port.len as usize,
            is_scalar: port.scalar,
            range: Some(port.range),
        })
    }

    /// Outputs, in the order of a launch's results.
    pub fn outputs(&self) -> impl Iterator<Item = Declared<'_>> {
        self.ir.outputs.iter().map(|port| Declared {
            name: &port.name,
            len: port.nodes.len(),
            is_scalar: port.scalar,
            range: port.range,
        })
    }

    /// The tables that a launch must name, in order.
    pub fn tables(&self) -> &[Table] {
        &self.ir.tables
    }

    /// The closures of its hints.
    pub fn hints(&self) -> &HintRegistry {
        &self.registry
    }

    /// For each hint port of the circuit, whether assertions make it boolean.
    pub fn boolean_hints(&self) -> &[bool] {
        &self.boolean_hints
    }

    /// Gates, levels, constraints.
    pub fn report(&self) -> Report {
        let relation = self.relation().ok();
        Report::new(&self.circuit, relation.as_ref().map(CircuitRelation::r1cs))
    }

    /// The same kernel as rank-one constraints: linear gates cost nothing. Inputs and outputs are public wires.
    ///
    /// # Errors
    /// [`KernelError::Constraints`] for kernels with lookups or too many constraints.
    pub fn relation(&self) -> Result<CircuitRelation, KernelError> {
        CircuitRelation::of_circuit(&self.circuit).map_err(|source| KernelError::Constraints {
            kernel: self.name().to_owned(),
            source,
        })
    }

    /// Runs the kernel once, in the clear: one list of values per input gives one per output.
    ///
    /// # Errors
    /// [`KernelError::Misuse`] if values are missing or a hint cannot be computed; [`KernelError::Violated`] if an assertion fails.
    pub fn run(&self, inputs: &[Vec<Fr>]) -> Result<Vec<Vec<Fr>>, KernelError> {
        let values = self.evaluate(inputs)?;
        let outputs = self.ir.outputs.iter();
        Ok(outputs.map(|port| pick(&values, &port.nodes)).collect())
    }

    /// The wires of [`relation`](Self::relation), for inputs as [`run`](Self::run) takes them.
    ///
    /// # Errors
    /// As [`run`](Self::run) and [`relation`](Self::relation).
    pub fn wires(&self, inputs: &[Vec<Fr>]) -> Result<Vec<Fr>, KernelError> {
        let values = self.evaluate(inputs)?;
        let outputs = self.ir.outputs.iter();
        let outputs = outputs.flat_map(|port| pick(&values, &port.nodes));
        let known: Vec<Fr> = inputs.concat().into_iter().chain(outputs).collect();
        let wires = self
            .relation()?
            .wires(&known, &pick(&values, &self.hint_nodes));
        wires.map_err(|_| KernelError::Internal {
            kernel: self.name().to_owned(),
            problem: "values for other wires than those of the circuit",
        })
    }

    fn evaluate(&self, inputs: &[Vec<Fr>]) -> Result<Vec<Fr>, KernelError> {
        let expected: Vec<usize> = self.inputs().map(|port| port.len).collect();
        let got: Vec<usize> = inputs.iter().map(Vec::len).collect();
        if expected != got {
            return Err(KernelError::Misuse {
                kernel: self.name().to_owned(),
                argument: "inputs".to_owned(),
                expected: format!("lists of {expected:?} values"),
                got: format!("{got:?}"),
            });
        }
        evaluate(self.name(), &self.ir, &self.registry, &inputs.concat())
    }
}

fn pick(values: &[Fr], nodes: &[NodeId]) -> Vec<Fr> {
    nodes.iter().map(|&node| values[node as usize]).collect()
}
