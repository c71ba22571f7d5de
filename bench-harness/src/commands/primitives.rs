//! `primitives`.

use super::{Outcome, command_line, output, pool, sampling};
use crate::args::Primitives;
use crate::devices;
use crate::error::BenchError;
use crate::measure::{Sampling, measure};
use crate::ops::{Op, Setting};
use crate::record::{BenchRecord, Report};

/// One workload to come.
#[derive(Debug, Clone, Copy)]
struct Plan {
    op: Op,
    kind: &'static str,
    log_size: u32,
}

pub(super) fn run(args: &Primitives) -> anyhow::Result<Outcome> {
    let plans = plan(args)?;
    let ops: Vec<Op> = plans.iter().map(|plan| plan.op).collect();
    let largest = plans.iter().map(|plan| plan.log_size).max().unwrap_or(1);
    // Opened here only to refuse unknown names before any work.
    devices::open(&args.runs.devices)?;
    let setting = Setting::new(Vec::new(), &ops, largest);
    let mut report = Report::begin(command_line());
    let mut outcome = Outcome::Done;
    for &threads in &args.runs.threads {
        let sampling = sampling(args.runs.samples, threads);
        let pool = pool(threads)?;
        let open = pool.install(|| devices::open(&args.runs.devices))?;
        let setting = setting.with_devices(open);
        for (index, plan) in plans.iter().enumerate() {
            if !plan.op.is_parallel() && threads != args.runs.threads[0] {
                continue;
            }
            eprintln!(
                "[{}/{}] {} {} 2^{}, threads {threads}",
                index + 1,
                plans.len(),
                plan.op.name(),
                plan.kind,
                plan.log_size
            );
            match pool.install(|| one(&setting, *plan, sampling)) {
                Ok(records) => {
                    note(&records, &args.runs.devices);
                    report.extend(records);
                }
                Err(error) if error.is_wrong_result() => {
                    eprintln!("error: {error}; not recorded");
                    outcome = Outcome::Failed;
                }
                Err(error @ BenchError::Unsupported { .. }) => {
                    eprintln!("note: {error}; left out");
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
    output::write(&report, &args.output)?;
    Ok(outcome)
}

fn one(setting: &Setting, plan: Plan, sampling: Sampling) -> Result<Vec<BenchRecord>, BenchError> {
    measure(setting.case(plan.op, plan.kind, plan.log_size)?, sampling)
}

/// All workloads that the arguments ask for.
fn plan(args: &Primitives) -> anyhow::Result<Vec<Plan>> {
    let ops = match args.ops.as_slice() {
        [] => Op::offered(),
        ops => ops.to_vec(),
    };
    for op in &ops {
        if op.scalar_kinds().is_empty() {
            return Err(BenchError::Unsupported {
                operation: op.name(),
                devices: args.runs.devices.clone(),
            }
            .into());
        }
    }
    let mut plans = Vec::new();
    for &op in &ops {
        let kinds = op.scalar_kinds().iter().copied();
        let wanted = |kind: &&str| args.kinds.is_empty() || args.kinds.iter().any(|k| k == kind);
        for kind in kinds.filter(wanted) {
            for &log_size in &args.log_sizes.0 {
                if op.log_sizes().contains(&log_size) {
                    plans.push(Plan { op, kind, log_size });
                } else {
                    let sizes = op.log_sizes();
                    eprintln!(
                        "note: {} is measured from 2^{} to 2^{}; 2^{log_size} left out",
                        op.name(),
                        sizes.start(),
                        sizes.end()
                    );
                }
            }
        }
    }
    if plans.is_empty() {
        let kinds: Vec<&str> = ops
            .iter()
            .flat_map(|op| op.scalar_kinds())
            .copied()
            .collect();
        anyhow::bail!(
            "nothing to measure: these operations have the kinds {}",
            kinds.join(", ")
        );
    }
    Ok(plans)
}

/// Says which device was left out, and where samples scatter.
fn note(records: &[BenchRecord], devices: &[String]) {
    for name in devices {
        if !records.iter().any(|record| record.device == *name) {
            eprintln!("note: {name} does not offer this operation");
        }
    }
    for record in records.iter().filter(|record| record.outliers > 0) {
        eprintln!(
            "warning: {} of {} samples of {} lie far from the median; is the machine shared?",
            record.outliers,
            record.samples_ns.len(),
            record.device
        );
    }
}
