//! Sums of points, divided by scalars or by rows.

use std::ops::Range;
use std::time::Duration;

use super::{Member, Pool, shares, side_by_side};
use crate::msm::rows_of;
use crate::rates::{Work, weights};
use crate::{BaseSet, DeviceError, DeviceKind, Msm, MsmGroup, Scalars};

/// The bases as each device holds them; none where they do not fit.
struct Bases<G>(Vec<Option<BaseSet<G>>>);

/// A device that can take a part.
struct Worker<'a, G: MsmGroup> {
    member: &'a Member,
    msm: &'a dyn Msm<G>,
    set: &'a BaseSet<G>,
}

impl<G: MsmGroup> Worker<'_, G> {
    fn kind(&self) -> DeviceKind {
        self.member.device.info().kind
    }
}

impl Pool {
    fn workers<'a, G: MsmGroup>(
        &'a self,
        bases: &'a BaseSet<G>,
    ) -> Result<Vec<Worker<'a, G>>, DeviceError> {
        let Bases::<G>(sets) = bases.prepared(&self.info.name)?;
        let worker = |(member, set): (&'a Member, &'a Option<BaseSet<G>>)| {
            let msm = G::offered(&*member.device)?;
            let set = set.as_ref()?;
            Some(Worker { member, msm, set })
        };
        Ok(self.members.iter().zip(sets).filter_map(worker).collect())
    }

    /// The devices that get a part, and the range of it.
    fn parts<G: MsmGroup>(
        &self,
        workers: &[Worker<'_, G>],
        units: usize,
        scalars_per_unit: usize,
        work: Work,
    ) -> impl Iterator<Item = (usize, Range<usize>)> {
        let rates: Vec<_> = (workers.iter())
            .map(|worker| worker.member.rates.get(work))
            .collect();
        let grain = self.grain.msm_scalars.div_ceil(scalars_per_unit.max(1));
        let shares = shares(units, &weights(&rates), grain.max(1));
        let ranges = shares.into_iter().scan(0, |end, share| {
            let start = *end;
            *end += share;
            Some(start..*end)
        });
        let busy = |(_, range): &(usize, Range<usize>)| !range.is_empty();
        ranges.enumerate().filter(busy)
    }

    /// Divides `units` of `scalars_per_unit` scalars among the devices that hold the bases, and lets each compute its range; what a device has no
    /// memory or no program for is done by another.
    fn divide<G: MsmGroup, R: Send>(
        &self,
        bases: &BaseSet<G>,
        units: usize,
        scalars_per_unit: usize,
        work: Work,
        compute: impl Fn(&Worker<'_, G>, Range<usize>) -> Result<R, DeviceError> + Sync,
    ) -> Result<Vec<R>, DeviceError> {
        let workers = self.workers(bases)?;
        let parts = self.parts(&workers, units, scalars_per_unit, work);
        let parts = parts.map(|(index, range)| (workers[index].kind(), (index, range)));
        let jobs = parts.collect();
        let results = side_by_side(jobs, |(index, range): (usize, Range<usize>)| {
            let result = compute(&workers[index], range.clone());
            (index, range, result)
        });
        let mut out = Vec::with_capacity(results.len());
        for ((index, range, mut result), time) in results {
            if result.is_ok() {
                let scalars = range.len() * scalars_per_unit;
                let rates = &workers[index].member.rates;
                rates.measured(work, scalars, time);
            }
            for other in (0..workers.len()).filter(|&other| other != index) {
                if result.as_ref().is_err_and(DeviceError::is_refusal) {
                    result = compute(&workers[other], range.clone());
                }
            }
            out.push(result?);
        }
        Ok(out)
    }
}

impl<G: MsmGroup> Msm<G> for Pool {
    fn load(&self, bases: &[G::Affine]) -> Result<BaseSet<G>, DeviceError> {
        let mut refused = self.unsupported("msm");
        let mut sets = Vec::with_capacity(self.members.len());
        for member in &self.members {
            let set = match G::offered(&*member.device).map(|msm| msm.load(bases)) {
                Some(Err(error)) if error.is_refusal() => {
                    refused = error;
                    None
                }
                set => set.transpose()?,
            };
            sets.push(set);
        }
        if sets.iter().all(Option::is_none) {
            return Err(refused);
        }
        let name = &self.info.name;
        Ok(BaseSet::new(name, bases.len(), Box::new(Bases(sets))))
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
        let len = scalars.len();
        bases.covers(start.saturating_add(len))?;
        let parts = self.divide(
            bases,
            len,
            1,
            Work::of_sums::<G>(scalars),
            |worker, range| {
                let first = start + range.start;
                match scalars.slice(range) {
                    Some(part) => worker.msm.msm_from(worker.set, first, part),
                    None => Ok(G::zero()),
                }
            },
        )?;
        Ok(parts.into_iter().sum())
    }

    fn msm_rows(
        &self,
        bases: &BaseSet<G>,
        scalars: Scalars<'_>,
        row_len: usize,
    ) -> Result<Vec<G>, DeviceError> {
        let rows = rows_of(scalars.len(), row_len)?.count();
        // Fewer rows than devices are divided inside.
        if rows < self.members.len() {
            let rows = rows_of(scalars.len(), row_len)?;
            let rows = rows.filter_map(|range| scalars.slice(range));
            return rows.map(|row| Msm::<G>::msm(self, bases, row)).collect();
        }
        let parts = self.divide(
            bases,
            rows,
            row_len,
            Work::of_sums::<G>(scalars),
            |worker, range| {
                let range = range.start * row_len..range.end * row_len;
                match scalars.slice(range) {
                    Some(part) => worker.msm.msm_rows(worker.set, part, row_len),
                    None => Ok(Vec::new()),
                }
            },
        )?;
        Ok(parts.concat())
    }

    /// That of the device that would be done last.
    fn estimate(&self, bases: &BaseSet<G>, scalars: Scalars<'_>) -> Option<Duration> {
        let workers = self.workers(bases).ok()?;
        let parts = self.parts(&workers, scalars.len(), 1, Work::of_sums::<G>(scalars));
        let time = |(index, range)| {
            let Worker { msm, set, .. } = &workers[index];
            msm.estimate(set, scalars.slice(range)?)
        };
        (parts.map(time)).try_fold(Duration::ZERO, |most, time| Some(most.max(time?)))
    }
}
