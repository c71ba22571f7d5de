//! Polynomials by their values on a grid, for the rounds that are played before anything is bound.
//!
//! A product of `e` multilinear tables is, in each variable, a form of degree `e` in `(1 − X, X)`, and determined by its
//! values at `e + 1` points `(s : t)`, where a table with ends `v0, v1` takes the value `s·v0 + t·v1`. The points are
//! those that let integers grow least ([Bagad-Dao-Domb-Thaler], section 4):
//!
//! | point | `(s : t)` | value of a table | grows by |
//! |---|---|---|---|
//! | 0 | `(1 : 0)` | `v0` | 1 |
//! | 1 | `(0 : 1)` | `v1` | 1 |
//! | 2 | `(−1 : 1)` | `v1 − v0`, infinity | 2 |
//! | 3 | `(1 : 1)` | `v0 + v1`, one half | 2 |
//! | 4 | `(−1 : 2)` | `2·v1 − v0`, two | 3 |
//! | 5 | `(2 : −1)` | `2·v0 − v1`, minus one | 3 |
//! | 6 | `(1 : 2)` | `v0 + 2·v1`, two thirds | 3 |
//!
//! [Bagad-Dao-Domb-Thaler]: https://eprint.iacr.org/2025/1117

use std::sync::OnceLock;

use kernelwise_field::{AdditiveGroup, Field, Fr};
use kernelwise_hal::rounds::extrapolate;

/// The points, in the order in which degrees take them.
pub(super) const POINTS: [(i64, i64); 7] =
    [(1, 0), (0, 1), (-1, 1), (1, 1), (-1, 2), (2, -1), (1, 2)];

/// By how much each point makes integers grow: `|s| + |t|`.
pub(super) const GROWTH: [i64; 7] = [1, 1, 2, 2, 3, 3, 3];

/// From the values of a form at its points to its value anywhere.
struct Interpolation {
    /// Coefficient `j` of the polynomial in `X` is the product of row `j` with the values.
    inverse: Vec<Vec<Fr>>,
    /// The weights of the values in those at `X = 0, …, degree`.
    integers: Vec<Vec<Fr>>,
}

impl Interpolation {
    /// That of `degree`, which is computed once.
    fn of(degree: usize) -> &'static Self {
        static ALL: [OnceLock<Interpolation>; POINTS.len()] =
            [const { OnceLock::new() }; POINTS.len()];
        ALL[degree].get_or_init(|| Self::new(degree))
    }

    fn new(degree: usize) -> Self {
        let size = degree + 1;
        let mut rows: Vec<Vec<Fr>> = POINTS[..size]
            .iter()
            .map(|&(s, t)| powers(degree, Fr::from(s), Fr::from(t)))
            .collect();
        let mut inverse: Vec<Vec<Fr>> = (0..size)
            .map(|i| (0..size).map(|j| Fr::from(u64::from(i == j))).collect())
            .collect();
        // Gauss and Jordan; the points differ, so that there always is a pivot.
        for column in 0..size {
            if let Some(pivot) = (column..size).find(|&row| rows[row][column] != Fr::ZERO) {
                rows.swap(pivot, column);
                inverse.swap(pivot, column);
            }
            let scale = rows[column][column].inverse().unwrap_or(Fr::ZERO);
            for matrix in [&mut rows, &mut inverse] {
                matrix[column].iter_mut().for_each(|entry| *entry *= scale);
            }
            for row in (0..size).filter(|&row| row != column) {
                let factor = rows[row][column];
                for matrix in [&mut rows, &mut inverse] {
                    let pivot = matrix[column].clone();
                    for (entry, pivot) in matrix[row].iter_mut().zip(pivot) {
                        *entry -= factor * pivot;
                    }
                }
            }
        }
        let mut own = Self {
            inverse,
            integers: Vec::new(),
        };
        own.integers = (0..size as u64)
            .map(|x| own.weights(Fr::ONE - Fr::from(x), Fr::from(x)))
            .collect();
        own
    }

    /// The weights of the values in the value at `(s : t)`.
    fn weights(&self, s: Fr, t: Fr) -> Vec<Fr> {
        let powers = powers(self.inverse.len() - 1, s, t);
        (0..self.inverse.len())
            .map(|c| {
                let terms = powers.iter().zip(&self.inverse);
                terms.map(|(power, row)| *power * row[c]).sum()
            })
            .collect()
    }
}

/// `t^j·(s + t)^(degree − j)`: what a coefficient of `X^j` adds to the form at `(s : t)`.
fn powers(degree: usize, s: Fr, t: Fr) -> Vec<Fr> {
    let power = |base: Fr, exponent: usize| base.pow([exponent as u64]);
    (0..=degree)
        .map(|j| power(t, j) * power(s + t, degree - j))
        .collect()
}

/// A polynomial by its values on a grid, most significant variable first.
pub(super) struct Grid {
    degree: usize,
    num_vars: usize,
    values: Vec<Fr>,
    interpolation: &'static Interpolation,
}

