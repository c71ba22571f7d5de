//! `kernelwise setup`.

use std::time::Instant;

use kernelwise_prover::memory::peak_bytes;
use serde::Serialize;

use super::systems::Chosen;
use super::{launch_keys, model, systems};
use crate::args::Setup;
use crate::devices;
use crate::error::Failure;
use crate::output::{Format, Report, bytes, count, milliseconds, print};
use crate::progress::Progress;

#[derive(Serialize)]
struct Done {
    model_digest: String,
    key_digest: String,
    parameters: u64,
    compile_ms: f64,
    setup_ms: f64,
    verifier_key_bytes: u64,
    peak_memory_bytes: Option<u64>,
    /// What was planned for an objective.
    choices: Vec<Chosen>,
    out: String,
}

impl Report for Done {
    fn text(&self) -> String {
        let mut text = format!(
            "wrote {}: {} parameters, verifier key {}, compiled in {}, committed in {}\nprogram {}\nkey     {}",
            self.out,
            count(self.parameters),
            bytes(self.verifier_key_bytes),
            milliseconds(self.compile_ms),
            milliseconds(self.setup_ms),
            self.model_digest,
            self.key_digest,
        );
        for choice in &self.choices {
            text.push_str(&format!("\nplanned {choice}"));
        }
        text
    }
}

/// Compiles a model and commits to its parameters.
pub fn run(args: &Setup, format: Format, quiet: bool) -> Result<(), Failure> {
    let progress = Progress::new(quiet);
    progress.announce("compile");
    let start = Instant::now();
    let imported = model::import(&args.model)?;
    let quantised = model::quantised(&imported, &args.quantisation, None)?;
    let (quantised, choices) = systems::apply(quantised, &args.systems)?;
    let compile_ms = start.elapsed().as_secs_f64() * 1e3;

    progress.announce("set up");
    let start = Instant::now();
    let chosen = devices::open(&args.devices.devices)?;
    let known = launch_keys::load(&args.out, quantised.program())?;
    let key = model::prover_key(&quantised, &known, chosen.select()?)?;
    let setup_ms = start.elapsed().as_secs_f64() * 1e3;
    model::save(&args.out, &quantised, &key)?;
    progress.finish();

    let done = Done {
        model_digest: key.program().digest().to_string(),
        key_digest: key.verifier().digest().to_string(),
        parameters: quantised
            .parameters()
            .values()
            .map(|values| values.len() as u64)
            .sum(),
        compile_ms,
        setup_ms,
        verifier_key_bytes: std::fs::metadata(args.out.join(model::VERIFIER_KEY_FILE))
            .map_or(0, |file| file.len()),
        peak_memory_bytes: peak_bytes(),
        choices,
        out: args.out.display().to_string(),
    };
    print(format, &done);
    Ok(())
}
