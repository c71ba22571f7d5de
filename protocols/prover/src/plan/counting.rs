//! A device that counts and answers with zeros.

use std::borrow::Cow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kernelwise_core::field::{AdditiveGroup, Fr, G1, G1Affine, Zero};
use kernelwise_hal::{
    BaseSet, Contract, ContractAxis, DeviceError, FractionLayer, FractionTree, IntMatrix, IntSlice,
    Msm, MsmGroup, RoundPoly, RoundProver, Scalars, SumcheckDevice, SumcheckRequest, Table,
};

use super::bound::bound_bytes;

/// What a device is asked to do, by the cost of one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// A scalar of this many bytes (32 for field elements, 0 for bits) in rows of sums of points, where rows are many and long.
    Point(u8),
    /// What a row of such scalars costs beside them.
    PointRow(u8),
    /// What a column of such scalars costs beside them, however many rows there are.
    PointColumn(u8),
    /// Bytes of a matrix of small integers times a field element, one sum per column.
    ContractRows,
    /// The same, one sum per row.
    ContractCols,
    /// Half the square of a term's number of factors, at an index of a sumcheck over few tall tables.
    Tall,
    /// A term of one instance of a sumcheck over many short tables, by number of factors beyond the head; 5 stands for more.
    Wide(u8),
    /// What such a term costs however many instances there are.
    WideTerm(u8),
    /// A round of a sumcheck.
    Round,
    /// A leaf of a tree of fractions.
    Leaf,
    /// A scalar in sums of points of G2.
    PointG2,
    /// A butterfly of a number-theoretic transform.
    Butterfly,
}

/// A number of units of one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    /// What.
    pub operation: Operation,
    /// How many.
    pub units: u64,
}

/// What was counted since the last look.
#[derive(Debug, Clone, Default)]
pub(super) struct Taken {
    pub(super) work: Vec<Work>,
    /// Tables of the largest request.
    pub(super) table_bytes: u64,
    /// Time spent in here.
    pub(super) spent: Duration,
}

/// Counts what it is asked.
#[derive(Debug, Default)]
pub(super) struct CountingDevice {
    taken: Mutex<Taken>,
    /// Bytes of all sumchecks that are under way.
    live: Arc<AtomicU64>,
}

/// The name under which bases are loaded.
const NAME: &str = "counting";
/// Bytes of a point that a device adds to.
const SUM_BYTES: usize = 160;
/// Bytes of a term, in a request and in the lists that a prover and a device make of it.
const TERM_BYTES: u64 = 320;
/// Terms from which a device will find a request wide.
const WIDE_TERMS: usize = 32;

impl CountingDevice {
    pub(super) fn take(&self) -> Taken {
        self.taken
            .lock()
            .map(|mut taken| std::mem::take(&mut *taken))
            .unwrap_or_default()
    }

    pub(super) fn resident<G: MsmGroup>(len: usize) -> BaseSet<G> {
        BaseSet::new(NAME, len, Box::new(()))
    }

    pub(super) fn count(
        &self,
        begun: Instant,
        table_bytes: u64,
        work: impl IntoIterator<Item = (Operation, u64)>,
    ) {
        if let Ok(mut taken) = self.taken.lock() {
            for (operation, units) in work {
                match taken
                    .work
                    .iter_mut()
                    .find(|work| work.operation == operation)
                {
                    Some(work) => work.units += units,
                    None => taken.work.push(Work { operation, units }),
                }
            }
            let live = self.live.load(Ordering::Relaxed);
            taken.table_bytes = taken.table_bytes.max(table_bytes + live);
            taken.spent += begun.elapsed();
        }
    }
}

impl Msm for CountingDevice {
    fn load(&self, bases: &[G1Affine]) -> Result<BaseSet, DeviceError> {
        Ok(Self::resident(bases.len()))
    }

    fn msm(&self, bases: &BaseSet, scalars: Scalars<'_>) -> Result<G1, DeviceError> {
        let len = scalars.len();
        Ok(self.msm_rows(bases, scalars, len.max(1))?.into_iter().sum())
    }

    fn msm_rows(
        &self,
        _bases: &BaseSet,
        scalars: Scalars<'_>,
        row_len: usize,
    ) -> Result<Vec<G1>, DeviceError> {
        let begun = Instant::now();
        let bytes = match &scalars {
            Scalars::Fr(_) => 32,
            // However they are held, bits are the cheapest.
            Scalars::Int(values) if values.iter().all(|value| matches!(value, 0 | 1)) => 0,
            Scalars::Int(values) => values.value_bytes() as u8,
            Scalars::Bits(_) => 0,
        };
        let rows = scalars.len() / row_len.max(1);
        // Field elements stand as digits of two bytes; smaller scalars as bits, with a sum for each of a row.
        let held = match bytes {
            32 => 64 * scalars.len(),
            _ => usize::from(bytes.max(1)) * (scalars.len() + 8 * SUM_BYTES * rows),
        };
        let work = [
            (Operation::Point(bytes), scalars.len()),
            (Operation::PointRow(bytes), rows),
            (Operation::PointColumn(bytes), row_len),
        ];
        let work = work.map(|(operation, units)| (operation, units as u64));
        self.count(begun, held as u64, work);
        Ok(vec![G1::zero(); rows])
    }
}

