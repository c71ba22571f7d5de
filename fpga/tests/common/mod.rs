//! Cores in software, and sumchecks to play on them.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    reason = "shared by several tests, and a broken helper must fail them"
)]

pub mod buckets;
pub mod everything;
#[cfg(feature = "hdl-sim")]
pub mod pair;

use std::borrow::Cow;
use std::sync::Arc;

use kernelwise_fpga::device::FpgaDevice;
use kernelwise_fpga::model::Core;
use kernelwise_fpga::transport::Direct;
use kernelwise_hal::field::{Field, Fr};
use kernelwise_hal::{Device, DeviceError, Grain, Pool, RoundPoly, SumcheckRequest, Table, Term};

/// Rows of a lane where four share an ECP5-85F.
const LANE_ROWS: usize = 1 << 11;

/// Everything is divided.
pub const FINE: Grain = Grain {
    msm_scalars: 1,
    sumcheck_entries: 1,
};

/// A core of its own.
pub fn model() -> FpgaDevice {
    FpgaDevice::open("fpga-model", Box::new(Direct::new())).unwrap()
}

/// One of four that share a chip.
pub fn lane() -> FpgaDevice {
    let core = Core::with_rows(0, LANE_ROWS);
    FpgaDevice::open("lane", Box::new(Direct::of(core))).unwrap()
}

/// These devices together.
pub fn pool(devices: impl IntoIterator<Item = Arc<dyn Device>>, grain: Grain) -> Pool {
    Pool::new(devices.into_iter().collect(), grain).unwrap()
}

/// Values without a pattern.
pub fn field(seed: u64) -> Fr {
    Fr::from(seed + 3).pow([0x1234_5678_9abc_def1])
}

/// A sumcheck over dense tables.
pub struct Sum {
    vars: usize,
    tables: Vec<Vec<Fr>>,
    terms: Vec<Term>,
}

/// All round polynomials, and the final evaluations.
pub type Played = (Vec<RoundPoly>, Vec<Fr>);

impl Sum {
    /// `tables` tables of `2^vars` entries, and the factors of each term.
    pub fn new(vars: usize, tables: usize, terms: &[&[usize]]) -> Self {
        let len = 1u64 << vars;
        let tables = (0..tables as u64)
            .map(|t| (0..len).map(|i| field(len * t + i)).collect())
            .collect();
        let terms = (terms.iter().enumerate()).map(|(i, factors)| Term {
            coefficient: field(5 + i as u64),
            factors: (*factors).into(),
        });
        Self {
            vars,
            tables,
            terms: terms.collect(),
        }
    }

    /// What a device is asked.
    pub fn request(&self) -> SumcheckRequest<'_> {
        let views = self.tables.iter().map(|t| Table::Fr(Cow::Borrowed(t)));
        SumcheckRequest::new(self.vars, views.collect(), self.terms.clone()).unwrap()
    }

    /// Plays all of it, the first round without its claim if `opened`.
    pub fn play(&self, device: &dyn Device, opened: bool) -> Result<Played, DeviceError> {
        self.play_watched(device, opened, || ())
    }

    /// As [`play`](Self::play), calling `after_round` after each. Challenges depend on the rounds.
    pub fn play_watched(
        &self,
        device: &dyn Device,
        opened: bool,
        mut after_round: impl FnMut(),
    ) -> Result<Played, DeviceError> {
        let product = |term: &Term, x: usize| -> Fr {
            let factors = term.factors.iter().map(|&i| self.tables[i][x]);
            term.coefficient * factors.product::<Fr>()
        };
        let entry = |x| self.terms.iter().map(|t| product(t, x)).sum::<Fr>();
        let mut claim: Fr = (0..1 << self.vars).map(entry).sum();
        let mut prover = device.sumcheck().unwrap().prepare(self.request())?;
        let (mut rounds, mut bind) = (Vec::new(), None);
        for _ in 0..self.vars {
            let round = match bind {
                None if opened => prover.open()?,
                _ => prover.prove_round(bind, claim)?,
            };
            let mix = |acc, value: &Fr| acc * field(2) + value;
            let r = round.0.iter().fold(field(1), mix);
            (claim, bind) = (round.evaluate(r), Some(r));
            rounds.push(round);
            after_round();
        }
        Ok((rounds, prover.finish(bind)?))
    }
}
