//! A claim on a relabelled tensor is the same claim under the other labels.

use kernelwise_field::Fr;

use super::Reshape;
use crate::claim::{AxisWeights, Functional, outer_product};
use crate::error::VerifyError;
use crate::kernels::LaunchView;
use crate::verify::{Backward, kernel_error};

impl Reshape {
    /// One weight per element, in row-major order, is a functional of either shape: nothing is stated.
    pub(crate) fn verify(
        &self,
        pass: &mut Backward<'_, '_>,
        view: &LaunchView<'_>,
        weights: &[AxisWeights],
        value: Fr,
    ) -> Result<(), VerifyError> {
        let (Some(&x), Some(&y)) = (view.launch.inputs.first(), view.launch.outputs.first()) else {
            return Err(kernel_error(view));
        };
        let dense = outer_product(weights, pass.shape(y).dims());
        pass.claims.add(x, Functional::Dense(dense), value);
        Ok(())
    }
}
