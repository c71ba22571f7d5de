//! Sumchecks, divided by their last variables.
//!
//! Fixing the last `k` variables of a sum in every way leaves `2^k` sums over `n − k` variables, whose round polynomials add up to those of the whole:
//! each device plays some of them. Their final evaluations are tables of `2^k` entries, over which the last `k` rounds are played.
//!
//! Challenges bind the first variables first, so that no device ever needs what another one holds.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use kernelwise_field::{AdditiveGroup, Field, Fr};

use super::{Member, Pool, shares, side_by_side, too_large};
use crate::rates::{Rates, Work, weights};
use crate::rounds::{RoundOrder, eq_table};
use crate::{
    Device, DeviceError, DeviceKind, RoundPoly, RoundProver, SumcheckDevice, SumcheckRequest,
    Table, Term,
};

/// A request is cut into `2^MAX_CUTS` parts at most: rates beyond seven to one are not worth dividing for.
const MAX_CUTS: usize = 3;

impl SumcheckDevice for Pool {
    fn prepare<'a>(
        &self,
        request: SumcheckRequest<'a>,
    ) -> Result<Box<dyn RoundProver + 'a>, DeviceError> {
        if let Some(parts) = self.plan(&request) {
            match Divided::new(self, &request, &parts) {
                Err(error) if too_large(&error) => {}
                prepared => return Ok(Box::new(prepared?)),
            }
        }
        let mut refused = self.unsupported("sumcheck");
        for device in self.members.iter().filter_map(|m| m.device.sumcheck()) {
            match device.prepare(request.clone()) {
                Err(error) if too_large(&error) => refused = error,
                prepared => return prepared,
            }
        }
        Err(refused)
    }

    fn opens(&self) -> bool {
        let mut offered = self.members.iter().filter_map(|m| m.device.sumcheck());
        offered.all(SumcheckDevice::opens)
    }
}

impl Pool {
    /// How many parts each device plays, out of a power of two; `None` if it is not worth dividing.
    fn plan(&self, request: &SumcheckRequest<'_>) -> Option<Vec<usize>> {
        let rates: Vec<_> = (self.members.iter())
            .map(|member| member.rates.get(Work::Sumcheck))
            .collect();
        let opens = |member: &Member| member.device.sumcheck().is_some_and(SumcheckDevice::opens);
        let weights: Vec<f64> = (self.members.iter().zip(weights(&rates)))
            .map(|(member, weight)| if opens(member) { weight } else { 0.0 })
            .collect();
        let tables = request.tables().len();
        let entries = |log: usize| tables.saturating_mul(1usize << log.min(62));
        // The time of the slowest device, had it all to do alone and had it its share of the parts.
        let alone = weights.iter().copied().fold(0.0, f64::max).recip();
        let mut best = (alone, None);
        for cuts in 1..=MAX_CUTS.min(request.num_vars().saturating_sub(1)) {
            if entries(request.num_vars() - cuts) < self.grain.sumcheck_entries {
                break;
            }
            let parts = shares(1 << cuts, &weights, 1);
            let time = |(&parts, weight): (&usize, &f64)| match parts {
                0 => 0.0,
                parts => parts as f64 / (1 << cuts) as f64 / weight,
            };
            let slowest = parts.iter().zip(&weights).map(time).fold(0.0, f64::max);
            // More parts are more launches: they have to save something.
            if slowest < 0.95 * best.0 && parts.iter().filter(|&&parts| parts > 0).count() > 1 {
                best = (slowest, Some(parts));
            }
        }
        best.1
    }
}

/// One sum over all but the last variables.
struct Part<'a> {
    prover: Box<dyn RoundProver + 'a>,
    /// The last round; empty before the first.
    round: RoundPoly,
    /// What the final evaluation of each table is to be multiplied with.
    factors: Vec<Fr>,
}

impl<'a> Part<'a> {
    /// Part `place` of `2^cuts`.
    fn new(
        device: &dyn SumcheckDevice,
        request: &SumcheckRequest<'a>,
        cuts: usize,
        place: usize,
    ) -> Result<Self, DeviceError> {
        let free = request.num_vars() - cuts;
        let mut factors = Vec::with_capacity(request.tables().len());
        let mut tables = Vec::with_capacity(request.tables().len());
        for table in request.tables() {
            let (table, factor) = match table {
                Table::Fr(values) => {
                    let kept = values.iter().skip(place).step_by(1 << cuts);
                    (kept.copied().collect(), Fr::ONE)
                }
                Table::Int(values) => {
                    let kept = (place..values.len()).step_by(1 << cuts);
                    let kept = kept.filter_map(|index| values.get(index));
                    (kept.map(Fr::from).collect(), Fr::ONE)
                }
                Table::Eq(point) => {
                    let (kept, fixed) = point.split_at(free);
                    tables.push(Table::Eq(Cow::Owned(kept.to_vec())));
                    factors.push(eq_table(fixed)[place]);
                    continue;
                }
            };
            tables.push(Table::Fr(Cow::Owned(table)));
            factors.push(factor);
        }
        let weigh = |term: &Term| Term {
            coefficient: term.factors.iter().map(|&i| factors[i]).product::<Fr>()
                * term.coefficient,
            factors: term.factors.clone(),
        };
        let terms = request.terms().iter().map(weigh).collect();
        let prover = device.prepare(SumcheckRequest::new(free, tables, terms)?)?;
        Ok(Self {
            prover,
            round: RoundPoly(Vec::new()),
            factors,
        })
    }

    /// Plays a round; the claim follows from the round before.
    fn play(&mut self, bind: Option<Fr>) -> Result<(), DeviceError> {
        self.round = match bind {
            None => self.prover.open()?,
            Some(r) => {
                let claim = self.round.evaluate(r);
                self.prover.prove_round(bind, claim)?
            }
        };
        Ok(())
    }

