//! Row commitments.

use kernelwise_core::commitment::RowLayout;
use kernelwise_core::field::{CurveGroup, G1, G1Affine};
use kernelwise_hal::{BaseSet, Msm};

use crate::error::ProveError;
use crate::tensor::TensorData;

/// One point per logical row.
pub(crate) fn commit_rows(
    msm: &dyn Msm,
    bases: &BaseSet,
    tensor: &TensorData,
    max_columns: usize,
) -> Result<Vec<G1Affine>, ProveError> {
    let layout = RowLayout::new(tensor.shape(), max_columns);
    let rows = msm.msm_rows(bases, tensor.scalars(), layout.columns)?;
    Ok(G1::normalize_batch(&rows))
}
