//! The same requests to the compiled Verilog and to the software model: every answer and every counter must be equal.
#![cfg(feature = "hdl-sim")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a broken helper must fail the test"
)]

mod common;

use common::buckets::{Buckets, ZERO, constants, points};
use common::everything;
use common::pair::Pair;
use kernelwise_fpga::isa::{Job, Row};
use kernelwise_fpga::programs::curve;

#[test]
fn projective_additions() {
    let mut pair = Pair::new();
    let program = curve::add_projective().assemble().unwrap();
    pair.write(ZERO, &constants());
    pair.write(300, &program.rows());
    pair.write(1000, &points(40));
    let job = Job {
        program: 300,
        interval: program.interval() as u16,
        stages: program.stages,
        items: 20,
        spacing: 1,
        a: 1000,
        a_step: 3,
        b: 1060,
        b_step: 3,
        ..Job::default()
    };
    // Two jobs, three times: sums of sums, then doublings one after the other.
    let doubling = Job {
        items: 4,
        spacing: program.stages,
        a_step: 0,
        b: 1000,
        b_step: 0,
        ..job
    };
    pair.write(400, &[job.encode(), doubling.encode()]);
    let counters = pair.run(400, 2, 3);
    assert_eq!(counters.items, 72);
    pair.compare(1000, 120);
}

#[test]
fn bucket_accumulation() {
    let mut pair = Pair::new();
    let programs = Buckets::new();
    for (address, rows) in programs.rows() {
        pair.write(address, &rows);
    }
    pair.write(1000, &points(24));
    // Full scalars, small ones that collide in their buckets, negative ones, zeros.
    let mut scalars: Vec<Row> = (0..24u64)
        .map(|i| [i.wrapping_mul(0x9e37_79b9_7f4a_7c15), !i, i << 40, i << 50])
        .collect();
    for (i, row) in scalars.iter_mut().enumerate().skip(8) {
        *row = [
            [3, 0, 0, 0],
            [u64::MAX - 2, u64::MAX, u64::MAX, u64::MAX],
            [0; 4],
        ][i % 3];
    }
    pair.write(1100, &scalars);
    let (windows, bits) = (52u16, 5u8);
    let buckets = windows * 16;
    let clear_job = programs.clear(2000, buckets);
    let add_job = Job {
        items: 24,
        b: 1000,
        b_step: 3,
        ..programs.add(2000, 1100, windows as u8, bits)
    };
    pair.write(400, &[clear_job.encode(), add_job.encode()]);
    pair.run(400, 1, 1);
    let counters = pair.run(401, 1, 1);
    assert!(
        counters.stalls > 0,
        "equal scalars must have met in a bucket"
    );
    pair.compare(2000, 3 * buckets);
}

/// A netlist of cells takes minutes for it, and hours for the tests above.
#[test]
fn a_little_of_everything() {
    let mut pair = Pair::new();
    for (address, rows) in everything::rows() {
        pair.write(address, &rows);
    }
    let (first, jobs) = everything::JOBS;
    let counters = pair.run(first, jobs, 1);
    assert!(counters.items > 6, "digits were added");
    for (address, rows) in everything::RESULTS {
        pair.compare(address, rows.into());
    }
}
