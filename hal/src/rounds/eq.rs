//! `eq(point, ·)` round by round.
//!
//! With `i` variables bound and variable `i` free,
//! ```text
//! eq(point; r_0 … r_{i-1}, X, y) = scale · l_i(X) · eq(point_{i+1} …, y)
//! l_i(X) = 1 − point_i + X·(2·point_i − 1),   scale = Π_{j<i} eq(point_j, r_j)
//! ```
//! so that a round sums the other factors against `eq(point_{i+1} …, ·)`, and multiplies by the line and the scale at the end
//! ([Gruen], section 3.2).
//!
//! [Gruen]: https://eprint.iacr.org/2024/108

use kernelwise_field::{AdditiveGroup, Field, Fr, batch_inversion};

/// The bound prefix of an `eq` factor.
#[derive(Debug, Clone)]
pub struct EqPrefix {
    point: Vec<Fr>,
    /// `1/point_i`, or zero.
    inverses: Vec<Fr>,
    bound: usize,
    scale: Fr,
}

impl EqPrefix {
    /// Nothing bound.
    pub fn new(point: Vec<Fr>) -> Self {
        let mut inverses = point.clone();
        batch_inversion(&mut inverses);
        Self {
            point,
            inverses,
            bound: 0,
            scale: Fr::ONE,
        }
    }

    /// `Π_{j<i} eq(point_j, r_j)`: the evaluation, once every variable is bound.
    pub fn scale(&self) -> Fr {
        self.scale
    }

    /// The coordinates of the variables after the free one.
    pub fn rest(&self) -> &[Fr] {
        self.point.get(self.bound + 1..).unwrap_or_default()
    }

    /// The coordinates of all variables that are not bound.
    pub fn unbound(&self) -> &[Fr] {
        self.point.get(self.bound..).unwrap_or_default()
    }

    /// `l(0)` and `l(1) − l(0)`.
    pub fn line(&self) -> (Fr, Fr) {
        let tau = self.coordinate();
        (Fr::ONE - tau, tau.double() - Fr::ONE)
    }

    /// `1/l(1)`, or zero if `l(1)` is zero.
    pub fn inverse_at_one(&self) -> Fr {
        self.inverses.get(self.bound).copied().unwrap_or(Fr::ZERO)
    }

    /// Binds the free variable.
    pub fn bind(&mut self, r: Fr) {
        let (constant, slope) = self.line();
        self.scale *= constant + r * slope;
        self.bound += 1;
    }

    /// The coordinate of the free variable.
    fn coordinate(&self) -> Fr {
        self.point.get(self.bound).copied().unwrap_or(Fr::ZERO)
    }
}

/// All `2^n` values of `eq(point, ·)`, most significant variable first.
pub fn eq_table(point: &[Fr]) -> Vec<Fr> {
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
