//! See `MatMul::verify` in the verifier's half of this kernel.

use kernelwise_core::claim::{AxisWeights, outer_product};
use kernelwise_core::field::Fr;
use kernelwise_core::kernels::{LaunchView, MatMul};
use kernelwise_hal::ContractAxis;

use crate::backward::{Backward, with_parameter};
use crate::error::ProveError;
use crate::evaluate::contract_matrix;
use crate::sumcheck::prove_product;

/// Two contractions in integers, then a sumcheck over the contracted axes alone.
pub(crate) fn prove(
    kernel: &MatMul,
    pass: &mut Backward<'_, '_>,
    view: &LaunchView<'_>,
    weights: &[AxisWeights],
    value: Fr,
) -> Result<(), ProveError> {
    let (x_id, w_id, _) = with_parameter(view)?;
    let (x, w) = (pass.tensor(x_id)?, pass.tensor(w_id)?);
    let wrong = ProveError::Internal("a matmul of the wrong shape");
    let shape = kernel.split(x.shape(), w.shape()).ok_or(wrong.clone())?;
    let (columns, outer) = weights.split_last().ok_or(wrong)?;
    let inner = shape.contracted.len();
    let contract = pass.devices.contract;
    let rows = outer_product(outer, shape.outer.dims());
    let on_x = contract_matrix(
        contract,
        x.as_slice(),
        rows.len(),
        inner,
        ContractAxis::Rows,
        &rows,
    )?;
    let column_weights = columns.to_vector(shape.columns);
    let on_w = contract_matrix(
        contract,
        w.as_slice(),
        inner,
        shape.columns,
        ContractAxis::Cols,
        &column_weights,
    )?;
    let (point, x_value, w_value) = prove_product(
        pass,
        "matmul round",
        &shape.contracted,
        [&on_x, &on_w],
        value,
    )?;
    let (x_weights, w_weights) = kernel.input_weights(&shape, outer, columns, &point);
    pass.state("matmul input", x_id, x_weights, x_value);
    pass.state("matmul weight", w_id, w_weights, w_value);
    Ok(())
}
