//! A claim on a sum of index maps becomes one claim on each input.

use kernelwise_field::{AdditiveGroup, Fr};

use super::Linear;
use crate::claim::{AxisWeights, Functional, pull_back};
use crate::error::VerifyError;
use crate::kernels::LaunchView;
use crate::verify::{Backward, kernel_error};

impl Linear {
    /// `Σ_o weights(o)·y[o] = Σ_k scale_k · ⟨pulled_k, x_k⟩`: no sumcheck, one stated value per input.
    pub(crate) fn verify(
        &self,
        pass: &mut Backward<'_, '_>,
        view: &LaunchView<'_>,
        weights: &[AxisWeights],
        value: Fr,
    ) -> Result<(), VerifyError> {
        let Some(&y) = view.launch.outputs.first() else {
            return Err(kernel_error(view));
        };
        let output = pass.shape(y);
        let mut sum = Fr::ZERO;
        for (term, &x) in self.terms.iter().zip(&view.launch.inputs) {
            let (scale, pulled) = pull_back(term, &output, &pass.shape(x), weights);
            sum += scale * pass.claim_on("linear input", x, Functional::Separable(pulled))?;
        }
        if sum == value {
            Ok(())
        } else {
            Err(kernel_error(view))
        }
    }
}
