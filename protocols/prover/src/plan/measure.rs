//! Measuring the rates of a set of devices: a few small operations of each kind.

use std::time::Instant;

use kernelwise_core::commitment::CommitmentKey;
use kernelwise_core::field::{AdditiveGroup, Field, Fr};
use kernelwise_hal::{
    ContractAxis, DeviceError, IntMatrix, IntSlice, Scalars, SumcheckRequest, Table, Term,
};

use super::{Operation, Rates};
use crate::devices::Devices;

/// Runs of each operation; the fastest counts.
const RUNS: usize = 5;

/// The least rate: what is too fast to measure is not without one.
const LEAST: f64 = 1e-3;

impl Rates {
    /// Measures `devices`.
    ///
    /// # Cost
    /// Half a second on a CPU.
    ///
    /// # Errors
    /// What the devices report.
    pub fn measure(devices: Devices<'_>) -> Result<Self, DeviceError> {
        let mut rates = Self::default();
        rates.points(devices)?;
        rates.contractions(devices)?;
        rates.sumchecks(devices)?;
        rates.leaves(devices)?;
        rates.groth16(devices)?;
        Ok(rates)
    }

    pub(super) fn record(
        &mut self,
        operation: Operation,
        units: u64,
        run: impl FnMut() -> Result<(), DeviceError>,
    ) -> Result<(), DeviceError> {
        self.0.insert(operation, least(run)? / units as f64);
        Ok(())
    }

    /// Time is taken to be linear in rows, columns and their product: three shapes of each kind of scalar say how.
    fn points(&mut self, devices: Devices<'_>) -> Result<(), DeviceError> {
        let (few, many) = (16, 512);
        let key = CommitmentKey::derive(many);
        let bases = devices.msm.load(key.bases())?;
        let values: Vec<i64> = (0..many * many).map(mixed).collect();
        let bits: Vec<i8> = values.iter().map(|&value| (value & 1) as i8).collect();
        let i8s: Vec<i8> = values.iter().map(|&value| value as i8).collect();
        let i16s: Vec<i16> = values.iter().map(|&value| value as i16).collect();
        let i32s: Vec<i32> = values.iter().map(|&value| value as i32).collect();
        for (bytes, scalars) in [
            (0, Scalars::Int(IntSlice::I8(&bits))),
            (1, Scalars::Int(IntSlice::I8(&i8s))),
            (2, Scalars::Int(IntSlice::I16(&i16s))),
            (4, Scalars::Int(IntSlice::I32(&i32s))),
            (8, Scalars::Int(IntSlice::I64(&values))),
        ] {
            let time = |rows: usize, columns: usize| {
                least(|| {
                    let scalars = scalars.slice(0..rows * columns).unwrap_or(scalars);
                    devices.msm.msm_rows(&bases, scalars, columns).map(drop)
                })
            };
            let (long, wide, tall) = (time(many, many)?, time(few, many)?, time(many, few)?);
            // With a, b, c for a row, a scalar and a column: long = am + bm² + cm, wide = af + bfm + cm, tall = am + bfm + cf.
            let (f, m) = (few as f64, many as f64);
            let (row, column) = ((long - wide) / (m - f), (long - tall) / (m - f));
            let scalar = ((row * m + column * f - tall) / (m * m)).max(LEAST);
            self.0.insert(Operation::Point(bytes), scalar);
            let row = (row - scalar * m).max(LEAST);
            self.0.insert(Operation::PointRow(bytes), row);
            let column = (column - scalar * m).max(LEAST);
            self.0.insert(Operation::PointColumn(bytes), column);
        }
        let field: Vec<Fr> = elements(2 * many);
        let time = |columns: usize| {
            least(|| {
                let scalars = Scalars::Fr(&field);
                devices.msm.msm_rows(&bases, scalars, columns).map(drop)
            })
        };
        // Two long rows, or many short ones.
        let (long, short) = (time(many)?, time(few)?);
        let row = ((short - long) / (2 * many / few - 2) as f64).max(LEAST);
        let scalar = ((long - 2.0 * row) / (2 * many) as f64).max(LEAST);
        self.0.insert(Operation::Point(32), scalar);
        self.0.insert(Operation::PointRow(32), row);
        Ok(())
    }

    fn contractions(&mut self, devices: Devices<'_>) -> Result<(), DeviceError> {
        let (rows, columns) = (512, 512);
        let values: Vec<i8> = (0..rows * columns).map(|i| mixed(i) as i8).collect();
        let weights = elements(rows);
        let matrix = IntMatrix::new(IntSlice::I8(&values), rows, columns)?;
        for (operation, axis) in [
            (Operation::ContractRows, ContractAxis::Rows),
            (Operation::ContractCols, ContractAxis::Cols),
        ] {
            self.record(operation, values.len() as u64, || {
                devices.contract.contract(matrix, axis, &weights).map(drop)
            })?;
        }
        Ok(())
    }

