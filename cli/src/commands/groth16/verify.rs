//! `kernelwise groth16 verify` and `export-vk`.

use std::path::Path;
use std::time::Instant;

use kernelwise_groth16::circom::{json, zkey};
use kernelwise_groth16::{VerifyingKey, verify};
use serde::Serialize;

use super::{at, read};
use crate::error::Failure;
use crate::files;
use crate::output::{Format, Report, milliseconds, print};

#[derive(Serialize)]
struct Verified {
    verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    verifying_key: String,
    public_inputs: usize,
    verify_ms: f64,
}

impl Report for Verified {
    fn text(&self) -> String {
        format!(
            "valid: {} public inputs, verified in {}\n       key {}",
            self.public_inputs,
            milliseconds(self.verify_ms),
            self.verifying_key
        )
    }
}

#[derive(Serialize)]
struct Exported {
    verifying_key: String,
    public_inputs: usize,
    out: String,
}

impl Report for Exported {
    fn text(&self) -> String {
        format!(
            "wrote {}: {} public inputs\nverifying key {}",
            self.out, self.public_inputs, self.verifying_key
        )
    }
}

/// Reads a verification key as JSON, or from a .zkey.
fn key(path: &Path) -> Result<VerifyingKey, Failure> {
    if path
        .extension()
        .is_some_and(|extension| extension == "zkey")
    {
        read(path, zkey::read_verifying)
    } else {
        json::read_key(&files::read(path)?).map_err(at(path))
    }
}

/// Checks a proof.
pub fn run(key_path: &Path, proof: &Path, public: &Path, format: Format) -> Result<(), Failure> {
    let start = Instant::now();
    let key = key(key_path)?;
    let proof = json::read_proof(&files::read(proof)?).map_err(at(proof))?;
    let inputs = json::read_public(&files::read(public)?).map_err(at(public))?;
    let outcome = verify(&key, &inputs, &proof);
    let report = Verified {
        verified: outcome.is_ok(),
        reason: outcome.as_ref().err().map(ToString::to_string),
        verifying_key: key.digest().to_string(),
        public_inputs: inputs.len(),
        verify_ms: start.elapsed().as_secs_f64() * 1e3,
    };
    if outcome.is_ok() || format == Format::Json {
        print(format, &report);
    }
    outcome.map_err(Failure::InvalidGroth16)
}

/// Writes the verification key of a .zkey.
pub fn export(path: &Path, out: &Path, format: Format) -> Result<(), Failure> {
    let key = read(path, zkey::read_verifying)?;
    let text = json::write_key(&key).map_err(at(out))?;
    files::write(out, text.as_bytes())?;
    let exported = Exported {
        verifying_key: key.digest().to_string(),
        public_inputs: key.num_inputs(),
        out: out.display().to_string(),
    };
    print(format, &exported);
    Ok(())
}
