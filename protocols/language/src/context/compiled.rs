//! Programs that are ready to run and to prove, as often as wanted.

use kernelwise_core::Values;
use kernelwise_core::program::Program;
use kernelwise_prover::key::Parameters;
use kernelwise_prover::plan::{Plan, Rates, plan, plan_within};
use kernelwise_prover::{
    Devices, HintRegistry, Observer, ProveError, Proved, ProverKey, Witness, execute, prove, setup,
};

use super::misuse;
use crate::error::KernelError;

/// A validated program with the values of its inputs.
#[derive(Debug, Clone)]
pub struct Compiled {
    program: Program,
    parameters: Parameters,
    hints: HintRegistry,
    inputs: Vec<Values>,
    outputs: Vec<String>,
}

impl Compiled {
    pub(super) fn new(
        program: Program,
        parameters: Parameters,
        hints: HintRegistry,
        inputs: Vec<Values>,
        outputs: Vec<String>,
    ) -> Self {
        Self {
            program,
            parameters,
            hints,
            inputs,
            outputs,
        }
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Names of the public outputs, in order.
    pub fn outputs(&self) -> &[String] {
        &self.outputs
    }

    /// The values of the public inputs, in the order of their uploads.
    pub fn inputs(&self) -> &[Values] {
        &self.inputs
    }

    /// Replaces the values of one public input.
    ///
    /// # Errors
    /// [`KernelError::Misuse`] if there is no such input or the values do not fit it.
    pub fn set_input(&mut self, name: &str, values: impl Into<Values>) -> Result<(), KernelError> {
        let graph = self.program.graph();
        let mut tensors = graph
            .inputs
            .iter()
            .filter_map(|&id| graph.tensor(id))
            .zip(&mut self.inputs);
        let Some((tensor, own)) = tensors.find(|(tensor, _)| tensor.name == name) else {
            return Err(misuse("input", name, "the name of an upload", "another"));
        };
        let values = values.into().for_range(&tensor.range);
        if let Some((expected, got)) = values.problem(tensor) {
            return Err(misuse("input", name, expected, got));
        }
        *own = values;
        Ok(())
    }

    /// Runs the program; returns all its tensors.
    ///
    /// # Errors
    /// [`KernelError::Prove`] if a hint cannot be computed or a value leaves its table.
    pub fn execute(&self) -> Result<Witness, KernelError> {
        Ok(execute(
            &self.program,
            &self.parameters,
            &self.hints,
            &self.inputs,
        )?)
    }

    /// Runs the program; returns the public outputs in order.
    ///
    /// # Errors
    /// As [`execute`](Self::execute).
    pub fn run(&self) -> Result<Vec<Values>, KernelError> {
        Ok(self.execute()?.public(&self.program)?.outputs)
    }

    /// What a proof will cost, from the rates of the devices that will make it.
    ///
    /// # Errors
    /// What running the program on inputs of zeros reports.
    pub fn plan(&self, rates: &Rates) -> Result<Plan, ProveError> {
        plan(&self.program, &self.parameters, &self.hints, rates)
    }

    /// As [`plan`](Self::plan), for a proof within `budget` bytes: its room is for [`ProverKey::with_room`].
    ///
    /// # Errors
    /// As [`plan`](Self::plan), and [`ProveError::MemoryBudget`] if no proof is that small.
    pub fn plan_within(&self, rates: &Rates, budget: u64) -> Result<Plan, ProveError> {
        plan_within(&self.program, &self.parameters, &self.hints, rates, budget)
    }

    /// Commits to the parameters; the key holds the program and its hints.
    ///
    /// # Errors
    /// What the devices report.
    pub fn setup(&self, devices: Devices<'_>) -> Result<ProverKey, ProveError> {
        let key = setup(self.program.clone(), self.parameters.clone(), devices)?;
        Ok(key.with_hints(self.hints.clone()))
    }

    /// Runs the program and proves the run, with a key from [`setup`](Self::setup).
    ///
    /// # Errors
    /// As [`kernelwise_prover::prove()`].
    pub fn prove(
        &self,
        key: &ProverKey,
        devices: Devices<'_>,
        observer: &dyn Observer,
    ) -> Result<Proved, ProveError> {
        prove(key, &self.inputs, devices, observer)
    }
}
