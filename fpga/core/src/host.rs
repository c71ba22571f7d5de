//! The other end of the serial line, in simulation: requests to a core, and its answers.

use crate::core::Single;
use crate::trace::{Bench, Trace};

/// Clock cycles of a bit: the fewest there may be.
pub const DIVIDER: usize = 4;

/// The header of a request, less what is zero here.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request<'a> {
    /// Bit 0 resets, bit 1 fills rows with the sign.
    pub flags: u8,
    /// First row to write.
    pub write_row: u16,
    /// Rows to write.
    pub write_rows: u8,
    /// Bytes of a row in the data.
    pub row_bytes: u8,
    /// The data.
    pub data: &'a [u8],
    /// Row of the first job.
    pub first_job: u16,
    /// Jobs of the list, which runs once.
    pub jobs: u8,
    /// First row to read.
    pub read_row: u16,
    /// Rows to read.
    pub read_rows: u8,
}

impl Request<'_> {
    /// The frame.
    pub fn bytes(&self, sequence: u8) -> Vec<u8> {
        let [length, write_row, first_job, read_row] = [
            self.data.len() as u16,
            self.write_row,
            self.first_job,
            self.read_row,
        ]
        .map(u16::to_le_bytes);
        let mut body = vec![sequence, self.flags];
        body.extend([length, write_row].concat());
        body.extend([self.write_rows, self.row_bytes]);
        body.extend(first_job);
        body.extend([self.jobs, 0, 1, 0]);
        body.extend(read_row);
        body.extend([self.read_rows, 0]);
        body.extend(self.data);
        let sum = checksum(&body).to_le_bytes();
        [b"KW", &body[..], &sum].concat()
    }
}

/// What came back, checked.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The cycle in which the request's first start bit began.
    pub begin: usize,
    /// The cycle after the request's last bit.
    pub end: usize,
    /// 0, 1 for a repetition, 2 before the first reset.
    pub status: u8,
    /// The rows that were read.
    pub rows: Vec<[u8; 32]>,
}

/// A core and its line.
pub struct Host {
    /// The core.
    pub bench: Bench<Single>,
}

impl Host {
    /// A core at power-up of which the signals `paths` are watched, `tx` among them.
    pub fn new(paths: &[&str]) -> Self {
        let mut bench = Bench::<Single>::new(|uut| &mut uut.clock, paths);
        bench.block.divider.next = (DIVIDER as u64).into();
        let mut host = Self { bench };
        host.line(true, DIVIDER);
        host
    }

    fn line(&mut self, level: bool, cycles: usize) {
        self.bench.block.rx.next = level;
        for _ in 0..cycles {
            self.bench.cycle();
        }
    }

    /// Puts bytes on the line, one right after the other, and waits until the core is at rest. Returns what it sent.
    ///
    /// # Panics
    /// If the core does not come to rest, or sends a byte without stop bit.
    pub fn send(&mut self, sent: &[u8]) -> Vec<u8> {
        let begin = self.bench.trace().cycles();
        for byte in sent {
            self.line(false, DIVIDER);
            for bit in 0..8 {
                self.line(byte >> bit & 1 == 1, DIVIDER);
            }
            self.line(true, DIVIDER);
        }
        // The framer takes some cycles until the core is busy, the transmitter some after.
        self.line(true, 10 * DIVIDER);
        let patience = self.bench.trace().cycles() + 100_000;
        while self.bench.block.busy.val() {
            self.bench.cycle();
            assert!(self.bench.trace().cycles() < patience, "the core is stuck");
        }
        self.line(true, 12 * DIVIDER);
        let came = bytes(self.bench.trace(), "tx", begin);
        came.into_iter().map(|(_, byte)| byte).collect()
    }

    /// Sends a request and waits for its answer.
    ///
    /// # Panics
    /// If the answer is not one to this request, or damaged.
    pub fn request(&mut self, sequence: u8, request: &Request) -> Answer {
        let begin = self.bench.trace().cycles();
        let sent = request.bytes(sequence);
        let came = self.send(&sent);
        let rows = usize::from(request.read_rows);
        assert_eq!(came.len(), 10 + 32 * rows, "bytes of an answer");
        let (body, sum) = came.split_at(came.len() - 4);
        assert_eq!(sum, checksum(&body[2..]).to_le_bytes(), "checksum");
        let status = body[3];
        assert_eq!(
            body[..6],
            [b'k', b'w', sequence, status, request.read_rows, 0]
        );
        let rows = body[6..].chunks_exact(32);
        let row = |chunk: &[u8]| std::array::from_fn(|i| chunk[i]);
        Answer {
            begin,
            end: begin + 10 * DIVIDER * sent.len(),
            status,
            rows: rows.map(row).collect(),
        }
    }
}

/// The CRC-32 of IEEE 802.3.
pub fn checksum(bytes: &[u8]) -> u32 {
    let shift = |sum: u32| (sum >> 1) ^ if sum & 1 == 1 { 0xedb8_8320 } else { 0 };
    let byte = |sum: u32, byte: &u8| (0..8).fold(sum ^ u32::from(*byte), |sum, _| shift(sum));
    !bytes.iter().fold(!0, byte)
}

/// Bytes on a line of a trace from a cycle on, with the cycles in which their start bits begin.
///
/// # Panics
/// If a byte has no stop bit.
pub fn bytes(trace: &Trace, path: &str, from: usize) -> Vec<(usize, u8)> {
    let mut bytes = Vec::new();
    let mut cycle = from;
    while cycle + 10 * DIVIDER <= trace.cycles() {
        if trace.bit(path, cycle) {
            cycle += 1;
            continue;
        }
        let level = |bit: usize| trace.bit(path, cycle + DIVIDER * bit + DIVIDER / 2);
        assert!(level(9), "{path}: stop bit of the byte of cycle {cycle}");
        let byte = (0..8).map(|bit| u8::from(level(bit + 1)) << bit).sum();
        bytes.push((cycle, byte));
        cycle += 10 * DIVIDER;
    }
    bytes
}
