//! Number-theoretic transforms in lanes, in two passes over memory and a transposition.
//!
//! With `n = R·C`, the index `j = r·C + c` of coefficients and the index `i = k + R·l` of values,
//! ```text
//! v_{k + R·l} = Σ_c ω_C^{l·c} · ω^{k·c} · Σ_r ω_R^{k·r} · a_{r·C + c}
//! ```
//! that is a transform of every column, a multiplication by `ω^{k·c}`, a transform of every row and a
//! transposition ([Bailey 1990]). Eight columns, then eight rows, are transformed side by side, one per lane,
//! while they are in cache; the shift of a coset and `1/n` are part of the multiplications.
//!
//! [Bailey 1990]: https://doi.org/10.1007/BF00162341

mod lanes;
mod roots;
mod short;
mod transpose;

use kernelwise_field::{Field, Fr};
use kernelwise_hal::ntt::check_transform;
use kernelwise_hal::{DeviceError, Ntt};
use rayon::prelude::*;

use crate::simd::{LaneKernel, LaneOps, LaneTask, WIDTH, dispatch};
use roots::{power, powers, reverse, twiddles};

/// Memory of eight elements.
type Vector = [Fr; WIDTH];

/// Both sides of the matrix of a transform in lanes fill a vector.
const SHORT: usize = WIDTH * WIDTH;

/// Eight transforms at a time.
pub(crate) struct OptimizedNtt;

impl Ntt for OptimizedNtt {
    fn forward(&self, values: &mut [Fr], shift: Fr) -> Result<(), DeviceError> {
        let omega = check_transform(values, shift)?;
        let len = values.len();
        if len < SHORT {
            short::scale(values, Fr::ONE, shift);
            short::transform(values, &powers(Fr::ONE, omega, len / 2));
            return Ok(());
        }
        // a_j · shift^j: the part of the row before the columns, that of the column between the passes.
        let (_, cols) = sides(len);
        dispatch(Transform {
            values,
            omega,
            first: Fr::ONE,
            row_base: power(shift, cols),
            column_base: shift,
            value_base: Fr::ONE,
            value_step: Fr::ONE,
        });
        Ok(())
    }

    fn inverse(&self, values: &mut [Fr], shift: Fr) -> Result<(), DeviceError> {
        let omega = invert(check_transform(values, shift)?);
        let shift = invert(shift);
        let len = values.len();
        let scale = invert(Fr::from(len as u64));
        if len < SHORT {
            short::transform(values, &powers(Fr::ONE, omega, len / 2));
            short::scale(values, scale, shift);
            return Ok(());
        }
        // v_{k + R·l} · shift^−(k + R·l) / n: the part of k between the passes, that of l after the rows.
        let (rows, _) = sides(len);
        dispatch(Transform {
            values,
            omega,
            first: scale,
            row_base: Fr::ONE,
            column_base: Fr::ONE,
            value_base: shift,
            value_step: power(shift, rows),
        });
        Ok(())
    }
}

/// The inverse of an element that is not zero.
fn invert(x: Fr) -> Fr {
    x.inverse().unwrap_or(Fr::ONE)
}

/// Rows and columns of the matrix: equal, or twice as many columns.
fn sides(len: usize) -> (usize, usize) {
    let bits = len.ilog2();
    (1 << (bits / 2), 1 << bits.div_ceil(2))
}

/// One transform; `k` and `l` are the indices of the result, see above.
struct Transform<'v> {
    values: &'v mut [Fr],
    omega: Fr,
    /// Multiplies everything.
    first: Fr,
    /// Row `r` is multiplied by its `r`-th power, before the columns.
    row_base: Fr,
    /// Column `c` is multiplied by its `c`-th power, between the passes.
    column_base: Fr,
    /// Row `k` is multiplied by its `k`-th power, between the passes.
    value_base: Fr,
    /// Value `l` of a row is multiplied by its `l`-th power, after the rows.
    value_step: Fr,
}

