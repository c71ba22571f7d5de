//! Multi-scalar multiplication: buckets of signed digits, sorted by counting, summed in segments.
//!
//! Scalars become digits of a width that a cost model chooses ([`plan`]); the entries of all buckets of a batch are brought together
//! and cut into segments of bounded length, so that no bucket is longer than others for a thread, whatever the scalars; the sums of
//! segments, buckets, windows and rows follow. Nothing waits for the host until the sums of windows are read, and what comes next is on its way by
//! then ([`parts`]).

mod batch;
mod group;
mod parts;
mod plan;

use kernelwise_field::AffineRepr;
use kernelwise_hal::msm::rows_of;
use kernelwise_hal::{BaseSet, DeviceError, Msm, Scalars};

use crate::driver::{Buffer, Gpu};
use crate::overlap::overlapped;
use batch::Pending;
pub(crate) use group::KernelGroup;
use parts::Part;
use plan::{Pairing, Plan};

/// Sums over resident bases on one card.
pub(crate) struct CudaMsm {
    gpu: Gpu,
    /// Replaces the cost model, for tests.
    forced: Option<fn(Plan, Pairing) -> Plan>,
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

    /// How so many rows of so many scalars are summed, by pairs if `fits`.
    fn plan<G: KernelGroup>(
        &self,
        scalars: Scalars<'_>,
        shape: (usize, usize),
        fits: impl Fn(&Plan) -> bool,
    ) -> Plan {
        let plan = |pairs| {
            let plan = Plan::new(self.gpu.properties(), scalars, shape, pairs);
            match self.forced {
                None => plan,
                Some(force) => force(plan, pairs),
            }
        };
        let paired = G::PAIRS.map(|_| plan(Pairing::Allowed));
        paired.filter(fits).unwrap_or_else(|| plan(Pairing::Never))
    }

    /// One sum per row of a row-major matrix that is not empty, over the bases from `first` on.
    fn sums<G: KernelGroup>(
        &self,
        points: &Buffer<G::Affine>,
        first: usize,
        scalars: Scalars<'_>,
        row_len: usize,
    ) -> Result<Vec<G>, DeviceError> {
        let rows = scalars.len() / row_len;
        let free_bytes = self.gpu.free_bytes()?;
        let scalar_bytes = batch::scalar_bytes(scalars);
        let fits = |plan: &Plan| {
            let bytes = plan.bytes(scalar_bytes, G::SUM_ELEMENTS * 32);
            // What is cut into allocations does not fill memory to the last byte.
            plan.fits() && bytes <= free_bytes - free_bytes / 8
        };
        let plan = |rows, len| self.plan::<G>(scalars, (rows, len), fits);
        let parts = parts::parts(
            self.gpu.properties(),
            (rows, row_len),
            scalar_bytes,
            plan,
            fits,
        );
        let start = |part: Part| {
            let from = part.rows.start * row_len + part.columns.start;
            let len = part.rows.len() * part.columns.len();
            let outside = || self.gpu.invariant(format!("part {part:?} of {rows} rows"));
            let scalars = scalars.slice(from..from + len).ok_or_else(outside)?;
            let plan = plan(part.rows.len(), part.columns.len());
            let first = first + part.columns.start;
            let pending = batch::start::<G>(&self.gpu, plan, points, first, scalars)?;
            Ok((part, pending))
        };
        let finish = |(part, pending): (Part, Pending<G>)| Ok((part, pending.finish()?));
        let mut sums: Vec<G> = Vec::with_capacity(rows);
        for (part, values) in overlapped(parts, start, finish)? {
            match sums.last_mut() {
                // More of a row that is cut.
                Some(last) if part.columns.start > 0 => *last += values.into_iter().sum::<G>(),
                _ => sums.extend(values),
            }
        }
        Ok(sums)
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
        self.msm_from(bases, 0, scalars)
    }

    fn msm_from(
        &self,
        bases: &BaseSet<G>,
        start: usize,
        scalars: Scalars<'_>,
    ) -> Result<G, DeviceError> {
        let points = self.bases(bases, start.saturating_add(scalars.len()))?;
        if scalars.is_empty() {
            return Ok(G::Affine::zero().into());
        }
        let sums = self.sums::<G>(points, start, scalars, scalars.len())?;
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
        self.sums(points, 0, scalars, row_len)
    }
}

#[cfg(all(test, feature = "host-shim"))]
mod tests;
