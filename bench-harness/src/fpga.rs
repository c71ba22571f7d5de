//! Operations on the FPGA core: what its own counters and its link say, and the times that follow.
//!
//! The core is simulated, so that only counts are measured: cycles, additions, products, bytes. A projected time is the cycles at a
//! clock, and beside it the bytes at the speed of a line; neither is given without the other, because the line is usually the slower one.

use kernelwise_cpu::CpuDevice;
use kernelwise_field::{AffineRepr, CurveGroup, G1, G1Affine};
use kernelwise_fpga::device::{CoreCounters, Estimate, FpgaDevice, SLICES};
use kernelwise_hal::{Device, DeviceError, Scalars};
use serde::Serialize;

use crate::clock::{CpuScope, Stopwatch};
use crate::error::BenchError;
use crate::inputs::{Rng, points};
use crate::ops::SumcheckInstance;
use crate::reference::ark;

/// Runs of the CPU's side; the fastest counts.
const CPU_RUNS: usize = 9;

/// The clock and the line that counts become times with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Setup {
    /// Clock of the core, in Hz.
    pub clock_hz: u64,
    /// Bits a second of the line, ten to a byte.
    pub baud: u64,
}

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
    /// How many.
    pub units: u64,
    /// Cycles while jobs ran.
    pub cycles: u64,
    /// Part of these in which the multiplier worked on a product that was kept.
    pub multiplier_busy: f64,
    /// The parts of the operation.
    pub parts: Vec<Part>,
    /// Bytes over the link, both ways; bases were loaded before.
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
    pub estimated_ns: u64,
    /// Whether by that estimate the core would finish before the CPU.
    pub worth_it: bool,
}

/// What was counted of one operation.
struct Counted {
    operation: String,
    unit: &'static str,
    units: u64,
    counters: CoreCounters,
    parts: Vec<Part>,
    link_bytes: u64,
    estimate: Estimate,
    cpu_ns: u64,
}

impl Counted {
    fn project(self, setup: Setup) -> Projection {
        let time = |cycles, link_bytes| {
            let spent = Estimate { cycles, link_bytes };
            spent.time_ns(setup.clock_hz, setup.baud)
        };
        let cycles = u64::from(self.counters.run_cycles);
        let (compute_ns, link_ns) = (time(cycles, 0), time(0, self.link_bytes));
        let rate = |ns: u64| self.units as f64 * 1e9 / ns.max(1) as f64;
        let estimated_ns = self.estimate.time_ns(setup.clock_hz, setup.baud);
        Projection {
            operation: self.operation,
            unit: self.unit,
            units: self.units,
            cycles,
            multiplier_busy: self.counters.multiplier_busy(),
            parts: self.parts,
            link_bytes: self.link_bytes,
            compute_ns,
            link_ns,
            units_per_second: rate(compute_ns),
            units_per_second_and_slice: rate(compute_ns) / SLICES as f64,
            units_per_second_with_link: rate(compute_ns + link_ns),
            cpu_ns: self.cpu_ns,
            estimated_ns,
            worth_it: estimated_ns < self.cpu_ns,
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

fn link_bytes(device: &FpgaDevice) -> u64 {
    let stats = device.link_stats();
    stats.sent_bytes + stats.received_bytes
}

fn verify(operation: &str, equal: bool, device: &FpgaDevice) -> Result<(), BenchError> {
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
    device: &FpgaDevice,
    cpu: &CpuDevice,
    log_size: u32,
    setup: Setup,
) -> Result<Projection, BenchError> {
    let operation = format!("msm of 2^{log_size} points");
    let bases: Vec<G1Affine> = points::<G1>(1, 1 << log_size);
    debug_assert!(bases.iter().all(|base| !base.is_zero()));
    let scalars = Rng::new(2).fields(1 << log_size);
    let scalars = Scalars::Fr(&scalars);
    let msm = offered(device.msm(), "msm")?;
    let loaded = msm.load(&bases)?;
    let estimate = device.estimate_msm(&loaded, scalars)?;
    let (before, phases, bytes) = (device.counters()?, device.phases(), link_bytes(device));
    let got = msm.msm(&loaded, scalars)?;
    let link_bytes = link_bytes(device) - bytes;
    let counters = device.counters()?.since(before);
    let part = |(phase, counters): (_, CoreCounters)| {
        let earlier = phases.get(&phase).copied().unwrap_or_default();
        Part::new(format!("{phase}"), counters.since(earlier))
    };
    let parts = device.phases().into_iter().map(part).collect();
    let reference = offered(cpu.msm(), "msm")?;
    let loaded = reference.load(&bases)?;
    let (expected, cpu_ns) = timed(|| reference.msm(&loaded, scalars))?;
    verify(
        &operation,
        got.into_affine() == expected.into_affine(),
        device,
    )?;
    let counted = Counted {
        operation,
        unit: "additions",
        units: counters.items.into(),
        counters,
        parts,
        link_bytes,
        estimate,
        cpu_ns,
    };
    Ok(counted.project(setup))
}

/// All rounds of a sumcheck of the product of two tables of `2^log_size` field elements, tables loaded anew.
///
/// # Errors
/// As [`multiplication`].
pub fn sumcheck(
    device: &FpgaDevice,
    cpu: &CpuDevice,
    log_size: u32,
    setup: Setup,
) -> Result<Projection, BenchError> {
    let operation = format!("sumcheck of two tables of 2^{log_size}");
    let instance = SumcheckInstance::new("fr-fr", log_size as usize)?;
    let estimate = device.estimate_sumcheck(&instance.request()?)?;
    let core = offered(device.sumcheck(), "sumcheck")?;
    let (before, bytes) = (device.counters()?, link_bytes(device));
    let got = instance.play(core)?;
    let link_bytes = link_bytes(device) - bytes;
    let counters = device.counters()?.since(before);
    let reference = offered(cpu.sumcheck(), "sumcheck")?;
    let (expected, cpu_ns) = timed(|| instance.play(reference))?;
    verify(
        &operation,
        ark::field_bytes(&got) == ark::field_bytes(&expected),
        device,
    )?;
    let counted = Counted {
        operation,
        unit: "products",
        units: counters.products.into(),
        counters,
        parts: Vec::new(),
        link_bytes,
        estimate,
        cpu_ns,
    };
    Ok(counted.project(setup))
}

#[cfg(test)]
mod tests {
    use kernelwise_fpga::transport::Direct;

    use super::*;

    const SETUP: Setup = Setup {
        clock_hz: 100_000_000,
        baud: 1_000_000,
    };

    #[test]
    fn operations_are_counted_and_projected() {
        let device = FpgaDevice::open("fpga-model", Box::new(Direct::new())).unwrap();
        let cpu = CpuDevice::optimized();
        let msm = multiplication(&device, &cpu, 4, SETUP).unwrap();
        let busy: Vec<&str> = msm.parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!(busy, ["clear", "accumulate", "reduce", "combine"]);
        assert_eq!(msm.compute_ns, 10 * msm.cycles);
        assert_eq!(msm.link_ns, 10_000 * msm.link_bytes);
        let sumcheck = sumcheck(&device, &cpu, 5, SETUP).unwrap();
        assert!(sumcheck.units_per_second > sumcheck.units_per_second_with_link);
        assert!(!sumcheck.worth_it, "a serial line is slow");
    }
}
