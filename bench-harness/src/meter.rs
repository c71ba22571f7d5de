//! Counts what is asked of a device, beside what it takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use kernelwise_field::{Fr, G2};
use kernelwise_hal::{
    BaseSet, Contract, ContractAxis, Device, DeviceError, DeviceInfo, FractionLayer, FractionTree,
    IntMatrix, IntSlice, Msm, MsmGroup, Ntt, Peak, ResidentMatrix, RoundProver, Scalars,
    SumcheckDevice, SumcheckRequest, Table,
};
use serde::{Deserialize, Serialize};

/// Bytes of a field element in memory.
const FR_BYTES: u64 = 32;

/// Bytes of an affine point in memory: two coordinates over a field of this many bytes.
fn point_bytes<G: MsmGroup>() -> u64 {
    2 * size_of::<G::BaseField>() as u64
}

/// Work asked of a device: equal on every machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Products of field elements in the textbook algorithm.
    pub field_products: u64,
    /// Multiply-accumulates of a small integer by a field element.
    pub macs: u64,
    /// Pairs of scalar and point.
    pub points: u64,
    /// Bytes of operands and results.
    pub bytes: u64,
}

/// A running count.
#[derive(Debug, Default)]
pub struct Meter {
    field_products: AtomicU64,
    macs: AtomicU64,
    points: AtomicU64,
    bytes: AtomicU64,
}

impl Meter {
    /// Adds work.
    pub fn add(&self, work: Counters) {
        self.field_products
            .fetch_add(work.field_products, Ordering::Relaxed);
        self.macs.fetch_add(work.macs, Ordering::Relaxed);
        self.points.fetch_add(work.points, Ordering::Relaxed);
        self.bytes.fetch_add(work.bytes, Ordering::Relaxed);
    }

    /// Returns the count so far and starts again at zero.
    pub fn take(&self) -> Counters {
        Counters {
            field_products: self.field_products.swap(0, Ordering::Relaxed),
            macs: self.macs.swap(0, Ordering::Relaxed),
            points: self.points.swap(0, Ordering::Relaxed),
            bytes: self.bytes.swap(0, Ordering::Relaxed),
        }
    }
}

/// A device whose work is counted; offers what it offers, under its name.
#[derive(Clone)]
pub struct Metered {
    device: Arc<dyn Device>,
    meter: Arc<Meter>,
}

impl Metered {
    /// Counts what is asked of `device`.
    pub fn new(device: Arc<dyn Device>) -> Self {
        Self {
            device,
            meter: Arc::default(),
        }
    }

    /// The count.
    pub fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }

    fn unsupported(&self, operation: &'static str) -> DeviceError {
        DeviceError::Unsupported {
            device: self.device.info().name.clone(),
            operation,
        }
    }

    fn inner_msm<G: MsmGroup>(&self) -> Result<&dyn Msm<G>, DeviceError> {
        G::offered(&*self.device).ok_or_else(|| self.unsupported("msm"))
    }
}

impl Device for Metered {
    fn info(&self) -> &DeviceInfo {
        self.device.info()
    }

    fn msm(&self) -> Option<&dyn Msm> {
        self.device.msm().map(|_| self as &dyn Msm)
    }

    fn msm_g2(&self) -> Option<&dyn Msm<G2>> {
        self.device.msm_g2().map(|_| self as &dyn Msm<G2>)
    }

    fn sumcheck(&self) -> Option<&dyn SumcheckDevice> {
        self.device.sumcheck().map(|_| self as &dyn SumcheckDevice)
    }

    fn fractions(&self) -> Option<&dyn FractionTree> {
        self.device.fractions().map(|_| self as &dyn FractionTree)
    }

    fn contract(&self) -> Option<&dyn Contract> {
        self.device.contract().map(|_| self as &dyn Contract)
    }

    fn ntt(&self) -> Option<&dyn Ntt> {
        self.device.ntt().map(|_| self as &dyn Ntt)
    }

