//! Two devices behind the traits of one, chosen by the size of each request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use kernelwise_field::{Fr, G1, G2};

use crate::msm::rows_of;
use crate::rates::{Rates, Work};
use crate::{
    BaseSet, Contract, Device, DeviceError, DeviceInfo, DeviceKind, FractionTree, Msm, MsmGroup,
    Ntt, Peak, RoundPoly, RoundProver, Scalars, SumcheckDevice, SumcheckRequest,
};

/// The largest requests that a device is to get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Entries of all tables of a sumcheck together.
    pub sumcheck_entries: usize,
    /// Scalars of a multi-scalar multiplication in G1, all rows together.
    pub msm_scalars: usize,
    /// The same in G2.
    pub msm_g2_scalars: usize,
}

impl Limits {
    /// Scalars of a multi-scalar multiplication in `G`.
    fn scalars<G: MsmGroup>(&self) -> usize {
        match G::NAME == G1::NAME {
            true => self.msm_scalars,
            false => self.msm_g2_scalars,
        }
    }
}

/// How many operations a device served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Served {
    /// Sumchecks.
    pub sumchecks: u64,
    /// Multi-scalar multiplications in either group, a matrix of rows counting once.
    pub msms: u64,
}

/// A small device for requests within its limits, and another for everything else.
///
/// The choice depends on sizes, on what the small device says when it takes a request (what it has no memory or no program for goes to the
/// other), and [where asked for](Self::where_worth_it) on its estimates. Any other failure is a failure. Who served how much is counted, for
/// reports.
pub struct Split {
    info: DeviceInfo,
    small: Arc<dyn Device>,
    rest: Arc<dyn Device>,
    limits: Limits,
    /// What the other was measured to do with requests within the limits, where estimates are compared with that.
    measured: Option<Arc<Rates>>,
    by_small: Counter,
    by_rest: Counter,
}

#[derive(Default)]
struct Counter {
    sumchecks: AtomicU64,
    msms: AtomicU64,
}

impl Counter {
    fn served(&self) -> Served {
        Served {
            sumchecks: self.sumchecks.load(Ordering::Relaxed),
            msms: self.msms.load(Ordering::Relaxed),
        }
    }
}

impl Split {
    /// Gives `small` what lies within `limits`, and `rest` everything else.
    pub fn new(small: Arc<dyn Device>, rest: Arc<dyn Device>, limits: Limits) -> Self {
        let (a, b) = (small.info(), rest.info());
        let info = DeviceInfo {
            name: format!("split({},{})", a.name, b.name),
            kind: DeviceKind::Virtual,
            description: format!("small requests on {}, others on {}", a.name, b.name),
            threads: b.threads,
            memory_bytes: b.memory_bytes,
        };
        Self {
            info,
            small,
            rest,
            limits,
            measured: None,
            by_small: Counter::default(),
            by_rest: Counter::default(),
        }
    }

    /// As [`new`](Self::new), but what `small` estimates to take longer than `rest` was measured to take is for `rest`, which also gets the
    /// first request of each kind, to be measured. Where `small` gives no estimate, sizes alone decide.
    pub fn where_worth_it(small: Arc<dyn Device>, rest: Arc<dyn Device>, limits: Limits) -> Self {
        Self {
            measured: Some(Arc::default()),
            ..Self::new(small, rest, limits)
        }
    }

    /// Whether the small device is not slower, if that is asked.
    fn is_worth_it(
        &self,
        work: Work,
        units: usize,
        estimate: impl FnOnce() -> Option<Duration>,
    ) -> bool {
        let Some((rates, estimate)) = self.measured.as_ref().zip(estimate()) else {
            return true;
        };
        let rate = rates.get(work);
        rate.is_some_and(|rate| estimate.as_secs_f64() * rate < units as f64)
    }

    /// What each of the two served: the small one first.
    pub fn served(&self) -> [(&str, Served); 2] {
        [
            (&self.small.info().name, self.by_small.served()),
            (&self.rest.info().name, self.by_rest.served()),
        ]
    }

    fn other<'a, T: ?Sized>(
        &'a self,
        select: impl Fn(&'a dyn Device) -> Option<&'a T>,
        operation: &'static str,
    ) -> Result<&'a T, DeviceError> {
        select(&*self.rest).ok_or_else(|| DeviceError::Unsupported {
            device: self.info.name.clone(),
            operation,
        })
    }
}

impl Device for Split {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn msm(&self) -> Option<&dyn Msm> {
        self.rest.msm().map(|_| self as &dyn Msm)
    }

    fn msm_g2(&self) -> Option<&dyn Msm<G2>> {
        self.rest.msm_g2().map(|_| self as &dyn Msm<G2>)
    }

    fn sumcheck(&self) -> Option<&dyn SumcheckDevice> {
        self.rest.sumcheck().map(|_| self as &dyn SumcheckDevice)
    }

    fn fractions(&self) -> Option<&dyn FractionTree> {
        self.rest.fractions()
    }

    fn contract(&self) -> Option<&dyn Contract> {
        self.rest.contract()
    }

    fn ntt(&self) -> Option<&dyn Ntt> {
        self.rest.ntt()
    }

    fn peak(&self) -> Option<Peak> {
        self.rest.peak()
    }
}

/// The bases as the two hold them: the small one holds as many as a request for it can use.
struct SplitBases<G> {
    small: Option<BaseSet<G>>,
    rest: BaseSet<G>,
}

/// The sums of a request: rows of scalars over the bases from one on.
#[derive(Clone, Copy)]
struct Sums<'a> {
    start: usize,
    scalars: Scalars<'a>,
    row_len: usize,
}

