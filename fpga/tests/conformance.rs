//! The case tables of the hardware abstraction layer on the software model, behind the same frames as a board.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a broken helper must fail the test"
)]

use std::sync::Arc;

use kernelwise_cpu::CpuDevice;
use kernelwise_fpga::device::{FpgaDevice, Speed};
use kernelwise_fpga::model::Core;
use kernelwise_fpga::transport::Direct;
use kernelwise_hal::{Device, DualDevice, Grain, Limits, Pool, Split, conformance};

/// Rows of a lane where four share an ECP5-85F.
const LANE_ROWS: usize = 1 << 11;

fn model() -> FpgaDevice {
    FpgaDevice::open("fpga-model", Box::new(Direct::new())).unwrap()
}

#[test]
fn model_conforms() {
    let report = conformance::run(&model()).unwrap();
    let skipped = ["msm in G2", "fractions", "contract", "ntt"];
    assert_eq!(report.skipped, skipped);
    let count = |name: &str| {
        report
            .passed
            .iter()
            .filter(|case| case.starts_with(name))
            .count()
    };
    assert!(count("msm") > 150 && count("sumcheck") > 200);
}

#[test]
fn a_split_with_the_reference_conforms() {
    let limits = Limits {
        msm_g2_scalars: 0,
        sumcheck_entries: 64,
        msm_scalars: 32,
    };
    let split = Split::new(Arc::new(model()), Arc::new(CpuDevice::reference()), limits);
    conformance::run(&split).unwrap();
    let [(_, small), (_, rest)] = split.served();
    assert!(small.sumchecks > 50 && small.msms > 50, "{small:?}");
    assert!(rest.sumchecks > 50 && rest.msms > 50, "{rest:?}");
}

#[test]
fn a_split_by_estimates_gives_a_slow_core_nothing() {
    let limits = Limits {
        msm_g2_scalars: 0,
        sumcheck_entries: 64,
        msm_scalars: 32,
    };
    let run = |clock_hz, baud| {
        let core = Arc::new(model().at(Speed { clock_hz, baud }));
        let cpu = Arc::new(CpuDevice::optimized());
        let split = Split::where_worth_it(Arc::clone(&core) as Arc<dyn Device>, cpu, limits);
        conformance::run(&split).unwrap();
        let [(_, small), (_, rest)] = split.served();
        assert!(rest.sumchecks > 50 && rest.msms > 50, "{rest:?}");
        (small, core.counters().unwrap().run_cycles)
    };
    // The same core as above, which gets all that is small enough where nobody asks. What has no rounds costs it nothing.
    let (slow, cycles) = run(100_000, 300);
    assert_eq!((slow.msms, cycles), (0, 0), "{slow:?}");
    let (fast, cycles) = run(u64::MAX, u64::MAX);
    assert!(fast.sumchecks > 50 && fast.msms > 50, "{fast:?}");
    assert!(cycles > 0);
}

/// Four lanes of a chip, which a pool shares sums of points among.
#[test]
fn lanes_together_conform() {
    let lane = |_| -> Arc<dyn Device> {
        let core = Core::with_rows(0, LANE_ROWS);
        Arc::new(FpgaDevice::open("lane", Box::new(Direct::of(core))).unwrap())
    };
    let grain = Grain {
        msm_scalars: 4,
        sumcheck_entries: 4,
    };
    let lanes: Vec<Arc<dyn Device>> = (0..4).map(lane).collect();
    conformance::run(&Pool::new(lanes, grain).unwrap()).unwrap();
}

#[test]
fn model_agrees_with_the_reference() {
    let dual = DualDevice::new(Arc::new(model()), Arc::new(CpuDevice::reference()));
    assert!(dual.msm().is_some() && dual.sumcheck().is_some());
    conformance::run(&dual).unwrap();
}
