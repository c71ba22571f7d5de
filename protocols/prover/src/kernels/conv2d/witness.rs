//! The convolution over integers.

use kernelwise_core::kernels::{Conv2d, ConvShape};
use kernelwise_hal::IntSlice;
use rayon::prelude::*;

/// One output plane per thread; for each tap a strided row is added to the output row.
pub(crate) fn execute(kernel: &Conv2d, shape: &ConvShape, x: &[i64], w: IntSlice<'_>) -> Vec<i64> {
    let [out_rows, out_columns] = shape.output;
    let [height, width] = shape.input;
    let [taps_u, taps_v] = shape.kernel;
    let mut y = vec![0i64; shape.batch * shape.filters * out_rows * out_columns];
    let plane = (out_rows * out_columns).max(1);
    y.par_chunks_mut(plane)
        .enumerate()
        .for_each(|(index, plane)| {
            let (n, o) = (index / shape.filters, index % shape.filters);
            let group = o / shape.filters_per_group();
            for c in 0..shape.channels {
                let channel = n * shape.groups * shape.channels + group * shape.channels + c;
                for u in 0..taps_u {
                    for v in 0..taps_v {
                        let tap = ((o * shape.channels + c) * taps_u + u) * taps_v + v;
                        let Some(weight) = w.get(tap).filter(|&weight| weight != 0) else {
                            continue;
                        };
                        for (i, row) in plane.chunks_exact_mut(out_columns).enumerate() {
                            let Some(a) = kernel.position(0, i, u, height) else {
                                continue;
                            };
                            let line = &x[(channel * height + a) * width
                                ..(channel * height + a + 1) * width];
                            for (j, sum) in row.iter_mut().enumerate() {
                                if let Some(b) = kernel.position(1, j, v, width) {
                                    *sum += weight * line[b];
                                }
                            }
                        }
                    }
                }
            }
        });
    y
}
