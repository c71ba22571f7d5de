//! What operations cost on the model, against what was estimated before.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a broken helper must fail the test"
)]

use std::borrow::Cow;

use kernelwise_fpga::device::{CoreCounters, Estimate, FpgaDevice, Phase};
use kernelwise_fpga::transport::Direct;
use kernelwise_hal::field::{AffineRepr, CurveGroup, Field, Fr, G1Affine};
use kernelwise_hal::{Device, IntSlice, Scalars, SumcheckRequest, Table, Term};

fn model() -> FpgaDevice {
    FpgaDevice::open("fpga-model", Box::new(Direct::new())).unwrap()
}

fn field(seed: u64) -> Fr {
    Fr::from(seed + 3).pow([0x1234_5678_9abc_def1])
}

fn points(count: u64) -> Vec<G1Affine> {
    (0..count)
        .map(|i| (G1Affine::generator() * field(i)).into_affine())
        .collect()
}

/// Runs an operation that was estimated, and compares: bytes must be equal, cycles up to `tolerance`.
fn check(device: &FpgaDevice, what: &str, estimate: Estimate, tolerance: f64, run: impl FnOnce()) {
    let bytes = || {
        let stats = device.link_stats();
        stats.sent_bytes + stats.received_bytes
    };
    let (counters, begin) = (device.counters().unwrap(), bytes());
    run();
    let link_bytes = bytes() - begin;
    let counters = device.counters().unwrap().since(counters);
    println!(
        "{what}: estimated {estimate:?}, spent {} cycles, {link_bytes} bytes",
        counters.run_cycles
    );
    assert_eq!(estimate.link_bytes, link_bytes, "{what}");
    let ratio = estimate.cycles as f64 / f64::from(counters.run_cycles);
    assert!((ratio - 1.0).abs() < tolerance, "{what}: {ratio}");
}

#[test]
fn sumchecks_cost_what_was_estimated() {
    let device = model();
    for (vars, factors) in [(1, vec![0usize]), (6, vec![0, 1]), (5, vec![0, 1, 2])] {
        let tables: Vec<Vec<Fr>> = (0..factors.len() as u64)
            .map(|t| (0..1u64 << vars).map(|i| field(64 * t + i)).collect())
            .collect();
        let terms = vec![Term {
            coefficient: Fr::from(1u64),
            factors: factors.as_slice().into(),
        }];
        let request = || {
            let views = tables
                .iter()
                .map(|table| Table::Fr(Cow::Borrowed(table)))
                .collect();
            SumcheckRequest::new(vars, views, terms.clone()).unwrap()
        };
        let estimate = device.estimate_sumcheck(&request()).unwrap();
        check(&device, &format!("{factors:?}"), estimate, 0.01, || {
            let mut rounds = device.sumcheck().unwrap().prepare(request()).unwrap();
            let mut bind = None;
            for round in 0..vars {
                rounds.prove_round(bind, Fr::from(0u64)).unwrap();
                bind = Some(field(round as u64));
            }
            rounds.finish(bind).unwrap();
        });
    }
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
