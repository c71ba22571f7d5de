//! Closed integer intervals: the static bounds that keep accumulators from wrapping.

use serde::{Deserialize, Serialize};

/// All integers `lo..=hi`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Range {
    /// Smallest value.
    pub lo: i64,
    /// Largest value.
    pub hi: i64,
}

impl Range {
    /// No bound: any field element. Arithmetic on it overflows, so that kernels over integers refuse it.
    pub const FIELD: Self = Self {
        lo: i64::MIN,
        hi: i64::MAX,
    };

    /// The range `lo..=hi`.
    pub const fn new(lo: i64, hi: i64) -> Self {
        Self { lo, hi }
    }

    /// Whether `lo <= hi`.
    pub fn is_valid(&self) -> bool {
        self.lo <= self.hi
    }

    /// Whether `value` lies inside.
    pub fn contains(&self, value: i64) -> bool {
        (self.lo..=self.hi).contains(&value)
    }

    /// Whether all of `other` lies inside.
    pub fn encloses(&self, other: &Self) -> bool {
        self.lo <= other.lo && other.hi <= self.hi
    }

    /// The largest absolute value.
    pub fn magnitude(&self) -> u64 {
        self.lo.unsigned_abs().max(self.hi.unsigned_abs())
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if *self == Self::FIELD {
            write!(f, "any field element")
        } else {
            write!(f, "{}..={}", self.lo, self.hi)
        }
    }
}
