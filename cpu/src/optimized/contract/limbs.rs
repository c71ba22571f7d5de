//! Sums of 32-bit limbs, for any CPU.
//!
//! The Montgomery form is linear: `Σ v_i · (x_i R) = (Σ v_i x_i) R` over the integers, so the eight 32-bit
//! limbs of `x_i R` may be accumulated separately and folded at the end.

use kernelwise_field::{AdditiveGroup, BigInt, Fr};
use kernelwise_hal::{ContractAxis, IntMatrix, IntSlice};
use rayon::prelude::*;

/// 32-bit limbs of a 256-bit residue.
const LIMBS: usize = 8;

/// Entries of one accumulation run: `2^15` products of a 16-bit integer (sign included) by a 32-bit limb
/// stay below `2^62`, inside a 64-bit sum.
const RUN: usize = 1 << 15;

/// Columns per block when rows are summed away: 256 columns of 8 sums fill half of a 32 KiB cache.
const COLUMNS: usize = 256;

/// Sums a matrix that is not empty, in parallel over outputs and runs.
pub(super) fn contract(matrix: IntMatrix<'_>, axis: ContractAxis, weights: &[Fr]) -> Vec<Fr> {
    let weights: Vec<[i64; LIMBS]> = weights.iter().map(signed_limbs).collect();
    let cols = matrix.cols();
    match matrix.data() {
        IntSlice::I8(data) => sum::<i8, i64>(data, cols, axis, &weights),
        IntSlice::I16(data) => sum::<i16, i64>(data, cols, axis, &weights),
        IntSlice::I32(data) => sum::<i32, i128>(data, cols, axis, &weights),
        IntSlice::I64(data) => sum::<i64, i128>(data, cols, axis, &weights),
    }
}

/// An accumulator that holds [`RUN`] products of a limb by an integer of the width it is used with.
trait Accumulator: Copy + Default + Send + Into<i128> {
    fn add_product(&mut self, small: i64, limb: i64);
}

impl Accumulator for i64 {
    fn add_product(&mut self, small: i64, limb: i64) {
        *self += small * limb;
    }
}

impl Accumulator for i128 {
    fn add_product(&mut self, small: i64, limb: i64) {
        *self += i128::from(small) * i128::from(limb);
    }
}

fn sum<T: Copy + Into<i64> + Sync, A: Accumulator>(
    data: &[T],
    cols: usize,
    axis: ContractAxis,
    weights: &[[i64; LIMBS]],
) -> Vec<Fr> {
    match axis {
        ContractAxis::Cols => data
            .par_chunks(cols)
            .map(|row| dot::<T, A>(row, weights))
            .collect(),
        ContractAxis::Rows => {
            let blocks: Vec<Vec<Fr>> = (0..cols.div_ceil(COLUMNS))
                .into_par_iter()
                .map(|block| {
                    let range = block * COLUMNS..cols.min((block + 1) * COLUMNS);
                    sum_rows::<T, A>(data, cols, range, weights)
                })
                .collect();
            blocks.concat()
        }
    }
}

/// `Σ_j row[j] · weights[j]`.
fn dot<T: Copy + Into<i64>, A: Accumulator>(row: &[T], weights: &[[i64; LIMBS]]) -> Fr {
    row.chunks(RUN)
        .zip(weights.chunks(RUN))
        .map(|(row, weights)| {
            let mut sums = [A::default(); LIMBS];
            for (&small, limbs) in row.iter().zip(weights) {
                add_products(&mut sums, small.into(), limbs);
            }
            fold(&sums.map(Into::into))
        })
        .sum()
}

/// `Σ_i weights[i] · row_i[range]` for the rows of `data`, in parallel over runs of rows.
fn sum_rows<T: Copy + Into<i64> + Sync, A: Accumulator>(
    data: &[T],
    cols: usize,
    range: std::ops::Range<usize>,
    weights: &[[i64; LIMBS]],
) -> Vec<Fr> {
    let run = weights
        .len()
        .div_ceil(rayon::current_num_threads())
        .clamp(COLUMNS, RUN);
    data.par_chunks(run * cols)
        .zip(weights.par_chunks(run))
        .map(|(rows, weights)| {
            let mut sums = vec![[A::default(); LIMBS]; range.len()];
            for (row, limbs) in rows.chunks(cols).zip(weights) {
                for (sums, &small) in sums.iter_mut().zip(&row[range.clone()]) {
                    add_products(sums, small.into(), limbs);
                }
            }
            sums.iter()
                .map(|sums| fold(&sums.map(Into::into)))
                .collect::<Vec<Fr>>()
        })
        .reduce_with(|mut left, right| {
            left.iter_mut().zip(right).for_each(|(l, r)| *l += r);
            left
        })
        .unwrap_or_else(|| vec![Fr::ZERO; range.len()])
}

fn add_products<A: Accumulator>(sums: &mut [A; LIMBS], small: i64, limbs: &[i64; LIMBS]) {
    for (sum, &limb) in sums.iter_mut().zip(limbs) {
        sum.add_product(small, limb);
    }
}

/// The limbs of the Montgomery form of a field element, least significant first.
fn signed_limbs(value: &Fr) -> [i64; LIMBS] {
    let words = value.0.0;
    std::array::from_fn(|k| i64::from((words[k / 2] >> (32 * (k % 2))) as u32))
}

/// The field element whose Montgomery form is congruent to `Σ_k sums[k] · 2^(32k)`.
fn fold(sums: &[i128; LIMBS]) -> Fr {
    // The element 1/R, whose Montgomery form is the integer 1: turns a value into a Montgomery form.
    let unscale = Fr::new_unchecked(BigInt::new([1, 0, 0, 0]));
    let shift = Fr::from(1u64 << 32);
    sums.iter()
        .rev()
        .fold(Fr::from(0u64), |acc, &sum| acc * shift + Fr::from(sum))
        * unscale
}