    /// The final evaluation of each table.
    fn finish(self, bind: Option<Fr>) -> Result<Vec<Fr>, DeviceError> {
        let values = self.prover.finish(bind)?;
        let weighed = values.into_iter().zip(self.factors);
        Ok(weighed.map(|(value, factor)| value * factor).collect())
    }
}

/// The parts of one device.
struct Share<'a> {
    kind: DeviceKind,
    parts: Vec<Part<'a>>,
    /// Spent in rounds so far.
    time: Duration,
    /// Entries of all parts together.
    entries: usize,
    rates: Arc<Rates>,
}

/// A divided sumcheck in progress.
struct Divided<'a> {
    order: RoundOrder,
    /// Plays the last rounds.
    home: Arc<dyn Device>,
    shares: Vec<Share<'a>>,
    /// Variables that are fixed in the parts.
    cuts: usize,
    degree: usize,
    terms: Vec<Term>,
    last: Option<Box<dyn RoundProver>>,
}

impl<'a> Divided<'a> {
    fn new(
        pool: &Pool,
        request: &SumcheckRequest<'a>,
        parts: &[usize],
    ) -> Result<Self, DeviceError> {
        let cuts = parts.iter().sum::<usize>().ilog2() as usize;
        let entries = request.tables().len() << (request.num_vars() - cuts);
        let mut places = 0..;
        let mut shares = Vec::new();
        let mut home = None;
        for (member, &count) in pool.members.iter().zip(parts) {
            let Some(device) = member.device.sumcheck().filter(|_| count > 0) else {
                continue;
            };
            home.get_or_insert(&member.device);
            let parts = places.by_ref().take(count);
            let parts = parts.map(|place| Part::new(device, request, cuts, place));
            shares.push(Share {
                kind: member.device.info().kind,
                parts: parts.collect::<Result<_, _>>()?,
                time: Duration::ZERO,
                entries: entries * count,
                rates: Arc::clone(&member.rates),
            });
        }
        Ok(Self {
            order: RoundOrder::new(&pool.info.name, request.num_vars()),
            home: Arc::clone(home.ok_or_else(|| pool.unsupported("sumcheck"))?),
            shares,
            cuts,
            degree: request.degree(),
            terms: request.terms().to_vec(),
            last: None,
        })
    }

    /// Plays a round on every device.
    fn play(&mut self, bind: Option<Fr>) -> Result<RoundPoly, DeviceError> {
        let jobs = self.shares.iter_mut().map(|share| (share.kind, share));
        let results = side_by_side(jobs.collect(), |share: &mut Share<'a>| {
            let played = share.parts.iter_mut().try_for_each(|part| part.play(bind));
            (share, played)
        });
        let mut total = vec![Fr::ZERO; self.degree + 1];
        for ((share, played), time) in results {
            played?;
            share.time += time;
            for part in &share.parts {
                let values = total.iter_mut().zip(&part.round.0);
                values.for_each(|(total, value)| *total += value);
            }
        }
        Ok(RoundPoly(total))
    }

    /// Gathers the final evaluations of all parts in tables for the last rounds.
    fn gather(&mut self, bind: Option<Fr>) -> Result<Box<dyn RoundProver>, DeviceError> {
        let mut tables: Vec<Vec<Fr>> = Vec::new();
        for share in self.shares.drain(..) {
            share
                .rates
                .measured(Work::Sumcheck, share.entries, share.time);
            for part in share.parts {
                let values = part.finish(bind)?;
                tables.resize_with(values.len(), Vec::new);
                for (table, value) in tables.iter_mut().zip(values) {
                    table.push(value);
                }
            }
        }
        let tables = tables.into_iter().map(|t| Table::Fr(Cow::Owned(t)));
        let terms = std::mem::take(&mut self.terms);
        let request = SumcheckRequest::new(self.cuts, tables.collect(), terms)?;
        let device = self.home.sumcheck();
        let device = device.ok_or_else(|| DeviceError::Unsupported {
            device: self.home.info().name.clone(),
            operation: "sumcheck",
        })?;
        device.prepare(request)
    }

    /// The round of which `remaining` variables are free.
    fn round(
        &mut self,
        remaining: usize,
        bind: Option<Fr>,
        claim: Option<Fr>,
    ) -> Result<RoundPoly, DeviceError> {
        if remaining > self.cuts {
            return self.play(bind);
        }
        // The first round of the rest has nothing to bind: the parts were bound when they ended.
        let (mut last, bind) = match self.last.take() {
            Some(last) => (last, bind),
            None => (self.gather(bind)?, None),
        };
        let round = match claim {
            Some(claim) => last.prove_round(bind, claim)?,
            None => last.open()?,
        };
        self.last = Some(last);
        Ok(round)
    }
}

impl RoundProver for Divided<'_> {
    fn prove_round(&mut self, bind: Option<Fr>, claim: Fr) -> Result<RoundPoly, DeviceError> {
        let remaining = self.order.next_round(bind)?;
        self.round(remaining, bind, Some(claim))
    }

    fn open(&mut self) -> Result<RoundPoly, DeviceError> {
        let remaining = self.order.next_round(None)?;
        self.round(remaining, None, None)
    }

    fn finish(self: Box<Self>, bind: Option<Fr>) -> Result<Vec<Fr>, DeviceError> {
        self.order.finish(bind)?;
        match self.last {
            Some(last) => last.finish(bind),
            // Every request has more variables than are fixed in its parts.
            None => Ok(Vec::new()),
        }
    }
}
