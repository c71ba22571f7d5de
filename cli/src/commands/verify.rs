//! `kernelwise verify`.

use std::time::Instant;

use kernelwise_core::wire::{FileKind, ModelProof};
use kernelwise_core::{VerifierKey, VerifyError};
use serde::Serialize;

use crate::args::Verify;
use crate::error::Failure;
use crate::files;
use crate::output::{Format, Report, milliseconds, print};
use crate::public::{PublicFile, PublicTensor};

#[derive(Serialize)]
struct Verified {
    verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    program: String,
    key: String,
    verify_ms: f64,
    output: Vec<PublicTensor>,
}

impl Report for Verified {
    fn text(&self) -> String {
        let mut text = format!(
            "valid: program {}\n       key     {}",
            self.program, self.key
        );
        for tensor in &self.output {
            text.push_str(&format!(
                "\n       {} = {}",
                tensor.name,
                values(&tensor.values)
            ));
        }
        text + &format!("\n       verified in {}", milliseconds(self.verify_ms))
    }
}

/// The first numbers of a tensor.
pub fn values(values: &[f64]) -> String {
    let shown: Vec<String> = values
        .iter()
        .take(16)
        .map(|value| format!("{value:.4}"))
        .collect();
    let more = if values.len() > shown.len() {
        format!(", … ({} values)", values.len())
    } else {
        String::new()
    };
    format!("[{}{more}]", shown.join(", "))
}

/// Checks a proof against a key and a statement.
pub fn run(args: &Verify, format: Format) -> Result<(), Failure> {
    let start = Instant::now();
    let at = |path: &std::path::Path, source| Failure::Format {
        path: path.to_owned(),
        source,
    };
    let key = VerifierKey::decode(&files::read_kind(FileKind::VerifierKey, &args.key)?)
        .map_err(|e| at(&args.key, e))?;
    let payload = files::read_kind(FileKind::Proof, &args.proof)?;
    let proof = ModelProof::decode(&payload).map_err(|e| at(&args.proof, e))?;
    // Before the statement is read against this key: whose proof is it?
    let outcome = if proof.program != key.program().digest() {
        let (expected, got) = (
            key.program().digest().to_string(),
            proof.program.to_string(),
        );
        Err(VerifyError::WrongProgram { expected, got })
    } else {
        let (file, public) = PublicFile::read(&args.public, key.program())?;
        kernelwise_core::verify(&key, &public, &proof).map(|()| file.outputs)
    };
    let verify_ms = start.elapsed().as_secs_f64() * 1e3;
    let (program, digest) = (key.program().digest().to_string(), key.digest().to_string());
    match outcome {
        Ok(output) => {
            let verified = Verified {
                verified: true,
                reason: None,
                program,
                key: digest,
                verify_ms,
                output,
            };
            print(format, &verified);
            Ok(())
        }
        Err(error) => {
            if format == Format::Json {
                let reason = Some(error.to_string());
                let output = Vec::new();
                print(
                    format,
                    &Verified {
                        verified: false,
                        reason,
                        program,
                        key: digest,
                        verify_ms,
                        output,
                    },
                );
            }
            Err(Failure::Invalid(error))
        }
    }
}
