//! Multi-scalar multiplication: buckets of signed digits, sorted by counting, summed in segments.
//!
//! Scalars become digits of a width that a cost model chooses ([`plan`]); the entries of all buckets of a batch are brought together
//! and cut into segments of bounded length, so that no bucket is longer than others for a thread, whatever the scalars; the sums of
//! segments, buckets, windows and rows follow. Nothing waits for the host until the sums of windows are read.

mod batch;
mod group;
mod plan;

use kernelwise_field::AffineRepr;
use kernelwise_hal::msm::rows_of;
use kernelwise_hal::{BaseSet, DeviceError, Msm, Scalars};

use crate::driver::{Buffer, Gpu};
pub(crate) use group::KernelGroup;
use plan::Plan;

/// Sums over resident bases on one card.
pub(crate) struct CudaMsm {
    gpu: Gpu,
    /// Replaces the cost model, for tests.
    forced: Option<fn(Plan) -> Plan>,
}

/// Resident bases.
struct Resident<G: KernelGroup> {
    points: Buffer<G::Affine>,
}

impl CudaMsm {
    pub(crate) fn new(gpu: Gpu) -> Self {
        Self { gpu, forced: None }
    }

    fn bases<'a, G: KernelGroup>(
        &self,
        bases: &'a BaseSet<G>,
        needed: usize,
    ) -> Result<&'a Buffer<G::Affine>, DeviceError> {
        let resident: &Resident<G> = bases.prepared(self.gpu.name())?;
        bases.covers(needed)?;
        Ok(&resident.points)
    }

    fn plan(&self, scalars: Scalars<'_>, rows: usize, row_len: usize) -> Plan {
        let plan = Plan::new(self.gpu.properties(), scalars, rows, row_len);
        match self.forced {
            None => plan,
            Some(force) => force(plan),
        }
    }

    /// One sum per row of a row-major matrix that is not empty, in as many batches as memory demands.
    fn sums<G: KernelGroup>(
        &self,
        points: &Buffer<G::Affine>,
        scalars: Scalars<'_>,
        row_len: usize,
    ) -> Result<Vec<G>, DeviceError> {
        let rows = scalars.len() / row_len;
        let free_bytes = self.gpu.free_bytes()?;
        let fits = |plan: &Plan| {
            let bytes = plan.bytes(batch::scalar_bytes(scalars), G::SUM_ELEMENTS * 32);
            // What is cut into allocations does not fill memory to the last byte.
            plan.fits() && bytes <= free_bytes - free_bytes / 8
        };
        let mut batch_rows = rows;
        while batch_rows > 1 && !fits(&self.plan(scalars, batch_rows, row_len)) {
            batch_rows = batch_rows.div_ceil(2);
        }
        let mut batch_len = row_len;
        while batch_len > 1024 && !fits(&self.plan(scalars, batch_rows, batch_len)) {
            batch_len = batch_len.div_ceil(2);
        }
        let mut sums = Vec::with_capacity(rows);
        for from in (0..rows).step_by(batch_rows) {
            let to = (from + batch_rows).min(rows);
            if batch_len == row_len {
                let part = self.part(scalars, from * row_len..to * row_len)?;
                let plan = self.plan(part, to - from, row_len);
                sums.extend(batch::run::<G>(&self.gpu, &plan, points, 0, part)?);
                continue;
            }
            // Too long for one batch: here a batch is one row, in parts.
            let mut sum = G::zero();
            for column in (0..row_len).step_by(batch_len) {
                let len = batch_len.min(row_len - column);
                let start = from * row_len + column;
                let part = self.part(scalars, start..start + len)?;
                let plan = self.plan(part, 1, len);
                sum += batch::run::<G>(&self.gpu, &plan, points, column, part)?
                    .into_iter()
                    .sum::<G>();
            }
            sums.push(sum);
        }
        Ok(sums)
    }

    fn part<'a>(
        &self,
        scalars: Scalars<'a>,
        range: std::ops::Range<usize>,
    ) -> Result<Scalars<'a>, DeviceError> {
        let outside = || {
            self.gpu
                .invariant(format!("scalars {range:?} of {}", scalars.len()))
        };
        scalars.slice(range.clone()).ok_or_else(outside)
    }
}

impl<G: KernelGroup> Msm<G> for CudaMsm {
    fn load(&self, bases: &[G::Affine]) -> Result<BaseSet<G>, DeviceError> {
        let points = self.gpu.upload(bases)?;
        let resident = Resident::<G> { points };
        Ok(BaseSet::new(
            self.gpu.name(),
            bases.len(),
            Box::new(resident),
        ))
    }

    fn msm(&self, bases: &BaseSet<G>, scalars: Scalars<'_>) -> Result<G, DeviceError> {
        let points = self.bases(bases, scalars.len())?;
        if scalars.is_empty() {
            return Ok(G::Affine::zero().into());
        }
        let sums = self.sums::<G>(points, scalars, scalars.len())?;
        Ok(sums.into_iter().sum())
    }

    fn msm_rows(
        &self,
        bases: &BaseSet<G>,
        scalars: Scalars<'_>,
        row_len: usize,
    ) -> Result<Vec<G>, DeviceError> {
        let rows = rows_of(scalars.len(), row_len)?.count();
        let points = self.bases(bases, if rows == 0 { 0 } else { row_len })?;
        if rows == 0 {
            return Ok(Vec::new());
        }
        self.sums(points, scalars, row_len)
    }
}

#[cfg(all(test, feature = "host-shim"))]
mod tests;
