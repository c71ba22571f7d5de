//! The same bytes to the compiled Verilog and to the software model of framer and executor: the same bytes must come back.
#![cfg(feature = "hdl-sim")]

use kernelwise_fpga::frame::{Frame, Read, Request, Write};
use kernelwise_fpga::isa::REGISTER_SPACE;
use kernelwise_fpga::model::Core;
use kernelwise_fpga::transport::{LineCore, verilated::Verilated};

const DIVIDER: u16 = 4;

/// Cycles of a byte on the line.
const BYTE: u64 = 10 * DIVIDER as u64;

struct Pair {
    hardware: Verilated,
    model: Core,
}

impl Pair {
    fn new() -> Self {
        Self {
            hardware: Verilated::new(DIVIDER, 0),
            model: Core::new(DIVIDER),
        }
    }

    /// What both answer to `bytes`.
    fn exchange(&mut self, what: &str, bytes: &[u8]) -> Vec<u8> {
        let expected = self.model.exchange(bytes);
        let (mut sent, mut output) = (0, Vec::new());
        while sent < bytes.len() {
            let (taken, _) = self.hardware.advance(BYTE, &bytes[sent..], &mut output);
            sent += taken;
        }
        // The last byte, the answer at a little more than a byte's time each, and 100 cycles for every row that was written.
        let after = 4 + 2 * expected.len() as u64;
        self.hardware
            .advance(BYTE * after + 100 * 256, &[], &mut output);
        assert_eq!(output, expected, "{what}");
        expected
    }
}

/// SplitMix64, the requests of the test.
struct Words(u64);

impl Words {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// Some rows, of any width, with or without sign, some over the end of memory; then some of them back, or the identity.
fn request(words: &mut Words, sequence: u8) -> Request {
    let address = [0, 100, 0x1ffe][words.below(3) as usize];
    let rows = words.below(6) as u8;
    // Too narrow and too wide ones as well.
    let row_bytes = words.below(36) as u8;
    let bytes = usize::from(rows) * usize::from(row_bytes.min(32));
    let identity = words.below(8) == 0;
    Request {
        sequence,
        reset: words.below(5) == 0,
        write: Write {
            address,
            rows,
            row_bytes,
            sign_extend: words.below(2) == 1,
            data: (0..bytes).map(|_| words.below(256) as u8).collect(),
        },
        read: Read {
            address: if identity { REGISTER_SPACE } else { address },
            rows: if identity { 1 } else { words.below(7) as u8 },
        },
        ..Request::default()
    }
}

#[test]
fn answers_are_those_of_the_model() {
    let (mut pair, mut words) = (Pair::new(), Words(3));
    let mut last = Vec::new();
    for sequence in 0..60 {
        let request = request(&mut words, sequence);
        let bytes = request.encode();
        let answer = pair.exchange(&format!("{request:?}"), &bytes);
        assert_eq!(answer.len(), 10 + 32 * usize::from(request.read.rows));
        match words.below(6) {
            0 => {
                pair.exchange("a repetition", &bytes);
            }
            1 if !last.is_empty() => {
                pair.exchange("the one before", &last);
            }
            2 => {
                let mut damaged = bytes.clone();
                let at = damaged.len() - 1 - words.below(4) as usize;
                damaged[at] ^= 1 << words.below(8);
                let answer = pair.exchange("a wrong checksum", &damaged);
                assert_eq!(answer, []);
            }
            3 => {
                // The beginning of a frame that is none.
                pair.exchange("a false start", &[b"KKxK", &bytes[..]].concat());
            }
            _ => {}
        }
        last = bytes;
    }
}
