//! Sample inputs: reading them from files and checking them.

mod json;
mod npy;

use std::path::Path;

pub use json::{Sample, parse_json};
pub use npy::{NpyArray, parse_npy};

use crate::error::InputError;

/// Larger files are no sample inputs.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// Reads a sample from a `.npy` or JSON file, chosen by content. A `.npy` file holds one input tensor.
///
/// # Errors
/// [`InputError::Read`] if the file cannot be read, [`InputError::Format`] if it is neither.
pub fn read_sample(path: impl AsRef<Path>) -> Result<Sample, InputError> {
    let bytes = read(path.as_ref())?;
    if bytes.starts_with(npy::MAGIC) {
        return Ok(Sample {
            inputs: vec![parse_npy(&bytes)?.values],
            outputs: None,
        });
    }
    parse_json(&bytes)
}

/// Reads several samples of a model with one input from a `.npy` file whose first axis counts samples, or one sample from JSON.
///
/// # Errors
/// [`InputError::Read`] if the file cannot be read; [`InputError::Format`] or [`InputError::Length`] if it does not hold whole samples of
/// `len` values.
pub fn read_samples(path: impl AsRef<Path>, len: usize) -> Result<Vec<Vec<Vec<f32>>>, InputError> {
    let bytes = read(path.as_ref())?;
    if !bytes.starts_with(npy::MAGIC) {
        return Ok(vec![parse_json(&bytes)?.inputs]);
    }
    let array = parse_npy(&bytes)?;
    if len == 0 || array.values.is_empty() || array.values.len() % len != 0 {
        return Err(InputError::Length {
            input: path.as_ref().display().to_string(),
            shape: array.shape,
            expected: len,
            got: array.values.len(),
        });
    }
    let samples = array.values.chunks_exact(len);
    Ok(samples.map(|sample| vec![sample.to_vec()]).collect())
}

fn read(path: &Path) -> Result<Vec<u8>, InputError> {
    let failed = |source| InputError::Read {
        path: path.display().to_string(),
        source,
    };
    let size = std::fs::metadata(path).map_err(failed)?.len();
    if size > MAX_FILE_BYTES {
        return Err(InputError::Format {
            format: "sample",
            expected: format!("at most {MAX_FILE_BYTES} bytes"),
            got: size.to_string(),
        });
    }
    std::fs::read(path).map_err(failed)
}

/// Checks one input's length and that it is finite.
pub(crate) fn check(name: &str, shape: &[usize], values: &[f32]) -> Result<(), InputError> {
    let expected = shape.iter().product();
    if values.len() != expected {
        return Err(InputError::Length {
            input: name.to_owned(),
            shape: shape.to_vec(),
            expected,
            got: values.len(),
        });
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(InputError::NotFinite {
            input: name.to_owned(),
            index,
            got: values[index],
        }),
        None => Ok(()),
    }
}
