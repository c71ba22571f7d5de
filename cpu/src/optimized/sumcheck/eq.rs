//! `eq(point, ·)` as a product of two half tables, never as one table of `2^n` entries.
//!
//! With `i` variables bound and variable `i` free,
//! ```text
//! eq(point; r_0 … r_{i-1}, X, y) = l_i(X) · high[y_high] · low[y_low]
//! l_i(X) = 1 − point_i + X·(2·point_i − 1)
//! ```
//! up to the factor `Π_{j<i} eq(point_j, r_j)`, so a round sums the other factors against `high` and `low`, and
//! multiplies by that factor and by the line `l_i` at the end ([Gruen], section 3.2).
//!
//! [Gruen]: https://eprint.iacr.org/2024/108

use kernelwise_field::Fr;
use kernelwise_hal::rounds::{EqPrefix, eq_table};

use crate::simd::WIDTH;

/// `eq` over all free variables but the first, as a product of two tables.
pub(super) struct Halves {
    high: Vec<Fr>,
    low: Vec<Fr>,
}

impl Halves {
    pub(super) fn new(point: &[Fr]) -> Self {
        let rest = point.get(1..).unwrap_or_default();
        let (high, low) = rest.split_at(high_vars(point.len()));
        Self {
            high: eq_table(high),
            low: eq_table(low),
        }
    }

    /// `eq` over the upper free variables but the first.
    pub(super) fn high(&self) -> &[Fr] {
        &self.high
    }

    /// `eq` over the lower free variables.
    pub(super) fn low(&self) -> &[Fr] {
        &self.low
    }

    /// The weight of entry `y` of the second half of a table.
    pub(super) fn weight(&self, y: usize) -> Fr {
        self.high[y / self.low.len()] * self.low[y % self.low.len()]
    }

    /// Drops the first variable.
    pub(super) fn bind(&mut self) {
        drop_variable(if self.high.len() > 1 {
            &mut self.high
        } else {
            &mut self.low
        });
    }
}

/// A whole `eq` factor: the bound prefix, and the tables of the rest.
pub(super) struct SplitEq {
    pub(super) prefix: EqPrefix,
    pub(super) halves: Halves,
}

impl SplitEq {
    pub(super) fn new(point: &[Fr]) -> Self {
        Self {
            prefix: EqPrefix::new(point.to_vec()),
            halves: Halves::new(point),
        }
    }

    pub(super) fn bind(&mut self, r: Fr) {
        self.prefix.bind(r);
        self.halves.bind();
    }
}

/// How many of the variables after the first are in the high table: half of them, but the low table fills lanes.
fn high_vars(num_vars: usize) -> usize {
    let rest = num_vars.saturating_sub(1);
    (rest / 2).min(rest.saturating_sub(WIDTH.ilog2() as usize))
}

/// Sums out the most significant variable: `eq(τ, 0) + eq(τ, 1) = 1` leaves the table of the others.
fn drop_variable(table: &mut Vec<Fr>) {
    if table.len() == 1 {
        return;
    }
    let half = table.len() / 2;
    let (zero, one) = table.split_at_mut(half);
    zero.iter_mut().zip(&*one).for_each(|(a, b)| *a += b);
    table.truncate(half);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_and_line_make_the_table() {
        let point: Vec<Fr> = [3u64, 5, 7, 11, 13].map(Fr::from).to_vec();
        let mut split = SplitEq::new(&point);
        let mut dense = eq_table(&point);
        for r in [2u64, 4, 6, 8, 10].map(Fr::from) {
            let half = dense.len() / 2;
            let (scale, (constant, slope)) = (split.prefix.scale(), split.prefix.line());
            let (constant, slope) = (constant * scale, slope * scale);
            for y in 0..half {
                let weight = split.halves.weight(y);
                assert_eq!(dense[y], constant * weight);
                assert_eq!(dense[y + half], (constant + slope) * weight);
            }
            dense = (0..half)
                .map(|y| dense[y] + r * (dense[y + half] - dense[y]))
                .collect();
            split.bind(r);
        }
        assert_eq!(split.prefix.scale(), dense[0]);
    }
}
