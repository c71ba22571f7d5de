//! Two reports, and what changed beyond noise.

use std::collections::BTreeMap;

use crate::case::Role;
use crate::record::{BenchRecord, Report};
use crate::render::table::{Align, Table};
use crate::render::units;

/// A change is beyond noise if it exceeds this many combined spreads, about one in 400 for normal samples.
const NOISE_SPREADS: f64 = 3.0;

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Measure {
    /// Ratios against the reference of each run: reports may be of different machines or days.
    Ratio,
    /// Times: reports must be of the same machine.
    Time,
}

/// What a change amounts to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Slower beyond noise and threshold.
    Slower,
    /// Faster beyond noise and threshold.
    Faster,
    /// Neither.
    Same,
    /// Only in the old report.
    Gone,
    /// Only in the new report.
    New,
}

impl Verdict {
    /// One word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Slower => "SLOWER",
            Self::Faster => "faster",
            Self::Same => "same",
            Self::Gone => "gone",
            Self::New => "new",
        }
    }
}

/// One workload on one device in both reports.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The workload.
    pub workload: String,
    /// The device.
    pub device: String,
    /// Its threads.
    pub threads: usize,
    /// What was compared.
    pub measure: Measure,
    /// The old figure: nanoseconds, or a ratio.
    pub old: Option<f64>,
    /// The new figure.
    pub new: Option<f64>,
    /// By what fraction the work takes longer now; negative if shorter.
    pub slowdown: f64,
    /// The fraction below which a change may be noise.
    pub noise: f64,
    /// What it amounts to.
    pub verdict: Verdict,
    /// Whether the work asked of the device differs: then times are of different things.
    pub work_changed: bool,
}

/// The outcome of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Every device record of either report.
    pub changes: Vec<Change>,
}

impl Comparison {
    /// Whether something is slower beyond noise and threshold.
    pub fn has_regressions(&self) -> bool {
        let mut verdicts = self.changes.iter().map(|change| change.verdict);
        verdicts.any(|verdict| verdict == Verdict::Slower)
    }

    /// The changes, aligned.
    pub fn table(&self) -> Table {
        let mut table = Table::new(&[
            ("workload", Align::Left),
            ("device", Align::Left),
            ("threads", Align::Right),
            ("old", Align::Right),
            ("new", Align::Right),
            ("change", Align::Right),
            ("noise", Align::Right),
            ("", Align::Left),
            ("work", Align::Left),
        ]);
        for change in &self.changes {
            let figure = |value: Option<f64>| {
                value.map_or_else(
                    || "-".to_owned(),
                    |value| match change.measure {
                        Measure::Ratio => units::ratio(value),
                        Measure::Time => units::time(value),
                    },
                )
            };
            let both = change.old.is_some() && change.new.is_some();
            let shown = |text: String| if both { text } else { String::new() };
            table.push(vec![
                change.workload.clone(),
                change.device.clone(),
                change.threads.to_string(),
                figure(change.old),
                figure(change.new),
                shown(units::change(change.slowdown)),
                shown(units::percent(change.noise)),
                change.verdict.name().to_owned(),
                if change.work_changed { "changed" } else { "" }.to_owned(),
            ]);
        }
        table
    }
}

/// Compares the device records of two reports.
///
/// A record counts as slower or faster if it changed by more than `threshold` (a fraction) and by more than three times the
/// combined spread of both sides. Where [`Measure::Ratio`] is asked for and a side has no such ratio, times are compared.
pub fn compare(old: &Report, new: &Report, measure: Measure, threshold: f64) -> Comparison {
    let index = |report: &Report| -> BTreeMap<_, BenchRecord> {
        let devices = report.records.iter().filter(|r| r.role == Role::Device);
        devices
            .map(|record| (record.key(), record.clone()))
            .collect()
    };
    let (old_records, new_records) = (index(old), index(new));
    let reference_spread = |report: &Report, record: &BenchRecord| {
        let reference = report.records.iter().find(|candidate| {
            candidate.workload == record.workload
                && candidate.threads == record.threads
                && Some(&candidate.device) == record.reference.as_ref()
        });
        reference.map_or(0.0, BenchRecord::relative_spread)
    };
    let mut keys: Vec<_> = old_records.keys().chain(new_records.keys()).collect();
    keys.sort();
    keys.dedup();
    let changes = keys.into_iter().map(|key| {
        let (before, after) = (old_records.get(key), new_records.get(key));
        let ratios = before.zip(after).is_some_and(|(a, b)| {
            a.ratio.is_some() && a.reference == b.reference && b.ratio.is_some()
        });
        let measure = match measure {
            Measure::Ratio if ratios || before.is_none() || after.is_none() => measure,
            _ => Measure::Time,
        };
        let figure = |record: &BenchRecord| match measure {
            Measure::Ratio => record.ratio,
            Measure::Time => Some(record.median_ns),
        };
        let spread = |report: &Report, record: &BenchRecord| match measure {
            Measure::Ratio => record
                .relative_spread()
                .hypot(reference_spread(report, record)),
            Measure::Time => record.relative_spread(),
        };
        let mut change = Change {
            workload: key.0.clone(),
            device: key.1.clone(),
            threads: key.2,
            measure,
            old: before.and_then(figure),
            new: after.and_then(figure),
            slowdown: 0.0,
            noise: 0.0,
            verdict: Verdict::Same,
            work_changed: before
                .zip(after)
                .is_some_and(|(a, b)| a.counters != b.counters),
        };
        match (before, after) {
            (Some(before), Some(after)) => {
                let (a, b) = (change.old.unwrap_or(0.0), change.new.unwrap_or(0.0));
                // A smaller ratio is slower, a longer time is slower.
                let factor = match measure {
                    Measure::Ratio => a / b,
                    Measure::Time => b / a,
                };
                change.slowdown = if factor.is_finite() {
                    factor - 1.0
                } else {
                    0.0
                };
                change.noise = NOISE_SPREADS * spread(old, before).hypot(spread(new, after));
                change.verdict = verdict(change.slowdown, change.noise, threshold);
            }
            (Some(_), None) => change.verdict = Verdict::Gone,
            _ => change.verdict = Verdict::New,
        }
        change
    });
    Comparison {
        changes: changes.collect(),
    }
}

