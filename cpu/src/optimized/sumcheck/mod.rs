//! Sumcheck with fused bind and evaluation: every round passes over memory once.
//!
//! - An `eq` factor never becomes a table of `2^n` entries: it is split in halves ([`eq`]) and its line is
//!   multiplied in at the end, so that the sums have one degree less.
//! - One value of the round polynomial follows from the claim and is not computed.
//! - Products of small integers stay integers in the first round; the first bind lifts them.
//! - Tables are bound block by block in place, and each block is evaluated while it is in cache.

mod eq;
mod evaluate;
mod line;
mod plan;
mod state;

use kernelwise_field::{AdditiveGroup, Field, Fr};
use kernelwise_hal::{DeviceError, RoundPoly, RoundProver, SumcheckDevice, SumcheckRequest, Table};
use rayon::prelude::*;

use crate::rounds::RoundOrder;
use evaluate::{Sums, add_sums, evaluate, no_sums};
use plan::{Group, derived, group};
use state::{Binding, Halves, State};

/// Indices per block: a handful of tables of 256 pairs of field elements fit a first-level cache.
const BLOCK: usize = 256;

/// Indices per task at least: about a millisecond of work.
const TASK: usize = 1 << 12;

/// One engine for every request.
pub(crate) struct OptimizedSumcheck {
    device: String,
}

impl OptimizedSumcheck {
    pub(crate) fn new(device: &str) -> Self {
        Self {
            device: device.to_owned(),
        }
    }
}

impl SumcheckDevice for OptimizedSumcheck {
    fn prepare<'a>(
        &self,
        request: SumcheckRequest<'a>,
    ) -> Result<Box<dyn RoundProver + 'a>, DeviceError> {
        let degree = request.degree();
        let (num_vars, tables, terms) = request.into_parts();
        let groups = group(&tables, terms);
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
        let order = RoundOrder::new(&self.device, num_vars);
        Ok(Box::new(Rounds {
            order,
            states,
            groups,
            degree,
        }))
    }
}

struct Rounds<'a> {
    order: RoundOrder,
    states: Vec<State<'a>>,
    groups: Vec<Group>,
    degree: usize,
}

impl RoundProver for Rounds<'_> {
    fn prove_round(&mut self, bind: Option<Fr>, claim: Fr) -> Result<RoundPoly, DeviceError> {
        let remaining = self.order.next_round(bind)?;
        if let Some(r) = bind {
            self.groups
                .iter_mut()
                .filter_map(|group| group.eq.as_mut())
                .for_each(|eq| eq.bind(r));
        }
        // The value at 1 is found by dividing by the line at 1, which vanishes for a coordinate 0.
        let derived = derived(&self.groups, |group| {
            group.eq.as_ref().is_none_or(|eq| {
                let (constant, slope) = eq.line();
                constant + slope != Fr::ZERO
            })
        });
        let len = 1usize << (remaining - 1);
        let sums = match bind {
            None => self.first_sums(len, derived),
            Some(r) => self.bind_and_sum(len, r, derived),
        };
        Ok(self.assemble(sums, derived, claim))
    }

    fn finish(mut self: Box<Self>, bind: Option<Fr>) -> Result<Vec<Fr>, DeviceError> {
        self.order.finish(bind)?;
        if let Some(r) = bind {
            self.states.iter_mut().for_each(|state| state.bind_last(r));
        }
        Ok(self.states.iter().map(State::value).collect())
    }
}

