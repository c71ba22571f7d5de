//! One page with everything in it: machine, plots, tables. It loads nothing.

use super::plot::{Plot, Series};
use super::table::{self, Align, Table};
use super::units;
use crate::case::Role;
use crate::error::BenchError;
use crate::record::{BenchRecord, Report};

const STYLE: &str = "\
body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:84rem;padding:0 1rem;color:#222;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem;border-bottom:1px solid #ddd}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.5rem 0}
th,td{padding:.15rem .7rem;text-align:left;border-bottom:1px solid #eee;white-space:nowrap}
th{border-bottom:2px solid #bbb}.n{text-align:right}
.plots{display:flex;flex-wrap:wrap;gap:1rem}.plots svg{width:40rem;max-width:100%;height:auto}
.scroll{overflow-x:auto}footer{margin-top:2rem;color:#666}";

/// The page.
///
/// # Errors
/// [`BenchError::Plot`] if a plot cannot be drawn.
pub fn encode(report: &Report) -> Result<String, BenchError> {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n\
         <title>Kernelwise measurements</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>Kernelwise measurements</h1>\n"
    );
    page += &machine(report);
    for group in groups(report) {
        page += &format!(
            "<h2>{}</h2>\n<div class=\"plots\">\n",
            escape(&group.name())
        );
        for plot in group.plots() {
            page += &plot.svg()?;
        }
        page += "</div>\n";
    }
    for (title, table) in [
        ("Primitives", table::primitives(report)),
        ("Models", table::models(report)),
    ] {
        if !table.rows().is_empty() {
            page += &format!("<h2>{title}</h2>\n{}", html_table(&table));
        }
    }
    page += "<footer>Median, minimum and spread of the samples of one run each, apart from warm-up. \
             Devices and references alternate sample by sample in one process; ratios are the reference's time over the \
             device's, of processor time for devices that compute on host cores and of wall time for others. \
             Every result was compared with the reference's bit by bit.</footer>\n</body>\n</html>\n";
    Ok(page)
}

/// Text that cannot be taken for markup.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn machine(report: &Report) -> String {
    let mut facts = report.machine.facts();
    facts.push(("command", report.command.clone()));
    let commit = report.commit.clone();
    facts.push(("commit", commit.unwrap_or_else(|| "unknown".to_owned())));
    facts.push(("date", report.date.clone()));
    let rows: String = facts
        .iter()
        .map(|(name, value)| format!("<tr><th>{name}</th><td>{}</td></tr>\n", escape(value)))
        .collect();
    format!("<div class=\"scroll\"><table>\n{rows}</table></div>\n")
}

fn html_table(table: &Table) -> String {
    let cell = |tag: &str, text: &str, align: Align| {
        let class = match align {
            Align::Left => "",
            Align::Right => " class=\"n\"",
        };
        format!("<{tag}{class}>{}</{tag}>", escape(text))
    };
    let columns = table.columns();
    let head: String = columns
        .iter()
        .map(|(name, align)| cell("th", name, *align))
        .collect();
    let row = |row: &Vec<String>| {
        let cells = row.iter().zip(columns);
        let cells: String = cells
            .map(|(text, (_, align))| cell("td", text, *align))
            .collect();
        format!("<tr>{cells}</tr>\n")
    };
    let body: String = table.rows().iter().map(row).collect();
    format!("<div class=\"scroll\"><table>\n<tr>{head}</tr>\n{body}</table></div>\n")
}

/// Records of one operation, kind and number of threads: what two plots show.
struct Group<'a> {
    op: &'a str,
    kind: &'a str,
    threads: usize,
    records: Vec<&'a BenchRecord>,
}

fn groups(report: &Report) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> = Vec::new();
    for record in report.records.iter().filter(|r| r.log_size.is_some()) {
        let kind = record.scalar_kind.as_deref().unwrap_or_default();
        let (op, threads) = (record.op.as_str(), record.threads);
        let found = groups
            .iter_mut()
            .find(|g| (g.op, g.kind, g.threads) == (op, kind, threads));
        match found {
            Some(group) => group.records.push(record),
            None => groups.push(Group {
                op,
                kind,
                threads,
                records: vec![record],
            }),
        }
    }
    groups
}

impl Group<'_> {
    fn name(&self) -> String {
        let s = if self.threads == 1 { "" } else { "s" };
        format!("{} {}, {} thread{s}", self.op, self.kind, self.threads)
    }

    /// Time against size, and ratio against size.
    fn plots(&self) -> Vec<Plot> {
        let mut times = Vec::new();
        let mut ratios = Vec::new();
        for record in &self.records {
            let x = f64::from(record.log_size.unwrap_or_default());
            push(&mut times, record.device.clone(), (x, record.median_ns));
            for ratio in &record.ratios {
                let name = format!("{} vs {}", record.device, ratio.reference);
                push(&mut ratios, name, (x, ratio.ratio));
            }
        }
        let uses_cpu = self
            .records
            .iter()
            .filter(|record| record.role == Role::Device)
            .all(|record| record.clock == crate::case::Clock::Cpu);
        let clock = if uses_cpu { "processor time" } else { "time" };
        vec![
            Plot {
                title: format!("{}: time", self.name()),
                y_label: format!("median {clock}"),
                series: times,
                format: units::time,
            },
            Plot {
                title: format!("{}: ratio", self.name()),
                y_label: "reference / device".to_owned(),
                series: ratios,
                format: units::ratio,
            },
        ]
    }
}

fn push(series: &mut Vec<Series>, name: String, point: (f64, f64)) {
    match series.iter_mut().find(|series| series.name == name) {
        Some(found) => found.points.push(point),
        None => series.push(Series {
            name,
            points: vec![point],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::{sample_record, sample_report};

    #[test]
    fn the_page_loads_nothing() {
        let page = encode(&sample_report()).unwrap();
        for address in ["http:", "https:", "//", "src=", "href=", "@import", "url("] {
            assert!(!page.contains(address), "{address}");
        }
        assert_eq!(page.matches("<svg").count(), 2);
        assert!(page.ends_with("</html>\n"));
    }

    #[test]
    fn text_is_escaped() {
        let mut report = sample_report();
        report.command = "<script>\"&".to_owned();
        let page = encode(&report).unwrap();
        assert!(page.contains("&lt;script&gt;&quot;&amp;"));
        assert!(!page.contains("<script>"));
    }

    #[test]
    fn every_operation_has_two_plots() {
        let mut report = sample_report();
        let mut record = sample_record("cpu", 10, 5.0);
        record.op = "contract".to_owned();
        report.extend([record]);
        assert_eq!(encode(&report).unwrap().matches("<svg").count(), 4);
    }

    #[test]
    fn an_empty_report_is_a_page() {
        let mut report = sample_report();
        report.records.clear();
        assert_eq!(encode(&report).unwrap().matches("<svg").count(), 0);
    }
}
