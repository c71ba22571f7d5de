//! What a core counts, and what of it belongs to which phase of an operation.

use std::collections::BTreeMap;

use crate::isa::{FRAME_CYCLES, Row};

/// What a core counts, each modulo `2^32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CoreCounters {
    /// Clock cycles.
    pub cycles: u32,
    /// Clock cycles while jobs ran.
    pub run_cycles: u32,
    /// Items.
    pub items: u32,
    /// Iterations in which an item waited for its bucket.
    pub stalls: u32,
    /// Products written.
    pub products: u32,
    /// Sums written.
    pub sums: u32,
    /// Requests carried out or repeated.
    pub requests: u32,
    /// Frames dropped.
    pub drops: u32,
}

impl CoreCounters {
    /// What was counted since `earlier`.
    #[must_use]
    pub fn since(self, earlier: Self) -> Self {
        self.zip(earlier, u32::wrapping_sub)
    }

    /// What was counted in both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.zip(other, u32::wrapping_add)
    }

    fn zip(self, other: Self, with: impl Fn(u32, u32) -> u32) -> Self {
        Self {
            cycles: with(self.cycles, other.cycles),
            run_cycles: with(self.run_cycles, other.run_cycles),
            items: with(self.items, other.items),
            stalls: with(self.stalls, other.stalls),
            products: with(self.products, other.products),
            sums: with(self.sums, other.sums),
            requests: with(self.requests, other.requests),
            drops: with(self.drops, other.drops),
        }
    }

    /// The counters that the register row holds.
    pub(super) fn of_row(row: &Row) -> Self {
        let word = |i: usize| (row[i / 2] >> (32 * (i % 2))) as u32;
        Self {
            cycles: word(0),
            run_cycles: word(1),
            items: word(2),
            stalls: word(3),
            products: word(4),
            sums: word(5),
            requests: word(6),
            drops: word(7),
        }
    }

    /// The part of the running time in which the multiplier started a product that was kept.
    pub fn multiplier_busy(&self) -> f64 {
        f64::from(self.products) * FRAME_CYCLES as f64 / f64::from(self.run_cycles.max(1))
    }
}

/// A part of a multi-scalar multiplication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Buckets become the identity.
    Clear,
    /// Bases are added to buckets.
    Accumulate,
    /// Running sums over the buckets of all windows.
    Reduce,
    /// The windows' sums become one.
    Combine,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Clear => "clear",
            Self::Accumulate => "accumulate",
            Self::Reduce => "reduce",
            Self::Combine => "combine",
        })
    }
}

/// Counters by phase.
#[derive(Debug, Default)]
pub(super) struct Phases {
    counted: BTreeMap<Phase, CoreCounters>,
    /// The counters when jobs ran last, unless others ran since.
    last: Option<CoreCounters>,
}

impl Phases {
    /// Jobs will run that belong to no phase.
    pub(super) fn forget(&mut self) {
        self.last = None;
    }

    /// The counters before the next jobs, if they are known.
    pub(super) fn last(&self) -> Option<CoreCounters> {
        self.last
    }

    /// Jobs of `phase` ran.
    pub(super) fn record(&mut self, phase: Phase, before: CoreCounters, after: CoreCounters) {
        let counted = self.counted.entry(phase).or_default();
        *counted = counted.and(after.since(before));
        self.last = Some(after);
    }

    pub(super) fn counted(&self) -> BTreeMap<Phase, CoreCounters> {
        self.counted.clone()
    }
}
