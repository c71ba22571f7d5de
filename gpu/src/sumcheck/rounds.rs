//! The rounds of one sumcheck.

use kernelwise_field::{AdditiveGroup, Fr};
use kernelwise_hal::rounds::{At, Group, RoundOrder, assemble, derived, evaluations, group};
use kernelwise_hal::{DeviceError, RoundPoly, RoundProver, SumcheckRequest, Term};

use super::launch::{BLOCKS, LEADING, Launches, POINTS, Pass};
use super::program::{Form, MAX_TABLES, compile};
use super::tables::{Tables, Taken};
use super::tail::{self, HandOver, Tail};
use super::weights::Low;
use super::{LANES, THREADS};
use crate::driver::Gpu;

/// Operations of a request beyond which tables are bound apart from it, and terms spread over rows of the grid.
const FUSED_OPERATIONS: usize = 128;

/// A sumcheck on the card, until it is handed over.
pub(super) struct Rounds {
    gpu: Gpu,
    order: RoundOrder,
    groups: Vec<Group>,
    /// For each group with an `eq` factor.
    lows: Vec<Option<Low>>,
    degree: usize,
    state: State,
    launches: Launches,
    tail: Option<(HandOver, Vec<Term>)>,
}

enum State {
    Card(Box<Tables>),
    Tail(Tail),
    /// An operation failed.
    Broken,
}

/// The sums of a launch, and where they belong.
struct Asked {
    group: usize,
    places: Vec<usize>,
    factor: Fr,
}

impl Rounds {
    pub(super) fn new(
        gpu: Gpu,
        request: SumcheckRequest<'_>,
        tail: Option<HandOver>,
    ) -> Result<Self, DeviceError> {
        let degree = request.degree();
        let (num_vars, tables, terms) = request.into_parts();
        if tables.len() >= MAX_TABLES || degree as u64 >= LEADING {
            return Err(DeviceError::Unsupported {
                device: gpu.name().to_owned(),
                operation: "sumcheck of so many tables or factors",
            });
        }
        let tail = tail.map(|tail| (tail, terms.clone()));
        let groups = group(&tables, terms);
        let low = |group: &Group| {
            let eq = group.eq.as_ref();
            eq.map(|eq| Low::new(&gpu, eq.unbound())).transpose()
        };
        let lows = groups.iter().map(low).collect::<Result<_, _>>()?;
        let sums: usize = groups.iter().map(|group| group.degree + 1).sum();
        let launches = Launches::new(&gpu, sums)?;
        let tables = Tables::new(&gpu, &tables, &groups, num_vars)?;
        Ok(Self {
            order: RoundOrder::new(gpu.name(), num_vars),
            gpu,
            groups,
            lows,
            degree,
            state: State::Card(Box::new(tables)),
            launches,
            tail,
        })
    }

    /// Plays a round on the card.
    fn play(
        &mut self,
        tables: &mut Tables,
        bind: Option<Fr>,
        claim: Option<Fr>,
    ) -> Result<RoundPoly, DeviceError> {
        let operations: usize = self
            .groups
            .iter()
            .flat_map(|group| &group.products)
            .map(|product| product.factors.len())
            .sum();
        let fused = operations <= FUSED_OPERATIONS;
        let mut forms = tables.forms(fused && bind.is_some());
        if let Some(r) = bind {
            if !fused {
                tables.bind_fields(r)?;
            }
            tables.bind_integers(r)?;
            // What was bound here is not bound by the launch.
            let bound = forms.iter_mut().filter(|form| **form != Form::Unbound);
            bound.for_each(|form| *form = Form::Field);
            tables.shorten(r);
            let eqs = self.groups.iter_mut().filter_map(|group| group.eq.as_mut());
            eqs.for_each(|eq| eq.bind(r));
        }
        let views = tables.resident()?;
        let half = 1usize << (tables.num_vars() - 1);
        let derived = claim.and_then(|_| derived(&self.groups));
        let mut asked: Vec<Asked> = Vec::new();
        let mut results = 0;
        let rows = match fused {
            true => 1,
            false => {
                (LANES / half).clamp(1, BLOCKS / half.div_ceil(THREADS as usize).clamp(1, BLOCKS))
            }
        };
        for index in 0..self.groups.len() {
            let points = evaluations(self.groups[index].degree, derived == Some(index));
            // Also a group without sums, so that the first one binds what no sum needs.
            let chunks: Vec<&[At]> = match (points.is_empty(), index) {
                (true, 0) => vec![&[At::Point(0)]],
                _ => points.chunks(POINTS).collect(),
            };
            for (chunk, points) in chunks.into_iter().enumerate() {
                let binds_all = (index, chunk) == (0, 0);
                let group = &self.groups[index];
                let program = compile(group, &mut forms, binds_all, line_bits(points), rows);
                if program.operations.is_empty() {
                    continue;
                }
                let degree = group.degree;
                let place = |at: &At| match at {
                    At::Point(x) => *x,
                    At::Leading => degree,
                };
                let places = points.iter().map(place).collect();
                let low = self.lows[index].as_ref().map(|low| low.pointer(half));
                let pass = Pass {
                    index: asked.len(),
                    points,
                    views,
                    half,
                    bind,
                    rest: group.eq.as_ref().map(|eq| eq.rest()),
                    low,
                    results,
                };
                asked.push(Asked {
                    group: index,
                    places,
                    factor: self.launches.start(program, &pass)?,
                });
                results += points.len();
            }
        }
        let sums = self.launches.results(results)?;
        let mut sums = sums.into_iter();
        let group_values = |group: &Group| vec![Fr::ZERO; group.degree + 1];
        let mut values: Vec<Vec<Fr>> = self.groups.iter().map(group_values).collect();
        for Asked {
            group,
            places,
            factor,
        } in asked
        {
            for (place, sum) in places.into_iter().zip(&mut sums) {
                if let Some(value) = values[group].get_mut(place) {
                    *value = sum * factor;
                }
            }
        }
        let claim = claim.unwrap_or_default();
        Ok(assemble(&self.groups, values, derived, self.degree, claim))
    }
}

