//! `kernelwise groth16 setup`.

use std::path::Path;
use std::time::Instant;

use kernelwise_groth16::circom::{r1cs, zkey};
use kernelwise_groth16::{QuotientForm, setup};
use serde::Serialize;

use super::{at, read};
use crate::error::Failure;
use crate::files;
use crate::output::{Format, Report, count, milliseconds, print};
use crate::progress::Progress;

#[derive(Serialize)]
struct Done {
    constraints: usize,
    wires: usize,
    verifying_key: String,
    local_setup: bool,
    setup_ms: f64,
    out: String,
}

impl Report for Done {
    fn text(&self) -> String {
        format!(
            "wrote {}: key for {} constraints, made in {}\nverifying key {}",
            self.out,
            count(self.constraints as u64),
            milliseconds(self.setup_ms),
            self.verifying_key
        )
    }
}

/// Makes a key from local randomness, and says what that means.
pub fn run(circuit: &Path, out: &Path, format: Format, quiet: bool) -> Result<(), Failure> {
    // Said even when quiet: nobody should rely on such a key unknowingly.
    eprintln!(
        "warning: this is a local setup: whoever controls this machine now could forge proofs under the key\n\
         hint: for a key that others rely on, run a ceremony with `snarkjs zkey contribute` and prove with its .zkey"
    );
    let system = read(circuit, r1cs::read)?;
    let progress = Progress::new(quiet);
    progress.announce("set up");
    let start = Instant::now();
    let key = setup(&system, QuotientForm::OddValues)?;
    let setup_ms = start.elapsed().as_secs_f64() * 1e3;
    files::write_with(out, |file| {
        zkey::write(file, &key, &system).map_err(at(out))
    })?;
    progress.finish();
    let done = Done {
        constraints: system.num_constraints(),
        wires: system.counts().total,
        verifying_key: key.verifying().digest().to_string(),
        local_setup: true,
        setup_ms,
        out: out.display().to_string(),
    };
    print(format, &done);
    Ok(())
}
