//! Keys of Groth16 launches in a setup folder: one file per constraint system, named by its digest.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use kernelwise_core::program::{Digest, Program};
use kernelwise_core::wire::{FileKind, WireError};
use kernelwise_groth16::ProvingKey;
use kernelwise_prover::Groth16Keys;
use kernelwise_prover::groth16::groth16_circuits;

use crate::error::Failure;
use crate::files;

fn path_of(folder: &Path, digest: &Digest) -> PathBuf {
    let digest = digest.to_string();
    let short = digest.get(..32).unwrap_or(&digest);
    folder.join(format!("groth16-{short}.key"))
}

/// The keys that a folder holds for the launches of `program`; their points stay in their files, mapped.
pub fn load(folder: &Path, program: &Program) -> Result<Groth16Keys, Failure> {
    let mut keys = Groth16Keys::new();
    for (digest, circuit) in groth16_circuits(program)? {
        let path = path_of(folder, &digest);
        if !path.exists() {
            continue;
        }
        let payload = files::map_kind(FileKind::Groth16Key, &path)?;
        let malformed = |problem: String| Failure::Format {
            path: path.clone(),
            source: WireError::Encoding { problem },
        };
        let key = ProvingKey::open(Cursor::new(payload));
        let key = key.map_err(|error| malformed(error.to_string()))?;
        if key.counts() != circuit.linked().r1cs().counts() {
            return Err(malformed("the key of another kernel".to_owned()));
        }
        keys.insert(digest, Arc::new(key));
    }
    Ok(keys)
}

/// Writes keys; those that are there already stay as they are.
pub fn save(folder: &Path, keys: &Groth16Keys) -> Result<(), Failure> {
    for (digest, key) in keys {
        let path = path_of(folder, digest);
        if !path.exists() {
            let bytes = key.encode().map_err(|source| Failure::Circom {
                path: path.clone(),
                source,
            })?;
            files::write_kind(FileKind::Groth16Key, &path, &bytes)?;
        }
    }
    Ok(())
}

/// Says that keys are about to be made, and what that means: nobody should rely on such a key unknowingly.
pub fn warn(program: &Program, known: &Groth16Keys) -> Result<(), Failure> {
    let circuits = groth16_circuits(program)?;
    let fresh = circuits
        .iter()
        .filter(|(digest, _)| !known.contains_key(digest));
    let count = fresh.count();
    if count > 0 {
        eprintln!(
            "warning: a local setup makes {count} Groth16 key{}: whoever controls this machine now could forge proofs of the launches under {}\n\
             hint: `--prove-with KERNEL=gkr` proves a kernel without such a key",
            if count == 1 { "" } else { "s" },
            if count == 1 { "it" } else { "them" },
        );
    }
    Ok(())
}
