//! A device with another behind it, for what the first has no memory for.

use std::sync::{Arc, OnceLock};

use kernelwise_field::{Fr, G2};

use crate::{
    BaseSet, Contract, ContractAxis, Device, DeviceError, DeviceInfo, ErrorKind, FractionLayer,
    FractionTree, IntMatrix, IntSlice, Msm, MsmGroup, Ntt, Peak, ResidentMatrix, RoundProver,
    Scalars, SumcheckDevice, SumcheckRequest,
};

/// Offers what either of two devices offers, and does on the second what the first does not offer or has no memory for.
///
/// Any other failure is a failure. Bases are kept, so that the second can load them when it first needs them.
pub struct Fallback {
    info: DeviceInfo,
    first: Arc<dyn Device>,
    second: Arc<dyn Device>,
}

impl Fallback {
    /// Puts `second` behind `first`.
    pub fn new(first: Arc<dyn Device>, second: Arc<dyn Device>) -> Self {
        let (a, b) = (first.info(), second.info());
        let info = DeviceInfo {
            name: a.name.clone(),
            kind: a.kind,
            description: format!("{}; {} for what does not fit", a.description, b.name),
            threads: a.threads,
            memory_bytes: a.memory_bytes,
        };
        Self {
            info,
            first,
            second,
        }
    }

    /// Runs on the first device that offers the operation and has the memory.
    fn run<'a, T: ?Sized + 'a, R>(
        &'a self,
        select: impl Fn(&'a dyn Device) -> Option<&'a T>,
        operation: &'static str,
        mut call: impl FnMut(&'a T) -> Result<R, DeviceError>,
    ) -> Result<R, DeviceError> {
        let mut refused = DeviceError::Unsupported {
            device: self.info.name.clone(),
            operation,
        };
        for device in [&self.first, &self.second] {
            match select(&**device).map(&mut call) {
                Some(Err(error)) if error.kind() == ErrorKind::OutOfMemory => refused = error,
                Some(result) => return result,
                None => {}
            }
        }
        Err(refused)
    }

    fn offers<'a, T: ?Sized + 'a>(
        &'a self,
        select: impl Fn(&'a dyn Device) -> Option<&'a T>,
    ) -> bool {
        select(&*self.first).is_some() || select(&*self.second).is_some()
    }
}

impl Device for Fallback {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn msm(&self) -> Option<&dyn Msm> {
        self.offers(Device::msm).then_some(self)
    }

    fn msm_g2(&self) -> Option<&dyn Msm<G2>> {
        self.offers(Device::msm_g2).then_some(self)
    }

    fn sumcheck(&self) -> Option<&dyn SumcheckDevice> {
        self.offers(Device::sumcheck).then_some(self)
    }

    fn fractions(&self) -> Option<&dyn FractionTree> {
        self.offers(Device::fractions).then_some(self)
    }

    fn contract(&self) -> Option<&dyn Contract> {
        self.offers(Device::contract).then_some(self)
    }

    fn ntt(&self) -> Option<&dyn Ntt> {
        self.offers(Device::ntt).then_some(self)
    }

    fn peak(&self) -> Option<Peak> {
        self.first.peak()
    }
}

/// The bases as the two hold them.
struct Bases<G: MsmGroup> {
    first: Option<BaseSet<G>>,
    second: OnceLock<BaseSet<G>>,
    points: Vec<G::Affine>,
}

impl<G: MsmGroup> Bases<G> {
    /// What the second device holds, loaded if this is the first time.
    fn second(&self, device: &dyn Msm<G>) -> Result<&BaseSet<G>, DeviceError> {
        if let Some(set) = self.second.get() {
            return Ok(set);
        }
        let set = device.load(&self.points)?;
        Ok(self.second.get_or_init(|| set))
    }
}

impl Fallback {
    fn sums<G: MsmGroup, R>(
        &self,
        bases: &BaseSet<G>,
        mut call: impl FnMut(&dyn Msm<G>, &BaseSet<G>) -> Result<R, DeviceError>,
    ) -> Result<R, DeviceError> {
        let bases: &Bases<G> = bases.prepared(&self.info.name)?;
        let mut refused = None;
        if let Some((device, set)) = G::offered(&*self.first).zip(bases.first.as_ref()) {
            match call(device, set) {
                Err(error) if error.kind() == ErrorKind::OutOfMemory => refused = Some(error),
                result => return result,
            }
        }
        match (G::offered(&*self.second), refused) {
            (Some(device), _) => call(device, bases.second(device)?),
            (None, Some(error)) => Err(error),
            (None, None) => Err(DeviceError::Unsupported {
                device: self.info.name.clone(),
                operation: "msm",
            }),
        }
    }
}

impl<G: MsmGroup> Msm<G> for Fallback {
    fn load(&self, bases: &[G::Affine]) -> Result<BaseSet<G>, DeviceError> {
        let first = match G::offered(&*self.first).map(|msm| msm.load(bases)) {
            Some(Err(error)) if error.kind() != ErrorKind::OutOfMemory => return Err(error),
            Some(result) => result.ok(),
            None => None,
        };
        let loaded = Bases {
            first,
            second: OnceLock::new(),
            points: bases.to_vec(),
        };
        if let (None, Some(msm)) = (&loaded.first, G::offered(&*self.second)) {
            loaded.second(msm)?;
        }
        Ok(BaseSet::new(&self.info.name, bases.len(), Box::new(loaded)))
    }

    fn msm(&self, bases: &BaseSet<G>, scalars: Scalars<'_>) -> Result<G, DeviceError> {
        self.sums(bases, |msm, set| msm.msm(set, scalars))
    }

    fn msm_from(
        &self,
        bases: &BaseSet<G>,
        start: usize,
        scalars: Scalars<'_>,
    ) -> Result<G, DeviceError> {
        self.sums(bases, |msm, set| msm.msm_from(set, start, scalars))
    }

    fn msm_rows(
        &self,
        bases: &BaseSet<G>,
        scalars: Scalars<'_>,
        row_len: usize,
    ) -> Result<Vec<G>, DeviceError> {
        self.sums(bases, |msm, set| msm.msm_rows(set, scalars, row_len))
    }
}

impl SumcheckDevice for Fallback {
    fn prepare<'a>(
        &self,
        request: SumcheckRequest<'a>,
    ) -> Result<Box<dyn RoundProver + 'a>, DeviceError> {
        self.run(Device::sumcheck, "sumcheck", |device| {
            device.prepare(request.clone())
        })
    }

    fn opens(&self) -> bool {
        let devices = [&self.first, &self.second];
        let mut offered = devices.iter().filter_map(|device| device.sumcheck());
        offered.all(SumcheckDevice::opens)
    }
}

impl FractionTree for Fallback {
    fn layers(
        &self,
        numerators: IntSlice<'_>,
        denominators: &[Fr],
    ) -> Result<Vec<FractionLayer>, DeviceError> {
        self.run(Device::fractions, "tree of fractions", |device| {
            device.layers(numerators, denominators)
        })
    }
}

impl Contract for Fallback {
    fn contract(
        &self,
        matrix: IntMatrix<'_>,
        axis: ContractAxis,
        weights: &[Fr],
    ) -> Result<Vec<Fr>, DeviceError> {
        self.run(Device::contract, "contract", |device| {
            device.contract(matrix, axis, weights)
        })
    }

