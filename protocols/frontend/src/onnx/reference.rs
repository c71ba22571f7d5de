//! The float model as the interpreter runs it: calibration and per-layer errors come from here.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use tract_onnx::pb::ModelProto;
use tract_onnx::prelude::{
    Framework, InferenceModelExt, IntoRunnable, IntoTValue, Tensor, TractResult, TypedRunnableModel,
};

use super::OnnxModel;
use crate::error::{FloatError, InputError};

type Plan = std::sync::Arc<TypedRunnableModel>;

/// A float model, compiled at its first run.
pub(crate) struct Reference {
    proto: ModelProto,
    plan: OnceLock<Result<Plan, String>>,
}

impl std::fmt::Debug for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Reference")
    }
}

impl Reference {
    /// A model whose outputs are all its values.
    pub fn new(proto: ModelProto) -> Self {
        Self {
            proto,
            plan: OnceLock::new(),
        }
    }

    fn plan(&self) -> Result<&Plan, FloatError> {
        let compile = || {
            shielded(|| {
                tract_onnx::onnx()
                    .model_for_proto_model(&self.proto)?
                    .into_optimized()?
                    .into_runnable()
            })
        };
        self.plan
            .get_or_init(compile)
            .as_ref()
            .map_err(|problem| FloatError::Interpreter {
                problem: problem.clone(),
            })
    }
}

/// The interpreter panics on some malformed models; here that is an error like any other.
fn shielded<T>(run: impl FnOnce() -> TractResult<T>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(result) => result.map_err(|error| format!("{error:#}")),
        Err(_) => Err("the interpreter stopped".to_owned()),
    }
}

impl OnnxModel {
    /// Runs the float model; inputs and outputs in the model's order, row-major.
    ///
    /// # Errors
    /// [`FloatError`] if the inputs do not fit, the interpreter refuses, or a value is not finite.
    pub fn float_run(&self, inputs: &[Vec<f32>]) -> Result<Vec<Vec<f32>>, FloatError> {
        let values = self.float_trace(inputs)?;
        let outputs = self.layers.outputs.iter();
        // A value may be an output twice.
        let outputs = outputs.map(|&id| {
            let name = &self.layers.value(id).name;
            values.get(name).cloned().unwrap_or_default()
        });
        Ok(outputs.collect())
    }

    /// Runs the float model and returns every value by name, inputs included.
    ///
    /// # Errors
    /// [`FloatError`] if the inputs do not fit, the interpreter refuses, or a value is not finite.
    pub fn float_trace(
        &self,
        inputs: &[Vec<f32>],
    ) -> Result<BTreeMap<String, Vec<f32>>, FloatError> {
        let ports = self.inputs();
        if ports.len() != inputs.len() {
            return Err(InputError::Count {
                expected: ports.len(),
                got: inputs.len(),
            }
            .into());
        }
        for (port, values) in ports.iter().zip(inputs) {
            crate::input::check(&port.name, &port.shape, values)?;
        }
        let plan = self.reference().plan()?;
        let results = shielded(|| {
            let tensors = ports.iter().zip(inputs);
            let tensors: TractResult<_> = tensors
                .map(|(port, values)| Ok(Tensor::from_shape(&port.shape, values)?.into_tvalue()))
                .collect();
            let outputs = plan.run(tensors?)?;
            let vectors = outputs.iter().map(|tensor| {
                // Indices are integers; those of models within reach are exact as floats.
                let tensor = tensor.cast_to::<f32>()?;
                let view = tensor.to_plain_array_view::<f32>()?;
                Ok(view.iter().copied().collect::<Vec<f32>>())
            });
            vectors.collect::<TractResult<Vec<_>>>()
        })
        .map_err(|problem| FloatError::Interpreter { problem })?;
        let mut trace = BTreeMap::new();
        for (port, values) in ports.iter().zip(inputs) {
            trace.insert(port.name.clone(), values.clone());
        }
        for (port, values) in self.values().iter().zip(results) {
            if values.len() != port.len() {
                return Err(FloatError::Length {
                    value: port.name.clone(),
                    expected: port.len(),
                    got: values.len(),
                });
            }
            if let Some(&got) = values.iter().find(|value| !value.is_finite()) {
                return Err(FloatError::NotFinite {
                    value: port.name.clone(),
                    got,
                });
            }
            trace.insert(port.name.clone(), values);
        }
        Ok(trace)
    }
}