/// By how many bits a line may exceed its ends at these points: `|lo + X·(hi − lo)| ≤ (2X − 1)·max` for `X ≥ 1`, twice the maximum for the
/// difference.
fn line_bits(points: &[At]) -> u32 {
    let bits = |at: &At| match at {
        At::Point(0 | 1) => 0,
        At::Point(x) => (2 * x - 1).ilog2() + 1,
        At::Leading => 1,
    };
    points.iter().map(bits).max().unwrap_or(0)
}

impl RoundProver for Rounds {
    fn prove_round(&mut self, bind: Option<Fr>, claim: Fr) -> Result<RoundPoly, DeviceError> {
        self.order.next_round(bind)?;
        match (std::mem::replace(&mut self.state, State::Broken), bind) {
            (State::Card(mut tables), bind) => {
                let left = tail::entries(tables.num_vars() - 1, tables.len());
                let tail = self.tail.as_ref().filter(|(tail, _)| left <= tail.entries);
                if let (Some((tail, terms)), Some(r)) = (tail, bind) {
                    let left = tables.num_vars() - 1;
                    let mut tail = Tail::new(&*tail.device, left, tables.take(r)?, terms)?;
                    let round = tail.prove_round(None, claim)?;
                    self.state = State::Tail(tail);
                    return Ok(round);
                }
                let round = self.play(&mut tables, bind, Some(claim))?;
                self.state = State::Card(tables);
                Ok(round)
            }
            (State::Tail(mut tail), bind) => {
                let round = tail.prove_round(bind, claim)?;
                self.state = State::Tail(tail);
                Ok(round)
            }
            (State::Broken, _) => Err(broken(&self.gpu)),
        }
    }

    fn open(&mut self) -> Result<RoundPoly, DeviceError> {
        self.order.next_round(None)?;
        match std::mem::replace(&mut self.state, State::Broken) {
            State::Card(mut tables) => {
                let round = self.play(&mut tables, None, None)?;
                self.state = State::Card(tables);
                Ok(round)
            }
            State::Tail(_) | State::Broken => Err(broken(&self.gpu)),
        }
    }

    fn finish(self: Box<Self>, bind: Option<Fr>) -> Result<Vec<Fr>, DeviceError> {
        self.order.finish(bind)?;
        let value = |taken: Taken| match taken {
            Taken::Entries(entries) => entries.first().copied().unwrap_or(Fr::ZERO),
            Taken::Eq(eq) => eq.scale(),
        };
        match (self.state, bind) {
            (State::Card(tables), Some(r)) => Ok(tables.take(r)?.into_iter().map(value).collect()),
            (State::Tail(tail), bind) => tail.finish(bind),
            (State::Card(_) | State::Broken, _) => Err(broken(&self.gpu)),
        }
    }
}

fn broken(gpu: &Gpu) -> DeviceError {
    gpu.invariant("an earlier round of this sumcheck failed".to_owned())
}
