//! Aligned columns of text.

use super::units;
use crate::record::{BenchRecord, Report};

/// How a column is aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// Rows under headings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    columns: Vec<(String, Align)>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table.
    pub fn new(columns: &[(&str, Align)]) -> Self {
        let columns = columns.iter();
        Self {
            columns: columns
                .map(|(name, align)| ((*name).to_owned(), *align))
                .collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row; missing cells are empty, cells beyond the columns are dropped.
    pub fn push(&mut self, mut row: Vec<String>) {
        row.resize(self.columns.len(), String::new());
        self.rows.push(row);
    }

    /// The headings.
    pub fn columns(&self) -> &[(String, Align)] {
        &self.columns
    }

    /// The rows.
    pub fn rows(&self) -> &[Vec<String>] {
        &self.rows
    }
}

impl std::fmt::Display for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let width = |index: usize, name: &str| {
            let cells = self.rows.iter().filter_map(|row| row.get(index));
            let widest = cells.map(|cell| cell.chars().count()).max();
            widest.unwrap_or(0).max(name.chars().count())
        };
        let columns = self.columns.iter().enumerate();
        let widths: Vec<usize> = columns.map(|(i, (name, _))| width(i, name)).collect();
        let headings: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        for row in std::iter::once(&headings).chain(&self.rows) {
            let cells = row.iter().zip(&self.columns).zip(&widths);
            let cells = cells.map(|((cell, (_, align)), &width)| match align {
                Align::Left => format!("{cell:<width$}"),
                Align::Right => format!("{cell:>width$}"),
            });
            let line = cells.collect::<Vec<_>>().join("  ");
            writeln!(f, "{}", line.trim_end())?;
        }
        Ok(())
    }
}

/// The work of a record in its own unit, such as `1048576 points`, and how many there are.
fn work(record: &BenchRecord) -> (u64, &'static str) {
    let counters = &record.counters;
    if counters.points > 0 {
        (counters.points, "point")
    } else if counters.macs > 0 {
        (counters.macs, "MAC")
    } else {
        (counters.field_products, "product")
    }
}

/// One row per record: time, spread, time per unit of work, ratios, memory.
pub fn primitives(report: &Report) -> Table {
    let mut references: Vec<&str> = Vec::new();
    for ratio in report.records.iter().flat_map(|record| &record.ratios) {
        if !references.contains(&ratio.reference.as_str()) {
            references.push(&ratio.reference);
        }
    }
    let over: Vec<String> = references.iter().map(|name| format!("vs {name}")).collect();
    let mut columns = vec![
        ("op", Align::Left),
        ("kind", Align::Left),
        ("size", Align::Right),
        ("device", Align::Left),
        ("threads", Align::Right),
        ("median", Align::Right),
        ("min", Align::Right),
        ("spread", Align::Right),
        ("wall", Align::Right),
        ("each", Align::Right),
        ("of", Align::Left),
    ];
    columns.extend(over.iter().map(|name| (name.as_str(), Align::Right)));
    columns.push(("peak", Align::Right));
    let floors = report.records.iter().any(|r| r.floor_ns.is_some());
    columns.extend(floors.then_some(("floor", Align::Right)));
    let mut table = Table::new(&columns);
    for record in report.records.iter().filter(|r| r.log_size.is_some()) {
        let (count, unit) = work(record);
        let mut row = vec![
            record.op.clone(),
            record.scalar_kind.clone().unwrap_or_default(),
            record
                .log_size
                .map(|log| format!("2^{log}"))
                .unwrap_or_default(),
            record.device.clone(),
            record.threads.to_string(),
            units::time(record.median_ns),
            units::time(record.min_ns),
            units::percent(record.relative_spread()),
            units::time(record.wall_median_ns),
            units::time(record.median_ns / count.max(1) as f64),
            unit.to_owned(),
        ];
        row.extend(references.iter().map(|name| {
            let ratio = record.ratios.iter().find(|ratio| ratio.reference == *name);
            ratio.map_or_else(String::new, |ratio| units::ratio(ratio.ratio))
        }));
        row.push(
            record
                .peak_memory_bytes
                .map_or_else(String::new, units::bytes),
        );
        if floors {
            row.push(record.floor_ns.map_or_else(String::new, units::time));
        }
        table.push(row);
    }
    table
}

/// One row per model: phases, sizes, memory.
pub fn models(report: &Report) -> Table {
    let mut phases: Vec<&str> = Vec::new();
    for phase in report.records.iter().flat_map(|record| &record.phases) {
        if !phases.contains(&phase.name.as_str()) {
            phases.push(&phase.name);
        }
    }
    let mut columns = vec![
        ("model", Align::Left),
        ("device", Align::Left),
        ("threads", Align::Right),
        ("prove", Align::Right),
        ("min", Align::Right),
        ("spread", Align::Right),
        ("wall", Align::Right),
    ];
    columns.extend(phases.iter().map(|name| (*name, Align::Right)));
    columns.extend([
        ("verify", Align::Right),
        ("proof", Align::Right),
        ("points", Align::Right),
        ("MACs", Align::Right),
        ("products", Align::Right),
        ("peak", Align::Right),
    ]);
    let mut table = Table::new(&columns);
    for record in report.records.iter().filter(|r| r.log_size.is_none()) {
        let mut row = vec![
            record.workload.clone(),
            record.device.clone(),
            record.threads.to_string(),
            units::time(record.median_ns),
            units::time(record.min_ns),
            units::percent(record.relative_spread()),
            units::time(record.wall_median_ns),
        ];
        row.extend(phases.iter().map(|name| {
            let phase = record.phases.iter().find(|phase| phase.name == *name);
            phase.map_or_else(String::new, |phase| units::time(phase.cpu_median_ns))
        }));
        row.extend([
            record.verify_ns.map_or_else(String::new, units::time),
            record.proof_bytes.map_or_else(String::new, units::bytes),
            record.counters.points.to_string(),
            record.counters.macs.to_string(),
            record.counters.field_products.to_string(),
            record
                .peak_memory_bytes
                .map_or_else(String::new, units::bytes),
        ]);
        table.push(row);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::sample_report;

    #[test]
    fn columns_are_aligned() {
        let mut table = Table::new(&[("name", Align::Left), ("n", Align::Right)]);
        table.push(vec!["a".to_owned(), "1".to_owned()]);
        table.push(vec!["longer".to_owned(), "10".to_owned()]);
        table.push(vec!["short".to_owned()]);
        assert_eq!(
            table.to_string(),
            "name     n\na        1\nlonger  10\nshort\n"
        );
    }

    #[test]
    fn a_report_has_one_row_per_record_and_one_column_per_reference() {
        let table = primitives(&sample_report());
        assert_eq!(table.rows().len(), 6);
        assert!(table.columns().iter().any(|(name, _)| name == "vs ark-ec"));
        let text = table.to_string();
        assert!(text.contains("4.00x"), "{text}");
        assert!(text.contains("50.0 ns"), "{text}");
    }

    #[test]
    fn floors_have_a_column_where_there_are_any() {
        let mut report = sample_report();
        let has_floors = |table: &Table| table.columns().iter().any(|(name, _)| name == "floor");
        assert!(!has_floors(&primitives(&report)));
        report.records[1].floor_ns = Some(2e6);
        let table = primitives(&report);
        assert!(has_floors(&table));
        let floor = |row: usize| table.rows()[row].last().cloned().unwrap();
        assert_eq!((floor(0), floor(1)), (String::new(), "2.00 ms".to_owned()));
    }

    #[test]
    fn primitives_are_no_models() {
        assert!(models(&sample_report()).rows().is_empty());
    }
}
