//! The compiled Verilog against rust-hdl's own simulator, cycle by cycle: both go through the same requests, and a hash of their pins
//! after every request must be the one in `core/trace/everything.txt`, which the test of the same name in `core` compares too.
#![cfg(feature = "hdl-sim")]
#![allow(clippy::unwrap_used, reason = "a broken helper must fail the test")]

mod common;

use common::everything;
use kernelwise_fpga::frame::{Frame, MAX_DATA_BYTES, Read, Request, Run, Write, row_bytes};
use kernelwise_fpga::transport::verilated::Verilated;

const DIVIDER: u16 = 4;
const PATH: &str = "core/trace/everything.txt";

/// The requests: one that resets, what is needed, the jobs, and rows that they wrote.
fn requests() -> Vec<Request> {
    let writes = everything::rows().into_iter().map(|(address, rows)| {
        // Of short values, the bytes that are not zero.
        let long = |row: &[u64; 4]| row_bytes(row).iter().rposition(|&byte| byte != 0);
        let row_bytes_sent = rows.iter().filter_map(long).max().unwrap_or(0) + 1;
        let bytes = rows.iter().map(row_bytes);
        let data: Vec<u8> = bytes
            .flat_map(|row| row[..row_bytes_sent].to_vec())
            .collect();
        assert!(data.len() <= MAX_DATA_BYTES);
        let write = Write {
            address,
            rows: rows.len() as u8,
            row_bytes: row_bytes_sent as u8,
            sign_extend: false,
            data,
        };
        Request {
            write,
            ..Request::default()
        }
    });
    let reset = Request {
        reset: true,
        ..Request::default()
    };
    let (first, jobs) = everything::JOBS;
    let run = Run {
        first,
        jobs,
        repeats: 1,
    };
    let run = Request {
        run,
        ..Request::default()
    };
    let reads = everything::RESULTS.map(|(address, rows)| Request {
        read: Read { address, rows },
        ..Request::default()
    });
    let all = [reset].into_iter().chain(writes).chain([run]).chain(reads);
    let numbered = all.zip(1..).map(|(request, sequence)| Request {
        sequence,
        ..request
    });
    numbered.collect()
}

/// A core in simulation, the cycles that it has gone through, and the hash of its pins in all of them.
struct Watched {
    core: Verilated,
    cycles: u64,
    hash: u64,
}

impl Watched {
    fn new(seed: u32) -> Self {
        let core = Verilated::new(DIVIDER, seed);
        // The offset basis of FNV-1a.
        let hash = 0xcbf2_9ce4_8422_2325;
        let mut watched = Self {
            core,
            cycles: 0,
            hash,
        };
        watched.line(true, 1);
        watched
    }

    fn cycle(&mut self, rx: bool) {
        let pins = self.core.cycle(rx);
        let bits = [rx, pins.tx, pins.running, pins.busy];
        let byte = bits
            .iter()
            .rev()
            .fold(0, |byte, &bit| byte << 1 | u64::from(bit));
        self.hash = (self.hash ^ byte).wrapping_mul(0x0100_0000_01b3);
        self.cycles += 1;
    }

    fn line(&mut self, level: bool, bits: u16) {
        for _ in 0..bits * DIVIDER {
            self.cycle(level);
        }
    }

    /// As `core/src/host.rs` does: bytes one right after the other, a pause of ten bits, until the core is at rest, and of twelve bits.
    fn send(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.line(false, 1);
            for bit in 0..8 {
                self.line(byte >> bit & 1 == 1, 1);
            }
            self.line(true, 1);
        }
        self.line(true, 10);
        while self.core.busy() {
            self.cycle(true);
        }
        self.line(true, 12);
    }
}

/// A line for each request: its bytes, and cycles and hash after it.
fn play(seed: u32) -> String {
    let mut watched = Watched::new(seed);
    let mut text = String::new();
    for request in requests() {
        let bytes = request.encode();
        watched.send(&bytes);
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        text += &format!("{hex} {} {:016x}\n", watched.cycles, watched.hash);
    }
    text
}

#[test]
fn everything_happens_in_the_cycle_in_which_it_does_in_the_simulator_of_rust_hdl() {
    let got = play(0);
    if std::env::var_os("KERNELWISE_WRITE_TRACE").is_some() {
        std::fs::write(PATH, &got).unwrap();
    }
    let expected = std::fs::read_to_string(PATH).unwrap();
    for (i, (got, expected)) in got.lines().zip(expected.lines()).enumerate() {
        assert_eq!(
            got, expected,
            "request {i}: with KERNELWISE_WRITE_TRACE set, this test writes {PATH}"
        );
    }
    assert_eq!(got, expected);
    // What memory holds at power-up is neither read nor said.
    for seed in 1..=4 {
        assert_eq!(play(seed), expected, "seed {seed}");
    }
}
