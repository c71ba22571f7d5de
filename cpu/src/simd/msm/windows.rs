//! How scalars are cut into signed digits.
//!
//! ```text
//! s + Σ_w 2^(c−1)·2^(c·w) = Σ_w u_w·2^(c·w)    gives    s = Σ_w (u_w − 2^(c−1))·2^(c·w)
//! ```
//! One addition replaces the carries from digit to digit. Digits lie in `[−2^(c−1), 2^(c−1))`, so `2^(c−1)`
//! buckets serve each window, and `−128` fits one window of 8 bits.

/// The widest window: a digit is stored in 16 bits.
const MAX_BITS: u32 = 16;

/// Additions that one point costs beside its own: sorting it into place.
const SORT_COST: f64 = 0.12;

/// Lane additions per bucket of the reduction, with what they cost above an addition into a bucket.
const BUCKET_COST: f64 = 2.2;

/// Additions' worth of the scalar remainder of one window.
const WINDOW_COST: f64 = 400.0;

/// A cut into windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Windows {
    /// Bits per window, `c`.
    pub(super) bits: u32,
    /// Number of windows.
    pub(super) count: usize,
}

impl Windows {
    /// One window for scalars that are zero or one.
    pub(super) const BIT: Self = Self { bits: 1, count: 1 };

    /// The cheapest windows for `rows` sums of `len` integers in `[min, max]`.
    pub(super) fn for_integers(len: usize, rows: usize, min: i64, max: i64) -> Self {
        Self::cheapest(len, rows, |bits| {
            (1..=65).find(|&count| Self { bits, count }.represents(min, max))
        })
    }

    /// The cheapest windows for `rows` sums of `len` elements of `Fr`.
    pub(super) fn for_field(len: usize, rows: usize) -> Self {
        // 254 bits, and one for the carry out of the highest digit.
        // The digits of a negative scalar change their signs, and that of the widest would not fit.
        Self::cheapest(len, rows, |bits| {
            (bits < MAX_BITS).then(|| 255usize.div_ceil(bits as usize))
        })
    }

    fn cheapest(len: usize, rows: usize, count: impl Fn(u32) -> Option<usize>) -> Self {
        (2..=MAX_BITS)
            .filter_map(|bits| count(bits).map(|count| Self { bits, count }))
            .min_by(|a, b| a.cost(len, rows).total_cmp(&b.cost(len, rows)))
            .unwrap_or(Self { bits: 2, count: 65 })
    }

    /// Lane additions per row, or what costs as much, for `rows` sums of `len` scalars.
    pub(super) fn cost(&self, len: usize, rows: usize) -> f64 {
        let points = len as f64 * (1.0 + SORT_COST);
        let remainder = WINDOW_COST / rows as f64;
        self.count as f64 * (points + self.buckets() as f64 * BUCKET_COST + remainder)
    }

    /// Buckets per window; also the offset of a stored digit.
    pub(super) fn buckets(&self) -> usize {
        1 << (self.bits - 1)
    }

    /// `Σ_w 2^(c·w)`, for integers.
    fn ones(&self) -> i128 {
        (0..self.count).fold(0, |sum, w| {
            sum | 1i128.checked_shl(self.bits * w as u32).unwrap_or(0)
        })
    }

    /// What is added to an integer before it is cut.
    pub(super) fn offset(&self) -> i128 {
        self.ones() << (self.bits - 1)
    }

    fn represents(&self, min: i64, max: i64) -> bool {
        if self.bits as usize * self.count > 80 {
            return true;
        }
        let half = 1i128 << (self.bits - 1);
        -half * self.ones() <= i128::from(min) && i128::from(max) <= (half - 1) * self.ones()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signed_byte_fits_one_window_of_eight_bits() {
        assert!(Windows { bits: 8, count: 1 }.represents(-128, 127));
        assert!(!Windows { bits: 8, count: 1 }.represents(-128, 128));
        assert!(!Windows { bits: 8, count: 2 }.represents(-32768, 32767));
        assert!(Windows { bits: 16, count: 1 }.represents(-32768, 32767));
    }

    #[test]
    fn extreme_integers_are_represented() {
        for rows in [1, 64] {
            for len in [1, 100, 1 << 20] {
                let windows = Windows::for_integers(len, rows, i64::MIN, i64::MAX);
                assert!(windows.represents(i64::MIN, i64::MAX), "{windows:?}");
            }
        }
    }

    #[test]
    fn wider_windows_for_longer_sums() {
        let bits = |len| Windows::for_field(len, 1).bits;
        assert!(bits(16) < bits(1 << 10) && bits(1 << 10) < bits(1 << 18));
    }
}
