//! What operations cost on the model, against what was estimated before.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a broken helper must fail the test"
)]

mod common;

use std::sync::Arc;

use common::{FINE, Sum, field, lane, model, pool};
use kernelwise_cpu::CpuDevice;
use kernelwise_fpga::device::{BAUD, CoreCounters, Estimate, FpgaDevice, Phase, ROUTED_HZ};
use kernelwise_hal::field::{AffineRepr, CurveGroup, Fr, G1Affine};
use kernelwise_hal::{Device, IntSlice, Scalars};

fn points(count: u64) -> Vec<G1Affine> {
    (0..count)
        .map(|i| (G1Affine::generator() * field(i)).into_affine())
        .collect()
}

/// Bytes over the link so far, both ways.
fn link_bytes(device: &FpgaDevice) -> u64 {
    let stats = device.link_stats();
    stats.sent_bytes + stats.received_bytes
}

/// Runs an operation that was estimated, and compares: bytes must be equal, cycles up to `tolerance`.
fn check(device: &FpgaDevice, what: &str, estimate: Estimate, tolerance: f64, run: impl FnOnce()) {
    let (counters, begin) = (device.counters().unwrap(), link_bytes(device));
    run();
    let link_bytes = link_bytes(device) - begin;
    let counters = device.counters().unwrap().since(counters);
    println!(
        "{what}: estimated {estimate:?}, spent {} cycles, {link_bytes} bytes",
        counters.run_cycles
    );
    assert_eq!(estimate.link_bytes, link_bytes, "{what}");
    let apart = (estimate.cycles as f64 - f64::from(counters.run_cycles)).abs();
    let most = tolerance * f64::from(counters.run_cycles);
    assert!(apart <= most, "{what}: {apart} cycles apart");
}

#[test]
fn sumchecks_cost_what_was_estimated() {
    let device = model();
    // The program of the first round fills more than a frame of the link.
    let ten: Vec<[usize; 4]> = (0..4)
        .flat_map(|a| (a..4).map(move |b| [a, b, 0, 1]))
        .collect();
    let ten: Vec<&[usize]> = ten.iter().map(|factors| &factors[..]).collect();
    let forms: [(usize, &[&[usize]]); 5] = [
        (1, &[&[0]]),
        (2, &[&[0, 1]]),
        (3, &[&[0, 1, 2]]),
        (3, &[&[0, 1], &[2]]),
        (4, &ten),
    ];
    for (tables, terms) in forms {
        for vars in [0, 1, 2, 3, 6] {
            let sum = Sum::new(vars, tables, terms);
            let claimed = device.estimate_sumcheck(&sum.request()).unwrap();
            let opened = device.estimate_opened_sumcheck(&sum.request()).unwrap();
            let expected = sum.play(&CpuDevice::reference(), false).unwrap();
            for (estimate, opens) in [(claimed, false), (opened, true)] {
                let what = format!("{terms:?}, {vars} variables, opened: {opens}");
                check(&device, &what, estimate, 0.01, || {
                    assert_eq!(sum.play(&device, opens).unwrap(), expected);
                });
            }
        }
    }
}

#[test]
fn opening_costs_one_sum_more() {
    let device = model();
    let sum = Sum::new(8, 2, &[&[0, 1]]);
    let claimed = device.estimate_sumcheck(&sum.request()).unwrap();
    let opened = device.estimate_opened_sumcheck(&sum.request()).unwrap();
    // Three products instead of two for each of 128 pairs, and fewer for the last to wait for.
    let more = opened.cycles - claimed.cycles;
    assert!((120 * 17..128 * 17).contains(&more), "{more} cycles");
    // One program row less and a total more, which is written and read.
    assert_eq!(opened.link_bytes, claimed.link_bytes + 32);
}

/// What lanes gain. They wait for each other in every round and their parts are equal, so that all is over when the one is that also plays
/// the last rounds.
#[test]
fn lanes_share_what_a_sumcheck_costs() {
    lanes_share(10, [(2, 1.6, 1.8), (4, 2.5, 3.2)]);
    // What is written to each lane before the first round, and the last rounds, are not shared.
    lanes_share(6, [(2, 1.25, 1.15), (4, 1.5, 1.4)]);
}

