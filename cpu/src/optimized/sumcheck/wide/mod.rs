//! Sumcheck over many terms and few instances: data-parallel circuits, one layer at a time.
//!
//! ```text
//! Σ_{n ∈ {0,1}^m} E(n) · Σ_t c_t · Π_j V_{x_tj}(n)         E in every term, V mostly small integers
//! ```
//! - **Window.** The polynomials of the first rounds follow from the sums over terms on a [grid] of small points, where
//!   products of integers stay integers; nothing is bound until then ([Bagad-Dao-Domb-Thaler]). The coefficients
//!   enter as digits, sixteen instances at a time ([products](crate::simd::products)), on one [panel] of the grid after
//!   the other.
//! - **Bind.** Integers are bound at all challenges of the window at once ([values]).
//! - **Rest.** Lanes run over instances while they fill a vector, then over terms ([evaluate]).
//!
//! The factor common to all terms is taken out; if it is an `eq`, the sums have one degree less ([Gruen]). How long the
//! window is follows from a [cost] model, within the magnitudes that sixteen bits hold.
//!
//! [Bagad-Dao-Domb-Thaler]: https://eprint.iacr.org/2025/1117
//! [Gruen]: https://eprint.iacr.org/2024/108

mod cost;
mod evaluate;
mod grid;
mod panel;
mod plan;
#[cfg(test)]
mod tests;
mod values;
mod window;

use std::sync::Arc;

use kernelwise_field::{AdditiveGroup, Field, Fr};
use kernelwise_hal::rounds::{At, RoundOrder, complete, eq_table, evaluations, extrapolate};
use kernelwise_hal::{DeviceError, IntSlice, RoundPoly, RoundProver, SumcheckRequest};

use super::rooms::Rooms;
use crate::simd::{LaneKernel, LaneOps};
pub(super) use cost::is_wide;
use evaluate::{Products, Weights, sums};
use grid::Grid;
use plan::{Head, Place, Plan};
use values::Values;

/// Starts a request with many terms.
pub(super) struct Prepare<'d, 'a> {
    pub(super) device: &'d str,
    pub(super) rooms: Arc<Rooms>,
    pub(super) request: SumcheckRequest<'a>,
    /// The number of rounds before integers are bound, as far as magnitudes permit; the cheapest if absent.
    pub(super) window: Option<usize>,
}

impl<'a> LaneKernel for Prepare<'_, 'a> {
    type Output = Box<dyn RoundProver + 'a>;

    fn call<S: LaneOps>(self, ops: S) -> Self::Output {
        let degree = self.request.degree();
        let (num_vars, tables, terms) = self.request.into_parts();
        let plan = Plan::new(ops, num_vars, tables, terms, self.window);
        let grids = window::grids(ops, num_vars, &plan);
        Box::new(Rounds {
            ops,
            order: RoundOrder::new(self.device, num_vars),
            degree,
            head: plan.head,
            values: Values::new(&self.rooms, &plan.early, 1 << num_vars),
            rooms: self.rooms,
            early: plan.early.len(),
            late: plan.late,
            places: plan.places,
            early_terms: plan.early_terms,
            late_terms: plan.late_terms,
            grids,
            window: plan.window,
            challenges: Vec::new(),
        })
    }
}

struct Rounds<'a, S: LaneOps> {
    ops: S,
    rooms: Arc<Rooms>,
    order: RoundOrder,
    degree: usize,
    head: Head,
    values: Values,
    /// Slots that are bound from the first round on.
    early: usize,
    /// Integers until the window has passed.
    late: Vec<IntSlice<'a>>,
    places: Vec<Place>,
    early_terms: Vec<Products>,
    late_terms: Vec<Products>,
    /// What stands for `late_terms` in the window.
    grids: Vec<Grid>,
    window: usize,
    /// Those of the window so far.
    challenges: Vec<Fr>,
}

impl<S: LaneOps> RoundProver for Rounds<'_, S> {
    fn prove_round(&mut self, bind: Option<Fr>, claim: Fr) -> Result<RoundPoly, DeviceError> {
        self.round(bind, Some(claim))
    }

    fn open(&mut self) -> Result<RoundPoly, DeviceError> {
        self.round(None, None)
    }

    fn finish(mut self: Box<Self>, bind: Option<Fr>) -> Result<Vec<Fr>, DeviceError> {
        self.order.finish(bind)?;
        bind.into_iter().for_each(|r| self.bind(r));
        let value = |place: &Place| match (*place, &self.head) {
            (Place::Slot(slot), _) => self.values.row(slot)[0],
            (Place::Head, Head::Eq(eq, _)) => eq.prefix.scale(),
            (Place::Head, _) => Fr::ZERO,
        };
        let evals = self.places.iter().map(value).collect();
        let Self { values, rooms, .. } = *self;
        values.free(&rooms);
        Ok(evals)
    }
}

