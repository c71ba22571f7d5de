//! The same requests to the compiled Verilog and to the software model: every answer and every counter must be equal.
#![cfg(feature = "hdl-sim")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a broken helper must fail the test"
)]

use kernelwise_fpga::frame::{Read, Request, Run, Write, row_bytes};
use kernelwise_fpga::isa::{Job, Program, Recoding, Row};
use kernelwise_fpga::link::Link;
use kernelwise_fpga::model::{Counters, Machine};
use kernelwise_fpga::programs::curve;
use kernelwise_fpga::programs::sumcheck::Layout;
use kernelwise_fpga::transport::{Sim, verilated::Verilated};
use kernelwise_hal::field::{AffineRepr, CurveGroup, Fq, Fr, G1Affine};

const DIVIDER: u16 = 4;
const ZERO: u16 = 256;
const ONE: u16 = 257;

/// A link to the compiled core, and the model that must agree with it.
struct Pair {
    link: Link,
    machine: Machine,
}

impl Pair {
    fn new() -> Self {
        // Cells take longer to simulate than statements.
        let slow = if std::env::var_os("KERNELWISE_SIM_NETLIST").is_some() {
            300
        } else {
            1
        };
        let sim = Sim::start_slow(Verilated::new(DIVIDER, 0), DIVIDER, slow).unwrap();
        Self {
            link: Link::open(Box::new(sim)).unwrap(),
            machine: Machine::new(),
        }
    }

    fn write(&mut self, address: u16, rows: &[Row]) {
        for (chunk, at) in rows.chunks(100).zip((address..).step_by(100)) {
            let write = Write {
                address: at,
                rows: chunk.len() as u8,
                row_bytes: 32,
                sign_extend: false,
                data: chunk.iter().flat_map(row_bytes).collect(),
            };
            self.link
                .request(
                    Request {
                        write,
                        ..Request::default()
                    },
                    0,
                )
                .unwrap();
        }
        for (row, at) in rows.iter().zip(address..) {
            self.machine.write(at, *row);
        }
    }

    fn counters(&mut self) -> (Row, u64) {
        let read = Read {
            address: 0x8001,
            rows: 1,
        };
        let row = self
            .link
            .request(
                Request {
                    read,
                    ..Request::default()
                },
                0,
            )
            .unwrap()[0];
        (row, row[0] >> 32)
    }

    /// Runs on both and compares the counters; the phase of the frame is the hardware's own.
    fn run(&mut self, first: u16, jobs: u8, repeats: u16) -> Counters {
        let (_, before) = self.counters();
        let run = Run {
            first,
            jobs,
            repeats,
        };
        self.link
            .request(
                Request {
                    run,
                    ..Request::default()
                },
                3_000_000,
            )
            .unwrap();
        let (row, after) = self.counters();
        let cycles = (0..17)
            .map(|phase| {
                let mut machine = self.machine.clone();
                (machine.run(first, jobs, repeats, phase), machine)
            })
            .find(|(cycles, _)| *cycles == after - before);
        let (_, machine) = cycles.unwrap_or_else(|| {
            let model = self.machine.clone().run(first, jobs, repeats, 0);
            panic!(
                "hardware took {} cycles, the model {model} in phase 0",
                after - before
            )
        });
        self.machine = machine;
        let counters = self.machine.counters();
        let pair = |low: u64, high: u64| low | high << 32;
        assert_eq!(
            row[1],
            pair(counters.items, counters.stalls),
            "items and stalls"
        );
        assert_eq!(
            row[2],
            pair(counters.products, counters.sums),
            "products and sums"
        );
        counters
    }

    fn compare(&mut self, address: u16, rows: u16) {
        for start in (address..address + rows).step_by(200) {
            let count = (address + rows - start).min(200);
            let read = Read {
                address: start,
                rows: count as u8,
            };
            let got = self
                .link
                .request(
                    Request {
                        read,
                        ..Request::default()
                    },
                    0,
                )
                .unwrap();
            for (i, row) in got.iter().enumerate() {
                let at = start + i as u16;
                assert_eq!(*row, self.machine.read(at), "row {at}");
            }
        }
    }
}

