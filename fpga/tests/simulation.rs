//! Whole operations on the compiled Verilog, over its serial line and a pseudo-terminal.
#![cfg(feature = "hdl-sim")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a broken helper must fail the test"
)]

use std::borrow::Cow;
use std::time::Instant;

use kernelwise_cpu::CpuDevice;
use kernelwise_fpga::device::{CoreCounters, FpgaDevice};
use kernelwise_fpga::transport::{Sim, verilated::Verilated};
use kernelwise_hal::field::{AffineRepr, CurveGroup, Field, Fr, G1Affine};
use kernelwise_hal::{Device, RoundPoly, Scalars, SumcheckRequest, Table, Term};

const DIVIDER: u16 = 4;

fn simulated() -> FpgaDevice {
    let sim = Sim::start(Verilated::new(DIVIDER, 7), DIVIDER).unwrap();
    FpgaDevice::open("fpga-sim", Box::new(sim)).unwrap()
}

fn field(seed: u64) -> Fr {
    Fr::from(seed + 3).pow([0x1234_5678_9abc_def1])
}

/// All round polynomials and final evaluations, with challenges that depend on them.
fn play(device: &dyn Device, tables: &[Vec<Fr>], terms: &[Term]) -> (Vec<RoundPoly>, Vec<Fr>) {
    let num_vars = tables[0].len().ilog2() as usize;
    let request = SumcheckRequest::new(
        num_vars,
        tables
            .iter()
            .map(|table| Table::Fr(Cow::Borrowed(table)))
            .collect(),
        terms.to_vec(),
    );
    let mut prover = device
        .sumcheck()
        .unwrap()
        .prepare(request.unwrap())
        .unwrap();
    let product = |term: &Term, x: usize| -> Fr {
        term.factors
            .iter()
            .map(|&factor| tables[factor][x])
            .product()
    };
    let entry = |x| {
        terms
            .iter()
            .map(|term| term.coefficient * product(term, x))
            .sum::<Fr>()
    };
    let mut claim: Fr = (0..tables[0].len()).map(entry).sum();
    let (mut rounds, mut bind) = (Vec::new(), None);
    for _ in 0..num_vars {
        let round = prover.prove_round(bind, claim).unwrap();
        let r = round
            .0
            .iter()
            .fold(field(1), |acc, value| acc * field(2) + value);
        claim = interpolate(&round.0, r);
        bind = Some(r);
        rounds.push(round);
    }
    (rounds, prover.finish(bind).unwrap())
}

fn interpolate(evals: &[Fr], r: Fr) -> Fr {
    let node = |j: usize| Fr::from(j as u64);
    let basis = |i: usize| -> Fr {
        let others = (0..evals.len()).filter(|&j| j != i);
        others
            .map(|j| (r - node(j)) / (node(i) - node(j)))
            .product()
    };
    (0..evals.len()).map(|i| evals[i] * basis(i)).sum()
}

fn difference(before: CoreCounters, after: CoreCounters) -> CoreCounters {
    CoreCounters {
        cycles: after.cycles.wrapping_sub(before.cycles),
        run_cycles: after.run_cycles.wrapping_sub(before.run_cycles),
        items: after.items.wrapping_sub(before.items),
        stalls: after.stalls.wrapping_sub(before.stalls),
        products: after.products.wrapping_sub(before.products),
        sums: after.sums.wrapping_sub(before.sums),
        requests: after.requests.wrapping_sub(before.requests),
        drops: after.drops.wrapping_sub(before.drops),
    }
}

#[test]
fn sumcheck_of_1024_entries() {
    let device = simulated();
    let tables: Vec<Vec<Fr>> = (0..2u64)
        .map(|t| (0..1024u64).map(|i| field(1024 * t + i)).collect())
        .collect();
    let terms = vec![Term {
        coefficient: Fr::from(5u64),
        factors: [0, 1].into(),
    }];
    let begin = Instant::now();
    let before = device.counters().unwrap();
    let got = play(&device, &tables, &terms);
    let counters = difference(before, device.counters().unwrap());
    println!(
        "sumcheck 2^10, 2 tables: {:.1} s, {counters:?}",
        begin.elapsed().as_secs_f64()
    );
    assert_eq!(got, play(&CpuDevice::reference(), &tables, &terms));
    println!(
        "multiplier busy {:.1} %",
        100.0 * counters.multiplier_busy()
    );
    assert!(counters.multiplier_busy() > 0.8);
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
    let counters = difference(before, device.counters().unwrap());
    println!(
        "msm 2^8: {:.1} s, {counters:?}",
        begin.elapsed().as_secs_f64()
    );
    println!(
        "multiplier busy {:.1} %",
        100.0 * counters.multiplier_busy()
    );
    let reference = CpuDevice::reference();
    let msm = reference.msm().unwrap();
    let bases = msm.load(&points).unwrap();
    assert_eq!(got, msm.msm(&bases, Scalars::Fr(&scalars)).unwrap());
    assert!(u64::from(counters.drops) <= device.link_stats().retries);
}
