//! The matrix product over integers.

use kernelwise_core::kernels::MatMulShape;
use kernelwise_hal::IntSlice;
use rayon::prelude::*;

/// Terms summed in 32 bits before they are carried to 64: 2^8 products below 2^15 · 2^7.
const BLOCK: usize = 256;

/// `y[o, n] = Σ_k x[o, k] · w[k, n]`, row by row; weights are read in the width they are stored in.
pub(crate) fn execute(shape: &MatMulShape, x: &[i64], w: IntSlice<'_>) -> Vec<i64> {
    let inner = shape.contracted.len().max(1);
    let columns = shape.columns.max(1);
    let mut y = vec![0i64; shape.outer.len() * columns];
    y.par_chunks_mut(columns)
        .zip(x.par_chunks(inner))
        .for_each(|(y, x)| match w {
            IntSlice::I8(w) => match narrow(x) {
                Some(x) => add_row_narrow(y, &x, w),
                None => add_row(y, x, w),
            },
            IntSlice::I16(w) => add_row(y, x, w),
            IntSlice::I32(w) => add_row(y, x, w),
            IntSlice::I64(w) => add_row(y, x, w),
        });
    y
}

fn narrow(x: &[i64]) -> Option<Vec<i16>> {
    x.iter().map(|&value| i16::try_from(value).ok()).collect()
}

fn add_row<W: Copy + Into<i64>>(y: &mut [i64], x: &[i64], w: &[W]) {
    for (&factor, row) in x.iter().zip(w.chunks_exact(y.len())) {
        if factor != 0 {
            y.iter_mut()
                .zip(row)
                .for_each(|(sum, &weight)| *sum += factor * weight.into());
        }
    }
}

/// Sums blocks of products in 32 bits.
fn add_row_narrow(y: &mut [i64], x: &[i16], w: &[i8]) {
    let columns = y.len();
    let mut block = vec![0i32; columns];
    for (x, w) in x.chunks(BLOCK).zip(w.chunks(BLOCK * columns)) {
        block.fill(0);
        for (&factor, row) in x.iter().zip(w.chunks_exact(columns)) {
            if factor != 0 {
                let add =
                    |(sum, &weight): (&mut i32, &i8)| *sum += i32::from(factor) * i32::from(weight);
                block.iter_mut().zip(row).for_each(add);
            }
        }
        y.iter_mut()
            .zip(&block)
            .for_each(|(sum, &part)| *sum += i64::from(part));
    }
}

#[cfg(test)]
mod tests {
    use kernelwise_core::program::Shape;

    use super::*;

    #[test]
    fn extreme_values_do_not_overflow_a_block() {
        let (inner, columns) = (2 * BLOCK + 3, 2);
        let shape = MatMulShape {
            outer: Shape::new([1]),
            contracted: Shape::new([inner]),
            columns,
        };
        let x = vec![i64::from(i16::MIN); inner];
        let w = vec![i8::MIN; inner * columns];
        let expected = inner as i64 * i64::from(i16::MIN) * i64::from(i8::MIN);
        assert_eq!(
            execute(&shape, &x, IntSlice::I8(&w)),
            vec![expected; columns]
        );
    }
}