impl Grid {
    /// A polynomial of `degree` at least 1 in each of `num_vars` variables, with `(degree + 1)^num_vars` values.
    pub(super) fn new(degree: usize, num_vars: usize, values: Vec<Fr>) -> Self {
        Self {
            degree,
            num_vars,
            values,
            interpolation: Interpolation::of(degree),
        }
    }

    /// The values at `X = 0, …, len − 1` of the sum over the bits of all variables but the first, with one weight for
    /// each of their combinations.
    pub(super) fn round(&self, weights: &[Fr], len: usize) -> Vec<Fr> {
        let base = self.degree + 1;
        let rest = self.num_vars - 1;
        let stride = base.pow(rest as u32);
        // The place of bits among digits.
        let place = |bits: usize| {
            (0..rest)
                .rev()
                .fold(0, |place, i| place * base + (bits >> i & 1))
        };
        let at_points: Vec<Fr> = (0..base)
            .map(|c| {
                let value =
                    |(bits, weight): (usize, &Fr)| *weight * self.values[c * stride + place(bits)];
                weights.iter().enumerate().map(value).sum()
            })
            .collect();
        let at = |x: usize| {
            let weights = &self.interpolation.integers[x];
            weights.iter().zip(&at_points).map(|(w, v)| *w * v).sum()
        };
        let mut values: Vec<Fr> = (0..base.min(len)).map(at).collect();
        extrapolate(&mut values, len);
        values
    }

    /// Binds the first variable.
    pub(super) fn bind(&mut self, r: Fr) {
        let weights = self.interpolation.weights(Fr::ONE - r, r);
        let stride = self.values.len() / (self.degree + 1);
        self.values = (0..stride)
            .map(|rest| {
                let terms = weights
                    .iter()
                    .zip(self.values[rest..].iter().step_by(stride));
                terms.map(|(weight, value)| *weight * value).sum()
            })
            .collect();
        self.num_vars -= 1;
    }
}

/// One more point in each of `num_vars` variables: `values` are `tail` forms of `degree` side by side, the last axis.
pub(super) fn raise(degree: usize, num_vars: usize, tail: usize, values: Vec<Fr>) -> Vec<Fr> {
    let (s, t) = POINTS[degree + 1];
    let weights = Interpolation::of(degree).weights(Fr::from(s), Fr::from(t));
    expand(degree + 1, num_vars, tail, values, |ends| {
        weights.iter().zip(ends).map(|(w, v)| *w * v).sum()
    })
}

/// The values of tables on the grid of `degree`, from those at bits.
pub(super) fn extend(degree: usize, num_vars: usize, tail: usize, values: Vec<Fr>) -> Vec<Fr> {
    (2..=degree).fold(values, |values, degree| {
        let (s, t) = POINTS[degree];
        expand(degree, num_vars, tail, values, |ends| {
            Fr::from(s) * ends[0] + Fr::from(t) * ends[1]
        })
    })
}

/// Appends a value to the `base` values along each axis but the last.
fn expand(
    base: usize,
    num_vars: usize,
    tail: usize,
    values: Vec<Fr>,
    next: impl Fn(&[Fr]) -> Fr,
) -> Vec<Fr> {
    let mut values = values;
    let mut inner = tail;
    for _ in 0..num_vars {
        let mut longer = Vec::with_capacity(values.len() / base * (base + 1));
        let mut ends = vec![Fr::ZERO; base];
        for block in values.chunks(base * inner) {
            longer.extend_from_slice(block);
            for i in 0..inner {
                for (end, value) in ends.iter_mut().zip(block[i..].iter().step_by(inner)) {
                    *end = *value;
                }
                longer.push(next(&ends));
            }
        }
        values = longer;
        inner *= base + 1;
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `Π_i (a_i + b_i·X)` as ends of lines.
    fn ends(degree: usize) -> Vec<(Fr, Fr)> {
        (0..degree as u64)
            .map(|i| (Fr::from(3 + i * i), Fr::from(11 * i + 5)))
            .collect()
    }

    #[test]
    fn forms_are_interpolated_from_their_points() {
        for degree in 1..=6 {
            let lines = ends(degree);
            let at = |s: Fr, t: Fr| -> Fr { lines.iter().map(|(a, b)| s * a + t * b).product() };
            let values: Vec<Fr> = POINTS[..=degree]
                .iter()
                .map(|&(s, t)| at(Fr::from(s), Fr::from(t)))
                .collect();
            let r = Fr::from(77u64);
            let mut grid = Grid::new(degree, 1, values.clone());
            let expected: Vec<Fr> = (0..8u64)
                .map(|x| at(Fr::ONE - Fr::from(x), Fr::from(x)))
                .collect();
            assert_eq!(grid.round(&[Fr::ONE], 8), expected);
            grid.bind(r);
            assert_eq!(grid.values, [at(Fr::ONE - r, r)]);
            if degree < 6 {
                let raised = raise(degree, 1, 1, values);
                let (s, t) = POINTS[degree + 1];
                assert_eq!(raised[degree + 1], at(Fr::from(s), Fr::from(t)));
            }
        }
    }
}