    fn peak(&self) -> Option<Peak> {
        self.device.peak()
    }
}

fn int_bytes(values: &IntSlice<'_>) -> u64 {
    (values.len() * values.value_bytes()) as u64
}

fn msm_work<G: MsmGroup>(scalars: &Scalars<'_>, results: usize) -> Counters {
    let points = scalars.len() as u64;
    let scalar_bytes = match scalars {
        Scalars::Fr(values) => values.len() as u64 * FR_BYTES,
        Scalars::Int(values) => int_bytes(values),
        Scalars::Bits(values) => values.len() as u64,
    };
    // Rows share their bases.
    let bases = points / results.max(1) as u64;
    Counters {
        points,
        bytes: scalar_bytes + (bases + results as u64) * point_bytes::<G>(),
        ..Counters::default()
    }
}

impl<G: MsmGroup> Msm<G> for Metered {
    fn load(&self, bases: &[G::Affine]) -> Result<BaseSet<G>, DeviceError> {
        self.inner_msm::<G>()?.load(bases)
    }

    fn msm(&self, bases: &BaseSet<G>, scalars: Scalars<'_>) -> Result<G, DeviceError> {
        self.meter.add(msm_work::<G>(&scalars, 1));
        self.inner_msm::<G>()?.msm(bases, scalars)
    }

    fn msm_rows(
        &self,
        bases: &BaseSet<G>,
        scalars: Scalars<'_>,
        row_len: usize,
    ) -> Result<Vec<G>, DeviceError> {
        let rows = scalars.len().checked_div(row_len).unwrap_or(0);
        self.meter.add(msm_work::<G>(&scalars, rows));
        self.inner_msm::<G>()?.msm_rows(bases, scalars, row_len)
    }
}

/// Products of the textbook prover: in each round every term at `d + 1` points, then one product per bound entry.
fn sumcheck_work(request: &SumcheckRequest<'_>) -> Counters {
    let entries = 1u64 << request.num_vars();
    let points = request.degree() as u64 + 1;
    let per_point: u64 = request.terms().iter().map(|t| t.factors.len() as u64).sum();
    let mut eq_products = 0;
    let mut bytes = 0;
    for table in request.tables() {
        match table {
            Table::Fr(values) => bytes += values.len() as u64 * FR_BYTES,
            Table::Int(values) => bytes += int_bytes(values),
            Table::Eq(point) => {
                bytes += point.len() as u64 * FR_BYTES;
                eq_products += entries;
            }
        }
    }
    // Over all rounds the halves add up to `entries − 1`.
    let halves = entries - 1;
    Counters {
        field_products: halves * (points * per_point + request.tables().len() as u64) + eq_products,
        bytes: bytes + request.num_vars() as u64 * points * FR_BYTES,
        ..Counters::default()
    }
}

impl SumcheckDevice for Metered {
    fn prepare<'a>(
        &self,
        request: SumcheckRequest<'a>,
    ) -> Result<Box<dyn RoundProver + 'a>, DeviceError> {
        self.meter.add(sumcheck_work(&request));
        self.device
            .sumcheck()
            .ok_or_else(|| self.unsupported("sumcheck"))?
            .prepare(request)
    }
}

impl FractionTree for Metered {
    fn layers(
        &self,
        numerators: IntSlice<'_>,
        denominators: &[Fr],
    ) -> Result<Vec<FractionLayer>, DeviceError> {
        let leaves = denominators.len() as u64;
        // Three products for each node above the leaves; as many nodes as leaves, but one.
        self.meter.add(Counters {
            field_products: 3 * leaves.saturating_sub(1),
            bytes: int_bytes(&numerators) + (3 * leaves) * FR_BYTES,
            ..Counters::default()
        });
        self.device
            .fractions()
            .ok_or_else(|| self.unsupported("trees of fractions"))?
            .layers(numerators, denominators)
    }
}

