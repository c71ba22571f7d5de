//! Whole operations on the compiled Verilog, over its serial line and a pseudo-terminal.
#![cfg(feature = "hdl-sim")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a broken helper must fail the test"
)]

mod common;

use std::time::Instant;

use common::{Sum, field};
use kernelwise_cpu::CpuDevice;
use kernelwise_fpga::device::{CoreCounters, FpgaDevice, Phase};
use kernelwise_fpga::transport::{LineCore, Sim, verilated::Verilated};
use kernelwise_hal::field::{AffineRepr, CurveGroup, Fr, G1Affine};
use kernelwise_hal::{Device, Scalars};

const DIVIDER: u16 = 4;

fn simulated() -> FpgaDevice {
    let sim = Sim::start(Verilated::new(DIVIDER, 7), DIVIDER).unwrap();
    FpgaDevice::open("fpga-sim", Box::new(sim)).unwrap()
}

/// The device's own counters must show the multiplier busy for at least `least` of the cycles.
fn busy(what: &str, counters: CoreCounters, least: f64) {
    let share = counters.multiplier_busy();
    println!(
        "{what}: {} cycles, multiplier busy {:.1} %",
        counters.run_cycles,
        100.0 * share
    );
    assert!(share >= least, "{what}: {share}");
}

#[test]
fn sumcheck_of_1024_entries() {
    let device = simulated();
    let sum = Sum::new(10, 2, &[&[0, 1]]);
    let begin = Instant::now();
    let before = device.counters().unwrap();
    let mut rounds = vec![before];
    let got = sum.play_watched(&device, false, || {
        rounds.push(device.counters().unwrap());
    });
    let counters = device.counters().unwrap().since(before);
    println!(
        "sumcheck 2^10, 2 tables: {:.1} s, {counters:?}",
        begin.elapsed().as_secs_f64()
    );
    let reference = sum.play(&CpuDevice::reference(), false);
    assert_eq!(got.unwrap(), reference.unwrap());
    busy("all rounds", counters, 0.85);
    for (round, pair) in rounds.windows(2).enumerate() {
        let entries = 1024 >> round;
        let least = if entries >= 256 { 0.85 } else { 0.0 };
        let counters = pair[1].since(pair[0]);
        busy(&format!("round over {entries} entries"), counters, least);
    }
    assert!(u64::from(counters.drops) <= device.link_stats().retries);
}

#[test]
fn multi_scalar_multiplication_of_256_points() {
    let device = simulated();
    let points: Vec<G1Affine> = (0..256)
        .map(|i| (G1Affine::generator() * field(i)).into_affine())
        .collect();
    let scalars: Vec<Fr> = (500..756).map(field).collect();
    let begin = Instant::now();
    let msm = device.msm().unwrap();
    let bases = msm.load(&points).unwrap();
    let before = device.counters().unwrap();
    let got = msm.msm(&bases, Scalars::Fr(&scalars)).unwrap();
    let counters = device.counters().unwrap().since(before);
    println!(
        "msm 2^8: {:.1} s, {counters:?}",
        begin.elapsed().as_secs_f64()
    );
    busy("all phases", counters, 0.0);
    for (phase, counters) in device.phases() {
        let least = if phase == Phase::Accumulate {
            0.85
        } else {
            0.0
        };
        busy(&format!("{phase:?}"), counters, least);
        if phase == Phase::Accumulate {
            let cycles = f64::from(counters.run_cycles) / f64::from(counters.items);
            println!("{cycles:.1} cycles an addition");
            assert!(cycles <= 200.0);
        }
    }
    let reference = CpuDevice::reference();
    let msm = reference.msm().unwrap();
    let bases = msm.load(&points).unwrap();
    assert_eq!(got, msm.msm(&bases, Scalars::Fr(&scalars)).unwrap());
    assert!(u64::from(counters.drops) <= device.link_stats().retries);
}

#[test]
fn cycles_a_second() {
    const CYCLES: u64 = 1_000_000;
    let mut core = Verilated::new(DIVIDER, 0);
    let mut output = Vec::new();
    let begin = Instant::now();
    core.advance(CYCLES, b"KW", &mut output);
    let seconds = begin.elapsed().as_secs_f64();
    println!("{:.2} M cycles a second", CYCLES as f64 / seconds / 1e6);
    assert!(output.is_empty(), "half a frame is no request");
}
