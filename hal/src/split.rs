//! Two devices behind the traits of one, chosen by the size of each request.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kernelwise_field::{G1, G1Affine, G2};

use crate::{
    BaseSet, Contract, Device, DeviceError, DeviceInfo, DeviceKind, ErrorKind, FractionTree, Msm,
    Ntt, Peak, RoundProver, Scalars, SumcheckDevice, SumcheckRequest,
};

/// The largest requests that a device is to get.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Entries of all tables of a sumcheck together.
    pub sumcheck_entries: usize,
    /// Scalars of a multi-scalar multiplication in G1, all rows together.
    pub msm_scalars: usize,
}

/// How many operations a device served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Served {
    /// Sumchecks.
    pub sumchecks: u64,
    /// Multi-scalar multiplications in G1, a matrix of rows counting once.
    pub msms: u64,
}

/// A small device for requests within its limits, and another for everything else.
///
/// The choice depends on sizes alone, and on what the small device says when it takes a request: what it has no memory or no
/// program for goes to the other. Any other failure is a failure. Who served how much is counted, for reports.
pub struct Split {
    info: DeviceInfo,
    small: Arc<dyn Device>,
    rest: Arc<dyn Device>,
    limits: Limits,
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
            by_small: Counter::default(),
            by_rest: Counter::default(),
        }
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

/// Whether a refusal means that the request is too large for the device, rather than that something is wrong.
fn too_large(error: &DeviceError) -> bool {
    matches!(
        error.kind(),
        ErrorKind::OutOfMemory | ErrorKind::Unsupported
    )
}

impl Device for Split {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn msm(&self) -> Option<&dyn Msm> {
        self.rest.msm().map(|_| self as &dyn Msm)
    }

    fn msm_g2(&self) -> Option<&dyn Msm<G2>> {
        self.rest.msm_g2()
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
struct SplitBases {
    small: Option<BaseSet>,
    rest: BaseSet,
}

impl Split {
    /// The small device and its bases, if `scalars` scalars are for it.
    fn small_msm<'a>(
        &'a self,
        bases: &'a SplitBases,
        scalars: usize,
    ) -> Option<(&'a dyn Msm, &'a BaseSet)> {
        let fits = scalars <= self.limits.msm_scalars;
        self.small.msm().zip(bases.small.as_ref()).filter(|_| fits)
    }
}

impl Msm for Split {
    fn load(&self, bases: &[G1Affine]) -> Result<BaseSet, DeviceError> {
        let rest = self.other(Device::msm, "msm")?.load(bases)?;
        let head = bases.get(..self.limits.msm_scalars).unwrap_or(bases);
        let small = match self.small.msm().map(|msm| msm.load(head)) {
            Some(Ok(set)) => Some(set),
            Some(Err(error)) if !too_large(&error) => return Err(error),
            _ => None,
        };
        Ok(BaseSet::new(
            &self.info.name,
            bases.len(),
            Box::new(SplitBases { small, rest }),
        ))
    }

    fn msm(&self, bases: &BaseSet, scalars: Scalars<'_>) -> Result<G1, DeviceError> {
        let prepared: &SplitBases = bases.prepared(&self.info.name)?;
        if let Some((msm, set)) = self.small_msm(prepared, scalars.len()) {
            match msm.msm(set, scalars) {
                Err(error) if too_large(&error) => {}
                result => {
                    self.by_small.msms.fetch_add(1, Ordering::Relaxed);
                    return result;
                }
            }
        }
        self.by_rest.msms.fetch_add(1, Ordering::Relaxed);
        self.other(Device::msm, "msm")?.msm(&prepared.rest, scalars)
    }

    fn msm_rows(
        &self,
        bases: &BaseSet,
        scalars: Scalars<'_>,
        row_len: usize,
    ) -> Result<Vec<G1>, DeviceError> {
        let prepared: &SplitBases = bases.prepared(&self.info.name)?;
        if let Some((msm, set)) = self.small_msm(prepared, scalars.len()) {
            match msm.msm_rows(set, scalars, row_len) {
                Err(error) if too_large(&error) => {}
                result => {
                    self.by_small.msms.fetch_add(1, Ordering::Relaxed);
                    return result;
                }
            }
        }
        self.by_rest.msms.fetch_add(1, Ordering::Relaxed);
        self.other(Device::msm, "msm")?
            .msm_rows(&prepared.rest, scalars, row_len)
    }
}

impl SumcheckDevice for Split {
    fn prepare<'a>(
        &self,
        request: SumcheckRequest<'a>,
    ) -> Result<Box<dyn RoundProver + 'a>, DeviceError> {
        let entries = 1usize
            .checked_shl(request.num_vars() as u32)
            .unwrap_or(usize::MAX);
        let entries = entries.saturating_mul(request.tables().len());
        let fits = entries <= self.limits.sumcheck_entries;
        if let Some(device) = self.small.sumcheck().filter(|_| fits) {
            match device.prepare(request.clone()) {
                Err(error) if too_large(&error) => {}
                result => {
                    self.by_small.sumchecks.fetch_add(1, Ordering::Relaxed);
                    return result;
                }
            }
        }
        self.by_rest.sumchecks.fetch_add(1, Ordering::Relaxed);
        self.other(Device::sumcheck, "sumcheck")?.prepare(request)
    }

    fn opens(&self) -> bool {
        let devices = [&self.small, &self.rest];
        let mut offered = devices.iter().filter_map(|device| device.sumcheck());
        offered.all(SumcheckDevice::opens)
    }
}
