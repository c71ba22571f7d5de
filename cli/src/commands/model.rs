//! Models: from ONNX files, and from folders that `setup` wrote.

use std::path::Path;

use kernelwise_core::VerifierKey;
use kernelwise_core::program::{Digest, TensorId};
use kernelwise_core::wire::{FileKind, WireError};
use kernelwise_frontend::input::{read_sample, read_samples};
use kernelwise_frontend::{OnnxModel, ParameterValues, QuantiseOptions, QuantisedModel, quantise};
use kernelwise_prover::key::Parameters;
use kernelwise_prover::{Devices, Groth16Keys, IntData, IntTensor, ProverKey, setup_with};
use serde::{Deserialize, Serialize};

use super::launch_keys;
use crate::args::Quantisation;
use crate::error::Failure;
use crate::files;

/// Names of the files that `setup` writes.
pub const MODEL_FILE: &str = "model.kw";
/// See [`MODEL_FILE`].
pub const PROVER_KEY_FILE: &str = "prover.key";
/// See [`MODEL_FILE`].
pub const VERIFIER_KEY_FILE: &str = "verifier.key";

/// Noise samples when nothing better is at hand.
const SYNTHETIC_SAMPLES: usize = 8;

/// Imports an ONNX file.
pub fn import(path: &Path) -> Result<OnnxModel, Failure> {
    Ok(OnnxModel::from_path(path)?)
}

/// The one sample that a file holds.
pub fn sample(path: &Path) -> Result<Vec<Vec<f32>>, Failure> {
    Ok(read_sample(path)?.inputs)
}

/// Quantises with the scales of the calibration files, or else of `fallback`, or else of noise.
pub fn quantised(
    model: &OnnxModel,
    options: &Quantisation,
    fallback: Option<&[Vec<f32>]>,
) -> Result<QuantisedModel, Failure> {
    let mut samples: Vec<Vec<Vec<f32>>> = Vec::new();
    let len = model.inputs().first().map_or(0, |port| port.len());
    for path in &options.calibrate {
        samples.extend(read_samples(path, len)?);
    }
    if samples.is_empty() {
        match fallback {
            Some(sample) => samples.push(sample.to_vec()),
            None => {
                eprintln!("warning: no --calibrate file; activation scales are set on noise");
                samples = model.synthetic_samples(SYNTHETIC_SAMPLES);
            }
        }
    }
    let calibration = model.calibrate(samples.iter().map(Vec::as_slice))?;
    let options = QuantiseOptions {
        activation_bits: options.activation_bits,
        ..QuantiseOptions::default()
    };
    Ok(quantise(model, &calibration, &options)?)
}

/// Commits to a model's parameters; keys of Groth16 launches are made where they are not `known`.
pub fn prover_key(
    model: &QuantisedModel,
    known: &Groth16Keys,
    devices: Devices<'_>,
) -> Result<ProverKey, Failure> {
    let program = model.program();
    launch_keys::warn(program, known)?;
    Ok(setup_with(
        program.clone(),
        parameters(model),
        known,
        devices,
    )?)
}

/// The parameters where the model has them.
pub fn parameters(model: &QuantisedModel) -> Parameters {
    let graph = model.program().graph();
    let tensor = |(&id, values): (&TensorId, &ParameterValues)| {
        let fact = graph.tensor(id)?;
        let data = IntData::from_le_bytes(values.width().bytes(), values.bytes().clone())?;
        Some((id, IntTensor::from_data(fact.shape.clone(), data)))
    };
    model.parameters().iter().filter_map(tensor).collect()
}

/// The payload of `prover.key`: which keys it belongs to.
#[derive(Serialize, Deserialize)]
struct StoredProverKey {
    program: Digest,
    verifier_key: Digest,
}

/// Writes `model.kw`, `prover.key`, `verifier.key` and the keys of Groth16 launches.
pub fn save(folder: &Path, model: &QuantisedModel, key: &ProverKey) -> Result<(), Failure> {
    files::create_folder(folder)?;
    let path = folder.join(MODEL_FILE);
    let payload = model.encode().map_err(|source| Failure::Format {
        path: path.clone(),
        source,
    })?;
    files::write_kind(FileKind::Model, &path, &payload)?;
    let path = folder.join(PROVER_KEY_FILE);
    let stored = StoredProverKey {
        program: key.program().digest(),
        verifier_key: key.verifier().digest(),
    };
    files::write_kind(FileKind::ProverKey, &path, &encode(&path, &stored)?)?;
    launch_keys::save(folder, &key.groth16())?;
    save_verifier_key(folder, key.verifier())?;
    Ok(())
}

/// Writes `verifier.key`; returns its size in bytes.
pub fn save_verifier_key(folder: &Path, key: &VerifierKey) -> Result<u64, Failure> {
    let path = folder.join(VERIFIER_KEY_FILE);
    let payload = key.encode().map_err(|source| Failure::Format {
        path: path.clone(),
        source,
    })?;
    files::write_kind(FileKind::VerifierKey, &path, &payload)?;
    Ok(payload.len() as u64)
}

/// Reads what [`save`] wrote, and checks that the three files belong together. Weights stay in `model.kw`, mapped.
pub fn load(folder: &Path) -> Result<(QuantisedModel, ProverKey), Failure> {
    let path = folder.join(MODEL_FILE);
    let model = QuantisedModel::decode(&files::map_kind(FileKind::Model, &path)?)
        .map_err(|source| Failure::Format { path, source })?;
    let path = folder.join(VERIFIER_KEY_FILE);
    let verifier = VerifierKey::decode(&files::read_kind(FileKind::VerifierKey, &path)?)
        .map_err(|source| Failure::Format { path, source })?;
    let path = folder.join(PROVER_KEY_FILE);
    let stored: StoredProverKey = decode(&path, &files::read_kind(FileKind::ProverKey, &path)?)?;
    let together = stored.program == model.program().digest()
        && stored.program == verifier.program().digest()
        && stored.verifier_key == verifier.digest();
    if !together {
        return Err(Failure::Mismatch {
            problem: format!(
                "{}: {MODEL_FILE}, {PROVER_KEY_FILE} and {VERIFIER_KEY_FILE} are of different setups",
                folder.display()
            ),
        });
    }
    let groth16 = launch_keys::load(folder, verifier.program())?;
    let key = ProverKey::new(verifier, parameters(&model), &groth16)?;
    Ok((model, key))
}

fn encode(path: &Path, value: &impl Serialize) -> Result<Vec<u8>, Failure> {
    postcard::to_stdvec(value).map_err(|error| encoding(path, error))
}

fn decode<'a, T: Deserialize<'a>>(path: &Path, bytes: &'a [u8]) -> Result<T, Failure> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => {
            let problem = format!("{} bytes after the end", rest.len());
            Err(Failure::Format {
                path: path.to_owned(),
                source: WireError::Encoding { problem },
            })
        }
        Err(error) => Err(encoding(path, error)),
    }
}

fn encoding(path: &Path, error: postcard::Error) -> Failure {
    Failure::Format {
        path: path.to_owned(),
        source: WireError::Encoding {
            problem: error.to_string(),
        },
    }
}
