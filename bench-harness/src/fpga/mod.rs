//! Operations on the FPGA core: what its own counters and its link say, and the times that follow.
//!
//! The core is simulated, so that only counts are measured: cycles, additions, products, bytes. A projected time is the cycles at a
//! clock, and beside it the bytes at the speed of a line; neither is given without the other, because the line is usually the slower one.
//! Of several cores that share an operation, the time is that of the one which takes longest.

mod cores;

use std::time::Duration;

use kernelwise_cpu::CpuDevice;
use kernelwise_field::{AffineRepr, CurveGroup, G1, G1Affine};
use kernelwise_fpga::device::{CoreCounters, Estimate, SLICES, Speed};
use kernelwise_hal::{Device, DeviceError, Scalars};
use serde::Serialize;

pub use self::cores::Cores;
use self::cores::Count;
use crate::clock::{CpuScope, Stopwatch};
use crate::error::BenchError;
use crate::inputs::{Rng, points};
use crate::ops::SumcheckInstance;
use crate::reference::ark;

/// Runs of the CPU's side; the fastest counts.
const CPU_RUNS: usize = 9;

/// A part of an operation, from the core's counters.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// Which.
    pub name: String,
    /// Cycles while its jobs ran.
    pub cycles: u32,
    /// Part of these in which the multiplier worked on a product that was kept.
    pub multiplier_busy: f64,
}

impl Part {
    fn new(name: String, counters: CoreCounters) -> Self {
        Self {
            name,
            cycles: counters.run_cycles,
            multiplier_busy: counters.multiplier_busy(),
        }
    }
}

/// One operation at one size; its result was compared with the CPU's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Projection {
    /// The operation and its size.
    pub operation: String,
    /// What is counted as work: additions of points, or products.
    pub unit: &'static str,
    /// How many, on all cores.
    pub units: u64,
    /// Cycles while jobs ran, of the core that takes longest.
    pub cycles: u64,
    /// Part of the cycles of all cores in which the multiplier worked on a product that was kept.
    pub multiplier_busy: f64,
    /// The parts of the operation on the core that takes longest.
    pub parts: Vec<Part>,
    /// Bytes over the link of the core that takes longest, both ways; bases were loaded before.
    pub link_bytes: u64,
    /// Projected: the cycles at the clock.
    pub compute_ns: u64,
    /// Projected: the bytes at the speed of the line.
    pub link_ns: u64,
    /// Projected: units a second without the link.
    pub units_per_second: f64,
    /// Projected: units a second and multiplier slice, without the link.
    pub units_per_second_and_slice: f64,
    /// Projected: units a second with the link.
    pub units_per_second_with_link: f64,
    /// Measured: processor time of the same on one thread of the CPU device.
    pub cpu_ns: u64,
    /// What the driver had estimated, before anything ran, of the time with the link.
    pub estimated_ns: Option<u64>,
    /// Whether by that estimate the core would finish before the CPU.
    pub worth_it: bool,
}

/// What was counted of one operation.
struct Counted {
    operation: String,
    unit: &'static str,
    /// Units of work that a core did.
    units: fn(CoreCounters) -> u32,
    each: Vec<Count>,
    estimate: Option<Duration>,
    cpu_ns: u64,
}

impl Counted {
    fn project(self, speed: Speed) -> Projection {
        let time = |cycles: u32, link_bytes| {
            let cycles = cycles.into();
            let spent = Estimate { cycles, link_bytes };
            spent.time_ns(speed.clock_hz, speed.baud)
        };
        let all = |sum: CoreCounters, count: &Count| sum.and(count.counters);
        let all = self.each.iter().fold(CoreCounters::default(), all);
        let cores = self.each.len().max(1) as f64;
        let slowest = self.each.into_iter();
        let slowest = slowest.max_by_key(|c| time(c.counters.run_cycles, c.link_bytes));
        let slowest = slowest.unwrap_or_default();
        let cycles = slowest.counters.run_cycles;
        let (compute_ns, link_ns) = (time(cycles, 0), time(0, slowest.link_bytes));
        let units = (self.units)(all);
        let rate = |ns: u64| f64::from(units) * 1e9 / ns.max(1) as f64;
        let part = |(phase, counters)| Part::new(format!("{phase}"), counters);
        let estimated_ns = self.estimate.map(|time| time.as_nanos() as u64);
        Projection {
            operation: self.operation,
            unit: self.unit,
            units: units.into(),
            cycles: cycles.into(),
            multiplier_busy: all.multiplier_busy(),
            parts: slowest.phases.into_iter().map(part).collect(),
            link_bytes: slowest.link_bytes,
            compute_ns,
            link_ns,
            units_per_second: rate(compute_ns),
            units_per_second_and_slice: rate(compute_ns) / SLICES as f64 / cores,
            units_per_second_with_link: rate(compute_ns + link_ns),
            cpu_ns: self.cpu_ns,
            estimated_ns,
            worth_it: estimated_ns.is_some_and(|time| time < self.cpu_ns),
        }
    }
}

fn offered<T>(capability: Option<T>, operation: &'static str) -> Result<T, BenchError> {
    capability.ok_or_else(|| BenchError::Unsupported {
        operation,
        devices: Vec::new(),
    })
}

