//! `kernelwise groth16 prove`.

use std::path::Path;
use std::time::Instant;

use kernelwise_groth16::circom::{json, wtns, zkey};
use kernelwise_groth16::{Prover, verify};
use kernelwise_prover::memory::peak_bytes;
use serde::Serialize;

use super::{at, read};
use crate::devices;
use crate::error::Failure;
use crate::files;
use crate::output::{Format, Report, bytes, milliseconds, print};
use crate::progress::Progress;

/// The files that a proof is made from and written to.
pub struct Paths<'a> {
    /// The .zkey.
    pub key: &'a Path,
    /// The .wtns.
    pub witness: &'a Path,
    /// The proof.
    pub proof: &'a Path,
    /// The public inputs.
    pub public: &'a Path,
}

#[derive(Serialize)]
struct Proved {
    verifying_key: String,
    wires: usize,
    load_ms: f64,
    prove_ms: f64,
    peak_memory_bytes: Option<u64>,
    proof: String,
    public: String,
}

impl Report for Proved {
    fn text(&self) -> String {
        let peak = self
            .peak_memory_bytes
            .map_or_else(String::new, |peak| format!(", peak memory {}", bytes(peak)));
        format!(
            "wrote {} and {}: proved in {}, key loaded in {}{peak}",
            self.proof,
            self.public,
            milliseconds(self.prove_ms),
            milliseconds(self.load_ms),
        )
    }
}

/// Proves, checks the proof, writes it.
pub fn run(paths: &Paths<'_>, format: Format, quiet: bool) -> Result<(), Failure> {
    let progress = Progress::new(quiet);
    progress.announce("load");
    let start = Instant::now();
    let wires = read(paths.witness, wtns::read)?;
    let chosen = devices::open(&[])?;
    let devices = chosen.select()?.groth16()?;
    // For one proof, bases that stay on a device would be read as often, and take memory that grows with the key.
    let (key, circuit) = read(paths.key, zkey::open)?;
    let prover = Prover::streamed(&key);
    let load_ms = start.elapsed().as_secs_f64() * 1e3;

    progress.announce("prove");
    let start = Instant::now();
    let proof = prover.prove_keyed(devices, &circuit, &wires)?;
    let prove_ms = start.elapsed().as_secs_f64() * 1e3;
    let key = prover.verifying();
    let inputs = wires.get(1..=key.num_inputs()).unwrap_or_default();
    verify(key, inputs, &proof).map_err(Failure::WrongWitness)?;
    progress.finish();

    let text = json::write_proof(&proof).map_err(at(paths.proof))?;
    files::write(paths.proof, text.as_bytes())?;
    let text = json::write_public(inputs).map_err(at(paths.public))?;
    files::write(paths.public, text.as_bytes())?;
    let proved = Proved {
        verifying_key: key.digest().to_string(),
        wires: wires.len(),
        load_ms,
        prove_ms,
        peak_memory_bytes: peak_bytes(),
        proof: paths.proof.display().to_string(),
        public: paths.public.display().to_string(),
    };
    print(format, &proved);
    Ok(())
}
