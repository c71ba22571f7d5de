//! A machine behind the frames of the link.

use crate::frame::{Frame, MAX_DATA_BYTES, ROW_BYTES, Request, Response, Scanner, row_of};
use crate::isa::{CONTEXTS, REGISTER_SPACE, Row};

use super::machine::Machine;

/// The core as its serial line shows it, without the line's timing.
#[derive(Debug, Default)]
pub struct Core {
    machine: Machine,
    scanner: Scanner<Request>,
    known: Option<u8>,
    established: bool,
    requests: u32,
    divider: u16,
}

impl Core {
    /// A core after power-up, whose identity row names `divider` clock cycles a bit.
    pub fn new(divider: u16) -> Self {
        Self {
            divider,
            ..Self::default()
        }
    }

    /// As [`new`](Self::new), with a memory of `rows` rows, a power of two: a lane among several.
    pub fn with_rows(divider: u16, rows: usize) -> Self {
        Self {
            machine: Machine::with_rows(rows),
            ..Self::new(divider)
        }
    }

    /// The machine behind the link.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Takes bytes from the host and returns bytes to the host.
    pub fn exchange(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.scanner.push(bytes);
        let mut answer = Vec::new();
        while let Some(request) = self.scanner.frame() {
            answer.extend(self.execute(&request).encode());
        }
        answer
    }

    /// Carries out one request.
    pub fn execute(&mut self, request: &Request) -> Response {
        if request.reset {
            self.machine.reset();
            self.known = None;
            self.established = true;
            self.requests = 0;
        }
        self.requests += 1;
        let repetition = self.known == Some(request.sequence);
        self.known = Some(request.sequence);
        if !repetition {
            self.write(request);
            let run = request.run;
            if run.jobs != 0 && run.repeats != 0 {
                self.machine.run(run.first, run.jobs, run.repeats, 0);
            }
        }
        let addresses =
            (0..u16::from(request.read.rows)).map(|i| request.read.address.wrapping_add(i));
        Response {
            sequence: request.sequence,
            repetition,
            fresh: !self.established,
            rows: addresses.map(|address| self.read(address)).collect(),
        }
    }

    fn write(&mut self, request: &Request) {
        let write = &request.write;
        let width = usize::from(write.row_bytes).min(ROW_BYTES);
        let mut data = write.data.iter().copied();
        for i in 0..u16::from(write.rows) {
            let mut bytes: Vec<u8> = (0..width).map(|_| data.next().unwrap_or(0)).collect();
            let negative = bytes.last().is_some_and(|byte| byte >> 7 == 1);
            bytes.resize(
                ROW_BYTES,
                if write.sign_extend && negative {
                    0xff
                } else {
                    0
                },
            );
            self.machine
                .write(write.address.wrapping_add(i), row_of(&bytes));
        }
    }

    fn read(&self, address: u16) -> Row {
        if address & REGISTER_SPACE == 0 {
            return self.machine.read(address);
        }
        if address & 1 == 0 {
            let mut bytes = *b"KWFPGA\0\x01\0\0\0\0\0\0";
            bytes[8] = self.machine.rows().ilog2() as u8;
            bytes[9] = 1;
            bytes[10] = CONTEXTS as u8;
            bytes[11] = (MAX_DATA_BYTES / ROW_BYTES) as u8;
            bytes[12..14].copy_from_slice(&self.divider.to_le_bytes());
            return row_of(&bytes);
        }
        let counters = self.machine.counters();
        let pair = |low: u64, high: u64| low & 0xffff_ffff | high << 32;
        [
            pair(counters.run_cycles, counters.run_cycles),
            pair(counters.items, counters.stalls),
            pair(counters.products, counters.sums),
            pair(u64::from(self.requests), 0),
        ]
    }
}
