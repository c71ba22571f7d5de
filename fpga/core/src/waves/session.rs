//! A core that is talked to over its serial line, and all that the pictures show of it.

use super::arithmetic::one;
use crate::host::{Host, Request};
use crate::trace::Trace;

/// Left operands of the job that keeps all units busy.
pub(super) const LEFT: u16 = 32;
/// Its right operands; its results follow.
pub(super) const RIGHT: u16 = 40;
/// Its items.
pub(super) const ITEMS: u16 = 8;
/// Buckets of the recoded job: two windows of two buckets of three rows.
pub(super) const BUCKETS: u16 = 80;
/// Totals of the counted job.
pub(super) const TOTALS: u16 = 28;
/// What the totals and buckets grow by.
const BASES: u16 = 26;
/// Scalars of the recoded job, and the first row of [`VALUES`].
pub(super) const SCALARS: u16 = 24;
/// One in Montgomery form.
const ONE: u16 = 8;
/// Three jobs: counted, recoded, all units.
const JOBS: u16 = 9;
/// `a += b`, one instruction, two stages.
const ACCUMULATE: u16 = 12;
/// `a·1, a + b, a − b`, two instructions, seven stages.
const ALL: u16 = 13;

/// Small values in consecutive rows.
pub(super) const VALUES: [u8; 24] = [
    // Scalars 7 = −1 + 2·4 and 5 = 1 + 4, bases, totals, nothing.
    7, 5, 0x41, 0x42, 0x11, 0x12, 0, 0, //
    0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7, //
    0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17,
];

/// Signals of the core that pictures show or assertions read.
const SIGNALS: [&str; 38] = [
    "rx",
    "tx",
    "busy",
    "running",
    "receiver.level.q",
    "receiver.state.q",
    "receiver.strobe",
    "receiver.octet",
    "transmitter.send",
    "transmitter.octet",
    "framer.state.q",
    "framer.ready",
    "framer.crc.busy",
    "executor.work.q",
    "executor.start",
    "executor.count.q",
    "sequencer.phase.q",
    "sequencer.frame_cycle.q",
    "sequencer.address",
    "sequencer.write",
    "sequencer.write_address",
    "sequencer.items.boundary",
    "sequencer.items.enters",
    "sequencer.items.stalled",
    "sequencer.items.finished",
    "sequencer.items.valid",
    "sequencer.items.fetched",
    "sequencer.items.recoder.have",
    "sequencer.items.recoder.bucket",
    "sequencer.items.recoder.negative",
    "sequencer.items.recent_valid.q",
    "sequencer.operands.instruction_load.q",
    "memory.write_enable",
    "memory.write_address",
    "memory.write_data",
    "read_bus.q",
    "lane.write_bus",
    "lane.strobes.q",
];

/// What the core did, and when it was asked to.
pub(super) struct Session {
    pub(super) trace: Trace,
    /// The cycle after the last of the request that writes the values.
    pub(super) values: usize,
    /// Likewise of the one that runs the counted job.
    pub(super) counted: usize,
    /// Likewise of the two other jobs.
    pub(super) jobs: usize,
    /// The cycle in which the shortest request begins.
    pub(super) short: usize,
}

impl Session {
    /// A reset that writes values; the first job; the other two; the shortest request.
    pub(super) fn record() -> Self {
        let mut host = Host::new(&SIGNALS);
        // What would take many bytes on the line is there already.
        let rows = [
            one(),
            counted(),
            recoded(),
            units(),
            accumulate(),
            all(0),
            all(1),
        ];
        for (row, address) in rows.into_iter().zip(ONE..) {
            host.bench.block.preload(address, row);
        }
        let values = Request {
            flags: 1,
            write_row: SCALARS,
            write_rows: VALUES.len() as u8,
            row_bytes: 1,
            data: &VALUES,
            ..Request::default()
        };
        let run = |first_job: u16, jobs: u8| Request {
            first_job,
            jobs,
            ..Request::default()
        };
        let requests = [values, run(JOBS, 1), run(JOBS + 1, 2), Request::default()];
        let [values, counted, jobs, short] = [0, 1, 2, 3].map(|i| {
            let answer = host.request(i, &requests[usize::from(i)]);
            assert_eq!(answer.status, 0, "request {i}");
            answer
        });
        Self {
            trace: host.bench.into_trace(),
            values: values.end,
            counted: counted.end,
            jobs: jobs.end,
            short: short.begin,
        }
    }
}

/// A field of an instruction.
fn field(row: u16, base: u64, stage: u64) -> u64 {
    u64::from(row) | base << 13 | stage << 15
}

/// The row of an instruction.
fn instruction(fields: &[(usize, u64)], flags: u64) -> [u64; 4] {
    let mut row = [0u64; 4];
    for (position, field) in fields {
        let (limb, shift) = (20 * position / 64, 20 * position % 64);
        let wide = u128::from(*field) << shift;
        row[limb] |= wide as u64;
        if shift > 44 {
            row[limb + 1] |= (wide >> 64) as u64;
        }
    }
    row[3] |= flags << 48;
    row
}

const POINTER_A: u64 = 2;
const POINTER_B: u64 = 3;

/// `a += b` by adder 0, with the sign of the item; the sum is written a frame and a stage later.
fn accumulate() -> [u64; 4] {
    let (a, b) = (field(0, POINTER_A, 0), field(0, POINTER_B, 0));
    instruction(&[(2, a), (3, b), (9, field(0, POINTER_A, 1))], 0b010_0001)
}

/// All units at once: the operands in one slot, the sums in the next, the product six iterations later.
fn all(slot: usize) -> [u64; 4] {
    let (a, b) = (field(0, POINTER_A, 0), field(0, POINTER_B, 0));
    if slot == 0 {
        let product = field(24, POINTER_B, 6);
        let fields = [
            (0, a),
            (1, field(ONE, 0, 0)),
            (2, a),
            (3, b),
            (4, a),
            (5, b),
            (10, product),
        ];
        return instruction(&fields, 0b001_0100);
    }
    let sums = [(9, field(8, POINTER_B, 0)), (11, field(16, POINTER_B, 0))];
    instruction(&sums, 0b000_0011)
}

/// The row of a job.
fn job(words: [u16; 16]) -> [u64; 4] {
    let limb = |i: usize| {
        (0..4)
            .map(|j| u64::from(words[4 * i + j]) << (16 * j))
            .sum()
    };
    std::array::from_fn(limb)
}

/// Two items, `TOTALS + i` and `BASES + i`, one after the other.
fn counted() -> [u64; 4] {
    job([
        ACCUMULATE, 1, 2, 0x0201, TOTALS, 1, 0, BASES, 1, 0, 0, 0, 0, 0, 0, 0,
    ])
}

/// The digits of two scalars, two windows of two bits each.
fn recoded() -> [u64; 4] {
    let counted = [ACCUMULATE, 1, 2, 0x0201, BUCKETS, 0, 0, BASES, 1, 0, 0];
    let recoding = [2, SCALARS, 0x0202, 6, 3];
    let mut words = [0; 16];
    words[..11].copy_from_slice(&counted);
    words[11..].copy_from_slice(&recoding);
    job(words)
}

/// Items that keep all units busy.
fn units() -> [u64; 4] {
    job([
        ALL, 2, ITEMS, 0x0701, LEFT, 1, 0, RIGHT, 1, 0, 0, 0, 0, 0, 0, 0,
    ])
}
