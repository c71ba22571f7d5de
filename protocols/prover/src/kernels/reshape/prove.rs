//! See `Reshape::verify` in the verifier's half of this kernel.

use kernelwise_core::claim::{AxisWeights, Functional, outer_product};
use kernelwise_core::field::Fr;
use kernelwise_core::kernels::LaunchView;

use crate::backward::{Backward, one_to_one};
use crate::error::ProveError;

/// The same weights under the other labels; nothing is stated.
pub(crate) fn prove(
    pass: &mut Backward<'_, '_>,
    view: &LaunchView<'_>,
    weights: &[AxisWeights],
    value: Fr,
) -> Result<(), ProveError> {
    let (x, y) = one_to_one(view)?;
    let dense = outer_product(weights, pass.shape(y)?.dims());
    pass.claims.add(x, Functional::Dense(dense), value);
    Ok(())
}
