//! See `Linear::verify` in the verifier's half of this kernel.

use kernelwise_core::claim::{AxisWeights, Functional, pull_back};
use kernelwise_core::field::Fr;
use kernelwise_core::kernels::{LaunchView, Linear};

use crate::backward::Backward;
use crate::error::ProveError;

/// One stated value per input.
pub(crate) fn prove(
    kernel: &Linear,
    pass: &mut Backward<'_, '_>,
    view: &LaunchView<'_>,
    weights: &[AxisWeights],
    _value: Fr,
) -> Result<(), ProveError> {
    let y = *view
        .launch
        .outputs
        .first()
        .ok_or(ProveError::Internal("a linear launch without output"))?;
    let output = pass.shape(y)?;
    for (term, &x) in kernel.terms.iter().zip(&view.launch.inputs) {
        let (_, pulled) = pull_back(term, output, pass.shape(x)?, weights);
        pass.claim_on("linear input", x, Functional::Separable(pulled))?;
    }
    Ok(())
}
