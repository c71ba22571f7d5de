//! What a request costs each way.
//!
//! Costs are in tenths of a product of field elements in lanes, on a CPU with AVX-512.

use kernelwise_field::Fr;
use kernelwise_hal::{Factors, SumcheckRequest, Table};

use super::plan::fits;
use crate::simd::products::MAX_FACTORS;

/// Terms from which on one list of terms beats one pass per term.
const MIN_TERMS: usize = 32;

/// Instances per term up to which terms, not tables, are what a round is made of.
const INSTANCES_PER_TERM: usize = 64;

/// Rounds before integers are bound, at most: the grid of degree 3 has 256 points then.
const MAX_WINDOW: usize = 4;

/// A product of integers by a coefficient, one of sixteen rows.
const INTEGER: f64 = 0.4;

/// An entry of an integer table on the grid.
const EXTENSION: f64 = 0.2;

/// An integer times a weight when tables are bound, and what each bound entry costs besides.
const LIFT: (f64, f64) = (0.8, 10.0);

/// The sums of a row made a field element and weighed.
const OUTPUT: f64 = 40.0;

/// Whether a request has many terms over few instances.
pub(in super::super) fn is_wide(request: &SumcheckRequest<'_>) -> bool {
    let terms = request.terms().len();
    terms >= MIN_TERMS
        && request.num_vars() < usize::BITS as usize
        && 1usize << request.num_vars() <= terms.saturating_mul(INSTANCES_PER_TERM)
        && !request
            .tables()
            .iter()
            .all(|table| matches!(table, Table::Eq(_)))
}

/// Terms of one degree and bound.
struct Class {
    degree: usize,
    bound: Option<i64>,
    terms: usize,
}

/// What the length of the window depends on.
pub(super) struct Costs {
    num_vars: usize,
    tables: usize,
    classes: Vec<Class>,
}

impl Costs {
    pub(super) fn new(
        num_vars: usize,
        tables: usize,
        terms: &[(Fr, Factors)],
        bounds: &[Option<i64>],
    ) -> Self {
        let mut classes: Vec<Class> = Vec::new();
        for ((_, factors), &bound) in terms.iter().zip(bounds) {
            let degree = factors.len();
            let same = |class: &&mut Class| class.degree == degree && class.bound == bound;
            match classes.iter_mut().find(same) {
                Some(class) => class.terms += 1,
                None => classes.push(Class {
                    degree,
                    bound,
                    terms: 1,
                }),
            }
        }
        Self {
            num_vars,
            tables,
            classes,
        }
    }

    /// The cheapest number of rounds to play before integers are bound.
    pub(super) fn window(&self) -> usize {
        let windows = 0..=MAX_WINDOW.min(self.num_vars);
        let cheapest = windows.min_by(|&a, &b| self.cost(a).total_cmp(&self.cost(b)));
        cheapest.unwrap_or(0)
    }

    fn cost(&self, window: usize) -> f64 {
        let instances = f64::from(2u32).powi(self.num_vars as i32);
        let bound_instances = instances / f64::from(2u32).powi(window as i32);
        let mut base = 1;
        let mut degrees = [false; MAX_FACTORS + 1];
        let mut total = 0.0;
        for class in &self.classes {
            let degree = class.degree;
            let integer =
                window > 0 && class.bound.is_some_and(|bound| fits(bound, degree, window));
            let pairs = if integer { bound_instances } else { instances };
            // Two products for the coefficient, those of the other factors and half of one for the sum at each point.
            let points = degree.max(1) as f64;
            let field = 20.0 + points * (5.0 + 10.0 * degree.saturating_sub(2) as f64);
            let mut cost = field * pairs;
            if integer {
                base = base.max(degree + 1);
                degrees[degree] = true;
                cost += INTEGER * bound_instances * ((degree + 1) as f64).powi(window as i32);
            }
            total += class.terms as f64 * cost;
        }
        let grid = |base: usize| bound_instances * (base as f64).powi(window as i32);
        if window > 0 {
            let degrees = (1..=MAX_FACTORS).filter(|&degree| degrees[degree]);
            total += degrees.map(|degree| OUTPUT * grid(degree + 1)).sum::<f64>();
            total += self.tables as f64 * EXTENSION * grid(base);
            let lift = LIFT.0 * instances + LIFT.1 * bound_instances;
            total += self.tables as f64 * lift;
        }
        total + self.tables as f64 * 10.0 * bound_instances
    }
}
