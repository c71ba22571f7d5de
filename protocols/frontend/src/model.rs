//! A quantised model: program, integer parameters, and what to tell people about them.

use std::collections::BTreeMap;

use kernelwise_core::kernels::ProofSystem;
use kernelwise_core::program::{KernelGraph, Program, Range, TensorId, TensorKind};
use serde::{Deserialize, Serialize};

use crate::error::{InputError, QuantiseError};
use crate::parameters::ParameterValues;

/// How one layer was quantised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerReport {
    /// Name of the node.
    pub name: String,
    /// Its operators, joined by `+` where several became one layer.
    pub operator: String,
    /// The real number of one unit of the result.
    pub scale: f64,
    /// Bits shifted out by the rescaling; 0 for results that are not rescaled.
    pub shift: u32,
    /// Limbs of the remainder; 0 for results that are not rescaled.
    pub limbs: usize,
    /// The largest multiplier of a channel.
    pub multiplier: i64,
    /// The interval that rescaled values can reach before saturation.
    pub bound: Range,
    /// The declared range of the accumulator.
    pub accumulator: Range,
}

/// A value of the float model and the tensor that quantises it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TracedTensor {
    /// Name of the float value.
    pub value: String,
    /// Name of the layer.
    pub layer: String,
    /// Its operators.
    pub operator: String,
    /// Holds its elements in row-major order.
    pub tensor: TensorId,
    /// The real number of one unit.
    pub scale: f64,
}

/// A program with its parameters.
#[derive(Debug, Clone)]
pub struct QuantisedModel {
    program: Program,
    parameters: BTreeMap<TensorId, ParameterValues>,
    report: Vec<LayerReport>,
    trace: Vec<TracedTensor>,
}

/// Quantised inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuantisedInputs {
    /// One row-major list per input.
    pub values: Vec<Vec<i64>>,
    /// How many values lay beyond the calibrated interval and were saturated.
    pub saturated: usize,
}

impl QuantisedModel {
    /// Validates graph and parameters.
    ///
    /// # Errors
    /// [`QuantiseError::Graph`] if the graph is no program, [`QuantiseError::Parameter`] unless there is one list of the right length within
    /// the declared range for every parameter.
    pub(crate) fn new(
        graph: KernelGraph,
        parameters: BTreeMap<TensorId, ParameterValues>,
        report: Vec<LayerReport>,
        trace: Vec<TracedTensor>,
    ) -> Result<Self, QuantiseError> {
        let program = graph.validate()?;
        let wrong = |name: &str, expected: String, got: String| QuantiseError::Parameter {
            parameter: name.to_owned(),
            expected,
            got,
        };
        let mut count = 0;
        for (id, tensor) in program.tensors_of(TensorKind::Parameter) {
            count += 1;
            let values = parameters.get(&id);
            let len = values.map_or(0, ParameterValues::len);
            if len != tensor.shape.len() {
                let expected = format!("{} values", tensor.shape.len());
                return Err(wrong(&tensor.name, expected, len.to_string()));
            }
            if let Some(range) = values.and_then(ParameterValues::range)
                && !tensor.range.encloses(&range)
            {
                let expected = format!("values in {}", tensor.range);
                return Err(wrong(&tensor.name, expected, range.to_string()));
            }
        }
        if parameters.len() != count {
            let got = format!("{} lists", parameters.len());
            return Err(wrong("all", format!("{count} lists"), got));
        }
        Ok(Self {
            program,
            parameters,
            report,
            trace,
        })
    }

    /// The same model with launches, by index, proved by these systems.
    ///
    /// # Errors
    /// [`QuantiseError::Graph`] if one of them launches no circuit.
    pub fn prove_with(self, choices: &[(usize, ProofSystem)]) -> Result<Self, QuantiseError> {
        let mut graph = self.program.graph().clone();
        for &(launch, system) in choices {
            graph.prove_with(launch, system)?;
        }
        Ok(Self {
            program: graph.validate()?,
            ..self
        })
    }

    /// The program, validated.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The integer weights.
    pub fn parameters(&self) -> &BTreeMap<TensorId, ParameterValues> {
        &self.parameters
    }

    /// How each layer was quantised.
    pub fn report(&self) -> &[LayerReport] {
        &self.report
    }

    /// Which tensor quantises which value of the float model.
    pub fn trace(&self) -> &[TracedTensor] {
        &self.trace
    }

    /// Rounds real inputs to the program's integers. Values beyond the calibrated interval saturate and are counted.
    ///
    /// # Errors
    /// [`InputError`] for another number of inputs or elements, NaN and infinity.
    pub fn quantise_inputs(&self, inputs: &[Vec<f32>]) -> Result<QuantisedInputs, InputError> {
        let graph = self.program.graph();
        if graph.inputs.len() != inputs.len() {
            return Err(InputError::Count {
                expected: graph.inputs.len(),
                got: inputs.len(),
            });
        }
        let mut result = QuantisedInputs {
            values: Vec::with_capacity(inputs.len()),
            saturated: 0,
        };
        let tensors = graph.inputs.iter().filter_map(|&id| graph.tensor(id));
        for (tensor, values) in tensors.zip(inputs) {
            crate::input::check(&tensor.name, tensor.shape.dims(), values)?;
            let scale = tensor.scale.unwrap_or(1.0);
            let range = tensor.range;
            let quantise = |&value: &f32| {
                let rounded = (f64::from(value) / scale).round() as i64;
                if !range.contains(rounded) {
                    result.saturated += 1;
                }
                rounded.clamp(range.lo, range.hi)
            };
            let values: Vec<i64> = values.iter().map(quantise).collect();
            result.values.push(values);
        }
        Ok(result)
    }

    /// The real numbers that the integers of a tensor stand for; units where it has no scale.
    pub fn dequantise(&self, tensor: TensorId, values: &[i64]) -> Vec<f32> {
        let tensor = self.program.graph().tensor(tensor);
        let scale = tensor.and_then(|tensor| tensor.scale).unwrap_or(1.0);
        values
            .iter()
            .map(|&value| (value as f64 * scale) as f32)
            .collect()
    }

    /// The real numbers that the program's outputs stand for, in order.
    pub fn dequantise_outputs(&self, outputs: &[Vec<i64>]) -> Vec<Vec<f32>> {
        let ids = self.program.graph().outputs.iter();
        ids.zip(outputs)
            .map(|(&id, values)| self.dequantise(id, values))
            .collect()
    }
}
