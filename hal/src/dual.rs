//! Two devices that check each other.

use std::sync::Arc;

use kernelwise_field::{Fr, G2};

use crate::{
    BaseSet, Contract, ContractAxis, Device, DeviceError, DeviceInfo, DeviceKind, FractionLayer,
    FractionTree, IntMatrix, IntSlice, Msm, MsmGroup, Ntt, ResidentMatrix, RoundPoly, RoundProver,
    Scalars, SumcheckDevice, SumcheckRequest,
};

/// Runs every operation on both devices and fails with [`DeviceError::Disagreement`] where they differ.
///
/// Offers what both offer. Costs the sum of both, so it is for tests, for new hardware, and for whoever
/// would rather lose a proof than publish a wrong one.
pub struct DualDevice {
    info: DeviceInfo,
    left: Arc<dyn Device>,
    right: Arc<dyn Device>,
}

impl DualDevice {
    /// Pairs two devices under the name `dual(left,right)`.
    pub fn new(left: Arc<dyn Device>, right: Arc<dyn Device>) -> Self {
        let (a, b) = (left.info(), right.info());
        let info = DeviceInfo {
            name: format!("dual({},{})", a.name, b.name),
            kind: DeviceKind::Virtual,
            description: format!("{} and {}, compared after every operation", a.name, b.name),
            threads: a.threads.max(b.threads),
            memory_bytes: match (a.memory_bytes, b.memory_bytes) {
                (Some(x), Some(y)) => Some(x.min(y)),
                (x, y) => x.or(y),
            },
        };
        Self { info, left, right }
    }

    fn pair<'a, T: ?Sized>(
        &'a self,
        select: impl Fn(&'a dyn Device) -> Option<&'a T>,
        operation: &'static str,
    ) -> Result<(&'a T, &'a T), DeviceError> {
        select(&*self.left)
            .zip(select(&*self.right))
            .ok_or_else(|| DeviceError::Unsupported {
                device: self.info.name.clone(),
                operation,
            })
    }

    fn names(&self) -> Names {
        Names {
            left: self.left.info().name.clone(),
            right: self.right.info().name.clone(),
        }
    }
}

impl Device for DualDevice {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn msm(&self) -> Option<&dyn Msm> {
        self.left
            .msm()
            .and(self.right.msm())
            .map(|_| self as &dyn Msm)
    }

    fn msm_g2(&self) -> Option<&dyn Msm<G2>> {
        self.left
            .msm_g2()
            .and(self.right.msm_g2())
            .map(|_| self as &dyn Msm<G2>)
    }

    fn sumcheck(&self) -> Option<&dyn SumcheckDevice> {
        self.left
            .sumcheck()
            .and(self.right.sumcheck())
            .map(|_| self as &dyn SumcheckDevice)
    }

    fn fractions(&self) -> Option<&dyn FractionTree> {
        self.left
            .fractions()
            .and(self.right.fractions())
            .map(|_| self as &dyn FractionTree)
    }

    fn contract(&self) -> Option<&dyn Contract> {
        self.left
            .contract()
            .and(self.right.contract())
            .map(|_| self as &dyn Contract)
    }

    fn ntt(&self) -> Option<&dyn Ntt> {
        self.left
            .ntt()
            .and(self.right.ntt())
            .map(|_| self as &dyn Ntt)
    }
}

/// The names of the pair, for the error.
#[derive(Clone)]
struct Names {
    left: String,
    right: String,
}

impl Names {
    fn agree<T: PartialEq>(
        &self,
        left: T,
        right: &T,
        operation: &'static str,
    ) -> Result<T, DeviceError> {
        if left == *right {
            Ok(left)
        } else {
            Err(DeviceError::Disagreement {
                left: self.left.clone(),
                right: self.right.clone(),
                operation,
            })
        }
    }
}

/// The bases as each of the two holds them.
struct PairedBases<G> {
    left: BaseSet<G>,
    right: BaseSet<G>,
}

impl<G: MsmGroup> Msm<G> for DualDevice {
    fn load(&self, bases: &[G::Affine]) -> Result<BaseSet<G>, DeviceError> {
        let (left, right) = self.pair(G::offered, "msm")?;
        let paired = PairedBases {
            left: left.load(bases)?,
            right: right.load(bases)?,
        };
        Ok(BaseSet::new(&self.info.name, bases.len(), Box::new(paired)))
    }

    fn msm(&self, bases: &BaseSet<G>, scalars: Scalars<'_>) -> Result<G, DeviceError> {
        let (left, right) = self.pair(G::offered, "msm")?;
        let paired: &PairedBases<G> = bases.prepared(&self.info.name)?;
        let other = right.msm(&paired.right, scalars)?;
        self.names()
            .agree(left.msm(&paired.left, scalars)?, &other, "msm")
    }

