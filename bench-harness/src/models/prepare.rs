//! From an ONNX file to a key and inputs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use kernelwise_core::Values;
use kernelwise_cpu::CpuDevice;
use kernelwise_frontend::input::read_sample;
use kernelwise_frontend::{OnnxModel, QuantiseOptions, QuantisedModel, quantise};
use kernelwise_prover::{Devices, IntData, IntTensor, ProverKey, setup};

/// Samples of noise that set the scales where a model comes without input.
const SYNTHETIC_SAMPLES: usize = 8;

/// A model that is ready to be proved.
pub struct Prepared {
    /// Name of the file, without extension.
    pub name: String,
    /// Parameters and operations in words.
    pub shape: String,
    /// The prover's key.
    pub key: ProverKey,
    /// Quantised inputs.
    pub inputs: Vec<Values>,
    /// What the reference executor makes of them.
    pub outputs: Vec<Values>,
}

impl Prepared {
    /// Imports, calibrates, quantises and sets up the model of a file.
    ///
    /// # Errors
    /// What import, quantisation or setup report.
    pub fn from_file(file: &Path, activation_bits: u32) -> anyhow::Result<Self> {
        let model = OnnxModel::from_path(file).context("import")?;
        let samples = match input_of(file) {
            Some(path) => vec![
                read_sample(&path)
                    .with_context(|| format!("input {}", path.display()))?
                    .inputs,
            ],
            None => model.synthetic_samples(SYNTHETIC_SAMPLES),
        };
        let calibration = model
            .calibrate(samples.iter().map(Vec::as_slice))
            .context("calibration")?;
        let options = QuantiseOptions {
            activation_bits,
            ..QuantiseOptions::default()
        };
        let quantised = quantise(&model, &calibration, &options).context("quantisation")?;
        let first = samples.first().context("no input")?;
        let inputs = quantised.quantise_inputs(first).context("input")?;
        ensure!(
            inputs.saturated == 0,
            "{} input values saturate",
            inputs.saturated
        );
        let outputs = quantised.execute(&inputs.values).context("execution")?;
        Ok(Self {
            name: file
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            shape: format!("{} parameters, {} MACs", model.parameters(), model.macs()),
            key: key(&quantised)?,
            inputs: inputs.values.into_iter().map(Values::Int).collect(),
            outputs: outputs.outputs().into_iter().map(Values::Int).collect(),
        })
    }
}

/// `NAME.input.json` or `NAME.input.npy` beside `NAME.onnx`.
fn input_of(file: &Path) -> Option<PathBuf> {
    ["input.json", "input.npy"]
        .iter()
        .map(|extension| file.with_extension(extension))
        .find(|path| path.is_file())
}

fn key(model: &QuantisedModel) -> anyhow::Result<ProverKey> {
    let graph = model.program().graph();
    let mut parameters = BTreeMap::new();
    for (&id, values) in model.parameters() {
        let tensor = graph.tensor(id).context("a parameter without tensor")?;
        let data = IntData::from_le_bytes(values.width().bytes(), values.bytes().clone());
        let data = data.context("a parameter that ends within a value")?;
        parameters.insert(id, IntTensor::from_data(tensor.shape.clone(), data));
    }
    let device = CpuDevice::optimized();
    let devices = Devices::select(&[&device])?;
    Ok(setup(model.program().clone(), parameters, devices)?)
}