impl<S: LaneOps> Rounds<'_, S> {
    fn round(&mut self, bind: Option<Fr>, claim: Option<Fr>) -> Result<RoundPoly, DeviceError> {
        let remaining = self.order.next_round(bind)?;
        bind.into_iter().for_each(|r| self.bind(r));
        // With an `eq`, the sums have the factor `scale` and the line, which the others lack.
        let (scale, (constant, slope), inverse) = match &self.head {
            Head::Eq(eq, _) => {
                let prefix = &eq.prefix;
                (prefix.scale(), prefix.line(), prefix.inverse_at_one())
            }
            Head::Slot(_) | Head::None => (Fr::ONE, (Fr::ONE, Fr::ZERO), Fr::ONE),
        };
        let len = self.degree + 1;
        let mut total = vec![Fr::ZERO; len.max(2)];
        if !self.grids.is_empty() {
            let free = self.window - self.challenges.len() - 1;
            let weights = match &self.head {
                Head::Eq(_, point) => eq_table(&point[self.challenges.len() + 1..self.window]),
                Head::Slot(_) | Head::None => vec![Fr::ONE; 1 << free],
            };
            for grid in &self.grids {
                let values = grid.round(&weights, total.len());
                add(&mut total, values.into_iter().map(|value| scale * value));
            }
        }
        let terms = self.terms();
        if let Some(degree) = terms.iter().map(|products| products.degree()).max() {
            // The value at 1 is found by dividing by the line at 1, which vanishes for a coordinate 0.
            let claim = claim.filter(|_| inverse != Fr::ZERO);
            let mut values = self.field_values(&terms, degree, claim.is_some(), remaining);
            values.iter_mut().for_each(|value| *value *= scale);
            let degree = values.len() - 1;
            if let Some(claim) = claim {
                let at_zero = total[0] + values[0];
                values[1] = (claim - constant * at_zero) * inverse - total[1];
            }
            if claim.is_none() || degree > 1 {
                complete(&mut values);
            }
            extrapolate(&mut values, total.len());
            add(&mut total, values);
        }
        let mut at = constant;
        for value in &mut total {
            *value *= at;
            at += slope;
        }
        total.truncate(len);
        Ok(RoundPoly(total))
    }
}

fn add(total: &mut [Fr], values: impl IntoIterator<Item = Fr>) {
    total.iter_mut().zip(values).for_each(|(t, v)| *t += v);
}

impl<S: LaneOps> Rounds<'_, S> {
    fn bind(&mut self, r: Fr) {
        if let Head::Eq(eq, _) = &mut self.head {
            eq.bind(r);
        }
        self.values.bind(self.ops, &self.rooms, r);
        if self.challenges.len() < self.window {
            self.challenges.push(r);
            self.grids.iter_mut().for_each(|grid| grid.bind(r));
            if self.challenges.len() == self.window {
                self.grids.clear();
                let late = std::mem::take(&mut self.late);
                let slots = self.early;
                self.values
                    .lift(self.ops, &self.rooms, slots, &late, &self.challenges);
            }
        }
    }

    /// The terms that are summed in lanes now.
    fn terms(&self) -> Vec<&Products> {
        let late = if self.challenges.len() == self.window {
            &self.late_terms[..]
        } else {
            &[]
        };
        self.early_terms.iter().chain(late).collect()
    }

    /// The sums of `terms` of at most `degree` factors, at all points but the `derived` one, and with the leading
    /// coefficient in the last place.
    fn field_values(
        &self,
        terms: &[&Products],
        degree: usize,
        derived: bool,
        remaining: usize,
    ) -> Vec<Fr> {
        let head = usize::from(matches!(self.head, Head::Slot(_)));
        let weights = match &self.head {
            Head::Eq(eq, _) => Weights::Each(
                (0..1usize << (remaining - 1))
                    .map(|y| eq.halves.weight(y))
                    .collect(),
            ),
            Head::Slot(slot) => Weights::Line(self.values.row(*slot)),
            Head::None => Weights::One,
        };
        let total = degree + head;
        let points = evaluations(total, derived);
        let (last, others) = match points.split_last() {
            Some((At::Leading, others)) => (true, others),
            _ => (false, &points[..]),
        };
        let mut values = vec![Fr::ZERO; total + 1];
        // A product of fewer factors adds nothing to the leading coefficient.
        for highest in [false, true] {
            let products: Vec<&Products> = terms
                .iter()
                .copied()
                .filter(|products| (products.degree() == degree) == highest)
                .collect();
            let points: &[At] = if highest && last { &points } else { others };
            let sums = sums(self.ops, &self.values, &products, points, &weights);
            for (point, sum) in points.iter().zip(sums) {
                let place = match *point {
                    At::Point(x) => x,
                    At::Leading => total,
                };
                values[place] += sum;
            }
        }
        values
    }
}