impl Metered {
    /// One pass over `matrix`.
    fn inner_contract(&self, matrix: IntMatrix<'_>) -> Result<&dyn Contract, DeviceError> {
        let (rows, cols) = (matrix.rows() as u64, matrix.cols() as u64);
        self.meter.add(Counters {
            macs: matrix.data().len() as u64,
            bytes: int_bytes(&matrix.data()) + (rows + cols) * FR_BYTES,
            ..Counters::default()
        });
        self.device
            .contract()
            .ok_or_else(|| self.unsupported("contraction"))
    }
}

impl Contract for Metered {
    fn contract(
        &self,
        matrix: IntMatrix<'_>,
        axis: ContractAxis,
        weights: &[Fr],
    ) -> Result<Vec<Fr>, DeviceError> {
        self.inner_contract(matrix)?.contract(matrix, axis, weights)
    }

    fn load(&self, matrix: IntMatrix<'_>) -> Result<ResidentMatrix, DeviceError> {
        let contract = self.device.contract();
        contract
            .ok_or_else(|| self.unsupported("contraction"))?
            .load(matrix)
    }

    fn contract_resident(
        &self,
        resident: &ResidentMatrix,
        matrix: IntMatrix<'_>,
        axis: ContractAxis,
        weights: &[Fr],
    ) -> Result<Vec<Fr>, DeviceError> {
        self.inner_contract(matrix)?
            .contract_resident(resident, matrix, axis, weights)
    }
}

impl Metered {
    /// `k·n/2` products of a transform of `n = 2^k` values, which are read and written.
    fn inner_ntt(&self, len: usize) -> Result<&dyn Ntt, DeviceError> {
        let len_u64 = len as u64;
        self.meter.add(Counters {
            field_products: u64::from(len.max(1).ilog2()) * len_u64 / 2,
            bytes: 2 * len_u64 * FR_BYTES,
            ..Counters::default()
        });
        self.device
            .ntt()
            .ok_or_else(|| self.unsupported("number-theoretic transform"))
    }
}

impl Ntt for Metered {
    fn forward(&self, values: &mut [Fr], shift: Fr) -> Result<(), DeviceError> {
        self.inner_ntt(values.len())?.forward(values, shift)
    }

    fn inverse(&self, values: &mut [Fr], shift: Fr) -> Result<(), DeviceError> {
        self.inner_ntt(values.len())?.inverse(values, shift)
    }
}

#[cfg(test)]
mod tests {
    use kernelwise_cpu::CpuDevice;
    use kernelwise_hal::Term;

    use super::*;

    #[test]
    fn a_contraction_counts_its_entries() {
        let metered = Metered::new(Arc::new(CpuDevice::reference()));
        let matrix = IntMatrix::new(IntSlice::I8(&[1, 2, 3, 4, 5, 6]), 2, 3).unwrap();
        let contract = Device::contract(&metered).unwrap();
        let sums = contract
            .contract(
                matrix,
                ContractAxis::Rows,
                &[Fr::from(1u64), Fr::from(10u64)],
            )
            .unwrap();
        assert_eq!(sums, [41u64, 52, 63].map(Fr::from));
        let count = metered.meter().take();
        assert_eq!((count.macs, count.bytes), (6, 6 + 5 * 32));
        assert_eq!(metered.meter().take(), Counters::default());
    }

    #[test]
    fn a_product_sumcheck_counts_the_textbook() {
        let values = [1u64, 2, 3, 4].map(Fr::from);
        let table = || Table::Fr(values[..].into());
        let term = Term {
            coefficient: Fr::from(1u64),
            factors: [0, 1].into(),
        };
        let request = SumcheckRequest::new(2, vec![table(), table()], vec![term]).unwrap();
        // Three halves; three points with two products (one by the coefficient) and two bound tables.
        assert_eq!(sumcheck_work(&request).field_products, 3 * (3 * 2 + 2));
    }
}
