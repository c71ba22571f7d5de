//! The matrix product over integers.

use kernelwise_core::kernels::MatMulShape;
use rayon::prelude::*;

/// `y[o, n] = Σ_k x[o, k] · w[k, n]`, row by row.
pub(crate) fn execute(shape: &MatMulShape, x: &[i64], w: &[i64]) -> Vec<i64> {
    let (inner, columns) = (shape.contracted.len(), shape.columns);
    let mut y = vec![0i64; shape.outer.len() * columns];
    y.par_chunks_mut(columns.max(1))
        .zip(x.par_chunks(inner.max(1)))
        .for_each(|(y, x)| {
            for (&factor, row) in x.iter().zip(w.chunks_exact(columns.max(1))) {
                if factor != 0 {
                    y.iter_mut()
                        .zip(row)
                        .for_each(|(sum, &weight)| *sum += factor * weight);
                }
            }
        });
    y
}
