//! `models`: every model in a process of its own, so that peak memory is its own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use super::{Outcome, command_line, output, pool, sampling};
use crate::args::Models;
use crate::devices;
use crate::error::BenchError;
use crate::models::{Prepared, measure_model};
use crate::record::Report;
use crate::render::json;

pub(super) fn run(args: &Models) -> anyhow::Result<Outcome> {
    let files = models(args)?;
    devices::open(&args.runs.devices)?;
    let mut report = Report::begin(command_line());
    let mut outcome = Outcome::Done;
    for file in &files {
        let name = stem(file);
        let result = if args.in_process {
            in_process(file, args)
        } else {
            in_child(&name, args)
        };
        match result {
            Ok(own) => report.extend(own.records),
            Err(error) => {
                eprintln!("error: {name}: {error:#}; not recorded");
                outcome = Outcome::Failed;
            }
        }
    }
    output::write(&report, &args.output)?;
    Ok(outcome)
}

fn stem(path: &Path) -> String {
    let stem = path.file_stem().unwrap_or_default();
    stem.to_string_lossy().into_owned()
}

/// The models that were asked for, by name.
fn models(args: &Models) -> anyhow::Result<Vec<PathBuf>> {
    let folder = &args.models;
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("cannot read the folder {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "onnx")
        {
            files.push(path);
        }
    }
    files.sort();
    let names: Vec<String> = files.iter().map(|file| stem(file)).collect();
    if let Some(unknown) = args.only.iter().find(|name| !names.contains(name)) {
        bail!("no model {unknown}: expected one of [{}]", names.join(", "));
    }
    files.retain(|file| args.only.is_empty() || args.only.contains(&stem(file)));
    if files.is_empty() {
        bail!("no ONNX models in {}", folder.display());
    }
    Ok(files)
}

/// Measures one model in this process.
fn in_process(file: &Path, args: &Models) -> anyhow::Result<Report> {
    let name = stem(file);
    let mut report = Report::begin(String::new());
    eprintln!("{name}: import, quantise, set up");
    let prepared = Prepared::from_file(file, args.activation_bits)?;
    for &threads in &args.runs.threads {
        let sampling = sampling(args.runs.samples, threads);
        let pool = pool(threads)?;
        for device in pool.install(|| devices::open(&args.runs.devices))? {
            eprintln!("{name}: prove and verify, threads {threads}");
            report.extend([pool.install(|| measure_model(&prepared, &device, sampling))?]);
        }
    }
    Ok(report)
}

/// Measures one model in a child process.
fn in_child(name: &str, args: &Models) -> anyhow::Result<Report> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let threads: Vec<String> = args.runs.threads.iter().map(ToString::to_string).collect();
    let child = Command::new(program)
        .args(["models", "--in-process", "--json"])
        .arg("--models")
        .arg(&args.models)
        .args(["--only", name])
        .args(["--activation-bits", &args.activation_bits.to_string()])
        .args(["--threads", &threads.join(",")])
        .args(["--devices", &args.runs.devices.join(",")])
        .args(["--samples", &args.runs.samples.to_string()])
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start a process of its own")?;
    if !child.status.success() {
        return Err(BenchError::Proof {
            model: name.to_owned(),
            problem: format!("its process ended with {}", child.status),
        }
        .into());
    }
    json::decode(std::str::from_utf8(&child.stdout)?)
}