impl Rounds<'_> {
    /// Indices per block: within one entry of every high table of an `eq` factor.
    fn block(&self, len: usize) -> usize {
        let lows = self
            .groups
            .iter()
            .filter_map(|group| group.eq.as_ref())
            .map(|eq| eq.low().len());
        lows.min().unwrap_or(BLOCK).min(BLOCK).min(len)
    }

    fn first_sums(&self, len: usize, derived: Option<usize>) -> Sums {
        let halves: Vec<Halves<'_>> = self.states.iter().map(|state| state.halves(len)).collect();
        let block = self.block(len);
        (0..len / block)
            .into_par_iter()
            .with_min_len(TASK.div_ceil(block))
            .map(|index| {
                let start = index * block;
                let halves: Vec<Halves<'_>> = halves
                    .iter()
                    .map(|halves| halves.part(start..start + block))
                    .collect();
                evaluate(&self.groups, &halves, start, block, derived)
            })
            .reduce(|| no_sums(&self.groups), add_sums)
    }

    /// Binds every table to `r`, leaving `2·len` entries, and sums over them.
    fn bind_and_sum(&mut self, len: usize, r: Fr, derived: Option<usize>) -> Sums {
        let block = self.block(len);
        let groups = &self.groups;
        let mut fresh: Vec<Option<Vec<Fr>>> = self
            .states
            .iter()
            .map(|state| state.needs_room().then(|| vec![Fr::ZERO; 2 * len]))
            .collect();
        let mut bindings: Vec<Option<Binding<'_>>> = self
            .states
            .iter_mut()
            .zip(&mut fresh)
            .map(|(state, fresh)| state.binding(fresh.as_deref_mut(), len, r))
            .collect();
        let task = len
            .div_ceil(4 * rayon::current_num_threads())
            .next_power_of_two()
            .max(TASK)
            .min(len);
        let mut tasks = Vec::new();
        for start in (0..len).step_by(task) {
            let (first, rest): (Vec<_>, Vec<_>) = bindings
                .into_iter()
                .map(|binding| binding.map(|b| b.split(task)).unzip())
                .unzip();
            tasks.push((start, first));
            bindings = rest;
        }
        let sums = tasks
            .into_par_iter()
            .map(|(start, mut bindings)| {
                (0..task)
                    .step_by(block)
                    .map(|offset| {
                        let range = offset..offset + block;
                        let halves: Vec<Halves<'_>> = bindings
                            .iter_mut()
                            .map(|binding| match binding {
                                Some(binding) => binding.bind(range.clone(), r),
                                None => Halves::Factored,
                            })
                            .collect();
                        evaluate(groups, &halves, start + offset, block, derived)
                    })
                    .fold(no_sums(groups), add_sums)
            })
            .reduce(|| no_sums(groups), add_sums);
        for (state, fresh) in self.states.iter_mut().zip(fresh) {
            state.set_bound(fresh, 2 * len);
        }
        sums
    }

    /// The round polynomial from the sums of all groups.
    fn assemble(&self, mut sums: Sums, derived: Option<usize>, claim: Fr) -> RoundPoly {
        let lines: Vec<(Fr, Fr)> = self
            .groups
            .iter()
            .map(|group| {
                group
                    .eq
                    .as_ref()
                    .map_or((Fr::ONE, Fr::ZERO), |eq| eq.line())
            })
            .collect();
        for (group, sums) in self.groups.iter().zip(&mut sums) {
            sums.iter_mut().for_each(|sum| *sum += group.constant);
        }
        if let Some(index) = derived {
            // claim = Σ_groups (s(0) + s(1)), with one s(1) unknown.
            let known: Fr = (sums.iter().zip(&lines).enumerate())
                .map(|(other, (sums, &(constant, slope)))| {
                    let at_one = sums.get(1).or(sums.first()).copied().unwrap_or(Fr::ZERO);
                    let one = if other == index {
                        Fr::ZERO
                    } else {
                        (constant + slope) * at_one
                    };
                    constant * sums.first().copied().unwrap_or(Fr::ZERO) + one
                })
                .sum();
            let (constant, slope) = lines[index];
            let line = constant + slope;
            let inverse = if line == Fr::ONE {
                line
            } else {
                line.inverse().unwrap_or(Fr::ZERO)
            };
            sums[index][1] = (claim - known) * inverse;
        }
        let mut round = vec![Fr::ZERO; self.degree + 1];
        for (mut values, (constant, slope)) in sums.into_iter().zip(lines) {
            line::extrapolate(&mut values, self.degree + 1);
            let mut at = constant;
            for (total, value) in round.iter_mut().zip(values) {
                *total += at * value;
                at += slope;
            }
        }
        RoundPoly(round)
    }
}
