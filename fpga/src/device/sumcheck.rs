//! Sumchecks: tables go to the core once, then every round is one request.

use std::sync::Arc;
use std::time::Duration;

use kernelwise_hal::field::Fr;
use kernelwise_hal::rounds::{At, RoundOrder, complete, eq_table};
use kernelwise_hal::{
    DeviceError, RoundPoly, RoundProver, SumcheckDevice, SumcheckRequest, Table, Term,
};

use super::FpgaDevice;
use super::element::{scalar, scalar_row};
use super::estimate::link;
use super::memory::Region;
use super::rounds::{RoundPrograms, Stage, unplaced};
use super::session::Session;
use crate::frame::{ROW_BYTES, Read, Request, Run, Write, row_bytes};
use crate::isa::Row;
use crate::programs::sumcheck::Layout;

const OPERATION: &str = "a sumcheck round";

const LOADING: &str = "loading a sumcheck";

impl SumcheckDevice for FpgaDevice {
    fn prepare<'a>(
        &self,
        request: SumcheckRequest<'a>,
    ) -> Result<Box<dyn RoundProver + 'a>, DeviceError> {
        let (num_vars, tables, terms) = request.into_parts();
        let tables: Vec<Vec<Fr>> = tables.iter().map(dense).collect();
        let order = RoundOrder::new(&self.info.name, num_vars);
        if num_vars == 0 {
            let values = tables.iter().flatten().copied().collect();
            return Ok(Box::new(Constant { order, values }));
        }
        let session = Arc::clone(&self.session);
        Ok(Box::new(Rounds::new(
            session, order, num_vars, &tables, terms,
        )?))
    }

    fn opens(&self) -> bool {
        true
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
        Table::Eq(point) => eq_table(point),
    }
}

/// A sumcheck without variables: nothing to compute.
struct Constant {
    order: RoundOrder,
    values: Vec<Fr>,
}

impl RoundProver for Constant {
    fn prove_round(&mut self, bind: Option<Fr>, _claim: Fr) -> Result<RoundPoly, DeviceError> {
        // Never admitted.
        self.order.next_round(bind)?;
        Ok(RoundPoly(Vec::new()))
    }

    fn open(&mut self) -> Result<RoundPoly, DeviceError> {
        self.prove_round(None, Fr::default())
    }

    fn finish(self: Box<Self>, bind: Option<Fr>) -> Result<Vec<Fr>, DeviceError> {
        self.order.finish(bind)?;
        Ok(self.values)
    }
}

/// A sumcheck in progress.
///
/// # Memory
/// ```text
/// first program │ its job │ challenge │ totals │ finals │ other jobs │ other programs │ tables
/// ```
/// What a round writes is in one piece: a challenge and cleared totals, and in front of them whichever first round is played.
struct Rounds {
    session: Arc<Session>,
    order: RoundOrder,
    layout: Layout,
    terms: Vec<Term>,
    num_vars: usize,
    /// A failed request spoils the tables.
    spoiled: bool,
    jobs: u16,
    programs: RoundPrograms,
    _region: Region,
}

impl Rounds {
    fn new(
        session: Arc<Session>,
        order: RoundOrder,
        num_vars: usize,
        tables: &[Vec<Fr>],
        terms: Vec<Term>,
    ) -> Result<Self, DeviceError> {
        let mut layout = unplaced(&session, tables.len(), &terms)?;
        let programs = RoundPrograms::assemble(&session, &layout, num_vars)?;
        let ahead = programs.first_rows() + 1;
        let head = ahead + 1 + programs.most_totals() + tables.len();
        let others = num_vars + programs.later.interval() + programs.last.interval();
        let size = 1usize.checked_shl(num_vars as u32).unwrap_or(usize::MAX);
        let rows = size
            .saturating_mul(tables.len())
            .saturating_add(head + others);
        let region = session.take(rows)?;
        layout.challenge = region.start() + ahead as u16;
        layout.totals = layout.challenge + 1;
        layout.finals = layout.totals + programs.most_totals() as u16;
        let jobs = region.start() + head as u16;
        let mut at = jobs + others as u16;
        for table in &mut layout.tables {
            *table = at;
            at += size as u16;
        }
        let programs = RoundPrograms::assemble(&session, &layout, num_vars)?;
        let later = jobs + num_vars as u16;
        let last = later + programs.later.interval() as u16;
        let start = |stage| if stage == Stage::Last { last } else { later };
        let mut rows: Vec<Row> = (programs.stages(true).skip(1))
            .map(|stage| programs.job(stage, start(stage)).encode())
            .collect();
        rows.extend(programs.later.rows());
        rows.extend(programs.last.rows());
        session.write(jobs, &rows, LOADING)?;
        for (table, &at) in tables.iter().zip(&layout.tables) {
            let rows: Vec<Row> = table.iter().map(scalar_row).collect();
            session.write(at, &rows, LOADING)?;
        }
        Ok(Self {
            session,
            order,
            layout,
            terms,
            num_vars,
            spoiled: false,
            jobs,
            programs,
            _region: region,
        })
    }

