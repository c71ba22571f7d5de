//! That some difference per window is zero; that none is negative is a lookup.

use kernelwise_field::{AdditiveGroup, Fr};

use super::MaxPool;
use crate::claim::{AxisWeights, Functional, pull_back, split_point};
use crate::error::VerifyError;
use crate::kernels::LaunchView;
use crate::lookup::box_at;
use crate::poly::eq_eval;
use crate::sumcheck::verify_sumcheck;
use crate::verify::{Backward, kernel_error};

impl MaxPool {
    /// ```text
    /// 0 = Σ_o eq(τ, o)·Π_w (y(o) − x_w(o))
    /// ```
    /// for a random τ: a sumcheck of degree `|window| + 1` over the output's variables, then one claim on `y` and one on `x` per
    /// window position.
    pub(crate) fn verify(
        &self,
        pass: &mut Backward<'_, '_>,
        view: &LaunchView<'_>,
    ) -> Result<(), VerifyError> {
        let (&[x], &[y]) = (&view.launch.inputs[..], &view.launch.outputs[..]) else {
            return Err(kernel_error(view));
        };
        let (input, output) = (pass.shape(x), pass.shape(y));
        let least = view.graph.tensor(x).map_or(0, |tensor| tensor.range.lo);
        let tau = pass.transcript.challenges(output.num_vars());
        let degree = self.window() + 1;
        let reduced = verify_sumcheck(
            pass.transcript,
            "max-pool round",
            output.num_vars(),
            degree,
            Fr::ZERO,
        )?;
        let maximum = pass.claim_on(
            "max-pool output",
            y,
            Functional::at_point(&output, &reduced.point),
        )?;
        let weights: Vec<_> = split_point(&output, &reduced.point)
            .map(|part| AxisWeights::Point(part.to_vec()))
            .collect();
        let mut product = eq_eval(&tau, &reduced.point);
        for position in self.positions() {
            let (scale, pulled) = pull_back(&self.read(&position), &output, &input, &weights);
            let element =
                scale * pass.claim_on("max-pool input", x, Functional::Separable(pulled))?;
            let padding: Fr = self
                .padding(&position, least, &input, &output)
                .iter()
                .map(|mask| box_at(&output, mask, &reduced.point))
                .sum();
            product *= maximum - element - padding;
        }
        if product == reduced.value {
            Ok(())
        } else {
            Err(kernel_error(view))
        }
    }
}