fn points(count: u64) -> Vec<Row> {
    let one = Fq::from(1u64).0.0;
    let point = |k: u64| {
        let (x, y) = (G1Affine::generator() * Fr::from(k))
            .into_affine()
            .xy()
            .unwrap();
        [x.0.0, y.0.0, one]
    };
    (1..=count).flat_map(point).collect()
}

/// Clearing and filling buckets, from row 300.
struct Buckets {
    clear: Program,
    add: Program,
}

impl Buckets {
    fn load(pair: &mut Pair) -> Self {
        let clear = curve::clear(ZERO, ONE).assemble().unwrap();
        let add = curve::add_affine(ZERO).assemble().unwrap();
        pair.write(ZERO, &[[0; 4], Fq::from(1u64).0.0]);
        pair.write(300, &clear.rows());
        pair.write(320, &add.rows());
        Self { clear, add }
    }

    fn clear(&self, buckets: u16, count: u16) -> Job {
        Job {
            program: 300,
            interval: self.clear.interval() as u16,
            stages: self.clear.stages,
            items: count,
            spacing: 1,
            a: buckets,
            a_step: 3,
            ..Job::default()
        }
    }

    /// Without scalars and bases.
    fn add(&self, buckets: u16, scalar_row: u16, windows: u8, window_bits: u8) -> Job {
        let recoding = Recoding {
            scalar_row,
            windows,
            window_bits,
            window_rows: 3 << (window_bits - 1),
        };
        Job {
            program: 320,
            interval: self.add.interval() as u16,
            stages: self.add.stages,
            spacing: 1,
            a: buckets,
            recoding: Some(recoding),
            ..Job::default()
        }
    }
}

#[test]
fn projective_additions() {
    let mut pair = Pair::new();
    let program = curve::add_projective().assemble().unwrap();
    pair.write(ZERO, &[[0; 4], Fq::from(1u64).0.0]);
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
    let programs = Buckets::load(&mut pair);
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

/// The least that goes through every part: multiplier and adders in both fields, recoder, scoreboard, a round of a sumcheck.
/// A netlist of cells takes minutes for it, and hours for the tests above.
#[test]
fn a_little_of_everything() {
    let mut pair = Pair::new();
    let programs = Buckets::load(&mut pair);
    let bases = points(2);
    pair.write(340, &[bases[0], bases[1], bases[3], bases[4]]);
    // Twice the same bucket with opposite signs, and another one.
    pair.write(350, &[[0b0111, 0, 0, 0], [0b0101, 0, 0, 0]]);
    let clear_job = programs.clear(360, 4);
    let add_job = Job {
        items: 2,
        b: 340,
        b_step: 2,
        ..programs.add(360, 350, 2, 2)
    };
    let layout = Layout {
        tables: vec![500, 504],
        terms: vec![vec![0, 1]],
        challenge: 490,
        totals: 491,
        finals: 493,
    };
    let round = layout.bind_and_evaluate().unwrap();
    pair.write(400, &round.rows());
    let fields: Vec<Row> = (0..11u64).map(|i| Fr::from(i * i + 5).0.0).collect();
    pair.write(490, &[fields[0], [0; 4], [0; 4]]);
    pair.write(500, &fields[1..9]);
    let round_job = Job {
        program: 400,
        interval: round.interval() as u16,
        stages: round.stages,
        items: 1,
        spacing: 1,
        a_step: 1,
        quarter: 1,
        scalar_field: true,
        ..Job::default()
    };
    let jobs = [clear_job, add_job, round_job];
    pair.write(390, &jobs.map(|job| job.encode()));
    let counters = pair.run(390, 3, 1);
    assert!(counters.items > 6, "digits were added");
    pair.compare(360, 12);
    pair.compare(491, 2);
    pair.compare(500, 8);
}
