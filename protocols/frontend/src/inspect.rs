//! Facts about models and programs for people: sizes, scales, and how far the integers are from the floats.

use std::collections::BTreeMap;

use kernelwise_core::kernels::LaunchView;
use kernelwise_core::program::{Program, TensorKind};
use serde::{Deserialize, Serialize};

use crate::error::{ExecuteError, FloatError};
use crate::model::QuantisedModel;
use crate::onnx::OnnxModel;

/// A program in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramSummary {
    /// Launches by kernel.
    pub kernels: BTreeMap<String, usize>,
    /// Elements by kind: inputs, parameters, advice, virtual.
    pub elements: BTreeMap<String, u64>,
    /// Multiply-accumulates of all launches.
    pub macs: u64,
    /// Leaves of the lookup argument.
    pub lookup_leaves: u64,
    /// Name and binary logarithm of the size of every table.
    pub tables: Vec<(String, u32)>,
    /// Columns of a commitment row, at most.
    pub max_columns: usize,
}

impl ProgramSummary {
    /// Counts.
    pub fn of(program: &Program) -> Self {
        let graph = program.graph();
        let mut kernels = BTreeMap::new();
        let mut macs = 0u64;
        for launch in &graph.launches {
            let relation = launch.kernel.relation();
            *kernels.entry(relation.name().to_owned()).or_insert(0) += 1;
            macs = macs.saturating_add(relation.macs(&LaunchView { graph, launch }));
        }
        let mut elements = BTreeMap::new();
        for tensor in &graph.tensors {
            let kind = match tensor.kind {
                TensorKind::Input => "input",
                TensorKind::Parameter => "parameter",
                TensorKind::Advice => "advice",
                TensorKind::Virtual => "virtual",
                TensorKind::Private => "private",
            };
            *elements.entry(kind.to_owned()).or_insert(0) += tensor.shape.len() as u64;
        }
        let blocks = program.layout().blocks().iter();
        Self {
            kernels,
            elements,
            macs,
            lookup_leaves: blocks.map(|block| 1u64 << block.num_vars).sum(),
            tables: graph
                .tables
                .iter()
                .map(|table| (table.name.clone(), table.bits))
                .collect(),
            max_columns: graph.max_columns,
        }
    }
}

/// How far one layer's integers are from the float model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerError {
    /// Name of the layer.
    pub layer: String,
    /// Its operators.
    pub operator: String,
    /// The real number of one unit.
    pub scale: f64,
    /// Largest absolute error.
    pub max_abs: f64,
    /// Root of the mean square error.
    pub rms: f64,
    /// That over the root mean square of the float values; 0 where those are all 0.
    pub relative: f64,
}

/// Why a comparison could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    /// The float model did not run, or the inputs do not fit.
    #[error(transparent)]
    Float(#[from] FloatError),
    /// The program did not run.
    #[error(transparent)]
    Execute(#[from] ExecuteError),
}

/// Runs the float model and the program on one sample and compares every value that both have.
///
/// # Errors
/// [`CompareError`] if one of them does not run.
pub fn layer_errors(
    model: &OnnxModel,
    quantised: &QuantisedModel,
    inputs: &[Vec<f32>],
) -> Result<Vec<LayerError>, CompareError> {
    let floats = model.float_trace(inputs)?;
    let integers = quantised
        .quantise_inputs(inputs)
        .map_err(FloatError::from)?;
    let execution = quantised.execute(&integers.values)?;
    let traced = quantised.trace().iter().filter_map(|traced| {
        let float = floats.get(&traced.value)?;
        let integer = execution.tensor(traced.tensor)?;
        let (mut max_abs, mut error, mut power) = (0f64, 0f64, 0f64);
        for (&float, &integer) in float.iter().zip(integer) {
            let float = f64::from(float);
            let difference = (integer as f64 * traced.scale - float).abs();
            max_abs = max_abs.max(difference);
            error += difference * difference;
            power += float * float;
        }
        let rms = (error / float.len().max(1) as f64).sqrt();
        Some(LayerError {
            layer: traced.layer.clone(),
            operator: traced.operator.clone(),
            scale: traced.scale,
            max_abs,
            rms,
            relative: if power > 0.0 {
                (error / power).sqrt()
            } else {
                0.0
            },
        })
    });
    Ok(traced.collect())
}