fn verdict(slowdown: f64, noise: f64, threshold: f64) -> Verdict {
    // As factors, so that a doubling and a halving weigh the same.
    let beyond = slowdown.ln_1p().abs() > threshold.max(noise).ln_1p();
    match beyond {
        false => Verdict::Same,
        true if slowdown > 0.0 => Verdict::Slower,
        true => Verdict::Faster,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::sample_report;

    fn scaled(factor: f64) -> Report {
        let mut report = sample_report();
        for record in report.records.iter_mut().filter(|r| r.role == Role::Device) {
            record.median_ns *= factor;
            record.spread_ns *= factor;
            record.ratio = record.ratio.map(|ratio| ratio / factor);
        }
        report
    }

    #[test]
    fn equal_reports_have_no_changes() {
        let outcome = compare(&sample_report(), &sample_report(), Measure::Ratio, 0.05);
        assert_eq!(outcome.changes.len(), 3);
        assert!(outcome.changes.iter().all(|c| c.verdict == Verdict::Same));
        assert!(!outcome.has_regressions());
    }

    #[test]
    fn slower_and_faster_are_told_apart_on_both_measures() {
        for measure in [Measure::Ratio, Measure::Time] {
            let slower = compare(&sample_report(), &scaled(1.5), measure, 0.05);
            assert!(slower.has_regressions());
            assert!((slower.changes[0].slowdown - 0.5).abs() < 1e-9);
            let faster = compare(&sample_report(), &scaled(0.5), measure, 0.05);
            assert!(!faster.has_regressions());
            assert_eq!(faster.changes[0].verdict, Verdict::Faster);
        }
    }

    #[test]
    fn changes_within_threshold_or_noise_are_none() {
        assert!(!compare(&sample_report(), &scaled(1.04), Measure::Time, 0.05).has_regressions());
        // Spread is 1 % on either side: three combined spreads are 4.2 %.
        assert!(!compare(&sample_report(), &scaled(1.04), Measure::Time, 0.0).has_regressions());
        assert!(compare(&sample_report(), &scaled(1.06), Measure::Time, 0.0).has_regressions());
    }

    #[test]
    fn a_slower_machine_is_no_regression_of_ratios() {
        let mut new = sample_report();
        for record in &mut new.records {
            record.median_ns *= 3.0;
            record.spread_ns *= 3.0;
        }
        assert!(!compare(&sample_report(), &new, Measure::Ratio, 0.05).has_regressions());
        assert!(compare(&sample_report(), &new, Measure::Time, 0.05).has_regressions());
    }

    #[test]
    fn missing_records_and_changed_work_are_shown() {
        let mut new = sample_report();
        new.records.retain(|record| record.log_size != Some(10));
        for record in &mut new.records {
            record.counters.points += 1;
        }
        let outcome = compare(&sample_report(), &new, Measure::Ratio, 0.05);
        assert_eq!(outcome.changes[0].verdict, Verdict::Gone);
        assert!(outcome.changes[1].work_changed);
        let text = outcome.table().to_string();
        assert!(text.contains("gone") && text.contains("changed"), "{text}");
        let reversed = compare(&new, &sample_report(), Measure::Ratio, 0.05);
        assert_eq!(reversed.changes[0].verdict, Verdict::New);
    }
}
