//! Sumcheck in lanes, with fused bind and evaluation: every round passes over memory once.
//!
//! - Tables stay in lanes from the first bind until they no longer fill a vector.
//! - An `eq` factor never becomes a table of `2^n` entries: it is split in halves ([`eq`]) and its line is
//!   multiplied in at the end, so that the sums have one degree less.
//! - One value of the round polynomial follows from the claim and is not computed .
//! - Integers stay integers in the first round, and the first bind lifts them.
//! - Products are summed unreduced, and tables bound in place, block by block while they are in cache.
//!
//! Requests with many terms over few instances are played another way ([`wide`]).

mod block;
mod eq;
mod evaluate;
mod pass;
mod plan;
mod rooms;
mod table;
mod wide;

use std::sync::Arc;

use kernelwise_field::{AdditiveGroup, Fr};
use kernelwise_hal::rounds::{Group, RoundOrder, assemble, derived, group};
use kernelwise_hal::{DeviceError, RoundPoly, RoundProver, SumcheckDevice, SumcheckRequest, Table};

use crate::simd::{LaneKernel, LaneOps, WIDTH, dispatch};
use eq::Halves;
use evaluate::short_sum;
use pass::Pass;
use plan::{Job, jobs};
use rooms::Rooms;
use table::State;

/// One engine for every request.
pub(crate) struct OptimizedSumcheck {
    device: String,
    rooms: Arc<Rooms>,
}

impl OptimizedSumcheck {
    pub(crate) fn new(device: &str) -> Self {
        Self {
            device: device.to_owned(),
            rooms: Arc::default(),
        }
    }
}

impl SumcheckDevice for OptimizedSumcheck {
    fn prepare<'a>(
        &self,
        request: SumcheckRequest<'a>,
    ) -> Result<Box<dyn RoundProver + 'a>, DeviceError> {
        if wide::is_wide(&request) {
            return Ok(dispatch(wide::Prepare {
                device: &self.device,
                rooms: self.rooms.clone(),
                request,
                window: None,
            }));
        }
        Ok(dispatch(Prepare {
            device: self,
            request,
        }))
    }

    fn opens(&self) -> bool {
        true
    }
}

/// Chooses the lanes of a request.
struct Prepare<'d, 'a> {
    device: &'d OptimizedSumcheck,
    request: SumcheckRequest<'a>,
}

impl<'a> LaneKernel for Prepare<'_, 'a> {
    type Output = Box<dyn RoundProver + 'a>;

    fn call<S: LaneOps>(self, ops: S) -> Self::Output {
        let degree = self.request.degree();
        let (num_vars, tables, terms) = self.request.into_parts();
        let groups = group(&tables, terms);
        let halves = |group: &Group| group.eq.as_ref().map(|eq| Halves::new(eq.unbound()));
        let eqs = groups.iter().map(halves).collect();
        let is_factor = |index: usize| {
            groups
                .iter()
                .flat_map(|group| &group.products)
                .any(|product| product.factors.contains(&index))
        };
        let states = tables
            .into_iter()
            .enumerate()
            .map(|(index, table)| {
                let dense = matches!(table, Table::Eq(_)) && is_factor(index);
                State::new(table, dense)
            })
            .collect();
        let order = RoundOrder::new(&self.device.device, num_vars);
        Box::new(Rounds {
            ops,
            rooms: self.device.rooms.clone(),
            order,
            states,
            eqs,
            groups,
            degree,
        })
    }
}

struct Rounds<'a, S: LaneOps> {
    ops: S,
    rooms: Arc<Rooms>,
    order: RoundOrder,
    states: Vec<State<'a>>,
    eqs: Vec<Option<Halves>>,
    groups: Vec<Group>,
    degree: usize,
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
        if let Some(r) = bind {
            for state in &mut self.states {
                state
                    .shorten(self.ops)
                    .into_iter()
                    .for_each(|room| self.rooms.give_back(room));
                state.bind_short(r);
            }
        }
        Ok(self.states.iter().map(State::value).collect())
    }
}

impl<S: LaneOps> Rounds<'_, S> {
    fn round(&mut self, bind: Option<Fr>, claim: Option<Fr>) -> Result<RoundPoly, DeviceError> {
        let remaining = self.order.next_round(bind)?;
        if let Some(r) = bind {
            self.groups
                .iter_mut()
                .filter_map(|group| group.eq.as_mut())
                .for_each(|eq| eq.bind(r));
            self.eqs.iter_mut().flatten().for_each(Halves::bind);
        }
        let derived = claim.and_then(|_| derived(&self.groups));
        let len = 1usize << (remaining - 1);
        let mut values: Vec<Vec<Fr>> = self
            .groups
            .iter()
            .map(|group| vec![Fr::ZERO; group.degree + 1])
            .collect();
        for (job, sum) in self.sums(len, bind, derived) {
            values[job.group][job.place] += sum;
        }
        let claim = claim.unwrap_or_default();
        Ok(assemble(&self.groups, values, derived, self.degree, claim))
    }

    /// Binds every table, leaving two halves of `len` entries, and computes the sums of the round.
    fn sums(&mut self, len: usize, bind: Option<Fr>, derived: Option<usize>) -> Vec<(Job, Fr)> {
        let ops = self.ops;
        if len < WIDTH {
            for state in &mut self.states {
                state
                    .shorten(ops)
                    .into_iter()
                    .for_each(|room| self.rooms.give_back(room));
                bind.into_iter().for_each(|r| state.bind_short(r));
            }
            let tables: Vec<&[Fr]> = self
                .states
                .iter()
                .map(|state| match state {
                    State::Short(values) => &values[..],
                    _ => &[],
                })
                .collect();
            let sum = |job: Job| {
                let sum = short_sum(&self.eqs, &job, &tables, len);
                (job, sum)
            };
            return jobs(&self.groups, derived, |_| None)
                .into_iter()
                .map(sum)
                .collect();
        }
        let len = len / WIDTH;
        match bind {
            None => {
                let jobs = jobs(&self.groups, derived, |table| self.states[table].bits());
                let feeds = self.states.iter().map(|state| state.halves(len)).collect();
                Pass::new(ops, &self.eqs, jobs, None).run(feeds, len)
            }
            Some(r) => {
                let jobs = jobs(&self.groups, derived, |_| None);
                let mut rooms: Vec<Option<Vec<Fr>>> = self
                    .states
                    .iter()
                    .map(|state| state.needs_room().then(|| self.rooms.take(2 * len * WIDTH)))
                    .collect();
                let rooms_and_states = self.states.iter_mut().zip(&mut rooms);
                let feeds = rooms_and_states
                    .map(|(state, room)| state.binding(room.as_deref_mut(), len, r))
                    .collect();
                let sums = Pass::new(ops, &self.eqs, jobs, Some(r)).run(feeds, len);
                for (state, room) in self.states.iter_mut().zip(rooms) {
                    state.set_bound(room, 2 * len);
                }
                sums
            }
        }
    }
}
