//! What an operation will cost: cycles of the core and bytes of the link.
//!
//! The two are kept apart because they add up only at the speed of a real line, and because the line is usually the
//! slower one: a plan that looks at cycles alone would be wrong.

use std::time::Duration;

use crate::isa::{CONTEXTS, FRAME_CYCLES, Program};

/// The clock that place and route reached for an ECP5-85F, speed grade 6 (`ci/synth`), in Hz. No board has run at it.
pub const ROUTED_HZ: u64 = 140_000_000;

/// Multiplier slices of the core.
pub const SLICES: u64 = 34;

/// Cost of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Estimate {
    /// Cycles of the core.
    pub cycles: u64,
    /// Bytes over the link, both ways.
    pub link_bytes: u64,
}

/// How fast a core and its line are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Speed {
    /// Clock of the core, in Hz.
    pub clock_hz: u64,
    /// Bits a second on the line, ten to a byte.
    pub baud: u64,
}

impl Estimate {
    /// Nanoseconds at a clock of `clock_hz` and a line of `baud` bits a second, ten bits a byte.
    pub fn time_ns(&self, clock_hz: u64, baud: u64) -> u64 {
        let scaled = |count: u64, rate: u64| count.saturating_mul(1_000_000_000) / rate.max(1);
        scaled(self.cycles, clock_hz).saturating_add(scaled(10 * self.link_bytes, baud))
    }

    /// The time that this takes at that speed.
    pub fn time(&self, speed: Speed) -> Duration {
        Duration::from_nanos(self.time_ns(speed.clock_hz, speed.baud))
    }
}

/// Bytes over the link, both ways, without retries.
pub(super) mod link {
    use crate::frame::{MAX_DATA_BYTES, ROW_BYTES};

    /// Bytes of a request and its answer apart from what they carry: magic, header, checksum.
    const FRAMES: u64 = (2 + 18 + 4) + (2 + 4 + 4);

    /// A request that carries `data` bytes and reads `rows` rows.
    pub(in super::super) fn request(data: u64, rows: usize) -> u64 {
        FRAMES + data + (ROW_BYTES * rows) as u64
    }

    /// Writing `rows` rows of which `width` bytes are sent.
    pub(in super::super) fn write(rows: usize, width: usize) -> u64 {
        let frames = rows.div_ceil(rows_of_frame(width)) as u64;
        FRAMES * frames + (rows * width) as u64
    }

    /// Rows that a frame carries.
    pub(in super::super) fn rows_of_frame(width: usize) -> usize {
        (MAX_DATA_BYTES / width).min(usize::from(u8::MAX))
    }
}

/// Cycles of a job of `items` items that follow each other every `spacing` iterations.
pub(super) fn job_cycles(program: &Program, items: u64, spacing: u64) -> u64 {
    let iterations = items.saturating_sub(1) * spacing + u64::from(program.stages);
    FRAME_CYCLES * (2 + iterations * program.interval() as u64)
}

/// How the scalars of a multi-scalar multiplication are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Bits of a window.
    pub bits: u8,
    /// Windows of a scalar.
    pub windows: u8,
}

impl Window {
    /// Buckets of a window: digits are signed.
    pub fn buckets(&self) -> u16 {
        1 << (self.bits - 1)
    }

    /// Rows of all buckets, the two running sums of every window, and the result.
    pub(super) fn rows(&self) -> usize {
        3 * (usize::from(self.windows) * (usize::from(self.buckets()) + 2) + 1)
    }

    /// Cuts of scalars of `scalar_bits` bits, sign included.
    pub(super) fn candidates(scalar_bits: usize) -> impl Iterator<Item = Self> {
        (2..=10).filter_map(move |bits| {
            let windows = u8::try_from(scalar_bits.div_ceil(bits)).ok()?;
            Some(Self {
                bits: bits as u8,
                windows,
            })
        })
    }

    /// Iterations in which one of `items` items waits for its bucket. Every `windows`-th of the last items is of the same
    /// window; it is of the same bucket as often as others, and keeps it until it has left.
    fn waits(&self, items: u64) -> u64 {
        let ages = (1..CONTEXTS).filter(|age| age % usize::from(self.windows) == 0);
        let iterations: usize = ages.map(|age| CONTEXTS - age).sum();
        items * iterations as u64 / u64::from(self.buckets())
    }

    /// Cycles for `scalars` scalars with the two additions, if digits are evenly spread.
    pub(super) fn cycles(&self, scalars: usize, add_affine: &Program, add: &Program) -> u64 {
        let (windows, bits) = (u64::from(self.windows), u64::from(self.bits));
        let digits = scalars as u64 * windows;
        // Zero digits add nothing.
        let items = digits - (digits >> bits);
        let accumulate = job_cycles(add_affine, items + self.waits(items), 1);
        let reduce = 2 * u64::from(self.buckets()) * job_cycles(add, windows, 1);
        let chain = u64::from(add.stages);
        let combine = windows * (job_cycles(add, bits, chain) + job_cycles(add, 1, 1));
        accumulate + reduce + combine
    }
}