    fn msm_rows(
        &self,
        bases: &BaseSet<G>,
        scalars: Scalars<'_>,
        row_len: usize,
    ) -> Result<Vec<G>, DeviceError> {
        let (left, right) = self.pair(G::offered, "msm")?;
        let paired: &PairedBases<G> = bases.prepared(&self.info.name)?;
        let other = right.msm_rows(&paired.right, scalars, row_len)?;
        self.names().agree(
            left.msm_rows(&paired.left, scalars, row_len)?,
            &other,
            "msm_rows",
        )
    }
}

impl SumcheckDevice for DualDevice {
    fn prepare<'a>(
        &self,
        request: SumcheckRequest<'a>,
    ) -> Result<Box<dyn RoundProver + 'a>, DeviceError> {
        let (left, right) = self.pair(Device::sumcheck, "sumcheck")?;
        let other = right.prepare(request.clone())?;
        Ok(Box::new(DualRounds {
            names: self.names(),
            left: left.prepare(request)?,
            right: other,
        }))
    }

    fn opens(&self) -> bool {
        let devices = self.left.sumcheck().zip(self.right.sumcheck());
        devices.is_some_and(|(left, right)| left.opens() && right.opens())
    }
}

struct DualRounds<'a> {
    names: Names,
    left: Box<dyn RoundProver + 'a>,
    right: Box<dyn RoundProver + 'a>,
}

impl RoundProver for DualRounds<'_> {
    fn prove_round(&mut self, bind: Option<Fr>, claim: Fr) -> Result<RoundPoly, DeviceError> {
        let other = self.right.prove_round(bind, claim)?;
        self.names.agree(
            self.left.prove_round(bind, claim)?,
            &other,
            "sumcheck round",
        )
    }

    fn open(&mut self) -> Result<RoundPoly, DeviceError> {
        let other = self.right.open()?;
        self.names
            .agree(self.left.open()?, &other, "sumcheck round")
    }

    fn finish(self: Box<Self>, bind: Option<Fr>) -> Result<Vec<Fr>, DeviceError> {
        let other = self.right.finish(bind)?;
        self.names.agree(
            self.left.finish(bind)?,
            &other,
            "sumcheck final evaluations",
        )
    }
}

impl FractionTree for DualDevice {
    fn layers(
        &self,
        numerators: IntSlice<'_>,
        denominators: &[Fr],
    ) -> Result<Vec<FractionLayer>, DeviceError> {
        let operation = "tree of fractions";
        let (left, right) = self.pair(Device::fractions, operation)?;
        let other = right.layers(numerators, denominators)?;
        let layers = left.layers(numerators, denominators)?;
        self.names().agree(layers, &other, operation)
    }
}

impl Contract for DualDevice {
    fn contract(
        &self,
        matrix: IntMatrix<'_>,
        axis: ContractAxis,
        weights: &[Fr],
    ) -> Result<Vec<Fr>, DeviceError> {
        let (left, right) = self.pair(Device::contract, "contract")?;
        let other = right.contract(matrix, axis, weights)?;
        self.names()
            .agree(left.contract(matrix, axis, weights)?, &other, "contract")
    }

    fn load(&self, matrix: IntMatrix<'_>) -> Result<ResidentMatrix, DeviceError> {
        let (left, right) = self.pair(Device::contract, "contract")?;
        Ok(left.load(matrix)?.and(right.load(matrix)?))
    }

    fn contract_resident(
        &self,
        resident: &ResidentMatrix,
        matrix: IntMatrix<'_>,
        axis: ContractAxis,
        weights: &[Fr],
    ) -> Result<Vec<Fr>, DeviceError> {
        let (left, right) = self.pair(Device::contract, "contract")?;
        let other = right.contract_resident(resident, matrix, axis, weights)?;
        let sums = left.contract_resident(resident, matrix, axis, weights)?;
        self.names().agree(sums, &other, "contract")
    }
}

impl DualDevice {
    fn transform(
        &self,
        values: &mut [Fr],
        operation: &'static str,
        run: impl Fn(&dyn Ntt, &mut [Fr]) -> Result<(), DeviceError>,
    ) -> Result<(), DeviceError> {
        let (left, right) = self.pair(Device::ntt, operation)?;
        let mut other = values.to_vec();
        run(right, &mut other)?;
        run(left, values)?;
        let (left, right): (&[Fr], &[Fr]) = (values, &other);
        self.names().agree(left, &right, operation).map(|_| ())
    }
}

impl Ntt for DualDevice {
    fn forward(&self, values: &mut [Fr], shift: Fr) -> Result<(), DeviceError> {
        self.transform(values, "forward transform", |ntt, values| {
            ntt.forward(values, shift)
        })
    }

    fn inverse(&self, values: &mut [Fr], shift: Fr) -> Result<(), DeviceError> {
        self.transform(values, "inverse transform", |ntt, values| {
            ntt.inverse(values, shift)
        })
    }
}
