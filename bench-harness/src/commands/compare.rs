//! `compare`.

use std::path::Path;

use anyhow::Context;

use super::Outcome;
use super::output::write_text;
use crate::args::Compare;
use crate::compare::compare;
use crate::record::Report;
use crate::render::json;

pub(super) fn run(args: &Compare) -> anyhow::Result<Outcome> {
    let (old, new) = (read(&args.old)?, read(&args.new)?);
    if old.machine.cpu != new.machine.cpu {
        eprintln!(
            "warning: different machines: {} and {}",
            old.machine.cpu, new.machine.cpu
        );
    }
    let comparison = compare(&old, &new, args.by, args.threshold / 100.0);
    write_text(&comparison.table().to_string())?;
    Ok(if comparison.has_regressions() {
        Outcome::Failed
    } else {
        Outcome::Done
    })
}

fn read(path: &Path) -> anyhow::Result<Report> {
    let text =
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    json::decode(&text).with_context(|| format!("{} is no report", path.display()))
}
