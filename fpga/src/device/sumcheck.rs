//! Sumchecks: tables go to the core once, then every round is one request.

use std::sync::Arc;
use std::time::Duration;

use kernelwise_hal::field::Fr;
use kernelwise_hal::{
    DeviceError, RoundPoly, RoundProver, SumcheckDevice, SumcheckRequest, Table, Term,
};

use super::FpgaDevice;
use super::element::{scalar, scalar_row};
use super::memory::Region;
use super::rounds::{RoundPrograms, too_large, unplaced};
use super::session::Session;
use crate::frame::{MAX_READ_ROWS, ROW_BYTES, Read, Request, Run, Write, row_bytes};
use crate::isa::{Program, Row};
use crate::programs::sumcheck::{At, Layout};

const OPERATION: &str = "a sumcheck round";

impl SumcheckDevice for FpgaDevice {
    fn prepare<'a>(
        &self,
        request: SumcheckRequest<'a>,
    ) -> Result<Box<dyn RoundProver + 'a>, DeviceError> {
        let (num_vars, tables, terms) = request.into_parts();
        let tables: Vec<Vec<Fr>> = tables.iter().map(dense).collect();
        if num_vars == 0 {
            let values = tables
                .iter()
                .filter_map(|table| table.first().copied())
                .collect();
            return Ok(Box::new(Constant {
                device: self.info.name.clone(),
                values,
            }));
        }
        Ok(Box::new(Rounds::new(
            Arc::clone(&self.session),
            num_vars,
            &tables,
            terms,
        )?))
    }

    fn estimate(&self, request: &SumcheckRequest<'_>) -> Option<Duration> {
        let estimate = self.estimate_sumcheck(request).ok()?;
        Some(estimate.time(self.speed))
    }
}

/// All entries of a table.
fn dense(table: &Table<'_>) -> Vec<Fr> {
    match table {
        Table::Fr(values) => values.to_vec(),
        Table::Int(values) => values.to_field(),
        Table::Eq(point) => {
            let mut values = vec![Fr::from(1u64)];
            for r in point.iter() {
                values = values.iter().flat_map(|v| [*v - *v * r, *v * r]).collect();
            }
            values
        }
    }
}

fn out_of_order(device: &str, reason: &str) -> DeviceError {
    DeviceError::InvariantViolation {
        device: device.to_owned(),
        reason: reason.to_owned(),
    }
}

/// A sumcheck without variables: nothing to compute.
struct Constant {
    device: String,
    values: Vec<Fr>,
}

impl RoundProver for Constant {
    fn prove_round(&mut self, _bind: Option<Fr>, _claim: Fr) -> Result<RoundPoly, DeviceError> {
        Err(out_of_order(&self.device, "a round without variables"))
    }

    fn finish(self: Box<Self>, bind: Option<Fr>) -> Result<Vec<Fr>, DeviceError> {
        match bind {
            None => Ok(self.values),
            Some(_) => Err(out_of_order(&self.device, "a challenge without variables")),
        }
    }
}

/// A sumcheck in progress.
struct Rounds {
    session: Arc<Session>,
    layout: Layout,
    terms: Vec<Term>,
    num_vars: usize,
    /// Rounds played; a failed request spoils the tables and leaves none to play.
    played: Option<usize>,
    jobs: u16,
    rounds: RoundPrograms,
    _region: Region,
}

impl Rounds {
    fn new(
        session: Arc<Session>,
        num_vars: usize,
        tables: &[Vec<Fr>],
        terms: Vec<Term>,
    ) -> Result<Self, DeviceError> {
        let mut layout = unplaced(tables.len(), &terms);
        let rounds = RoundPrograms::assemble(&session, &layout, num_vars)?;
        let totals = layout.totals().len();
        if 1 + totals + tables.len() > MAX_READ_ROWS {
            return Err(too_large(&session));
        }
        // Challenge, totals, final evaluations, jobs, programs, tables.
        let program_rows: usize = rounds.programs.iter().map(Program::interval).sum();
        let head = 1 + totals + tables.len() + num_vars + 1;
        let size = 1usize.checked_shl(num_vars as u32).unwrap_or(usize::MAX);
        let rows = size
            .saturating_mul(tables.len())
            .saturating_add(head + program_rows);
        let region = session.take(rows)?;
        layout.challenge = region.start();
        layout.totals = layout.challenge + 1;
        layout.finals = layout.totals + totals as u16;
        let jobs = layout.finals + tables.len() as u16;
        let mut at = region.start() + (head + program_rows) as u16;
        for table in &mut layout.tables {
            *table = at;
            at += size as u16;
        }
        let rounds = RoundPrograms::assemble(&session, &layout, num_vars)?;
        let mut starts = [0; 3];
        let mut row = region.start() + head as u16;
        let mut preamble: Vec<Row> = Vec::new();
        for (start, program) in starts.iter_mut().zip(&rounds.programs) {
            *start = row;
            row += program.interval() as u16;
        }
        preamble.extend((0..=num_vars).map(|round| rounds.job(round, starts).encode()));
        preamble.extend(rounds.programs.iter().flat_map(Program::rows));
        session.write(jobs, &preamble, "loading a sumcheck")?;
        for (table, &at) in tables.iter().zip(&layout.tables) {
            let rows: Vec<Row> = table.iter().map(scalar_row).collect();
            session.write(at, &rows, "loading a sumcheck")?;
        }
        Ok(Self {
            session,
            layout,
            terms,
            num_vars,
            played: Some(0),
            jobs,
            rounds,
            _region: region,
        })
    }

