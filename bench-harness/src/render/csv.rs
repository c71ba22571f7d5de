//! Reports as comma-separated values ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)), one line per record.

use crate::record::{BenchRecord, Report};

const COLUMNS: [&str; 30] = [
    "schema",
    "date",
    "commit",
    "workload",
    "op",
    "scalar_kind",
    "log_size",
    "shape",
    "role",
    "device",
    "device_info",
    "threads",
    "clock",
    "iterations",
    "samples",
    "median_ns",
    "min_ns",
    "stddev_ns",
    "spread_ns",
    "wall_median_ns",
    "reference",
    "ratio",
    "field_products",
    "macs",
    "points",
    "bytes_moved",
    "peak_memory_bytes",
    "proof_bytes",
    "verify_ns",
    "floor_ns",
];

/// A header and one line per record.
pub fn encode(report: &Report) -> String {
    let lines = report.records.iter().map(|record| line(&cells(record)));
    std::iter::once(line(&COLUMNS)).chain(lines).collect()
}

fn line<T: AsRef<str>>(cells: &[T]) -> String {
    let quoted: Vec<String> = cells.iter().map(|cell| quote(cell.as_ref())).collect();
    quoted.join(",") + "\r\n"
}

/// Quotes a cell that needs it.
fn quote(cell: &str) -> String {
    if cell.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// A word of an enumeration, as in JSON.
fn word(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

fn optional<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn cells(record: &BenchRecord) -> [String; COLUMNS.len()] {
    [
        record.schema.to_string(),
        record.date.clone(),
        optional(record.commit.as_ref()),
        record.workload.clone(),
        record.op.clone(),
        optional(record.scalar_kind.as_ref()),
        optional(record.log_size),
        record.shape.clone(),
        word(&record.role),
        record.device.clone(),
        record.device_info.clone(),
        record.threads.to_string(),
        word(&record.clock),
        record.iterations.to_string(),
        record.samples_ns.len().to_string(),
        record.median_ns.to_string(),
        record.min_ns.to_string(),
        record.stddev_ns.to_string(),
        record.spread_ns.to_string(),
        record.wall_median_ns.to_string(),
        optional(record.reference.as_ref()),
        optional(record.ratio),
        record.counters.field_products.to_string(),
        record.counters.macs.to_string(),
        record.counters.points.to_string(),
        record.bytes_moved.to_string(),
        optional(record.peak_memory_bytes),
        optional(record.proof_bytes),
        optional(record.verify_ns),
        optional(record.floor_ns),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::sample_report;

    #[test]
    fn one_line_per_record_after_the_header() {
        let text = encode(&sample_report());
        assert_eq!(text.lines().count(), 7);
        assert!(text.starts_with("schema,date,commit,workload,"));
        assert!(text.contains("msm/fr/2^10"));
        assert!(text.contains("device,cpu,"));
    }

    #[test]
    fn cells_with_commas_and_quotes_are_quoted() {
        assert_eq!(quote("plain"), "plain");
        assert_eq!(quote("a, \"b\""), "\"a, \"\"b\"\"\"");
        assert!(encode(&sample_report()).contains("\"a device, \"\"quoted\"\"\""));
    }
}
