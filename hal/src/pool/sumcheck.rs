//! Sumchecks, divided by their last variables.
//!
//! Fixing the last `k` variables of a sum in every way leaves `2^k` sums over `n − k` variables, whose round polynomials add up to those of the whole:
//! each device plays some of them. Their final evaluations are tables of `2^k` entries, over which the last `k` rounds are played.
//!
//! Challenges bind the first variables first, so that no device ever needs what another one holds.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use kernelwise_field::{AdditiveGroup, Fr};

use super::part::{self, Part};
use super::{Member, Pool, shares, side_by_side};
use crate::rates::{Rates, Work, weights};
use crate::rounds::RoundOrder;
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
                Err(error) if error.is_refusal() => {}
                prepared => return Ok(Box::new(prepared?)),
            }
        }
        let mut refused = self.unsupported("sumcheck");
        for device in self.members.iter().filter_map(|m| m.device.sumcheck()) {
            match device.prepare(request.clone()) {
                Err(error) if error.is_refusal() => refused = error,
                prepared => return prepared,
            }
        }
        Err(refused)
    }

    fn opens(&self) -> bool {
        let mut offered = self.members.iter().filter_map(|m| m.device.sumcheck());
        offered.all(SumcheckDevice::opens)
    }

    /// That of the device that would be done last with its parts, and of the last rounds after it.
    fn estimate(&self, request: &SumcheckRequest<'_>) -> Option<Duration> {
        let devices = self.members.iter().map(|member| member.device.sumcheck());
        let Some(parts) = self.plan(request) else {
            return devices.flatten().next()?.estimate(request);
        };
        let cuts = parts.iter().sum::<usize>().ilog2() as usize;
        let part = part::shape(request, cuts)?;
        let rest = part::shape(request, request.num_vars() - cuts)?;
        let busy = devices.zip(&parts).filter(|(_, count)| **count > 0);
        let busy: Vec<_> = busy
            .map(|(device, &count)| Some((device?, u32::try_from(count).ok()?)))
            .collect::<Option<_>>()?;
        let (home, _) = busy.first()?;
        let times = busy
            .iter()
            .map(|(device, count)| Some(device.estimate(&part)? * *count));
        let slowest = times
            .collect::<Option<Vec<Duration>>>()?
            .into_iter()
            .max()?;
        Some(slowest + home.estimate(&rest)?)
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

/// The parts of one device.
struct Share<'a> {
    kind: DeviceKind,
    parts: Vec<Part<'a>>,
    /// Spent so far, getting ready included: a device behind a slow line spends most of it there.
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
        let mut jobs = Vec::new();
        for (member, &count) in pool.members.iter().zip(parts) {
            if let Some(device) = member.device.sumcheck().filter(|_| count > 0) {
                let places: Vec<usize> = places.by_ref().take(count).collect();
                jobs.push((member.device.info().kind, (member, device, places)));
            }
        }
        let home = jobs.first().map(|(_, (member, ..))| &member.device);
        let home = Arc::clone(home.ok_or_else(|| pool.unsupported("sumcheck"))?);
        let prepared = side_by_side(jobs, |(member, device, places)| {
            let parts = (places.into_iter())
                .map(|place| Part::new(device, request, cuts, place))
                .collect::<Result<Vec<_>, _>>();
            (member, parts)
        });
        let share = |((member, parts), time): ((&Member, Result<Vec<_>, _>), _)| {
            let parts = parts?;
            Ok(Share {
                kind: member.device.info().kind,
                time,
                entries: entries * parts.len(),
                parts,
                rates: Arc::clone(&member.rates),
            })
        };
        let shares: Vec<Share<'a>> =
            (prepared.into_iter().map(share)).collect::<Result<_, DeviceError>>()?;
        Ok(Self {
            order: RoundOrder::new(&pool.info.name, request.num_vars()),
            home,
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
        let jobs = self.shares.drain(..).map(|share| (share.kind, share));
        let finished = side_by_side(jobs.collect(), |share: Share<'a>| {
            let values = (share.parts.into_iter())
                .map(|part| part.finish(bind))
                .collect::<Result<Vec<_>, _>>();
            (values, share.time, share.entries, share.rates)
        });
        let mut tables: Vec<Vec<Fr>> = Vec::new();
        for ((values, before, entries, rates), time) in finished {
            for values in values? {
                tables.resize_with(values.len(), Vec::new);
                for (table, value) in tables.iter_mut().zip(values) {
                    table.push(value);
                }
            }
            rates.measured(Work::Sumcheck, entries, before + time);
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
