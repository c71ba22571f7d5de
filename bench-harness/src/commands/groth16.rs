//! `groth16`: every contender in a process of its own.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context;

use super::{Outcome, command_line, output, pool, sampling};
use crate::args::Groth16;
use crate::error::BenchError;
use crate::isolated::{self, Prover};
use crate::ops::Op;
use crate::record::{BenchRecord, Report};
use crate::render::json;

pub(super) fn run(args: &Groth16) -> anyhow::Result<Outcome> {
    let sizes = Op::Groth16.log_sizes();
    if let Some(&got) = args.log_sizes.0.iter().find(|&size| !sizes.contains(size)) {
        let (min, max) = (*sizes.start(), *sizes.end());
        return Err(BenchError::Size { min, max, got }.into());
    }
    let mut report = Report::begin(command_line());
    if let (Some(prover), Some(files)) = (args.contender, &args.files) {
        let sampling = sampling(args.samples, args.threads);
        let pool = pool(args.threads)?;
        for &log_size in &args.log_sizes.0 {
            report.extend(pool.install(|| isolated::one(prover, files, log_size, sampling))?);
        }
        output::write(&report, &args.output)?;
        return Ok(Outcome::Done);
    }
    for &log_size in &args.log_sizes.0 {
        let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
        eprintln!("2^{log_size}: two setups");
        isolated::write(folder.path(), log_size)?;
        let mut records = Vec::new();
        for prover in Prover::ALL {
            eprintln!("2^{log_size}: {}, threads {}", prover.name(), args.threads);
            records.extend(in_child(prover, folder.path(), log_size, args)?);
        }
        isolated::compare(&mut records);
        report.extend(records);
    }
    output::write(&report, &args.output)?;
    Ok(Outcome::Done)
}

fn in_child(
    prover: Prover,
    folder: &Path,
    log_size: u32,
    args: &Groth16,
) -> anyhow::Result<Vec<BenchRecord>> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let value = clap::ValueEnum::to_possible_value(&prover).context("a contender has a name")?;
    let threads = args.threads.to_string();
    let child = Command::new(program)
        .args(["groth16", "--json", "--contender", value.get_name()])
        .args(["--log-sizes", &log_size.to_string()])
        .args(["--samples", &args.samples.to_string()])
        .args(["--threads", &threads])
        .arg("--files")
        .arg(folder)
        // arkworks uses the global pool.
        .env("RAYON_NUM_THREADS", &threads)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start a process of its own")?;
    if !child.status.success() {
        return Err(BenchError::Proof {
            model: prover.name().to_owned(),
            problem: format!("its process ended with {}", child.status),
        }
        .into());
    }
    Ok(json::decode(std::str::from_utf8(&child.stdout)?)?.records)
}