/// The fastest of some runs on one thread, and what the last returned.
fn timed<T>(mut run: impl FnMut() -> Result<T, DeviceError>) -> Result<(T, u64), BenchError> {
    let mut least = u64::MAX;
    let mut result = run()?;
    for _ in 0..CPU_RUNS {
        let watch = Stopwatch::start(CpuScope::Thread);
        result = run()?;
        least = least.min(watch.lap().cpu_ns);
    }
    Ok((result, least))
}

fn verify(operation: &str, equal: bool, device: &dyn Device) -> Result<(), BenchError> {
    if equal {
        return Ok(());
    }
    Err(BenchError::Mismatch {
        workload: operation.to_owned(),
        contender: device.info().name.clone(),
        reference: "cpu".to_owned(),
    })
}

/// A sum of `2^log_size` points with full scalars, the bases on the core before.
///
/// # Errors
/// [`BenchError::Mismatch`] if the sum is not the CPU's; [`DeviceError::OutOfMemory`] beyond what the core holds.
pub fn multiplication(
    cores: &Cores,
    cpu: &CpuDevice,
    log_size: u32,
    speed: Speed,
) -> Result<Projection, BenchError> {
    let operation = format!("msm of 2^{log_size} points");
    let bases: Vec<G1Affine> = points::<G1>(1, 1 << log_size);
    debug_assert!(bases.iter().all(|base| !base.is_zero()));
    let scalars = Rng::new(2).fields(1 << log_size);
    let scalars = Scalars::Fr(&scalars);
    let device = cores.device()?;
    let msm = offered(device.msm(), "msm")?;
    let loaded = msm.load(&bases)?;
    let estimate = msm.estimate(&loaded, scalars);
    let begin = cores.begin()?;
    let got = msm.msm(&loaded, scalars)?;
    let each = cores.since(&begin)?;
    let reference = offered(cpu.msm(), "msm")?;
    let loaded = reference.load(&bases)?;
    let (expected, cpu_ns) = timed(|| reference.msm(&loaded, scalars))?;
    verify(
        &operation,
        got.into_affine() == expected.into_affine(),
        &*device,
    )?;
    let counted = Counted {
        operation,
        unit: "additions",
        units: |counters| counters.items,
        each,
        estimate,
        cpu_ns,
    };
    Ok(counted.project(speed))
}

/// All rounds of a sumcheck of the product of two tables of `2^log_size` field elements, tables loaded anew.
///
/// # Errors
/// As [`multiplication`].
pub fn sumcheck(
    cores: &Cores,
    cpu: &CpuDevice,
    log_size: u32,
    speed: Speed,
) -> Result<Projection, BenchError> {
    let operation = format!("sumcheck of two tables of 2^{log_size}");
    let instance = SumcheckInstance::new("fr-fr", log_size as usize)?;
    let device = cores.device()?;
    let core = offered(device.sumcheck(), "sumcheck")?;
    let estimate = core.estimate(&instance.request()?);
    let begin = cores.begin()?;
    let got = instance.play(core)?;
    let mut each = cores.since(&begin)?;
    // No phases: those are of multi-scalar multiplications.
    each.iter_mut().for_each(|count| count.phases.clear());
    let reference = offered(cpu.sumcheck(), "sumcheck")?;
    let (expected, cpu_ns) = timed(|| instance.play(reference))?;
    verify(
        &operation,
        ark::field_bytes(&got) == ark::field_bytes(&expected),
        &*device,
    )?;
    let counted = Counted {
        operation,
        unit: "products",
        units: |counters| counters.products,
        each,
        estimate,
        cpu_ns,
    };
    Ok(counted.project(speed))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEED: Speed = Speed {
        clock_hz: 100_000_000,
        baud: 1_000_000,
    };

    #[test]
    fn operations_are_counted_and_projected() {
        let cores = Cores::open("fpga-model", SPEED).unwrap();
        let cpu = CpuDevice::optimized();
        let msm = multiplication(&cores, &cpu, 4, SPEED).unwrap();
        let busy: Vec<&str> = msm.parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(busy, ["clear", "accumulate", "reduce", "combine"]);
        assert_eq!(msm.compute_ns, 10 * msm.cycles);
        assert_eq!(msm.link_ns, 10_000 * msm.link_bytes);
        let sumcheck = sumcheck(&cores, &cpu, 5, SPEED).unwrap();
        assert!(sumcheck.units_per_second > sumcheck.units_per_second_with_link);
        assert!(!sumcheck.worth_it, "a serial line is slow");
    }

    #[test]
    fn two_cores_are_done_sooner_than_one() {
        let cpu = CpuDevice::optimized();
        let both = |name| {
            let cores = Cores::open(name, SPEED).unwrap();
            [multiplication, sumcheck].map(|run| run(&cores, &cpu, 6, SPEED).unwrap())
        };
        let (one, two) = (both("fpga-model"), both("fpga-model+fpga-model"));
        for (one, two) in one.iter().zip(&two) {
            let time = |p: &Projection| p.compute_ns + p.link_ns;
            assert!(time(two) < time(one), "{one:?} {two:?}");
            assert!(two.units_per_second_with_link > one.units_per_second_with_link);
            let estimated = two.estimated_ns.unwrap() as f64 / time(two) as f64;
            assert!((0.95..1.05).contains(&estimated), "{two:?}");
        }
    }
}
