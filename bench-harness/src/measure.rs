//! Samples a case: contenders take turns, and every result is compared.

use kernelwise_prover::memory;

use crate::case::{Case, Contender, Role};
use crate::clock::{CpuScope, Lap, Stopwatch};
use crate::error::BenchError;
use crate::floor::floor_ns;
use crate::meter::Counters;
use crate::record::{BenchRecord, Ratio, SCHEMA};
use crate::samples::Samples;
use crate::stats::Summary;

/// A sample runs at least this long, so that reading two clocks does not show in it.
const MIN_SAMPLE_NS: u64 = 2_000_000;

/// Runs per sample at most.
const MAX_ITERATIONS: u64 = 10_000;

/// How to sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sampling {
    /// Samples per contender, apart from one warm-up run.
    pub samples: usize,
    /// Threads of the pool that the caller runs in.
    pub threads: usize,
}

/// What the warm-up run of a contender showed.
struct WarmUp {
    counters: Counters,
    peak_memory_bytes: Option<u64>,
    iterations: u32,
}

/// Measures a case in the current thread pool.
///
/// The contenders alternate, sample by sample, each time beginning with another one, so that a change of clock frequency or
/// of the load of the machine meets all of them.
///
/// # Errors
/// [`BenchError::Mismatch`] if any result of any contender differs from the first contender's; whatever a contender reports.
pub fn measure(mut case: Case, sampling: Sampling) -> Result<Vec<BenchRecord>, BenchError> {
    let scope = CpuScope::of_threads(sampling.threads);
    let workload = case.name();
    let mut expected = None;
    let mut warm_ups = Vec::with_capacity(case.contenders.len());
    let first = case.contenders.first().map(|c| c.name.clone());
    let first = first.unwrap_or_default();
    for contender in &mut case.contenders {
        warm_ups.push(warm_up(contender, scope)?);
        let output = contender.task.output()?;
        check(
            &workload,
            &contender.name,
            &first,
            &output,
            expected.get_or_insert_with(|| output.clone()),
        )?;
    }
    let expected = expected.unwrap_or_default();
    let mut samples: Vec<Samples> = warm_ups
        .iter()
        .map(|warm_up| Samples::new(warm_up.iterations))
        .collect();
    let count = case.contenders.len();
    for round in 0..sampling.samples {
        for turn in 0..count {
            let index = (round + turn) % count;
            let contender = &mut case.contenders[index];
            samples[index].push(sample(contender, scope, warm_ups[index].iterations)?);
            let output = contender.task.output()?;
            check(&workload, &contender.name, &first, &output, &expected)?;
        }
    }
    Ok(records(&case, sampling, &warm_ups, &samples))
}

fn warm_up(contender: &mut Contender, scope: CpuScope) -> Result<WarmUp, BenchError> {
    // The first run fills caches, pools and tables; the second says how long one takes.
    contender.task.run()?;
    if let Some(meter) = &contender.meter {
        meter.take();
    }
    memory::reset_peak();
    let lap = sample(contender, scope, 1)?;
    let peak_memory_bytes = memory::peak_bytes();
    let iterations = MIN_SAMPLE_NS
        .div_ceil(lap.wall_ns.max(1))
        .clamp(1, MAX_ITERATIONS);
    Ok(WarmUp {
        counters: contender
            .meter
            .as_ref()
            .map_or_else(Counters::default, |meter| meter.take()),
        peak_memory_bytes,
        iterations: iterations as u32,
    })
}

fn sample(contender: &mut Contender, scope: CpuScope, iterations: u32) -> Result<Lap, BenchError> {
    let watch = Stopwatch::start(scope);
    for _ in 0..iterations {
        contender.task.run()?;
    }
    Ok(watch.lap())
}

fn check(
    workload: &str,
    contender: &str,
    reference: &str,
    got: &[u8],
    expected: &[u8],
) -> Result<(), BenchError> {
    if got == expected {
        Ok(())
    } else {
        Err(BenchError::Mismatch {
            workload: workload.to_owned(),
            contender: contender.to_owned(),
            reference: reference.to_owned(),
        })
    }
}

