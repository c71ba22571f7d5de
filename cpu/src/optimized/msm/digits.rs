//! Signed digits of small integers, and the width that makes them cheapest.
//!
//! ```text
//! |v| = Σ_w d_w · 2^(c·w)   with   −2^(c−1) < d_w ≤ 2^(c−1)
//! ```
//! so that `2^(c−1)` buckets serve each window, and `v = −128` still fits one window of 8 bits.

/// How scalars are cut into windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Windows {
    /// Bits per window, `c`.
    pub(super) bits: u32,
    /// Number of windows.
    pub(super) count: usize,
}

/// The widest window considered: `2^15` buckets of 72 bytes outgrow a second-level cache.
const MAX_BITS: u32 = 15;

impl Windows {
    /// The windows with the fewest additions for a sum of `len` scalars of at most `max` in magnitude,
    /// where one addition of the bucket reduction costs `reduction_cost` additions into buckets.
    pub(super) fn cheapest(len: usize, max: u64, reduction_cost: f64) -> Self {
        let cost = |windows: &Self| {
            let reduction = 2.0 * windows.buckets() as f64 * reduction_cost;
            let shift = f64::from(windows.bits) * 2.0;
            windows.count as f64 * (len as f64 + reduction + shift)
        };
        (1..=MAX_BITS)
            .map(|bits| Self {
                bits,
                count: count(bits, max),
            })
            .min_by(|a, b| cost(a).total_cmp(&cost(b)))
            .unwrap_or(Self { bits: 1, count: 65 })
    }

    /// Buckets per window.
    pub(super) fn buckets(&self) -> usize {
        1 << (self.bits - 1)
    }

    /// Calls `put(window, bucket, negative)` for every nonzero digit of `value`.
    pub(super) fn for_each_digit(&self, value: i64, mut put: impl FnMut(usize, usize, bool)) {
        let mut rest = value.unsigned_abs();
        let half = 1u64 << (self.bits - 1);
        for window in 0..self.count {
            if rest == 0 {
                return;
            }
            let digit = rest & (2 * half - 1);
            rest >>= self.bits;
            if digit > half {
                rest += 1;
                put(window, (2 * half - digit) as usize - 1, value >= 0);
            } else if digit > 0 {
                put(window, digit as usize - 1, value < 0);
            }
        }
    }
}

/// The fewest windows of `bits` that represent every magnitude up to `max`.
fn count(bits: u32, max: u64) -> usize {
    let (mut count, mut reach) = (1, 1u128 << (bits - 1));
    while reach < u128::from(max) {
        reach = (reach << bits) + (1u128 << (bits - 1));
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_give_back_the_value() {
        for value in [
            0,
            1,
            -1,
            127,
            -128,
            255,
            256,
            -32768,
            1 << 40,
            i64::MAX,
            i64::MIN,
            0x5555_5555,
        ] {
            for bits in 1..=MAX_BITS {
                let windows = Windows {
                    bits,
                    count: count(bits, value.unsigned_abs()),
                };
                let mut sum = 0i128;
                windows.for_each_digit(value, |window, bucket, negative| {
                    assert!(bucket < windows.buckets());
                    let digit = (bucket as i128 + 1) << (bits as usize * window);
                    sum += if negative { -digit } else { digit };
                });
                assert_eq!(sum, i128::from(value), "{value} in windows of {bits} bits");
            }
        }
    }

    #[test]
    fn minimal_integers_need_no_extra_window() {
        assert_eq!(count(8, 128), 1);
        assert_eq!(count(8, 129), 2);
        assert_eq!(count(4, 128), 2);
        assert_eq!(count(1, 1), 1);
    }

    #[test]
    fn short_rows_get_narrow_windows() {
        assert!(Windows::cheapest(20, 128, 1.0).bits <= 4);
        assert_eq!(
            Windows::cheapest(4096, 128, 1.0),
            Windows { bits: 8, count: 1 }
        );
    }
}
