//! See `Conv2d::verify` in the verifier's half of this kernel.

use kernelwise_core::claim::AxisWeights;
use kernelwise_core::field::{AdditiveGroup, Field, Fr};
use kernelwise_core::kernels::{Conv2d, ConvShape, LaunchView};
use kernelwise_hal::{ContractAxis, IntSlice};
use rayon::prelude::*;

use crate::backward::{Backward, with_parameter};
use crate::error::ProveError;
use crate::evaluate::contract_matrix;
use crate::sumcheck::prove_product;

/// Folds output positions into the image and output channels into the filters, then one sumcheck over taps.
pub(crate) fn prove(
    kernel: &Conv2d,
    pass: &mut Backward<'_, '_>,
    view: &LaunchView<'_>,
    weights: &[AxisWeights],
    value: Fr,
) -> Result<(), ProveError> {
    let (x_id, w_id, y_id) = with_parameter(view)?;
    let (x, w) = (pass.tensor(x_id)?, pass.tensor(w_id)?);
    let wrong = ProveError::Internal("a convolution of the wrong shape");
    let shape = kernel
        .split(x.shape(), w.shape(), pass.shape(y_id)?)
        .ok_or(wrong.clone())?;
    let on_x = fold_image(kernel, pass, &shape, x.as_slice(), weights)?;
    let on_w = fold_filters(pass, &shape, w.as_slice(), weights)?;
    let contracted = shape.contracted();
    let (point, x_value, w_value) =
        prove_product(pass, "conv2d round", &contracted, [&on_x, &on_w], value)?;
    let (x_weights, w_weights) = kernel.input_weights(&shape, weights, &point).ok_or(wrong)?;
    pass.state("conv2d input", x_id, x_weights, x_value);
    pass.state("conv2d weight", w_id, w_weights, w_value);
    Ok(())
}

/// `W(g, c, u, v) = Σ_{o in group g} b(o)·w[o, c, u, v]`.
fn fold_filters(
    pass: &Backward<'_, '_>,
    shape: &ConvShape,
    w: IntSlice<'_>,
    weights: &[AxisWeights],
) -> Result<Vec<Fr>, ProveError> {
    let wrong = ProveError::Internal("filters of the wrong shape");
    let filters = weights
        .get(1)
        .ok_or(wrong.clone())?
        .to_vector(shape.filters);
    let (rows, taps) = (
        shape.filters_per_group(),
        shape.channels * shape.kernel[0] * shape.kernel[1],
    );
    let mut folded = Vec::with_capacity(shape.groups * taps);
    for (group, filters) in filters.chunks_exact(rows.max(1)).enumerate() {
        let part = w
            .slice(group * rows * taps..(group + 1) * rows * taps)
            .ok_or(wrong.clone())?;
        folded.extend(contract_matrix(
            pass.devices.contract,
            part,
            rows,
            taps,
            ContractAxis::Rows,
            filters,
        )?);
    }
    Ok(folded)
}

/// `X(g, c, u, v) = Σ_{n,i,j} a(n)·c(i)·d(j)·x[n, g·C'+c, i·s+u·δ−p, j·s+v·δ−p]`: columns first, in integers, then rows.
fn fold_image(
    kernel: &Conv2d,
    pass: &Backward<'_, '_>,
    shape: &ConvShape,
    x: IntSlice<'_>,
    weights: &[AxisWeights],
) -> Result<Vec<Fr>, ProveError> {
    let [batch, _, rows, columns] = weights else {
        return Err(ProveError::Internal(
            "a convolution's claim must have four axes",
        ));
    };
    let [height, width] = shape.input;
    let [taps_u, taps_v] = shape.kernel;
    let channels = shape.groups * shape.channels;
    // For each tap, where its output positions read along one axis, with their weights.
    let reads = |axis: usize, outputs: &AxisWeights, taps: usize| -> Vec<Vec<Fr>> {
        let outputs = outputs.to_vector(shape.output[axis]);
        let fold = |tap| {
            let mut line = vec![Fr::ZERO; shape.input[axis]];
            for (i, weight) in outputs.iter().enumerate() {
                if let Some(a) = kernel.position(axis, i, tap, shape.input[axis]) {
                    line[a] += weight;
                }
            }
            line
        };
        (0..taps).map(fold).collect()
    };
    let batch = batch.to_vector(shape.batch);
    let row_reads = reads(0, rows, taps_u);
    let lines = shape.batch * channels * height;
    let mut folded = vec![Fr::ZERO; channels * taps_u * taps_v];
    for (v, read) in reads(1, columns, taps_v).iter().enumerate() {
        let sums = contract_matrix(
            pass.devices.contract,
            x,
            lines,
            width,
            ContractAxis::Cols,
            read,
        )?;
        folded
            .par_chunks_mut(taps_u * taps_v)
            .enumerate()
            .for_each(|(channel, out)| {
                for (n, factor) in batch.iter().enumerate() {
                    let start = (n * channels + channel) * height;
                    let column = &sums[start..start + height];
                    for (u, read) in row_reads.iter().enumerate() {
                        let sum: Fr = read
                            .iter()
                            .zip(column)
                            .map(|(weight, value)| *weight * value)
                            .sum();
                        out[u * taps_v + v] += if *factor == Fr::ONE {
                            sum
                        } else {
                            sum * factor
                        };
                    }
                }
            });
    }
    Ok(folded)
}
