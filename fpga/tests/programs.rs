//! The driver's programs on the model, against arkworks.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a broken helper must fail the test"
)]

use kernelwise_fpga::isa::{Job, Program, Row};
use kernelwise_fpga::model::Machine;
use kernelwise_fpga::programs::curve;
use kernelwise_hal::field::{AffineRepr, BigInt, CurveGroup, Fq, Fr, G1, G1Affine, PrimeField};

const ZERO: u16 = 256;
const ONE: u16 = 257;
const PROGRAM: u16 = 300;
const JOB: u16 = 400;
const POINTS: u16 = 500;

fn row(value: Fq) -> Row {
    value.0.0
}

/// The element whose Montgomery form, lazily reduced, is `row`.
fn value(row: Row) -> Fq {
    let bytes: Vec<u8> = row.iter().flat_map(|limb| limb.to_le_bytes()).collect();
    let r_inverse = Fq::new_unchecked(BigInt([1, 0, 0, 0]));
    Fq::from_le_bytes_mod_order(&bytes) * r_inverse
}

fn put(machine: &mut Machine, at: u16, point: G1Affine) {
    let rows = match point.xy() {
        Some((x, y)) => [row(x), row(y), row(Fq::from(1u64))],
        None => [[0; 4], row(Fq::from(1u64)), [0; 4]],
    };
    for (i, r) in rows.into_iter().enumerate() {
        machine.write(at + i as u16, r);
    }
}

fn get(machine: &Machine, at: u16) -> G1 {
    let [x, y, z] = [0, 1, 2].map(|i| value(machine.read(at + i)));
    if z == Fq::from(0u64) {
        return G1::default();
    }
    G1Affine::new_unchecked(x / z, y / z).into()
}

fn machine(program: &Program) -> Machine {
    let mut machine = Machine::new();
    machine.write(ONE, row(Fq::from(1u64)));
    for (i, r) in program.rows().into_iter().enumerate() {
        machine.write(PROGRAM + i as u16, r);
    }
    machine
}

fn job(program: &Program) -> Job {
    Job {
        program: PROGRAM,
        interval: program.interval() as u16,
        stages: program.stages,
        spacing: 1,
        ..Job::default()
    }
}

/// Pairs that defeat incomplete formulas, and ordinary ones.
fn pairs() -> Vec<(G1Affine, G1Affine)> {
    let g = G1Affine::generator();
    let times = |k: u64| (g * Fr::from(k)).into_affine();
    let infinity = G1Affine::identity();
    let mut pairs = vec![(g, g), (g, (-g.into_group()).into_affine()), (infinity, g)];
    pairs.extend((2..20).map(|k| (times(k * k), times(7 * k))));
    pairs
}

#[test]
fn projective_addition() {
    let program = curve::add_projective().assemble().unwrap();
    assert_eq!((program.products, program.sums), (12, 27));
    assert_eq!(
        program.interval(),
        14,
        "adders are the bound: 27 sums on two of them"
    );
    let mut machine = machine(&program);
    let mut pairs = pairs();
    let infinity = G1Affine::identity();
    pairs.extend([(pairs[5].0, infinity), (infinity, infinity)]);
    for (i, (a, b)) in pairs.iter().enumerate() {
        put(&mut machine, POINTS + 6 * i as u16, *a);
        put(&mut machine, POINTS + 6 * i as u16 + 3, *b);
    }
    let job = Job {
        items: pairs.len() as u16,
        a: POINTS,
        a_step: 6,
        b: POINTS + 3,
        b_step: 6,
        ..job(&program)
    };
    machine.write(JOB, job.encode());
    machine.run(JOB, 1, 1, 0);
    for (i, (a, b)) in pairs.iter().enumerate() {
        assert_eq!(get(&machine, POINTS + 6 * i as u16), *a + b, "pair {i}");
    }
    // In place, one after the other: 2^5 times the point.
    let double = Job {
        items: 5,
        spacing: program.stages,
        a_step: 0,
        b: POINTS,
        b_step: 0,
        ..job
    };
    let before = get(&machine, POINTS);
    machine.write(JOB, double.encode());
    machine.run(JOB, 1, 1, 3);
    assert_eq!(get(&machine, POINTS), before * Fr::from(32u64));
}

#[test]
fn affine_addition() {
    let program = curve::add_affine(ZERO).assemble().unwrap();
    assert_eq!((program.products, program.sums), (11, 22));
    assert_eq!(program.interval(), 11, "every unit is busy in every frame");
    let mut machine = machine(&program);
    let pairs = pairs();
    for (i, (a, b)) in pairs.iter().enumerate() {
        put(&mut machine, POINTS + 5 * i as u16, *a);
        let (x, y) = b.xy().unwrap();
        machine.write(POINTS + 5 * i as u16 + 3, row(x));
        machine.write(POINTS + 5 * i as u16 + 4, row(y));
    }
    let job = Job {
        items: pairs.len() as u16,
        a: POINTS,
        a_step: 5,
        b: POINTS + 3,
        b_step: 5,
        ..job(&program)
    };
    machine.write(JOB, job.encode());
    let cycles = machine.run(JOB, 1, 1, 0);
    for (i, (a, b)) in pairs.iter().enumerate() {
        assert_eq!(get(&machine, POINTS + 5 * i as u16), *a + b, "pair {i}");
    }
    let iterations = pairs.len() as u64 + u64::from(program.stages);
    assert!(cycles <= 17 * (11 * iterations + 2) + 10, "{cycles} cycles");
}