impl Contract for CountingDevice {
    fn contract(
        &self,
        matrix: IntMatrix<'_>,
        axis: ContractAxis,
        _weights: &[Fr],
    ) -> Result<Vec<Fr>, DeviceError> {
        let begun = Instant::now();
        let data = matrix.data();
        let units = (data.len() * data.value_bytes()) as u64;
        let (operation, results) = match axis {
            ContractAxis::Rows => (Operation::ContractRows, matrix.cols()),
            ContractAxis::Cols => (Operation::ContractCols, matrix.rows()),
        };
        self.count(begun, 0, [(operation, units)]);
        Ok(vec![Fr::ZERO; results])
    }
}

impl FractionTree for CountingDevice {
    fn layers(
        &self,
        _numerators: IntSlice<'_>,
        denominators: &[Fr],
    ) -> Result<Vec<FractionLayer>, DeviceError> {
        let begun = Instant::now();
        let vars = denominators.len().max(1).ilog2();
        let layers = (0..vars)
            .rev()
            .map(|vars| FractionLayer {
                numerators: vec![Fr::ZERO; 1 << vars],
                denominators: vec![Fr::ZERO; 1 << vars],
            })
            .collect();
        let len = denominators.len() as u64;
        // Leaves, and twice as much again for the layers.
        self.count(begun, len * 32 + 2 * len * 32, [(Operation::Leaf, len)]);
        Ok(layers)
    }
}

impl SumcheckDevice for CountingDevice {
    fn prepare<'a>(
        &self,
        request: SumcheckRequest<'a>,
    ) -> Result<Box<dyn RoundProver + 'a>, DeviceError> {
        let begun = Instant::now();
        let size = 1u64 << request.num_vars();
        let wide = is_wide(&request);
        let tables = request.tables().iter().map(|table| match table {
            // Bound in place, or into half as many.
            Table::Fr(Cow::Owned(_)) => 32 * size,
            // Lifted once half of it is bound; its integers are a tensor's or a level's.
            Table::Fr(Cow::Borrowed(_)) | Table::Int(_) => 16 * size,
            Table::Eq(_) => 0,
        });
        let tables = if wide {
            bound_bytes(&request)
        } else {
            tables.sum()
        };
        let bytes = tables + TERM_BYTES * request.terms().len() as u64;
        let mut work = vec![(Operation::Round, request.num_vars() as u64)];
        for term in request.terms() {
            if wide {
                let factors = term.factors.len().saturating_sub(1).min(5) as u8;
                work.push((Operation::Wide(factors), size));
                work.push((Operation::WideTerm(factors), 1));
                continue;
            }
            // As many evaluations as factors, each a product of all of them; an `eq` is split off and nearly free.
            let is_eq =
                |&&factor: &&usize| matches!(request.tables().get(factor), Some(Table::Eq(_)));
            let factors = term.factors.len() - term.factors.iter().filter(is_eq).count();
            let units = size * (factors.max(1) * factors.max(1)) as u64 / 2;
            work.push((Operation::Tall, units));
        }
        self.count(begun, bytes, work);
        self.live.fetch_add(bytes, Ordering::Relaxed);
        Ok(Box::new(Zeros {
            degree: request.degree(),
            tables: request.tables().len(),
            bytes,
            live: Arc::clone(&self.live),
        }))
    }
}

/// Whether terms are many and instances few.
pub(super) fn is_wide(request: &SumcheckRequest<'_>) -> bool {
    request.terms().len() >= WIDE_TERMS
}

struct Zeros {
    degree: usize,
    tables: usize,
    bytes: u64,
    live: Arc<AtomicU64>,
}

impl Drop for Zeros {
    fn drop(&mut self) {
        self.live.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

impl RoundProver for Zeros {
    fn prove_round(&mut self, _bind: Option<Fr>, _claim: Fr) -> Result<RoundPoly, DeviceError> {
        Ok(RoundPoly(vec![Fr::ZERO; self.degree + 1]))
    }

    fn finish(self: Box<Self>, _bind: Option<Fr>) -> Result<Vec<Fr>, DeviceError> {
        Ok(vec![Fr::ZERO; self.tables])
    }
}