    fn violation(&self, reason: &str) -> DeviceError {
        out_of_order(self.session.name(), reason)
    }

    /// Sends `challenge`, runs the next job and reads rows, in one request.
    fn play(
        &mut self,
        round: usize,
        challenge: Option<Fr>,
        read: Read,
    ) -> Result<Vec<Fr>, DeviceError> {
        let totals = usize::from(self.layout.finals - self.layout.totals);
        let mut data = row_bytes(&scalar_row(&challenge.unwrap_or_default())).to_vec();
        data.resize(ROW_BYTES * (1 + totals), 0);
        let write = Write {
            address: self.layout.challenge,
            rows: (1 + totals) as u8,
            row_bytes: ROW_BYTES as u8,
            sign_extend: false,
            data,
        };
        let run = Run {
            first: self.jobs + round as u16,
            jobs: 1,
            repeats: 1,
        };
        let cycles = self.rounds.cycles(round);
        let request = Request {
            write,
            run,
            read,
            ..Request::default()
        };
        self.played = None;
        let rows = self.session.request(request, cycles, OPERATION)?;
        self.played = Some(round + 1);
        let values = rows.into_iter().map(scalar).collect::<Option<Vec<Fr>>>();
        values.ok_or_else(|| self.violation("the core returned a value outside its range"))
    }

    /// The round polynomial from what the core summed.
    fn polynomial(&self, totals: &[Fr], claim: Fr) -> RoundPoly {
        let degree = self.layout.degree();
        let mut evals = vec![Fr::from(0u64); degree + 1];
        let mut top = Fr::from(0u64);
        for ((term, at), total) in self.layout.totals().into_iter().zip(totals) {
            let weighted = self.terms[term].coefficient * total;
            match at {
                At::Node(node) => evals[usize::from(node)] += weighted,
                At::Top => top += weighted,
            }
        }
        evals[1] = claim - evals[0];
        if degree >= 2 {
            evals[degree] = extrapolate(&evals[..degree], top);
        }
        RoundPoly(evals)
    }
}

/// `s(d)` from `s(0) … s(d−1)` and the coefficient of `X^d`: what remains without that term has degree below `d`, and
/// its `d`-th difference is zero.
fn extrapolate(evals: &[Fr], top: Fr) -> Fr {
    let degree = evals.len() as u64;
    let power = |x: u64| (0..degree).map(|_| Fr::from(x)).product::<Fr>();
    let mut binomial = 1u64;
    let mut value = top * power(degree);
    for (i, eval) in evals.iter().enumerate() {
        let rest = *eval - top * power(i as u64);
        let weighted = Fr::from(binomial) * rest;
        if (degree - i as u64) % 2 == 1 {
            value += weighted
        } else {
            value -= weighted
        }
        binomial = binomial * (degree - i as u64) / (i as u64 + 1);
    }
    value
}

impl RoundProver for Rounds {
    fn prove_round(&mut self, bind: Option<Fr>, claim: Fr) -> Result<RoundPoly, DeviceError> {
        let round = self
            .played
            .ok_or_else(|| self.violation("a request failed before"))?;
        if round >= self.num_vars || bind.is_some() != (round > 0) {
            return Err(self.violation("rounds out of order"));
        }
        let rows = (self.layout.finals - self.layout.totals) as u8;
        let totals = self.play(
            round,
            bind,
            Read {
                address: self.layout.totals,
                rows,
            },
        )?;
        Ok(self.polynomial(&totals, claim))
    }

    fn finish(mut self: Box<Self>, bind: Option<Fr>) -> Result<Vec<Fr>, DeviceError> {
        if self.played != Some(self.num_vars) || bind.is_none() {
            return Err(self.violation("finish before the last round or without its challenge"));
        }
        let rows = self.layout.tables.len() as u8;
        self.play(
            self.num_vars,
            bind,
            Read {
                address: self.layout.finals,
                rows,
            },
        )
    }
}