/// Plays a sumcheck of two tables of `2^vars`, and asserts the least gain of numbers of lanes: in cycles, and with their lines.
fn lanes_share(vars: usize, gains: [(usize, f64, f64); 2]) {
    let sum = Sum::new(vars, 2, &[&[0, 1]]);
    let play = |lanes: &[Arc<FpgaDevice>], device: &dyn Device| -> Vec<Estimate> {
        let before: Vec<u64> = lanes.iter().map(|lane| link_bytes(lane)).collect();
        let expected = sum.play(&CpuDevice::reference(), false).unwrap();
        assert_eq!(sum.play(device, false).unwrap(), expected);
        let spent = |(lane, before): (&Arc<FpgaDevice>, u64)| Estimate {
            link_bytes: link_bytes(lane) - before,
            cycles: lane.counters().unwrap().run_cycles.into(),
        };
        lanes.iter().zip(before).map(spent).collect()
    };
    let alone = Arc::new(model());
    let one = play(&[Arc::clone(&alone)], &*alone)[0];
    println!("one core: {one:?}, {:.2} ms", milliseconds(one));
    for (count, cycles, time) in gains {
        let lanes: Vec<Arc<FpgaDevice>> = (0..count).map(|_| Arc::new(lane())).collect();
        let devices = lanes.iter().map(|lane| Arc::clone(lane) as Arc<dyn Device>);
        let both = pool(devices, FINE);
        let expected = both.sumcheck().unwrap().estimate(&sum.request()).unwrap();
        let spent = play(&lanes, &both);
        let most = spent[0];
        let expected = expected.as_secs_f64() * 1e3 / milliseconds(most);
        println!("estimated {expected:.3} of that");
        assert!((0.98..=1.02).contains(&expected), "estimated {expected}");
        for other in &spent[1..] {
            assert!(other.cycles < most.cycles && other.link_bytes < most.link_bytes);
        }
        let gain = one.cycles as f64 / most.cycles as f64;
        let gain_with_line = milliseconds(one) / milliseconds(most);
        println!(
            "{count} lanes: {most:?}, {:.2} ms, {gain:.2} and {gain_with_line:.2} times as fast",
            milliseconds(most)
        );
        assert!(gain > cycles, "{gain}");
        assert!(gain_with_line > time, "{gain_with_line}");
    }
}

/// At the clock of place and route and the line of a board.
fn milliseconds(spent: Estimate) -> f64 {
    spent.time_ns(ROUTED_HZ, BAUD.into()) as f64 / 1e6
}

#[test]
fn multiplications_cost_what_was_estimated() {
    let points = points(300);
    let full: Vec<Fr> = (0..300).map(|i| field(1000 + i)).collect();
    let bytes: Vec<i8> = full.iter().map(|value| value.0.0[1] as i8).collect();
    // Bytes have few windows, so that items wait for each other's buckets, and how often is chance.
    for (scalars, tolerance) in [
        (Scalars::Fr(&full), 0.01),
        (Scalars::Int(IntSlice::I8(&bytes)), 0.15),
    ] {
        let device = model();
        let msm = device.msm().unwrap();
        let bases = msm.load(&points).unwrap();
        let estimate = device.estimate_msm(&bases, scalars).unwrap();
        check(&device, "multiplication", estimate, tolerance, || {
            let _ = msm.msm(&bases, scalars).unwrap();
        });
        let phases = device.phases();
        assert_eq!(phases.len(), 4);
        let sum = phases
            .values()
            .fold(CoreCounters::default(), |sum, counters| sum.and(*counters));
        let all = device.counters().unwrap();
        assert_eq!((sum.run_cycles, sum.items), (all.run_cycles, all.items));
        let accumulation = phases[&Phase::Accumulate];
        if tolerance < 0.1 {
            assert!(accumulation.multiplier_busy() > 0.85, "{accumulation:?}");
            assert!(accumulation.run_cycles <= 200 * accumulation.items);
        }
    }
}
