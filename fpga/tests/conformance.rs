//! The case tables of the hardware abstraction layer on the software model, behind the same frames as a board.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a broken helper must fail the test"
)]

mod common;

use std::sync::Arc;

use common::{FINE, Sum, lane, model, pool};
use kernelwise_cpu::CpuDevice;
use kernelwise_fpga::device::{FpgaDevice, Speed};
use kernelwise_hal::{Device, DualDevice, ErrorKind, Limits, Split, conformance};

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

/// Four lanes of a chip, among which a pool divides whatever can be divided.
#[test]
fn lanes_together_conform() {
    let lanes = [0; 4].map(|_| Arc::new(lane()));
    let devices = lanes.clone().map(|lane| lane as Arc<dyn Device>);
    conformance::run(&pool(devices, FINE)).unwrap();
    for lane in lanes {
        let cycles = lane.counters().unwrap().run_cycles;
        assert!(cycles > 100_000, "a lane ran for {cycles} cycles");
    }
}

/// Four lanes say what one device says, byte by byte, and so do lanes beside a CPU; each of them plays its part.
#[test]
fn divided_sumchecks_are_those_of_one_device() {
    let forms: [(usize, &[&[usize]]); 4] = [
        (1, &[&[0]]),
        (2, &[&[0, 1]]),
        (3, &[&[0, 1, 2]]),
        (3, &[&[0, 1, 1], &[2]]),
    ];
    for (tables, terms) in forms {
        for vars in 2..=7 {
            let sum = Sum::new(vars, tables, terms);
            let expected = sum.play(&CpuDevice::reference(), false).unwrap();
            for lanes in 1..=4 {
                let lanes: Vec<_> = (0..lanes).map(|_| Arc::new(lane())).collect();
                let devices = || (lanes.iter()).map(|lane| Arc::clone(lane) as Arc<dyn Device>);
                let cpu: Arc<dyn Device> = Arc::new(CpuDevice::optimized());
                let with_cpu = devices().chain([cpu]);
                for pool in [pool(devices(), FINE), pool(with_cpu, FINE)] {
                    let before = cycles(&lanes);
                    let got = sum.play(&pool, false).unwrap();
                    assert_eq!(got, expected, "{terms:?} in {vars} variables");
                    // Nothing was measured before, so that parts were equal.
                    let played = cycles(&lanes).iter().zip(&before).all(|(a, b)| a > b);
                    assert!(played || vars < 4, "{before:?}");
                    let got = sum.play(&pool, true).unwrap();
                    assert_eq!(got, expected, "{terms:?} in {vars} variables, opened");
                }
            }
        }
    }
}

fn cycles(lanes: &[Arc<FpgaDevice>]) -> Vec<u32> {
    (lanes.iter())
        .map(|lane| lane.counters().unwrap().run_cycles)
        .collect()
}

/// Two tables of `2^10` fill a lane, without room for a program; four lanes have it for their parts.
#[test]
fn lanes_together_hold_what_none_of_them_holds() {
    let sum = Sum::new(10, 2, &[&[0, 1]]);
    let error = sum.play(&lane(), false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::OutOfMemory);
    let lanes = [0; 4].map(|_| Arc::new(lane()) as Arc<dyn Device>);
    let expected = sum.play(&CpuDevice::reference(), false).unwrap();
    assert_eq!(sum.play(&pool(lanes, FINE), false).unwrap(), expected);
}

#[test]
fn model_agrees_with_the_reference() {
    let dual = DualDevice::new(Arc::new(model()), Arc::new(CpuDevice::reference()));
    assert!(dual.msm().is_some() && dual.sumcheck().is_some());
    conformance::run(&dual).unwrap();
}
