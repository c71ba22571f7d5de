//! A claim on a matrix product becomes one claim on each factor.

use kernelwise_field::Fr;

use super::MatMul;
use crate::claim::{AxisWeights, Functional, split_point};
use crate::error::VerifyError;
use crate::kernels::LaunchView;
use crate::sumcheck::verify_sumcheck;
use crate::verify::{Backward, kernel_error};

impl MatMul {
    /// ```text
    /// Σ_{o,n} a(o)·b(n)·y[o,n] = Σ_k (Σ_o a(o)·x[o,k]) · (Σ_n b(n)·w[k,n])
    /// ```
    /// A sumcheck of degree 2 over the contracted axes alone leaves `x` claimed at `(a, r)` and `w` at `(r, b)`.
    pub(crate) fn verify(
        &self,
        pass: &mut Backward<'_, '_>,
        view: &LaunchView<'_>,
        weights: &[AxisWeights],
        value: Fr,
    ) -> Result<(), VerifyError> {
        let (&[x, w], Some((columns, outer))) = (&view.launch.inputs[..], weights.split_last())
        else {
            return Err(kernel_error(view));
        };
        let Some(shape) = self.split(&pass.shape(x), &pass.shape(w)) else {
            return Err(kernel_error(view));
        };
        let reduced = verify_sumcheck(
            pass.transcript,
            "matmul round",
            shape.contracted.num_vars(),
            2,
            value,
        )?;
        let (on_x, on_w) = self.input_weights(&shape, outer, columns, &reduced.point);
        let x_value = pass.claim_on("matmul input", x, on_x)?;
        let w_value = pass.claim_on("matmul weight", w, on_w)?;
        if x_value * w_value == reduced.value {
            Ok(())
        } else {
            Err(kernel_error(view))
        }
    }

    /// The weights of the claims on `x` and `w` when the sumcheck ended at `point`.
    pub fn input_weights(
        &self,
        shape: &super::MatMulShape,
        outer: &[AxisWeights],
        columns: &AxisWeights,
        point: &[Fr],
    ) -> (Functional, Functional) {
        let contracted =
            || split_point(&shape.contracted, point).map(|part| AxisWeights::Point(part.to_vec()));
        let on_x = outer.iter().cloned().chain(contracted()).collect();
        let on_w = contracted().chain([columns.clone()]).collect();
        (Functional::Separable(on_x), Functional::Separable(on_w))
    }
}