    fn violation(&self, reason: &str) -> DeviceError {
        DeviceError::InvariantViolation {
            device: self.session.name().to_owned(),
            reason: reason.to_owned(),
        }
    }

    /// The program of the first round and its job; nothing for others.
    fn ahead(&self, stage: Stage) -> Vec<Row> {
        match stage {
            Stage::First { .. } => {
                let start = self.layout.challenge - self.programs.rows_ahead(stage) as u16;
                let mut rows = self.programs.program(stage).rows();
                rows.push(self.programs.job(stage, start).encode());
                rows
            }
            Stage::Later(_) | Stage::Last => Vec::new(),
        }
    }

    /// Sends `challenge`, runs a stage and reads rows, in one request; what does not fit its frame is sent before.
    fn play(
        &mut self,
        stage: Stage,
        challenge: Option<Fr>,
        read: Read,
    ) -> Result<Vec<Fr>, DeviceError> {
        if std::mem::replace(&mut self.spoiled, true) {
            return Err(self.violation("a request failed before"));
        }
        let mut rows = self.ahead(stage);
        let address = self.layout.challenge - rows.len() as u16;
        rows.push(scalar_row(&challenge.unwrap_or_default()));
        rows.resize(rows.len() + self.programs.totals(stage), [0; 4]);
        let before = rows.len().saturating_sub(link::rows_of_frame(ROW_BYTES));
        let (before, with) = rows.split_at(before);
        self.session.write(address, before, OPERATION)?;
        let write = Write {
            address: address + before.len() as u16,
            rows: with.len() as u8,
            row_bytes: ROW_BYTES as u8,
            sign_extend: false,
            data: with.iter().flat_map(row_bytes).collect(),
        };
        let first = match stage {
            Stage::First { .. } => self.layout.challenge - 1,
            Stage::Later(bound) => self.jobs + bound as u16 - 1,
            Stage::Last => self.jobs + self.num_vars as u16 - 1,
        };
        let run = Run {
            first,
            jobs: 1,
            repeats: 1,
        };
        let request = Request {
            write,
            run,
            read,
            ..Request::default()
        };
        let cycles = self.programs.cycles(stage);
        let rows = self.session.request(request, cycles, OPERATION)?;
        let values = rows.into_iter().map(scalar).collect::<Option<Vec<Fr>>>();
        let values =
            values.ok_or_else(|| self.violation("the core returned a value outside its range"))?;
        self.spoiled = false;
        Ok(values)
    }

    /// A round with its claim, or the first one without.
    fn round(&mut self, bind: Option<Fr>, claim: Option<Fr>) -> Result<RoundPoly, DeviceError> {
        let bound = self.num_vars - self.order.next_round(bind)?;
        let stage = match bound {
            0 => Stage::First {
                derived: claim.is_some(),
            },
            _ => Stage::Later(bound),
        };
        let read = Read {
            address: self.layout.totals,
            rows: self.programs.totals(stage) as u8,
        };
        let totals = self.play(stage, bind, read)?;
        Ok(self.polynomial(&totals, claim))
    }

    /// The round polynomial from what the core summed.
    fn polynomial(&self, totals: &[Fr], claim: Option<Fr>) -> RoundPoly {
        let degree = self.layout.degree();
        let mut values = vec![Fr::default(); degree + 1];
        let sums = self.layout.totals(claim.is_some());
        for (&(term, at), total) in sums.iter().zip(totals) {
            let place = match at {
                At::Point(x) => x,
                At::Leading => degree,
            };
            values[place] += self.terms[term].coefficient * total;
        }
        if let Some(claim) = claim {
            values[1] = claim - values[0];
        }
        if sums.iter().any(|&(_, at)| at == At::Leading) {
            complete(&mut values);
        }
        RoundPoly(values)
    }
}

impl RoundProver for Rounds {
    fn prove_round(&mut self, bind: Option<Fr>, claim: Fr) -> Result<RoundPoly, DeviceError> {
        self.round(bind, Some(claim))
    }

    fn open(&mut self) -> Result<RoundPoly, DeviceError> {
        self.round(None, None)
    }

    fn finish(mut self: Box<Self>, bind: Option<Fr>) -> Result<Vec<Fr>, DeviceError> {
        self.order.finish(bind)?;
        let read = Read {
            address: self.layout.finals,
            rows: self.layout.tables.len() as u8,
        };
        self.play(Stage::Last, bind, read)
    }
}
