//! What a device beside the planned ones would take for the requests that are small enough for it, by its own estimates.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use kernelwise_core::field::{G1, G1Affine};
use kernelwise_core::program::Program;
use kernelwise_hal::{
    BaseSet, Device, DeviceError, Limits, Msm, RoundProver, Scalars, SumcheckDevice,
    SumcheckRequest,
};

use super::counting::CountingDevice;
use super::{Rates, rehearse};
use crate::devices::Devices;
use crate::error::ProveError;
use crate::hints::HintRegistry;
use crate::key::Parameters;
use crate::observer::Quiet;
use crate::prove::prove_witness;
use crate::room::Room;

/// The requests of a proof that a device could take over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Beside {
    /// How many there are.
    pub requests: u64,
    /// What they would take on the device.
    pub time: Duration,
    /// What they take on the devices that were planned for.
    pub instead: Duration,
}

impl Beside {
    /// Whether the device would be sooner.
    pub fn is_worth_it(&self) -> bool {
        self.time < self.instead
    }
}

/// Asks `device` what it would take for each request within `limits`; `rates` say what the planned devices take.
///
/// # Cost
/// As [`plan()`](super::plan()), and loading commitment bases on the device.
///
/// # Errors
/// As [`plan()`](super::plan()), and what the device reports of loading bases.
pub fn project(
    program: &Program,
    parameters: &Parameters,
    hints: &HintRegistry,
    rates: &Rates,
    device: &dyn Device,
    limits: Limits,
) -> Result<Beside, ProveError> {
    let asked = Asked {
        device,
        limits,
        rates,
        beside: Mutex::default(),
    };
    let counting = CountingDevice::default();
    let devices = Devices {
        msm: &asked,
        sumcheck: &asked,
        fractions: &counting,
        contract: &counting,
        msm_g2: Some(&counting),
        ntt: Some(&counting),
    };
    rayon::scope(|_| {
        let (key, witness, _) = rehearse(program, parameters, hints, Room::default(), devices)?;
        // Parameters are committed to once, not in every proof.
        asked.take();
        prove_witness(&key, &witness, devices, &Quiet)?;
        Ok(asked.take())
    })
}

/// Answers with zeros, once the device has been asked for an estimate.
struct Asked<'a> {
    device: &'a dyn Device,
    limits: Limits,
    rates: &'a Rates,
    beside: Mutex<Beside>,
}

impl Asked<'_> {
    fn take(&self) -> Beside {
        let mut beside = self.beside.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *beside)
    }

    /// Takes in what `count` counts, if the device says what it would take for that.
    fn ask<R>(
        &self,
        estimate: Option<Duration>,
        count: impl FnOnce(&CountingDevice) -> Result<R, DeviceError>,
    ) -> Result<R, DeviceError> {
        let counting = CountingDevice::default();
        let result = count(&counting)?;
        if let Some(time) = estimate {
            let mut beside = self.beside.lock().unwrap_or_else(PoisonError::into_inner);
            beside.requests += 1;
            beside.time += time;
            beside.instead += self.rates.time(&counting.take().work);
        }
        Ok(result)
    }

    /// As [`ask`](Self::ask), for sums of rows; `bases` are those of the device, if it has them.
    fn ask_rows<R>(
        &self,
        bases: &BaseSet,
        scalars: Scalars<'_>,
        row_len: usize,
        count: impl FnOnce(&CountingDevice, &BaseSet) -> Result<R, DeviceError>,
    ) -> Result<R, DeviceError> {
        let held: &Option<BaseSet> = bases.prepared(NAME)?;
        let fits = scalars.len() <= self.limits.msm_scalars;
        let estimate = || {
            let msm = self.device.msm()?;
            let set = held.as_ref().filter(|_| fits)?;
            let starts = (0..scalars.len()).step_by(row_len.max(1));
            let row = |start| scalars.slice(start..start + row_len);
            starts.map(|start| msm.estimate(set, row(start)?)).sum()
        };
        let counted = CountingDevice::resident(bases.len());
        self.ask(estimate(), |counting| count(counting, &counted))
    }
}

/// The name under which bases are loaded.
const NAME: &str = "asked";

impl Msm for Asked<'_> {
    fn load(&self, bases: &[G1Affine]) -> Result<BaseSet, DeviceError> {
        let head = bases.get(..self.limits.msm_scalars).unwrap_or(bases);
        let held = self.device.msm().map(|msm| msm.load(head)).transpose()?;
        Ok(BaseSet::new(NAME, bases.len(), Box::new(held)))
    }

    fn msm(&self, bases: &BaseSet, scalars: Scalars<'_>) -> Result<G1, DeviceError> {
        self.ask_rows(bases, scalars, scalars.len(), |counting, set| {
            Msm::<G1>::msm(counting, set, scalars)
        })
    }

    fn msm_rows(
        &self,
        bases: &BaseSet,
        scalars: Scalars<'_>,
        row_len: usize,
    ) -> Result<Vec<G1>, DeviceError> {
        self.ask_rows(bases, scalars, row_len, |counting, set| {
            Msm::<G1>::msm_rows(counting, set, scalars, row_len)
        })
    }
}

impl SumcheckDevice for Asked<'_> {
    fn prepare<'a>(
        &self,
        request: SumcheckRequest<'a>,
    ) -> Result<Box<dyn RoundProver + 'a>, DeviceError> {
        let fits = request.entries() <= self.limits.sumcheck_entries;
        let device = self.device.sumcheck().filter(|_| fits);
        let estimate = device.and_then(|device| device.estimate(&request));
        self.ask(estimate, |counting| counting.prepare(request))
    }
}