    /// What the first has no memory for stays where the caller has it.
    fn load(&self, matrix: IntMatrix<'_>) -> Result<ResidentMatrix, DeviceError> {
        match Device::contract(&*self.first).map(|device| device.load(matrix)) {
            Some(Err(error)) if error.kind() == ErrorKind::OutOfMemory => {
                Ok(ResidentMatrix::nowhere(&matrix))
            }
            Some(result) => result,
            None => Ok(ResidentMatrix::nowhere(&matrix)),
        }
    }

    fn contract_resident(
        &self,
        resident: &ResidentMatrix,
        matrix: IntMatrix<'_>,
        axis: ContractAxis,
        weights: &[Fr],
    ) -> Result<Vec<Fr>, DeviceError> {
        self.run(Device::contract, "contract", |device| {
            device.contract_resident(resident, matrix, axis, weights)
        })
    }
}

/// A device that refuses a transform for lack of memory leaves the values as they were.
impl Ntt for Fallback {
    fn forward(&self, values: &mut [Fr], shift: Fr) -> Result<(), DeviceError> {
        self.run(Device::ntt, "transform", |device| {
            device.forward(values, shift)
        })
    }

    fn inverse(&self, values: &mut [Fr], shift: Fr) -> Result<(), DeviceError> {
        self.run(Device::ntt, "transform", |device| {
            device.inverse(values, shift)
        })
    }
}
