//! The sums of one round over a block of indices.

use kernelwise_field::{AdditiveGroup, Fr};
use kernelwise_hal::IntSlice;

use super::plan::{Group, Product};
use super::state::Halves;
use crate::optimized::wide::WideSum;

/// For every group its sums at `X = 0 … degree`.
pub(super) type Sums = Vec<Vec<Fr>>;

/// Sums of zero, in the form of `groups`.
pub(super) fn no_sums(groups: &[Group]) -> Sums {
    groups
        .iter()
        .map(|group| vec![Fr::ZERO; group.degree + 1])
        .collect()
}

/// Adds the sums of two blocks.
pub(super) fn add_sums(mut left: Sums, right: Sums) -> Sums {
    for (left, right) in left.iter_mut().flatten().zip(right.iter().flatten()) {
        *left += right;
    }
    left
}

/// Sums the products of every group over a block that starts at index `start` and, where there are `eq`
/// factors, lies within one entry of their high tables. Leaves out `X = 1` for the group `derived`.
pub(super) fn evaluate(
    groups: &[Group],
    halves: &[Halves<'_>],
    start: usize,
    len: usize,
    derived: Option<usize>,
) -> Sums {
    let sums = groups.iter().enumerate().map(|(index, group)| {
        let block = Block {
            halves,
            len,
            skip_one: derived == Some(index),
        };
        let weights = group.eq.as_ref().map(|eq| {
            let low = start % eq.low().len();
            (eq.high()[start / eq.low().len()], &eq.low()[low..low + len])
        });
        let mut totals = vec![Fr::ZERO; group.degree + 1];
        for product in &group.products {
            let low = weights.map(|(_, low)| low);
            let sums = if product.fits_integers && block.is_integer(product) {
                block.sum_integers(product, low, group.degree)
            } else {
                block.sum_fields(product, low, group.degree)
            };
            totals
                .iter_mut()
                .zip(sums)
                .for_each(|(total, sum)| *total += product.coefficient * sum);
        }
        if let Some((high, _)) = weights {
            totals.iter_mut().for_each(|total| *total *= high);
        }
        totals
    });
    sums.collect()
}

/// The halves of all tables over one range of indices.
struct Block<'b> {
    halves: &'b [Halves<'b>],
    len: usize,
    skip_one: bool,
}

impl Block<'_> {
    fn is_integer(&self, product: &Product) -> bool {
        product
            .factors
            .iter()
            .all(|&factor| matches!(self.halves[factor], Halves::Int(..)))
    }

    /// `Σ_y weight(y) · Π_T T(X, y)` at `X = 0 … degree`.
    fn sum_fields(&self, product: &Product, weights: Option<&[Fr]>, degree: usize) -> Vec<Fr> {
        let mut sums = vec![Fr::ZERO; degree + 1];
        let mut values = vec![Fr::ZERO; degree + 1];
        for y in 0..self.len {
            for (position, &factor) in product.factors.iter().enumerate() {
                let (zero, one) = self.lift(factor, y);
                self.along(zero, one - zero, degree, |x, value| {
                    if position == 0 {
                        values[x] = value;
                    } else {
                        values[x] *= value;
                    }
                });
            }
            self.along(0, 1, degree, |x, _| match weights {
                Some(weights) => sums[x] += values[x] * weights[y],
                None => sums[x] += values[x],
            });
        }
        sums
    }

    /// As [`sum_fields`](Self::sum_fields) for products of integers that fit 64 bits.
    fn sum_integers(&self, product: &Product, weights: Option<&[Fr]>, degree: usize) -> Vec<Fr> {
        let mut plain = vec![0i128; degree + 1];
        let mut weighted = vec![WideSum::default(); degree + 1];
        let mut values = vec![0i64; degree + 1];
        for y in 0..self.len {
            values.fill(1);
            for &factor in &product.factors {
                if let Halves::Int(low, high) = self.halves[factor] {
                    let (zero, one) = (low.get(y).unwrap_or(0), high.get(y).unwrap_or(0));
                    self.along(zero, one - zero, degree, |x, value| values[x] *= value);
                }
            }
            self.along(0, 1, degree, |x, _| match weights {
                Some(weights) => weighted[x].add(values[x], &weights[y]),
                None => plain[x] += i128::from(values[x]),
            });
        }
        match weights {
            Some(_) => weighted.iter().map(WideSum::finish).collect(),
            None => plain.into_iter().map(Fr::from).collect(),
        }
    }

    fn lift(&self, factor: usize, y: usize) -> (Fr, Fr) {
        match self.halves[factor] {
            Halves::Field(low, high) => (low[y], high[y]),
            Halves::Int(low, high) => (lift(low, y), lift(high, y)),
            Halves::Factored => (Fr::ZERO, Fr::ZERO),
        }
    }

    /// Calls `put(X, zero + X·rise)` for every `X` that is asked for.
    fn along<T: Copy + std::ops::AddAssign>(
        &self,
        zero: T,
        rise: T,
        degree: usize,
        mut put: impl FnMut(usize, T),
    ) {
        let mut value = zero;
        for x in 0..=degree {
            if x > 0 {
                value += rise;
            }
            if x != 1 || !self.skip_one {
                put(x, value);
            }
        }
    }
}

fn lift(values: IntSlice<'_>, y: usize) -> Fr {
    values.get(y).map_or(Fr::ZERO, Fr::from)
}
