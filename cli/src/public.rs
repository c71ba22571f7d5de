//! `public.json`: the statement, as integers for the verifier and as real numbers for people.

use std::path::Path;

use kernelwise_core::program::{Program, Tensor, TensorId};
use kernelwise_core::{PublicTensors, Values};
use serde::{Deserialize, Serialize};

use crate::error::Failure;
use crate::files;

/// One public tensor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicTensor {
    /// Name in the model.
    pub name: String,
    /// Axis lengths, outermost first.
    pub shape: Vec<usize>,
    /// What one unit stands for.
    pub scale: Option<f64>,
    /// What is proved, row-major.
    pub integers: Vec<i64>,
    /// `integers · scale`, for people.
    pub values: Vec<f64>,
}

/// The content of `public.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublicFile {
    /// Version of this format.
    pub version: u32,
    /// Digest of the program that was run.
    pub program: String,
    /// What went in.
    pub inputs: Vec<PublicTensor>,
    /// What came out.
    pub outputs: Vec<PublicTensor>,
}

const VERSION: u32 = 1;

impl PublicTensor {
    fn new(tensor: &Tensor, values: &Values) -> Result<Self, Failure> {
        let integers = values.as_integers().ok_or_else(|| Failure::Mismatch {
            problem: format!("`{}` holds field elements, expected integers", tensor.name),
        })?;
        let scale = tensor.scale.unwrap_or(1.0);
        Ok(Self {
            name: tensor.name.clone(),
            shape: tensor.shape.dims().to_vec(),
            scale: tensor.scale,
            integers: integers.to_vec(),
            values: integers.iter().map(|&value| value as f64 * scale).collect(),
        })
    }
}

impl PublicFile {
    /// The statement about a program.
    ///
    /// # Errors
    /// [`Failure::Mismatch`] for tensors of field elements, which this format does not hold.
    pub fn new(program: &Program, public: &PublicTensors) -> Result<Self, Failure> {
        let graph = program.graph();
        let describe = |ids: &[TensorId], values: &[Values]| {
            let tensors = ids.iter().filter_map(|&id| graph.tensor(id)).zip(values);
            tensors
                .map(|(tensor, values)| PublicTensor::new(tensor, values))
                .collect::<Result<_, _>>()
        };
        Ok(Self {
            version: VERSION,
            program: program.digest().to_string(),
            inputs: describe(&graph.inputs, &public.inputs)?,
            outputs: describe(&graph.outputs, &public.outputs)?,
        })
    }

    /// Reads a file and checks that names, shapes, scales and real numbers are what the program makes of the integers.
    pub fn read(path: &Path, program: &Program) -> Result<(Self, PublicTensors), Failure> {
        let bytes = files::read(path)?;
        let wrong = |problem: String| Failure::Json {
            path: path.to_owned(),
            problem,
        };
        let file: Self =
            serde_json::from_slice(&bytes).map_err(|error| wrong(error.to_string()))?;
        if file.version != VERSION {
            return Err(wrong(format!(
                "version {}, this build reads version {VERSION}",
                file.version
            )));
        }
        let integers = |tensors: &[PublicTensor]| {
            tensors
                .iter()
                .map(|tensor| Values::Int(tensor.integers.clone()))
                .collect()
        };
        let public = PublicTensors {
            inputs: integers(&file.inputs),
            outputs: integers(&file.outputs),
        };
        public.check(program).map_err(Failure::Invalid)?;
        if file != Self::new(program, &public)? {
            return Err(Failure::Mismatch {
                problem: format!(
                    "{}: names, shapes, scales, real numbers or program digest are not what the key gives for these integers",
                    path.display()
                ),
            });
        }
        Ok((file, public))
    }

    /// Writes the file.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let wrong = |error: serde_json::Error| Failure::Json {
            path: path.to_owned(),
            problem: error.to_string(),
        };
        let mut bytes = serde_json::to_vec(self).map_err(wrong)?;
        bytes.push(b'\n');
        files::write(path, &bytes)
    }
}
