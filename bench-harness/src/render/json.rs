//! Reports as JSON.

use crate::record::{Report, SCHEMA};

/// The report, indented.
///
/// # Errors
/// Never for finite numbers; what the encoder reports otherwise.
pub fn encode(report: &Report) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(report)? + "\n")
}

/// Reads a report back.
///
/// # Errors
/// If the text is no report, or one of another schema.
pub fn decode(text: &str) -> anyhow::Result<Report> {
    let report: Report = serde_json::from_str(text)?;
    anyhow::ensure!(
        report.schema == SCHEMA,
        "schema {}, this build reads schema {SCHEMA}",
        report.schema
    );
    Ok(report)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::sample_report;

    #[test]
    fn decodes_what_it_encodes() {
        let report = sample_report();
        assert_eq!(decode(&encode(&report).unwrap()).unwrap(), report);
    }

    #[test]
    fn fields_of_the_contract_are_there() {
        let text = encode(&sample_report()).unwrap();
        for field in [
            "schema",
            "workload",
            "shape",
            "device",
            "device_info",
            "commit",
            "date",
            "samples_ns",
            "median_ns",
            "min_ns",
            "stddev_ns",
            "bytes_moved",
            "peak_memory_bytes",
            "verified",
            "op",
            "log_size",
            "scalar_kind",
            "threads",
            "reference",
            "ratio",
        ] {
            assert!(text.contains(&format!("\"{field}\":")), "{field}");
        }
    }

    #[test]
    fn another_schema_is_refused() {
        let mut report = sample_report();
        report.schema += 1;
        let error = decode(&encode(&report).unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "schema 2, this build reads schema 1");
    }
}
