//! The rounds of a sumcheck: which program each runs, over how many items, and what goes over the link for it.

use kernelwise_hal::{DeviceError, Term};

use super::estimate::{job_cycles, link};
use super::session::Session;
use crate::frame::{MAX_READ_ROWS, ROW_BYTES};
use crate::isa::{AssembleError, Job, Program};
use crate::programs::sumcheck::Layout;

fn too_large(session: &Session) -> DeviceError {
    DeviceError::Unsupported {
        device: session.name().to_owned(),
        operation: "sumchecks with so many tables and terms",
    }
}

/// A layout in rows that will be others, but as different from each other.
///
/// Rows decide which operations wait for each other, and thereby how long a program is.
pub(super) fn unplaced(
    session: &Session,
    tables: usize,
    terms: &[Term],
) -> Result<Layout, DeviceError> {
    let mut layout = Layout {
        tables: Vec::new(),
        terms: terms.iter().map(|term| term.factors.to_vec()).collect(),
        challenge: 0,
        totals: 1,
        finals: 0,
    };
    let totals = layout.totals(false).len();
    // Either is read in one piece.
    if totals.max(tables) > MAX_READ_ROWS {
        return Err(too_large(session));
    }
    layout.finals = layout.totals + totals as u16;
    let first = layout.finals + tables as u16;
    layout.tables = (first..).take(tables).collect();
    Ok(layout)
}

/// What is played of a sumcheck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The first round; `derived` if there is a claim, from which the value at 1 follows.
    First { derived: bool },
    /// The round after so many challenges, at least one.
    Later(usize),
    /// The last challenge.
    Last,
}

/// The first round in one of its forms.
struct First {
    program: Program,
    /// Pairs of an item.
    pairs: u8,
}

impl First {
    fn items(&self, num_vars: usize) -> u64 {
        (1 << (num_vars - 1)) / u64::from(self.pairs)
    }

    /// The form that is over first, and of equals the one with fewer rows.
    fn assemble(layout: &Layout, num_vars: usize, derived: bool) -> Result<Self, AssembleError> {
        let form = |pairs| {
            let program = layout.evaluate(pairs, derived)?;
            Ok(Self { program, pairs })
        };
        let cost = |first: &Self| {
            let cycles = job_cycles(&first.program, first.items(num_vars), 1);
            (cycles, first.program.interval())
        };
        let one = form(1)?;
        if num_vars < 2 {
            return Ok(one);
        }
        match form(2) {
            Ok(two) if cost(&two) < cost(&one) => Ok(two),
            _ => Ok(one),
        }
    }
}

/// The programs of a sumcheck's rounds.
///
/// Those of the first round are alternatives: whichever is played is sent with it.
pub(super) struct RoundPrograms {
    num_vars: usize,
    claimed: First,
    opened: First,
    pub(super) later: Program,
    pub(super) last: Program,
    /// Sums of a round, without a claim and with one.
    totals: [usize; 2],
}

impl RoundPrograms {
    pub(super) fn assemble(
        session: &Session,
        layout: &Layout,
        num_vars: usize,
    ) -> Result<Self, DeviceError> {
        let programs = || -> Result<Self, AssembleError> {
            Ok(Self {
                num_vars,
                claimed: First::assemble(layout, num_vars, true)?,
                opened: First::assemble(layout, num_vars, false)?,
                later: layout.bind_and_evaluate()?,
                last: layout.finish()?,
                totals: [false, true].map(|derived| layout.totals(derived).len()),
            })
        };
        programs().map_err(|_| too_large(session))
    }

    /// Sums of a stage.
    pub(super) fn totals(&self, stage: Stage) -> usize {
        self.totals[usize::from(stage != Stage::First { derived: false })]
    }

    /// The most sums of any stage.
    pub(super) fn most_totals(&self) -> usize {
        self.totals[0]
    }

    /// Rows of the longer program of the first round.
    pub(super) fn first_rows(&self) -> usize {
        let [claimed, opened] = [&self.claimed, &self.opened].map(|first| first.program.interval());
        claimed.max(opened)
    }

    /// What a stage runs.
    pub(super) fn program(&self, stage: Stage) -> &Program {
        match stage {
            Stage::First { derived: true } => &self.claimed.program,
            Stage::First { derived: false } => &self.opened.program,
            Stage::Later(_) => &self.later,
            Stage::Last => &self.last,
        }
    }

    fn items(&self, stage: Stage) -> u64 {
        match stage {
            Stage::First { derived: true } => self.claimed.items(self.num_vars),
            Stage::First { derived: false } => self.opened.items(self.num_vars),
            Stage::Later(bound) => 1 << (self.num_vars - 1 - bound),
            Stage::Last => 1,
        }
    }

    /// All stages, the first as given.
    pub(super) fn stages(&self, derived: bool) -> impl Iterator<Item = Stage> {
        let later = (1..self.num_vars).map(Stage::Later);
        [Stage::First { derived }]
            .into_iter()
            .chain(later)
            .chain([Stage::Last])
    }

    pub(super) fn cycles(&self, stage: Stage) -> u64 {
        job_cycles(self.program(stage), self.items(stage), 1)
    }

    /// Rows that are written in front of the challenge: the program of the first round, and its job.
    pub(super) fn rows_ahead(&self, stage: Stage) -> usize {
        match stage {
            Stage::First { .. } => self.program(stage).interval() + 1,
            Stage::Later(_) | Stage::Last => 0,
        }
    }

    /// Bytes over the link, both ways, of a stage that returns `rows` rows.
    pub(super) fn link_bytes(&self, stage: Stage, rows: usize) -> u64 {
        let written = self.rows_ahead(stage) + 1 + self.totals(stage);
        let with = written.min(link::rows_of_frame(ROW_BYTES));
        link::write(written - with, ROW_BYTES) + link::request((with * ROW_BYTES) as u64, rows)
    }

    /// A stage whose program is at row `start`.
    pub(super) fn job(&self, stage: Stage, start: u16) -> Job {
        let program = self.program(stage);
        let items = self.items(stage) as u16;
        Job {
            program: start,
            interval: program.interval() as u16,
            stages: program.stages,
            items,
            spacing: 1,
            a_step: 1,
            quarter: items,
            scalar_field: true,
            ..Job::default()
        }
    }
}