    fn sumchecks(&mut self, devices: Devices<'_>) -> Result<(), DeviceError> {
        let small = product(4);
        self.record(Operation::Round, 4, || play(devices, small.clone()))?;
        let vars = 14;
        let tall = product(vars);
        self.record(Operation::Tall, 2 << vars, || play(devices, tall.clone()))?;
        let wires = 2048;
        for factors in 1..=5u8 {
            // Over few and many instances: what a term costs by itself, and for each of them.
            let (few, many) = (4, 8);
            let time = |vars: usize| {
                let values = bits(wires << vars);
                let request = circuit(vars, wires, usize::from(factors), &values)?;
                least(|| play(devices, request.clone()))
            };
            let (short, long) = (time(few)?, time(many)?);
            let terms = wires as f64;
            let instances = |vars: usize| (1u64 << vars) as f64;
            let each = (long - short) / (terms * (instances(many) - instances(few)));
            let each = each.max(LEAST);
            let own = short / terms - each * instances(few);
            self.0.insert(Operation::Wide(factors), each);
            self.0.insert(Operation::WideTerm(factors), own.max(LEAST));
        }
        Ok(())
    }

    fn leaves(&mut self, devices: Devices<'_>) -> Result<(), DeviceError> {
        let vars = 12;
        let ones = vec![1i8; 1 << vars];
        let denominators = elements(1 << vars);
        self.record(Operation::Leaf, 1 << vars, || {
            devices
                .fractions
                .layers(IntSlice::I8(&ones), &denominators)
                .map(drop)
        })
    }
}

/// The nanoseconds of the fastest of several runs.
fn least(mut run: impl FnMut() -> Result<(), DeviceError>) -> Result<f64, DeviceError> {
    let mut least = f64::INFINITY;
    for _ in 0..RUNS {
        let start = Instant::now();
        run()?;
        least = least.min(start.elapsed().as_nanos() as f64);
    }
    Ok(least)
}

/// A product of two tables.
fn product(vars: usize) -> SumcheckRequest<'static> {
    let tables = vec![
        Table::Fr(elements(1 << vars).into()),
        Table::Fr(elements(1 << vars).into()),
    ];
    let term = Term {
        coefficient: Fr::ONE,
        factors: [0, 1].into(),
    };
    // Both tables have the right length.
    SumcheckRequest::new(vars, tables, vec![term])
        .unwrap_or_else(|_| unreachable!("two equal tables"))
}

fn bits(len: usize) -> Vec<i8> {
    (0..len).map(|i| (mixed(i) & 1) as i8).collect()
}

/// As many terms as wires, of `factors` wires each, under an `eq`.
fn circuit(
    vars: usize,
    wires: usize,
    factors: usize,
    values: &[i8],
) -> Result<SumcheckRequest<'_>, DeviceError> {
    let mut tables = vec![Table::Eq(elements(vars).into())];
    let rows = values.chunks_exact(1 << vars);
    tables.extend(rows.map(|row| Table::Int(IntSlice::I8(row))));
    let own = |index: usize| (0..factors).map(move |step| 1 + (index + 37 * step) % wires);
    let term = |(index, coefficient)| Term {
        coefficient,
        factors: std::iter::once(0).chain(own(index)).collect(),
    };
    let terms = elements(wires).into_iter().enumerate().map(term).collect();
    SumcheckRequest::new(vars, tables, terms)
}

fn play(devices: Devices<'_>, request: SumcheckRequest<'_>) -> Result<(), DeviceError> {
    let vars = request.num_vars();
    let mut rounds = devices.sumcheck.prepare(request)?;
    let mut bind = None;
    for round in 0..vars {
        rounds.prove_round(bind, Fr::ZERO)?;
        bind = Some(Fr::from(1_000_003 * round as u64 + 17));
    }
    rounds.finish(bind).map(drop)
}

/// Numbers that look mixed enough for buckets.
pub(super) fn mixed(index: usize) -> i64 {
    (index as u64)
        .wrapping_add(1)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15) as i64
        >> 3
}

pub(super) fn elements(count: usize) -> Vec<Fr> {
    let mut state = Fr::from(0x9e37_79b9_7f4a_7c15u64);
    (0..count)
        .map(|_| {
            state = state.square() + Fr::ONE;
            state
        })
        .collect()
}