fn records(
    case: &Case,
    sampling: Sampling,
    warm_ups: &[WarmUp],
    samples: &[Samples],
) -> Vec<BenchRecord> {
    let references: Vec<(&str, &Samples)> = case
        .contenders
        .iter()
        .zip(samples)
        .filter(|(contender, _)| contender.role == Role::Reference)
        .map(|(contender, samples)| (contender.name.as_str(), samples))
        .collect();
    // All contenders do the same work; only devices are metered.
    let counters = warm_ups.iter().map(|warm_up| warm_up.counters);
    let counters = counters
        .max_by_key(|counters| counters.bytes)
        .unwrap_or_default();
    let record = |((contender, samples), warm_up): ((&Contender, &Samples), &WarmUp)| {
        let chosen = Summary::of(samples.on(contender.clock));
        let wall = Summary::of(&samples.wall_ns);
        let ratios: Vec<Ratio> = match contender.role {
            Role::Reference => Vec::new(),
            Role::Device => references
                .iter()
                .map(|(name, reference)| samples.ratio(contender.clock, name, reference))
                .collect(),
        };
        BenchRecord {
            schema: SCHEMA,
            workload: case.name(),
            op: case.op.to_owned(),
            log_size: Some(case.log_size),
            scalar_kind: Some(case.scalar_kind.to_owned()),
            shape: case.shape.clone(),
            role: contender.role,
            device: contender.name.clone(),
            device_info: contender.description.clone(),
            threads: sampling.threads,
            commit: None,
            date: String::new(),
            clock: contender.clock,
            iterations: samples.iterations,
            samples_ns: samples.on(contender.clock).to_vec(),
            median_ns: chosen.median_ns,
            min_ns: chosen.min_ns,
            stddev_ns: chosen.stddev_ns,
            spread_ns: chosen.spread_ns,
            outliers: chosen.outliers,
            wall_median_ns: wall.median_ns,
            wall_min_ns: wall.min_ns,
            reference: ratios.first().map(|ratio| ratio.reference.clone()),
            ratio: ratios.first().map(|ratio| ratio.ratio),
            ratios,
            counters,
            bytes_moved: counters.bytes,
            peak_memory_bytes: warm_up.peak_memory_bytes,
            phases: Vec::new(),
            proof_bytes: None,
            verify_ns: None,
            floor_ns: contender
                .peak
                .and_then(|peak| floor_ns(peak, case.op, case.scalar_kind, case.log_size)),
            verified: true,
        }
    };
    let contenders = case.contenders.iter().zip(samples).zip(warm_ups);
    contenders.map(record).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU8, Ordering};

    use kernelwise_hal::Peak;

    use super::*;
    use crate::case::task;

    fn case(contenders: Vec<Contender>) -> Case {
        Case {
            op: "test",
            log_size: 3,
            scalar_kind: "byte",
            shape: "8 bytes".to_owned(),
            contenders,
        }
    }

    fn constant(name: &str, role: Role, value: u8) -> Contender {
        let task = task(move || Ok(value), |value| vec![value]);
        Contender {
            role,
            ..Contender::reference(name, "returns a constant", task)
        }
    }

    const SAMPLING: Sampling = Sampling {
        samples: 5,
        threads: 1,
    };

    #[test]
    fn equal_results_are_recorded_with_ratios() {
        let contenders = vec![
            constant("ref", Role::Reference, 1),
            constant("dev", Role::Device, 1),
        ];
        let records = measure(case(contenders), SAMPLING).unwrap();
        assert_eq!(records.len(), 2);
        assert_eq!(records[1].reference.as_deref(), Some("ref"));
        assert_eq!(records[1].samples_ns.len(), 5);
        assert!(records.iter().all(|record| record.verified));
        assert!(records[0].ratio.is_none());
    }

    #[test]
    fn a_device_of_known_peak_has_a_floor() {
        let peak = Peak {
            multiply_adds_per_second: 264,
            bytes_per_second: u64::MAX,
        };
        let known = Contender {
            peak: Some(peak),
            ..constant("dev", Role::Device, 1)
        };
        let mut case = case(vec![constant("ref", Role::Reference, 1), known]);
        (case.op, case.scalar_kind) = ("ntt", "forward");
        let records = measure(case, SAMPLING).unwrap();
        assert_eq!(records[0].floor_ns, None);
        // 8/2 · 3 products, one a second.
        assert_eq!(records[1].floor_ns, Some(12e9));
    }

    #[test]
    fn a_wrong_result_is_an_error() {
        let contenders = vec![
            constant("ref", Role::Reference, 1),
            constant("dev", Role::Device, 2),
        ];
        let error = measure(case(contenders), SAMPLING).unwrap_err();
        assert!(error.is_wrong_result());
        assert_eq!(
            error.to_string(),
            "test/byte/2^3: the result of dev differs from that of ref"
        );
    }

    #[test]
    fn a_result_that_turns_wrong_later_is_an_error() {
        let calls = AtomicU8::new(0);
        let flaky = task(
            move || {
                std::thread::sleep(std::time::Duration::from_millis(3));
                Ok(u8::from(calls.fetch_add(1, Ordering::Relaxed) < 4))
            },
            |value| vec![value],
        );
        let contenders = vec![
            constant("ref", Role::Reference, 1),
            Contender::reference("flaky", "fails late", flaky),
        ];
        assert!(measure(case(contenders), SAMPLING).is_err());
    }
}