impl Sums<'_> {
    /// What a device estimates for all rows.
    fn estimate<G: MsmGroup>(&self, msm: &dyn Msm<G>, set: &BaseSet<G>) -> Option<Duration> {
        let mut rows = rows_of(self.scalars.len(), self.row_len).ok()?;
        rows.try_fold(Duration::ZERO, |sum, range| {
            Some(sum + msm.estimate(set, self.scalars.slice(range)?)?)
        })
    }
}

impl Split {
    /// Runs sums on the small device where they are for it.
    fn sums<G: MsmGroup, R>(
        &self,
        bases: &BaseSet<G>,
        sums: Sums<'_>,
        run: impl Fn(&dyn Msm<G>, &BaseSet<G>) -> Result<R, DeviceError>,
    ) -> Result<R, DeviceError> {
        let prepared: &SplitBases<G> = bases.prepared(&self.info.name)?;
        let (work, len) = (Work::of_sums::<G>(sums.scalars), sums.scalars.len());
        let fits = len <= self.limits.scalars::<G>();
        let small = G::offered(&*self.small).zip(prepared.small.as_ref());
        // It has the first bases only.
        let reach = sums.start.saturating_add(sums.row_len.min(len));
        let small = small.filter(|(_, set)| fits && reach <= set.len());
        if let Some((msm, set)) = small
            && self.is_worth_it(work, len, || sums.estimate(msm, set))
        {
            match run(msm, set) {
                Err(error) if error.is_refusal() => {}
                result => {
                    self.by_small.msms.fetch_add(1, Ordering::Relaxed);
                    return result;
                }
            }
        }
        self.by_rest.msms.fetch_add(1, Ordering::Relaxed);
        let begun = Instant::now();
        let result = run(self.other(G::offered, "msm")?, &prepared.rest)?;
        if let Some(rates) = self.measured.as_ref().filter(|_| fits) {
            rates.measured(work, len, begun.elapsed());
        }
        Ok(result)
    }
}

impl<G: MsmGroup> Msm<G> for Split {
    fn load(&self, bases: &[G::Affine]) -> Result<BaseSet<G>, DeviceError> {
        let rest = self.other(G::offered, "msm")?.load(bases)?;
        let head = bases.get(..self.limits.scalars::<G>()).unwrap_or(bases);
        let small = match G::offered(&*self.small).map(|msm| msm.load(head)) {
            Some(Ok(set)) => Some(set),
            Some(Err(error)) if !error.is_refusal() => return Err(error),
            _ => None,
        };
        Ok(BaseSet::new(
            &self.info.name,
            bases.len(),
            Box::new(SplitBases { small, rest }),
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
        let row_len = scalars.len();
        let sums = Sums {
            start,
            scalars,
            row_len,
        };
        self.sums(bases, sums, |msm, set| msm.msm_from(set, start, scalars))
    }

    fn msm_rows(
        &self,
        bases: &BaseSet<G>,
        scalars: Scalars<'_>,
        row_len: usize,
    ) -> Result<Vec<G>, DeviceError> {
        let sums = Sums {
            start: 0,
            scalars,
            row_len,
        };
        self.sums(bases, sums, |msm, set| msm.msm_rows(set, scalars, row_len))
    }
}

/// A sumcheck of the larger device, measured.
struct Timed<'a> {
    prover: Box<dyn RoundProver + 'a>,
    time: Duration,
    entries: usize,
    rates: Arc<Rates>,
}

impl Timed<'_> {
    fn time<R>(&mut self, run: impl FnOnce(&mut dyn RoundProver) -> R) -> R {
        let begun = Instant::now();
        let result = run(&mut *self.prover);
        self.time += begun.elapsed();
        result
    }
}

impl RoundProver for Timed<'_> {
    fn prove_round(&mut self, bind: Option<Fr>, claim: Fr) -> Result<RoundPoly, DeviceError> {
        self.time(|prover| prover.prove_round(bind, claim))
    }

    fn open(&mut self) -> Result<RoundPoly, DeviceError> {
        self.time(|prover| prover.open())
    }

    fn finish(self: Box<Self>, bind: Option<Fr>) -> Result<Vec<Fr>, DeviceError> {
        let begun = Instant::now();
        let values = self.prover.finish(bind)?;
        let time = self.time + begun.elapsed();
        self.rates.measured(Work::Sumcheck, self.entries, time);
        Ok(values)
    }
}

impl SumcheckDevice for Split {
    fn prepare<'a>(
        &self,
        request: SumcheckRequest<'a>,
    ) -> Result<Box<dyn RoundProver + 'a>, DeviceError> {
        let entries = request.entries();
        let fits = entries <= self.limits.sumcheck_entries;
        if let Some(device) = self.small.sumcheck().filter(|_| fits)
            && self.is_worth_it(Work::Sumcheck, entries, || device.estimate(&request))
        {
            match device.prepare(request.clone()) {
                Err(error) if error.is_refusal() => {}
                result => {
                    self.by_small.sumchecks.fetch_add(1, Ordering::Relaxed);
                    return result;
                }
            }
        }
        self.by_rest.sumchecks.fetch_add(1, Ordering::Relaxed);
        let begun = Instant::now();
        let prover = self.other(Device::sumcheck, "sumcheck")?.prepare(request)?;
        Ok(match self.measured.as_ref().filter(|_| fits) {
            Some(rates) => Box::new(Timed {
                prover,
                time: begun.elapsed(),
                entries,
                rates: Arc::clone(rates),
            }),
            None => prover,
        })
    }

    fn opens(&self) -> bool {
        let devices = [&self.small, &self.rest];
        let mut offered = devices.iter().filter_map(|device| device.sumcheck());
        offered.all(SumcheckDevice::opens)
    }
}
