//! Where reports go.

use std::io::Write;

use anyhow::Context;

use crate::args::Output;
use crate::record::Report;
use crate::render::{csv, html, json, table};

/// Writes a report to standard output and, if asked for, a page to a file.
pub(super) fn write(report: &Report, output: &Output) -> anyhow::Result<()> {
    let text = if output.json {
        json::encode(report)?
    } else if output.csv {
        csv::encode(report)
    } else {
        let tables = [table::primitives(report), table::models(report)];
        let shown = tables.iter().filter(|table| !table.rows().is_empty());
        let shown: Vec<String> = shown.map(ToString::to_string).collect();
        shown.join("\n")
    };
    write_text(&text)?;
    if let Some(path) = &output.html {
        let page = html::encode(report)?;
        std::fs::write(path, page).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Writes to standard output; a reader that has gone away is no error.
pub(super) fn write_text(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}
