//! What operations will cost, from sizes alone.

use kernelwise_hal::{BaseSet, DeviceError, Scalars, SumcheckRequest};

use super::FpgaDevice;
use super::estimate::{Estimate, job_cycles, link};
use super::msm::{Bases, Cut, JOBS};
use super::rounds::{RoundPrograms, Stage, unplaced};
use super::scalars::encode;
use crate::frame::ROW_BYTES;

impl FpgaDevice {
    /// What [`Msm::msm`](kernelwise_hal::Msm::msm) will cost: cycles for scalars whose digits are evenly spread and meet no busy
    /// bucket, and all bytes but those of retries.
    ///
    /// # Errors
    /// As for [`Msm::msm`](kernelwise_hal::Msm::msm); nothing runs.
    pub fn estimate_msm(
        &self,
        bases: &BaseSet,
        scalars: Scalars<'_>,
    ) -> Result<Estimate, DeviceError> {
        let prepared: &Bases = bases.prepared(&self.info.name)?;
        if scalars.is_empty() {
            return Ok(Estimate::default());
        }
        let scalars = encode(scalars);
        let programs = self.session.curve()?;
        let Cut { window, chunk, .. } = self.cut(&programs, prepared, &scalars);
        let count = scalars.bytes.len() / scalars.width;
        let (clear, add_affine) = (&programs.clear.program, &programs.add_affine.program);
        let points = (window.rows() / 3) as u64;
        let run = link::request(0, 1);
        // The jobs, the clearing, the counters before it; two runs for sums and combination; the result.
        let mut link_bytes = link::write(JOBS - 1, ROW_BYTES) + 4 * run + link::request(0, 3);
        for first in (0..count).step_by(chunk) {
            let items = (count - first).min(chunk);
            link_bytes += link::write(items, scalars.width) + link::write(1, ROW_BYTES) + run;
            if prepared.region.is_none() {
                link_bytes += link::write(2 * items, ROW_BYTES);
            }
        }
        Ok(Estimate {
            cycles: job_cycles(clear, points, 1)
                + window.cycles(count, add_affine, &programs.add.program),
            link_bytes,
        })
    }

    /// What all rounds of a sumcheck and loading its tables will cost.
    ///
    /// # Errors
    /// As for [`SumcheckDevice::prepare`](kernelwise_hal::SumcheckDevice::prepare); nothing runs.
    pub fn estimate_sumcheck(
        &self,
        request: &SumcheckRequest<'_>,
    ) -> Result<Estimate, DeviceError> {
        self.estimate_rounds(request, true)
    }

    /// As [`estimate_sumcheck`](Self::estimate_sumcheck), for one that begins [without a claim](kernelwise_hal::RoundProver::open).
    ///
    /// # Errors
    /// As [`estimate_sumcheck`](Self::estimate_sumcheck).
    pub fn estimate_opened_sumcheck(
        &self,
        request: &SumcheckRequest<'_>,
    ) -> Result<Estimate, DeviceError> {
        self.estimate_rounds(request, false)
    }

    fn estimate_rounds(
        &self,
        request: &SumcheckRequest<'_>,
        derived: bool,
    ) -> Result<Estimate, DeviceError> {
        let (num_vars, tables) = (request.num_vars(), request.tables().len());
        if num_vars == 0 {
            return Ok(Estimate::default());
        }
        let entries = 1usize.checked_shl(num_vars as u32).unwrap_or(usize::MAX);
        // Refuses what will not fit; the rows are given back at once.
        self.session.take(request.entries())?;
        let layout = unplaced(&self.session, tables, request.terms())?;
        let rounds = RoundPrograms::assemble(&self.session, &layout, num_vars)?;
        let programs = rounds.later.interval() + rounds.last.interval();
        let loading = link::write(num_vars + programs, ROW_BYTES)
            + tables as u64 * link::write(entries, ROW_BYTES);
        let bytes = |stage| match stage {
            Stage::Last => rounds.link_bytes(stage, tables),
            _ => rounds.link_bytes(stage, rounds.totals(stage)),
        };
        let stages = || rounds.stages(derived);
        Ok(Estimate {
            cycles: stages().map(|stage| rounds.cycles(stage)).sum(),
            link_bytes: loading + stages().map(bytes).sum::<u64>(),
        })
    }
}
