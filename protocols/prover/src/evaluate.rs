//! Evaluating functionals on tensors of small integers.

use kernelwise_core::claim::{AxisWeights, Functional, dot, outer_product};
use kernelwise_core::field::{AdditiveGroup, Field, Fr};
use kernelwise_core::program::Shape;
use kernelwise_hal::{Contract, ContractAxis, IntMatrix, IntSlice, Scalars};
use rayon::prelude::*;

use crate::error::ProveError;
use crate::tensor::TensorData;

/// Columns up to this many are contracted in integers; the rest is field arithmetic on far fewer values.
const MAX_COLUMNS: usize = 4096;

/// `Σ_x weights(x)·tensor[x]`.
///
/// # Cost
/// One small-integer contraction of the tensor, and field multiplications in the number of its rows.
pub(crate) fn evaluate(
    contract: &dyn Contract,
    tensor: &TensorData,
    functional: &Functional,
) -> Result<Fr, ProveError> {
    let dims = tensor.shape().dims();
    let (rows, columns) = match functional {
        Functional::Dense(weights) => (vec![Fr::ONE], weights.clone()),
        Functional::Separable(axes) => {
            let (mut split, mut width) = (dims.len(), 1);
            while let Some(&dim) = split.checked_sub(1).and_then(|axis| dims.get(axis)) {
                if split < dims.len() && width * dim > MAX_COLUMNS {
                    break;
                }
                width *= dim;
                split -= 1;
            }
            let (row_axes, column_axes) = axes.split_at(split.min(axes.len()));
            let (row_dims, column_dims) = dims.split_at(split);
            (
                outer_product(row_axes, row_dims),
                outer_product(column_axes, column_dims),
            )
        }
    };
    let sums = contract_data(
        contract,
        tensor,
        rows.len(),
        columns.len(),
        ContractAxis::Cols,
        &columns,
    )?;
    Ok(dot(&rows, &sums))
}

/// Contraction of a tensor seen as `rows × columns`.
pub(crate) fn contract_data(
    contract: &dyn Contract,
    tensor: &TensorData,
    rows: usize,
    columns: usize,
    axis: ContractAxis,
    weights: &[Fr],
) -> Result<Vec<Fr>, ProveError> {
    match tensor.scalars() {
        Scalars::Int(values) => contract_matrix(contract, values, rows, columns, axis, weights),
        Scalars::Fr(values) => Ok(contract_field(values, columns, axis, weights)),
        Scalars::Bits(_) => Err(ProveError::Internal("a tensor of bits")),
    }
}

/// As [`Contract::contract`], over field elements.
fn contract_field(values: &[Fr], columns: usize, axis: ContractAxis, weights: &[Fr]) -> Vec<Fr> {
    let rows = values.par_chunks(columns.max(1));
    match axis {
        ContractAxis::Cols => rows.map(|row| dot(row, weights)).collect(),
        ContractAxis::Rows => rows
            .zip(weights)
            .fold(
                || vec![Fr::ZERO; columns],
                |mut sums, (row, weight)| {
                    sums.iter_mut()
                        .zip(row)
                        .for_each(|(sum, value)| *sum += *weight * value);
                    sums
                },
            )
            .reduce(
                || vec![Fr::ZERO; columns],
                |mut a, b| {
                    a.iter_mut().zip(&b).for_each(|(a, b)| *a += b);
                    a
                },
            ),
    }
}

/// Contraction of logical `values` seen as `rows × columns`.
pub(crate) fn contract_matrix(
    contract: &dyn Contract,
    values: IntSlice<'_>,
    rows: usize,
    columns: usize,
    axis: ContractAxis,
    weights: &[Fr],
) -> Result<Vec<Fr>, ProveError> {
    Ok(contract.contract(IntMatrix::new(values, rows, columns)?, axis, weights)?)
}

/// Adds `factor · weights` to a table over the padded shape.
pub(crate) fn add_padded_weights(
    table: &mut [Fr],
    shape: &Shape,
    functional: &Functional,
    factor: Fr,
) {
    match functional {
        Functional::Dense(weights) => {
            let padded = shape.pad(weights, Fr::ZERO);
            table
                .iter_mut()
                .zip(padded)
                .for_each(|(sum, weight)| *sum += factor * weight);
        }
        Functional::Separable(axes) => {
            let padded_dims: Vec<usize> = shape.axis_vars().map(|vars| 1 << vars).collect();
            let mut axes: Vec<AxisWeights> = axes
                .iter()
                .zip(&padded_dims)
                .map(|(weights, &dim)| {
                    let mut vector = weights.to_vector(dim);
                    vector.resize(dim, Fr::ZERO);
                    AxisWeights::Vector(vector)
                })
                .collect();
            // The innermost axis is the widest loop: rows of it are scaled copies.
            let Some(AxisWeights::Vector(inner)) = axes.pop() else {
                table.iter_mut().for_each(|sum| *sum += factor);
                return;
            };
            let outer = outer_product(&axes, &padded_dims);
            for (row, weight) in table.chunks_exact_mut(inner.len()).zip(outer) {
                let scaled = factor * weight;
                if scaled == Fr::ZERO {
                    continue;
                }
                row.iter_mut()
                    .zip(&inner)
                    .for_each(|(sum, value)| *sum += scaled * value);
            }
        }
    }
}