impl LaneKernel for Transform<'_> {
    type Output = ();

    fn call<S: LaneOps>(self, ops: S) {
        let (rows, cols) = sides(self.values.len());
        let unit = ops.words_unit::<Fr>();
        let scales = |base: Fr, len: usize| (base != Fr::ONE).then(|| powers(unit, base, len));

        let columns = Columns {
            twiddles: twiddles(power(self.omega, cols), rows, unit),
            before: scales(self.row_base, rows),
            firsts: powers(self.first, self.column_base, cols),
            steps: powers(self.value_base, self.omega, cols),
        };
        let mut groups: Vec<Vec<&mut Vector>> = (0..cols / WIDTH)
            .map(|_| Vec::with_capacity(rows))
            .collect();
        for row in self.values.chunks_exact_mut(cols) {
            for (group, vector) in groups.iter_mut().zip(row.as_chunks_mut().0) {
                group.push(vector);
            }
        }
        groups
            .into_par_iter()
            .enumerate()
            .for_each(|(index, vectors)| {
                ops.run_task(ColumnTask {
                    columns: &columns,
                    index,
                    vectors,
                });
            });

        let rows_pass = Rows {
            twiddles: twiddles(power(self.omega, rows), cols, unit),
            after: scales(self.value_step, cols),
        };
        self.values
            .par_chunks_exact_mut(WIDTH * cols)
            .for_each(|block| {
                ops.run_task(RowTask {
                    rows: &rows_pass,
                    block,
                });
            });

        let side = rows / WIDTH;
        let parts = cols / rows;
        let mut squares: Vec<Vec<&mut [Vector]>> =
            (0..parts).map(|_| Vec::with_capacity(rows)).collect();
        for row in self.values.chunks_exact_mut(cols) {
            for (square, part) in squares
                .iter_mut()
                .zip(row.as_chunks_mut().0.chunks_exact_mut(side))
            {
                square.push(part);
            }
        }
        squares
            .into_iter()
            .for_each(|square| transpose::swap_tiles(square, side));
        if parts == 2 {
            transpose::unshuffle(self.values, rows);
        }
    }
}

/// What every group of columns needs.
struct Columns {
    twiddles: Vec<Fr>,
    /// Factor of every row before the transform, as words.
    before: Option<Vec<Fr>>,
    /// Factor of every column at `k = 0` after the transform.
    firsts: Vec<Fr>,
    /// By what the factor of every column grows with `k`.
    steps: Vec<Fr>,
}

/// Transforms eight columns.
struct ColumnTask<'t, 'v> {
    columns: &'t Columns,
    index: usize,
    vectors: Vec<&'v mut Vector>,
}

impl<S: LaneOps> LaneTask<S> for ColumnTask<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self, ops: S) {
        let Self {
            columns,
            index,
            mut vectors,
        } = self;
        let mut x = vec![ops.zero::<Fr>(); vectors.len()];
        for (r, (x, vector)) in x.iter_mut().zip(&vectors).enumerate() {
            if let Some(next) = vectors.get(r + AHEAD) {
                ops.prefetch::<Fr>(next);
            }
            *x = ops.pack_words(vector);
            if let Some(before) = &columns.before {
                *x = ops.mul::<Fr>(*x, ops.splat_words(&before[r]));
            }
        }
        lanes::transform(ops, &mut x, &columns.twiddles);
        let mut factor = ops.pack(&columns.firsts.as_chunks().0[index]);
        let step = ops.pack(&columns.steps.as_chunks().0[index]);
        let bits = vectors.len().ilog2();
        for (k, vector) in vectors.iter_mut().enumerate() {
            **vector = ops.unpack_words(ops.mul::<Fr>(x[reverse(k, bits)], factor));
            factor = ops.mul::<Fr>(factor, step);
        }
    }
}

/// Vectors between the one that is read and the one that is asked for.
const AHEAD: usize = 8;

/// What every group of rows needs.
struct Rows {
    twiddles: Vec<Fr>,
    /// Factor of every value after the transform, as words.
    after: Option<Vec<Fr>>,
}

/// Transforms eight rows, and leaves each tile of eight columns transposed.
struct RowTask<'t, 'v> {
    rows: &'t Rows,
    block: &'v mut [Fr],
}

impl<S: LaneOps> LaneTask<S> for RowTask<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self, ops: S) {
        let Self { rows, block } = self;
        let cols = block.len() / WIDTH;
        let mut x = vec![ops.zero::<Fr>(); cols];
        for (c, x) in x.iter_mut().enumerate() {
            *x = ops.gather_words(std::array::from_fn(|lane| &block[lane * cols + c]));
        }
        lanes::transform(ops, &mut x, &rows.twiddles);
        let bits = cols.ilog2();
        let (vectors, _) = block.as_chunks_mut::<WIDTH>();
        for l in 0..cols {
            let mut value = x[reverse(l, bits)];
            if let Some(after) = &rows.after {
                value = ops.mul::<Fr>(value, ops.splat_words(&after[l]));
            }
            vectors[(l % WIDTH) * (cols / WIDTH) + l / WIDTH] = ops.unpack_words(value);
        }
    }
}
