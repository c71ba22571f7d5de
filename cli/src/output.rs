//! Data to standard output, as text or as one JSON object.

use std::io::Write;

use serde::Serialize;

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// A result that can be printed either way.
pub trait Report: Serialize {
    /// For people, without a final line break.
    fn text(&self) -> String;
}

/// Prints a result. A reader that went away is not an error.
pub fn print(format: Format, report: &impl Report) {
    let text = match format {
        Format::Text => report.text(),
        Format::Json => serde_json::to_string(report).unwrap_or_default(),
    };
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Bytes with a binary unit.
pub fn bytes(count: u64) -> String {
    match count {
        0..1024 => format!("{count} B"),
        1024..1_048_576 => format!("{:.1} KiB", count as f64 / 1024.0),
        _ => format!("{:.1} MiB", count as f64 / 1_048_576.0),
    }
}

/// Milliseconds with as many digits as they deserve.
pub fn milliseconds(ms: f64) -> String {
    if ms < 10.0 {
        format!("{ms:.2} ms")
    } else {
        format!("{ms:.0} ms")
    }
}

/// A count with thin separators.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}
