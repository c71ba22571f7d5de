//! What is kept of a measurement.

use serde::{Deserialize, Serialize};

use crate::case::{Clock, Role};
use crate::machine::{self, Machine};
use crate::meter::Counters;

/// Version of the layout of [`Report`] and [`BenchRecord`]; grows when a reader must change.
pub const SCHEMA: u32 = 1;

/// A reference's time over the device's: above one, the device is faster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// The reference.
    pub reference: String,
    /// Of the medians.
    pub ratio: f64,
    /// Of the minima.
    pub ratio_min: f64,
}

/// What one phase of a proof takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseRecord {
    /// Name of the phase.
    pub name: String,
    /// Median processor time in nanoseconds.
    pub cpu_median_ns: f64,
    /// Median wall time in nanoseconds.
    pub wall_median_ns: f64,
    /// Largest resident size of the process during the phase of one proof, in bytes.
    #[serde(default)]
    pub peak_memory_bytes: Option<u64>,
}

/// One contender on one workload.
///
/// `samples_ns`, `median_ns`, `min_ns`, `stddev_ns` and `spread_ns` are of the time that [`clock`](Self::clock) names.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BenchRecord {
    /// [`SCHEMA`].
    pub schema: u32,
    /// `op/scalar_kind/2^log_size`, or `op/model`.
    pub workload: String,
    /// The operation.
    pub op: String,
    /// Binary logarithm of the number of entries, for primitives.
    pub log_size: Option<u32>,
    /// What kind of numbers, for primitives.
    pub scalar_kind: Option<String>,
    /// Sizes in words.
    pub shape: String,
    /// Device or reference.
    pub role: Role,
    /// Its name.
    pub device: String,
    /// One line about it.
    pub device_info: String,
    /// Worker threads that it was given.
    pub threads: usize,
    /// The commit that was measured.
    pub commit: Option<String>,
    /// When.
    pub date: String,
    /// The time that counts.
    pub clock: Clock,
    /// Runs per sample; samples are the time of one run.
    pub iterations: u32,
    /// Time of one run, sample by sample.
    pub samples_ns: Vec<f64>,
    /// Median of the samples.
    pub median_ns: f64,
    /// The smallest sample.
    pub min_ns: f64,
    /// Standard deviation of the samples.
    pub stddev_ns: f64,
    /// Spread of the samples that outliers do not move.
    pub spread_ns: f64,
    /// Samples far from the median.
    pub outliers: usize,
    /// Median wall time.
    pub wall_median_ns: f64,
    /// Smallest wall time.
    pub wall_min_ns: f64,
    /// The first reference, unless this is one.
    pub reference: Option<String>,
    /// Its median over this one's.
    pub ratio: Option<f64>,
    /// Every reference.
    pub ratios: Vec<Ratio>,
    /// Work of one run.
    pub counters: Counters,
    /// Bytes of operands and results of one run.
    pub bytes_moved: u64,
    /// Peak resident memory of the process during a run.
    pub peak_memory_bytes: Option<u64>,
    /// Phases, for proofs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phases: Vec<PhaseRecord>,
    /// Size of the proof, for proofs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof_bytes: Option<u64>,
    /// Median time to verify, on the same clock, for proofs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_ns: Option<f64>,
    /// The least time that the hardware of the device allows, in nanoseconds, where it is known and the operation has a derivation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor_ns: Option<f64>,
    /// Whether every sample's result was checked; records of which this is false are not exported.
    pub verified: bool,
}

impl BenchRecord {
    /// What identifies the record in another report.
    pub fn key(&self) -> (String, String, usize) {
        (self.workload.clone(), self.device.clone(), self.threads)
    }

    /// Spread over median.
    pub fn relative_spread(&self) -> f64 {
        if self.median_ns > 0.0 {
            self.spread_ns / self.median_ns
        } else {
            0.0
        }
    }
}

/// All records of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The arguments that made it.
    pub command: String,
    /// The commit that was measured.
    pub commit: Option<String>,
    /// When.
    pub date: String,
    /// On what.
    pub machine: Machine,
    /// The records, all verified.
    pub records: Vec<BenchRecord>,
}

impl Report {
    /// An empty report of this machine, now.
    pub fn begin(command: String) -> Self {
        Self {
            schema: SCHEMA,
            command,
            commit: machine::commit(),
            date: machine::date(),
            machine: Machine::detect(),
            records: Vec::new(),
        }
    }

    /// Adds records, leaving out those that were not verified.
    pub fn extend(&mut self, records: impl IntoIterator<Item = BenchRecord>) {
        let verified = records.into_iter().filter(|record| record.verified);
        self.records.extend(verified.map(|record| BenchRecord {
            commit: self.commit.clone(),
            date: self.date.clone(),
            ..record
        }));
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A record of `device` for tests of renderers and comparison.
    pub(crate) fn sample_record(device: &str, log_size: u32, median_ns: f64) -> BenchRecord {
        BenchRecord {
            schema: SCHEMA,
            workload: format!("msm/fr/2^{log_size}"),
            op: "msm".to_owned(),
            log_size: Some(log_size),
            scalar_kind: Some("fr".to_owned()),
            shape: format!("{} points", 1u64 << log_size),
            role: if device == "cpu" {
                Role::Device
            } else {
                Role::Reference
            },
            device: device.to_owned(),
            device_info: "a device, \"quoted\"".to_owned(),
            threads: 1,
            commit: None,
            date: "2024-01-01T00:00:00Z".to_owned(),
            clock: Clock::Cpu,
            iterations: 1,
            samples_ns: vec![median_ns; 5],
            median_ns,
            min_ns: median_ns * 0.9,
            stddev_ns: median_ns * 0.01,
            spread_ns: median_ns * 0.01,
            outliers: 0,
            wall_median_ns: median_ns * 1.1,
            wall_min_ns: median_ns,
            reference: (device == "cpu").then(|| "ark-ec".to_owned()),
            ratio: (device == "cpu").then_some(4.0),
            ratios: if device == "cpu" {
                vec![Ratio {
                    reference: "ark-ec".to_owned(),
                    ratio: 4.0,
                    ratio_min: 4.1,
                }]
            } else {
                Vec::new()
            },
            counters: Counters {
                points: 1 << log_size,
                ..Counters::default()
            },
            bytes_moved: 96 << log_size,
            peak_memory_bytes: Some(1 << 20),
            phases: Vec::new(),
            proof_bytes: None,
            verify_ns: None,
            floor_ns: None,
            verified: true,
        }
    }

    /// A report with a device and a reference at three sizes.
    pub(crate) fn sample_report() -> Report {
        let mut report = Report {
            schema: SCHEMA,
            command: "primitives --ops msm".to_owned(),
            commit: Some("abc".to_owned()),
            date: "2024-01-01T00:00:00Z".to_owned(),
            machine: Machine::default(),
            records: Vec::new(),
        };
        for log_size in 10..13 {
            let time = f64::from(1 << log_size) * 50.0;
            report.extend([
                sample_record("ark-ec", log_size, 4.0 * time),
                sample_record("cpu", log_size, time),
            ]);
        }
        report
    }

    #[test]
    fn unverified_records_are_left_out() {
        let mut report = sample_report();
        let before = report.records.len();
        let mut wrong = sample_record("cpu", 14, 1.0);
        wrong.verified = false;
        report.extend([wrong]);
        assert_eq!(report.records.len(), before);
    }

    #[test]
    fn a_report_survives_json() {
        let report = sample_report();
        let text = serde_json::to_string(&report).unwrap();
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    }
}
