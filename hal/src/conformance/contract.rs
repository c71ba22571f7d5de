//! Cases for contraction.

use kernelwise_field::Fr;

use super::inputs::{Inputs, Ints, Width};
use super::{Cases, Failure, Reason, expect_equal, expect_error};
use crate::{Contract, ContractAxis, DeviceError, IntMatrix, IntSlice};

/// Rows and columns: empty, single, odd, around lane widths, and long enough for every accumulator.
const SHAPES: [(usize, usize); 16] = [
    (0, 0),
    (0, 5),
    (5, 0),
    (1, 1),
    (1, 9),
    (9, 1),
    (3, 5),
    (16, 16),
    (17, 31),
    (64, 64),
    (33, 129),
    (130, 65),
    (1, 1000),
    (1000, 1),
    (3, 5000),
    (5000, 3),
];

/// Matrices up to this size are contracted once more after they were loaded.
const MAX_RESIDENT: usize = 600;

const AXES: [ContractAxis; 2] = [ContractAxis::Rows, ContractAxis::Cols];

fn expected(matrix: &IntMatrix<'_>, axis: ContractAxis, weights: &[Fr]) -> Vec<Fr> {
    let len = match axis {
        ContractAxis::Rows => matrix.cols(),
        ContractAxis::Cols => matrix.rows(),
    };
    let mut out = vec![Fr::from(0u64); len];
    for (index, value) in matrix.data().iter().enumerate() {
        let (row, col) = (index / matrix.cols(), index % matrix.cols());
        match axis {
            ContractAxis::Rows => out[col] += weights[row] * Fr::from(value),
            ContractAxis::Cols => out[row] += weights[col] * Fr::from(value),
        }
    }
    out
}

fn check(
    contract: &dyn Contract,
    ints: &Ints,
    (rows, cols): (usize, usize),
    axis: ContractAxis,
    weight: &mut dyn FnMut() -> Fr,
) -> Result<(), Reason> {
    let matrix = IntMatrix::new(ints.view(), rows, cols)?;
    let len = match axis {
        ContractAxis::Rows => rows,
        ContractAxis::Cols => cols,
    };
    let weights: Vec<Fr> = (0..len).map(|_| weight()).collect();
    let expected = expected(&matrix, axis, &weights);
    let got = contract.contract(matrix, axis, &weights)?;
    expect_equal("sums", &expected, &got)?;
    if rows * cols > MAX_RESIDENT {
        return Ok(());
    }
    let resident = contract.load(matrix)?;
    let got = contract.contract_resident(&resident, matrix, axis, &weights)?;
    expect_equal("sums of a resident matrix", &expected, &got)
}

pub(super) fn run(contract: &dyn Contract, cases: &mut Cases) -> Result<(), Failure> {
    let mut inputs = Inputs::new(0x636f_6e74);
    let minus_one = -Fr::from(1u64);
    for shape in SHAPES {
        for axis in AXES {
            for width in Width::ALL {
                let (rows, cols) = shape;
                let name = format!("contract: {rows} x {cols} {width:?} integers over {axis:?}");
                let ints = inputs.ints(width, rows * cols);
                cases.case(name.clone(), || {
                    check(contract, &ints, shape, axis, &mut || inputs.field())
                })?;
                // The largest weights against the most negative entries: the worst case of every accumulator.
                let minima = width.minima(rows * cols);
                cases.case(format!("{name}, extreme"), || {
                    check(contract, &minima, shape, axis, &mut || minus_one)
                })?;
            }
        }
    }
    for axis in AXES {
        cases.case(
            format!("contract: wrong number of weights over {axis:?}"),
            || {
                let matrix = IntMatrix::new(IntSlice::I8(&[1; 6]), 2, 3)?;
                let accept =
                    |error: &DeviceError| matches!(error, DeviceError::LengthMismatch { .. });
                for len in [0, 1, 4, 6] {
                    let weights = vec![minus_one; len];
                    expect_error(
                        "LengthMismatch",
                        contract.contract(matrix, axis, &weights),
                        accept,
                    )?;
                    let resident = contract.load(matrix)?;
                    expect_error(
                        "LengthMismatch",
                        contract.contract_resident(&resident, matrix, axis, &weights),
                        accept,
                    )?;
                }
                Ok(())
            },
        )?;
    }
    Ok(())
}
