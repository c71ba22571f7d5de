//! The rounds of a sumcheck: which program each runs, over how many items.

use kernelwise_hal::{DeviceError, Term};

use super::estimate::job_cycles;
use super::session::Session;
use crate::isa::{AssembleError, Job, Program};
use crate::programs::sumcheck::Layout;

pub(super) fn too_large(session: &Session) -> DeviceError {
    DeviceError::Unsupported {
        device: session.name().to_owned(),
        operation: "sumchecks with so many tables and terms",
    }
}

/// A layout whose rows are not known yet.
pub(super) fn unplaced(tables: usize, terms: &[Term]) -> Layout {
    Layout {
        tables: vec![0; tables],
        terms: terms.iter().map(|term| term.factors.to_vec()).collect(),
        challenge: 0,
        totals: 0,
        finals: 0,
    }
}

/// The programs of a sumcheck's rounds: the first, the later ones, and the last challenge.
pub(super) struct RoundPrograms {
    num_vars: usize,
    pub(super) programs: [Program; 3],
    /// Pairs of an item of the first round.
    pairs: u8,
}

impl RoundPrograms {
    pub(super) fn assemble(
        session: &Session,
        layout: &Layout,
        num_vars: usize,
    ) -> Result<Self, DeviceError> {
        let programs = |pairs| -> Result<Self, AssembleError> {
            let programs = [
                layout.evaluate(pairs)?,
                layout.bind_and_evaluate()?,
                layout.finish()?,
            ];
            Ok(Self {
                num_vars,
                programs,
                pairs,
            })
        };
        let most = if num_vars >= 2 { 2 } else { 1 };
        let fits = programs(most).or_else(|_| programs(1));
        fits.map_err(|_| too_large(session))
    }

    /// Which program a round runs.
    fn kind(&self, round: usize) -> usize {
        match round {
            0 => 0,
            _ if round < self.num_vars => 1,
            _ => 2,
        }
    }

    /// Items of a round.
    fn items(&self, round: usize) -> u64 {
        match round {
            0 => (1 << (self.num_vars - 1)) / u64::from(self.pairs),
            _ if round < self.num_vars => 1 << (self.num_vars - 1 - round),
            _ => 1,
        }
    }

    /// Cycles of a round.
    pub(super) fn cycles(&self, round: usize) -> u64 {
        job_cycles(&self.programs[self.kind(round)], self.items(round), 1)
    }

    pub(super) fn job(&self, round: usize, starts: [u16; 3]) -> Job {
        let kind = self.kind(round);
        let items = self.items(round) as u16;
        Job {
            program: starts[kind],
            interval: self.programs[kind].interval() as u16,
            stages: self.programs[kind].stages,
            items,
            spacing: 1,
            a_step: 1,
            quarter: items,
            scalar_field: true,
            ..Job::default()
        }
    }
}
