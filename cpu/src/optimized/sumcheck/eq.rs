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

use kernelwise_field::{AdditiveGroup, Field, Fr, batch_inversion};

use crate::simd::WIDTH;

/// The bound prefix of an `eq` factor.
pub(super) struct EqPrefix {
    point: Vec<Fr>,
    bound: usize,
    /// `Π_{j < bound} eq(point_j, r_j)`.
    scale: Fr,
}

impl EqPrefix {
    pub(super) fn new(point: Vec<Fr>) -> Self {
        Self {
            point,
            bound: 0,
            scale: Fr::ONE,
        }
    }

    /// The evaluation once every variable is bound.
    pub(super) fn scale(&self) -> Fr {
        self.scale
    }

    /// The coordinate of the free variable.
    fn coordinate(&self) -> Fr {
        self.point.get(self.bound).copied().unwrap_or(Fr::ZERO)
    }

    pub(super) fn bind(&mut self, r: Fr) {
        let tau = self.coordinate();
        self.scale *= Fr::ONE - tau + r * (tau.double() - Fr::ONE);
        self.bound += 1;
    }
}

/// The bound prefix and the two half tables of an `eq` factor.
pub(super) struct SplitEq {
    prefix: EqPrefix,
    /// `1/point_i`, or zero.
    inverses: Vec<Fr>,
    high: Vec<Fr>,
    low: Vec<Fr>,
}

impl SplitEq {
    pub(super) fn new(point: &[Fr]) -> Self {
        let rest = point.get(1..).unwrap_or_default();
        let (high, low) = rest.split_at(high_vars(point.len()));
        let mut inverses = point.to_vec();
        batch_inversion(&mut inverses);
        Self {
            prefix: EqPrefix::new(point.to_vec()),
            inverses,
            high: table(high),
            low: table(low),
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

    /// `Π_{j<i} eq(point_j, r_j)`.
    pub(super) fn scale(&self) -> Fr {
        self.prefix.scale()
    }

    /// `l(0)` and `l(1) − l(0)`.
    pub(super) fn line(&self) -> (Fr, Fr) {
        let tau = self.prefix.coordinate();
        (Fr::ONE - tau, tau.double() - Fr::ONE)
    }

    /// `1/l(1)`, or zero if `l(1)` is zero.
    pub(super) fn inverse_at_one(&self) -> Fr {
        self.inverses
            .get(self.prefix.bound)
            .copied()
            .unwrap_or(Fr::ZERO)
    }

    pub(super) fn bind(&mut self, r: Fr) {
        self.prefix.bind(r);
        drop_variable(if self.high.len() > 1 {
            &mut self.high
        } else {
            &mut self.low
        });
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

/// All `2^n` values of `eq(point, ·)`, most significant variable first.
pub(super) fn table(point: &[Fr]) -> Vec<Fr> {
    let mut values = Vec::with_capacity(1 << point.len());
    values.push(Fr::ONE);
    for &tau in point.iter().rev() {
        // A new most significant variable: the old values times 1 − τ, then times τ.
        let len = values.len();
        for k in 0..len {
            let upper = values[k] * tau;
            values.push(upper);
            values[k] -= upper;
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_and_line_make_the_table() {
        let point: Vec<Fr> = [3u64, 5, 7, 11, 13].map(Fr::from).to_vec();
        let mut split = SplitEq::new(&point);
        let mut dense = table(&point);
        for r in [2u64, 4, 6, 8, 10].map(Fr::from) {
            let half = dense.len() / 2;
            let (constant, slope) = split.line();
            let (constant, slope) = (constant * split.scale(), slope * split.scale());
            for y in 0..half {
                let weight =
                    split.high()[y / split.low().len()] * split.low()[y % split.low().len()];
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
