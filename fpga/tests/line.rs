//! The compiled Verilog under conditions that only hardware meets: any contents of memory at power-up, clocks that disagree,
//! a host that goes away in the middle of a job.
#![cfg(feature = "hdl-sim")]
#![allow(clippy::unwrap_used, reason = "a broken helper must fail the test")]

use std::time::Duration;

use kernelwise_fpga::device::{FpgaDevice, selftest};
use kernelwise_fpga::frame::{Request, Run, Write, row_bytes};
use kernelwise_fpga::isa::{Job, Row};
use kernelwise_fpga::link::{Link, LinkError};
use kernelwise_fpga::programs::curve;
use kernelwise_fpga::transport::{Board, Serial, Sim, Timing, verilated::Verilated};

const DIVIDER: u16 = 4;

#[test]
fn results_do_not_depend_on_memory_at_power_up() {
    for seed in [1, 2, 0x5eed] {
        let sim = Sim::start(Verilated::new(DIVIDER, seed), DIVIDER).unwrap();
        selftest(&FpgaDevice::open("fpga-sim", Box::new(sim)).unwrap()).unwrap();
    }
}

#[test]
fn clocks_may_differ_by_two_percent() {
    // Sixteen cycles a bit, so that two percent are more than the granularity of a sample.
    const DIVIDER: u16 = 16;
    for factor in [0.98, 1.02] {
        let core = Verilated::with_host_rate(DIVIDER, factor, 0);
        let sim = Sim::start(core, DIVIDER).unwrap();
        let device = FpgaDevice::open("fpga-sim", Box::new(sim)).unwrap();
        selftest(&device).unwrap();
        // Requests may come twice on a slow machine, but none comes broken.
        let (drops, retries) = (
            device.counters().unwrap().drops,
            device.link_stats().retries,
        );
        assert!(
            u64::from(drops) <= retries,
            "factor {factor}: {drops} drops"
        );
    }
}

#[test]
fn clocks_that_differ_by_ten_percent_are_no_answer() {
    let core = Verilated::with_host_rate(16, 1.1, 0);
    let board = Board::start(core).unwrap();
    let error = Link::open(Box::new(hasty(&board))).unwrap_err();
    assert!(matches!(error, LinkError::Timeout { .. }), "{error}");
}

/// A line with little patience.
fn hasty(board: &Board) -> Serial {
    let timing = Timing {
        byte_ns: 100_000,
        cycle_ns: 0,
        margin: Duration::from_millis(20),
    };
    Serial::open(board.path(), 3_000_000)
        .unwrap()
        .with_timing(timing)
}

fn write(link: &mut Link, address: u16, rows: &[Row]) {
    let write = Write {
        address,
        rows: rows.len() as u8,
        row_bytes: 32,
        sign_extend: false,
        data: rows.iter().flat_map(row_bytes).collect(),
    };
    let request = Request {
        write,
        ..Request::default()
    };
    link.request(request, 0).unwrap();
}

#[test]
fn a_job_without_end_is_abandoned_by_the_next_host() {
    let board = Board::start(Verilated::new(DIVIDER, 0)).unwrap();
    {
        let mut link = Link::open(Box::new(hasty(&board))).unwrap();
        let program = curve::add_projective().assemble().unwrap();
        write(&mut link, 300, &program.rows());
        let job = Job {
            program: 300,
            interval: program.interval() as u16,
            stages: program.stages,
            items: u16::MAX,
            spacing: 1,
            a: 1000,
            b: 1003,
            ..Job::default()
        };
        write(&mut link, 400, &[job.encode()]);
        // A trillion cycles.
        let run = Run {
            first: 400,
            jobs: 1,
            repeats: u16::MAX,
        };
        let request = Request {
            run,
            ..Request::default()
        };
        let error = link.request(request, 0).unwrap_err();
        assert!(matches!(error, LinkError::Timeout { .. }), "{error}");
    }
    let serial = Serial::open(board.path(), 3_000_000).unwrap();
    let patient = Timing {
        byte_ns: 200_000,
        cycle_ns: 3_000,
        margin: Duration::from_millis(500),
    };
    let device = FpgaDevice::open("fpga-sim", Box::new(serial.with_timing(patient))).unwrap();
    selftest(&device).unwrap();
}
