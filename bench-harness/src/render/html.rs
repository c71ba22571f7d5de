//! One page with everything in it: machine, plots, tables. It loads nothing.

use super::plot::{Line, Plot, Series};
use super::table::{self, Align, Table};
use super::units;
use crate::case::{Clock, Role};
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
             The floor of a device is what its clocks allow, operands in its memory. \
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

    /// Time against size, with the floors of devices that have one, and ratio against size.
    ///
    /// Times are of one clock: wall time as soon as one of the devices computes elsewhere than on host cores.
    fn plots(&self) -> Vec<Plot> {
        let mut times = Vec::new();
        let mut ratios = Vec::new();
        let uses_cpu = self.devices().all(|record| record.clock == Clock::Cpu);
        let time = |record: &BenchRecord| match uses_cpu {
            true => record.median_ns,
            false => record.wall_median_ns,
        };
        for record in &self.records {
            let x = f64::from(record.log_size.unwrap_or_default());
            push(
                &mut times,
                record.device.clone(),
                (x, time(record)),
                Line::Measured,
            );
            for ratio in &record.ratios {
                let name = format!("{} vs {}", record.device, ratio.reference);
                push(&mut ratios, name, (x, ratio.ratio), Line::Measured);
            }
            if record.role == Role::Device && record.clock == Clock::Wall {
                let host = self.devices().filter(|host| host.clock == Clock::Cpu);
                for host in host.filter(|host| host.log_size == record.log_size) {
                    let name = format!("{} vs {}", record.device, host.device);
                    push(
                        &mut ratios,
                        name,
                        (x, time(host) / time(record)),
                        Line::Measured,
                    );
                }
            }
        }
        for record in self.devices() {
            if let (Some(floor), Some(log_size)) = (record.floor_ns, record.log_size) {
                let name = format!("floor of {}", record.device);
                push(&mut times, name, (f64::from(log_size), floor), Line::Bound);
            }
        }
        let clock = if uses_cpu {
            "processor time"
        } else {
            "wall time"
        };
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

    fn devices(&self) -> impl Iterator<Item = &BenchRecord> {
        let records = self.records.iter().copied();
        records.filter(|record| record.role == Role::Device)
    }
}

fn push(series: &mut Vec<Series>, name: String, point: (f64, f64), line: Line) {
    match series.iter_mut().find(|series| series.name == name) {
        Some(found) => found.points.push(point),
        None => series.push(Series {
            name,
            points: vec![point],
            line,
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
    fn a_card_is_shown_against_the_host_with_its_floor() {
        let mut report = sample_report();
        let card = |log_size, floor_ns| {
            let time = f64::from(1 << log_size);
            BenchRecord {
                role: Role::Device,
                clock: Clock::Wall,
                floor_ns,
                ..sample_record("cuda", log_size, time)
            }
        };
        report.extend((10..13).map(|log_size| card(log_size, Some(300.0))));
        let groups = groups(&report);
        let [times, ratios] = &groups[0].plots()[..] else {
            panic!("two plots");
        };
        let named = |plot: &Plot, name: &str| {
            let found = plot.series.iter().find(|series| series.name == name);
            found.cloned().unwrap()
        };
        assert_eq!(times.y_label, "median wall time");
        let floor = named(times, "floor of cuda");
        assert_eq!(floor.line, Line::Bound);
        assert_eq!(floor.points, [(10.0, 300.0), (11.0, 300.0), (12.0, 300.0)]);
        // Wall time is a tenth more than the time of a sample.
        assert_eq!(named(times, "cuda").points[0], (10.0, 1024.0 * 1.1));
        assert_eq!(named(ratios, "cuda vs cpu").points[2], (12.0, 50.0));
        assert!(encode(&report).unwrap().contains("floor of cuda"));
        report.records.retain(|record| record.device != "cuda");
        assert!(!encode(&report).unwrap().contains("floor of cuda"));
    }

    #[test]
    fn an_empty_report_is_a_page() {
        let mut report = sample_report();
        report.records.clear();
        assert_eq!(encode(&report).unwrap().matches("<svg").count(), 0);
    }
}
