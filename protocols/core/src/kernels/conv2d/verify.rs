//! A claim on a convolution becomes one claim on the image and one on the filters.

use kernelwise_field::{AdditiveGroup, Fr};

use super::{Conv2d, ConvShape};
use crate::claim::{AxisWeights, Functional, split_point};
use crate::error::VerifyError;
use crate::kernels::LaunchView;
use crate::sumcheck::verify_sumcheck;
use crate::verify::{Backward, kernel_error};

impl Conv2d {
    /// ```text
    /// Σ_{n,o,i,j} a(n)·b(o)·c(i)·d(j)·y[n,o,i,j] = Σ_{g,c,u,v} W(g,c,u,v)·X(g,c,u,v)
    ///   W(g,c,u,v) = Σ_{o in group g} b(o)·w[o,c,u,v]
    ///   X(g,c,u,v) = Σ_{n,i,j} a(n)·c(i)·d(j)·x[n, g·C'+c, i·s+u·δ−p, j·s+v·δ−p]
    /// ```
    /// A sumcheck of degree 2 over `(g, c, u, v)` ends at a point whose claim on `x` still is a product over axes: the
    /// output positions fold into one vector per spatial axis. No second sumcheck, no im2col.
    pub(crate) fn verify(
        &self,
        pass: &mut Backward<'_, '_>,
        view: &LaunchView<'_>,
        weights: &[AxisWeights],
        value: Fr,
    ) -> Result<(), VerifyError> {
        let (&[x, w], Some(&y)) = (&view.launch.inputs[..], view.launch.outputs.first()) else {
            return Err(kernel_error(view));
        };
        let Some(shape) = self.split(&pass.shape(x), &pass.shape(w), &pass.shape(y)) else {
            return Err(kernel_error(view));
        };
        let reduced = verify_sumcheck(
            pass.transcript,
            "conv2d round",
            shape.contracted().num_vars(),
            2,
            value,
        )?;
        let Some((on_x, on_w)) = self.input_weights(&shape, weights, &reduced.point) else {
            return Err(kernel_error(view));
        };
        let x_value = pass.claim_on("conv2d input", x, on_x)?;
        let w_value = pass.claim_on("conv2d weight", w, on_w)?;
        if x_value * w_value == reduced.value {
            Ok(())
        } else {
            Err(kernel_error(view))
        }
    }

    /// The weights of the claims on `x` and `w` when the sumcheck ended at `point`; `None` unless `weights` has four axes.
    pub fn input_weights(
        &self,
        shape: &ConvShape,
        weights: &[AxisWeights],
        point: &[Fr],
    ) -> Option<(Functional, Functional)> {
        let [batch, filters, rows, columns] = weights else {
            return None;
        };
        let contracted = shape.contracted();
        let mut parts = split_point(&contracted, point);
        let (group, channel, u, v) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let as_point = |part: &[Fr]| AxisWeights::Point(part.to_vec());
        let (x_channel, w_filter) = if shape.groups == 1 {
            (as_point(channel), filters.clone())
        } else {
            let group = as_point(group).to_vector(shape.groups);
            let within = as_point(channel).to_vector(shape.channels);
            let x_channel = group
                .iter()
                .flat_map(|&g| within.iter().map(move |&c| g * c))
                .collect();
            let per_group = shape.filters_per_group();
            let filters = filters.to_vector(shape.filters);
            let w_filter = filters
                .iter()
                .enumerate()
                .map(|(o, &b)| b * group[o / per_group])
                .collect();
            (
                AxisWeights::Vector(x_channel),
                AxisWeights::Vector(w_filter),
            )
        };
        let on_x = vec![
            batch.clone(),
            x_channel,
            AxisWeights::Vector(self.fold_positions(shape, 0, rows, &as_point(u))),
            AxisWeights::Vector(self.fold_positions(shape, 1, columns, &as_point(v))),
        ];
        let on_w = vec![w_filter, as_point(channel), as_point(u), as_point(v)];
        Some((Functional::Separable(on_x), Functional::Separable(on_w)))
    }

    /// `A(a) = Σ_{i,u: i·s + u·δ − p = a} outputs(i)·taps(u)` along one spatial axis.
    fn fold_positions(
        &self,
        shape: &ConvShape,
        axis: usize,
        outputs: &AxisWeights,
        taps: &AxisWeights,
    ) -> Vec<Fr> {
        let mut folded = vec![Fr::ZERO; shape.input[axis]];
        let taps = taps.to_vector(shape.kernel[axis]);
        for (i, output) in outputs
            .to_vector(shape.output[axis])
            .into_iter()
            .enumerate()
        {
            for (u, tap) in taps.iter().enumerate() {
                if let Some(a) = self.position(axis, i, u, shape.input[axis]) {
                    folded[a] += output * tap;
                }
            }
        }
        folded
    }
}
