//! The compiled Verilog and the software model side by side.

use kernelwise_fpga::frame::{Read, Request, Run, Write, row_bytes};
use kernelwise_fpga::isa::Row;
use kernelwise_fpga::link::Link;
use kernelwise_fpga::model::{Counters, Machine};
use kernelwise_fpga::transport::{Sim, verilated::Verilated};

const DIVIDER: u16 = 4;

/// A link to the compiled core, and the model that must agree with it.
pub struct Pair {
    link: Link,
    machine: Machine,
}

impl Pair {
    pub fn new() -> Self {
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

    pub fn write(&mut self, address: u16, rows: &[Row]) {
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
    pub fn run(&mut self, first: u16, jobs: u8, repeats: u16) -> Counters {
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

    pub fn compare(&mut self, address: u16, rows: u16) {
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
