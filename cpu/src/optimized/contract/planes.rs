//! Contraction as a product of byte matrices.
//!
//! The Montgomery form of a weight is 32 bytes, so a sum over weights is 32 sums over bytes, one per *plane*:
//! ```text
//! (Σ_i m_i · e_i) R = Σ_k 256^k · Σ_i m_i · byte_k(e_i R)
//! ```
//! An integer of several bytes counts as several signed bytes with weights `e`, `256·e`, …: all bytes but the
//! highest are unsigned, so 128 is taken from each and given back once, as a multiple of `Σ_i e_i`.

use std::ops::Range;

use kernelwise_field::{AdditiveGroup, Field, Fr};
use kernelwise_hal::{ContractAxis, IntMatrix, IntSlice};
use rayon::prelude::*;

use super::reduce::{next_byte, reduce};
use super::small::Small;
use crate::simd::contract::{Layout, MAX_PRODUCTS, PLANES, PlaneQuad, PlaneSums, QUAD, Quad, Vnni};

/// How the work is cut.
struct Blocking {
    /// Outputs of one task.
    outputs: usize,
    /// Quads that all outputs of a task pass over while their planes stay in a cache.
    quads: usize,
}

/// Rows are read in runs of a KiB, which the prefetcher follows; their planes (32 KiB) come from the second level.
const ALONG_ROWS: Blocking = Blocking {
    outputs: 128,
    quads: 256,
};

/// As long a run of every row, where one line of each of many rows would collide; the sums (128 KiB) stay in the
/// second level.
const ACROSS_ROWS: Blocking = Blocking {
    outputs: 1024,
    quads: 32,
};

/// Sums a matrix that is not empty, in parallel over outputs and, if those are few, over runs of weights.
pub(super) fn contract(
    vnni: Vnni,
    matrix: IntMatrix<'_>,
    axis: ContractAxis,
    weights: &[Fr],
) -> Vec<Fr> {
    let cols = matrix.cols();
    match matrix.data() {
        IntSlice::I8(data) => Product {
            vnni,
            data,
            cols,
            axis,
        }
        .sum(weights),
        IntSlice::I16(data) => Product {
            vnni,
            data,
            cols,
            axis,
        }
        .sum(weights),
        IntSlice::I32(data) => Product {
            vnni,
            data,
            cols,
            axis,
        }
        .sum(weights),
        IntSlice::I64(data) => Product {
            vnni,
            data,
            cols,
            axis,
        }
        .sum(weights),
    }
}

/// A row-major matrix and the axis that is summed away.
struct Product<'a, T> {
    vnni: Vnni,
    data: &'a [T],
    cols: usize,
    axis: ContractAxis,
}

impl<T: Small> Product<'_, T> {
    fn sum(&self, weights: &[Fr]) -> Vec<Fr> {
        let outputs = self.data.len() / weights.len();
        let planes = self.planes(weights);
        let blocking = match self.axis {
            ContractAxis::Cols => ALONG_ROWS,
            ContractAxis::Rows => ACROSS_ROWS,
        };
        let blocks = outputs.div_ceil(blocking.outputs);
        // Runs bound the sums, and give every thread something to do.
        let runs = rayon::current_num_threads().div_ceil(blocks);
        let run = planes
            .len()
            .div_ceil(runs)
            .next_multiple_of(blocking.quads)
            .min(MAX_PRODUCTS / QUAD);
        let offset = self.offset(weights);
        (0..blocks)
            .into_par_iter()
            .flat_map_iter(|block| {
                let range = block * blocking.outputs..outputs.min((block + 1) * blocking.outputs);
                let mut totals = vec![offset; range.len()];
                let parts: Vec<Vec<Fr>> = (0..planes.len().div_ceil(run))
                    .into_par_iter()
                    .map(|index| {
                        let quads = index * run..planes.len().min((index + 1) * run);
                        let (range, planes) = (range.clone(), &planes[quads.clone()]);
                        self.vnni
                            .run(|| self.sum_run(range, quads.start, planes, blocking.quads))
                    })
                    .collect();
                for (total, part) in parts.iter().flat_map(|part| part.iter().enumerate()) {
                    totals[total] += part;
                }
                totals
            })
            .collect()
    }

    /// The bytes of `256^b · weight` for every byte `b` of an integer, four of them to a quad.
    fn planes(&self, weights: &[Fr]) -> Vec<PlaneQuad> {
        let mut planes = vec![PlaneQuad::ZERO; (weights.len() * T::BYTES).div_ceil(QUAD)];
        // Whole quads of whole weights.
        let step = QUAD.max(T::BYTES);
        planes
            .par_chunks_mut(64 * step / QUAD)
            .zip(weights.par_chunks(64 * step / T::BYTES))
            .for_each(|(planes, weights)| {
                let mut bytes = [[0u8; PLANES]; QUAD];
                let mut planes = planes.iter_mut();
                let mut filled = 0;
                for weight in weights {
                    let mut limbs = weight.0.0;
                    for byte in 0..T::BYTES {
                        if byte > 0 {
                            limbs = next_byte(limbs);
                        }
                        bytes[filled] = bytes_of(limbs);
                        filled += 1;
                        if filled == QUAD {
                            planes
                                .next()
                                .into_iter()
                                .for_each(|plane| self.vnni.transpose(&bytes, plane));
                            filled = 0;
                        }
                    }
                }
                bytes[filled..].fill([0; PLANES]);
                planes.for_each(|plane| self.vnni.transpose(&bytes, plane));
            });
        planes
    }

    /// What the 128 taken from every byte but the highest makes of every output.
    fn offset(&self, weights: &[Fr]) -> Fr {
        let byte = Fr::from(256u64);
        let each = (1..T::BYTES).fold(Fr::ZERO, |sum, _| sum * byte + Fr::ONE) * Fr::from(128u64);
        if T::BYTES == 1 {
            Fr::ZERO
        } else {
            each * weights.iter().sum::<Fr>()
        }
    }

    /// The sums of the outputs in `range` over one run of quads from `start` on, by blocks of `block`.
    #[inline(always)]
    fn sum_run(
        &self,
        range: Range<usize>,
        start: usize,
        planes: &[PlaneQuad],
        block: usize,
    ) -> Vec<Fr> {
        let mut sums = vec![PlaneSums::ZERO; range.len()];
        let mut scratch = Vec::new();
        for (index, planes) in planes.chunks(block).enumerate() {
            let first = start + index * block;
            match self.axis {
                ContractAxis::Cols => {
                    self.add_rows(range.clone(), first, planes, &mut sums, &mut scratch)
                }
                ContractAxis::Rows => {
                    self.add_columns(range.clone(), first, planes, &mut sums, &mut scratch)
                }
            }
        }
        sums.iter().map(|sums| reduce(&sums.0)).collect()
    }

    /// Adds the bytes of the rows in `range`, from quad `first` of each.
    #[inline(always)]
    fn add_rows(
        &self,
        range: Range<usize>,
        first: usize,
        planes: &[PlaneQuad],
        sums: &mut [PlaneSums],
        scratch: &mut Vec<Quad>,
    ) {
        let mut start = range.start;
        let mut sums = sums;
        if let Some(bytes) = T::as_bytes(self.data) {
            // Rows are read where they are. A last quad that reaches into the next row meets planes of zero,
            // but it must not reach beyond the matrix.
            let reach = (first + planes.len()) * QUAD;
            let end = bytes
                .len()
                .checked_sub(reach)
                .map_or(0, |last| last / self.cols + 1);
            let whole = end.clamp(start, range.end) - start;
            let (direct, rest) = sums.split_at_mut(whole);
            let layout = Layout {
                row_step: self.cols,
                quad_step: QUAD,
            };
            let bytes = bytes
                .get(start * self.cols + first * QUAD..)
                .unwrap_or_default();
            self.vnni.accumulate(bytes, layout, planes, direct, |_| {});
            start += whole;
            sums = rest;
        }
        scratch.clear();
        scratch.resize(planes.len() * sums.len(), [0; QUAD]);
        let values =
            first * QUAD / T::BYTES..self.cols.min((first + planes.len()) * QUAD / T::BYTES);
        for (row, out) in (start..range.end).zip(scratch.chunks_exact_mut(planes.len())) {
            let row = &self.data[row * self.cols..(row + 1) * self.cols];
            T::spread(&row[values.clone()], out.as_flattened_mut());
        }
        let layout = Layout {
            row_step: planes.len() * QUAD,
            quad_step: QUAD,
        };
        let bytes = scratch.as_flattened();
        self.vnni.accumulate(bytes, layout, planes, sums, |_| {});
    }

    /// Adds the bytes of the columns in `range`, from quad `first` of each.
    #[inline(always)]
    fn add_columns(
        &self,
        range: Range<usize>,
        first: usize,
        planes: &[PlaneQuad],
        sums: &mut [PlaneSums],
        scratch: &mut Vec<Quad>,
    ) {
        let width = range.len();
        scratch.resize(planes.len() * width, [0; QUAD]);
        let zeros = [T::default(); ACROSS_ROWS.outputs];
        let row = |index: usize| match self.data.get(index * self.cols..(index + 1) * self.cols) {
            Some(row) => &row[range.clone()],
            None => &zeros[..width],
        };
        for (quad, out) in (first..).zip(scratch.chunks_exact_mut(width)) {
            T::gather(self.vnni, row, quad * QUAD, out);
        }
        let layout = Layout {
            row_step: QUAD,
            quad_step: width * QUAD,
        };
        // The rows of the next block, one for each tile of sums.
        let next = (first + planes.len()) * QUAD / T::BYTES;
        let rows = planes.len() * QUAD / T::BYTES;
        let ask = |tile: usize| {
            if tile < rows {
                self.vnni.prefetch(row(next + tile));
            }
        };
        let bytes = scratch.as_flattened();
        self.vnni.accumulate(bytes, layout, planes, sums, ask);
    }
}

/// The bytes of a Montgomery form, least significant first.
fn bytes_of(limbs: [u64; 4]) -> [u8; PLANES] {
    let mut bytes = [0; PLANES];
    for (bytes, limb) in bytes.as_chunks_mut().0.iter_mut().zip(limbs) {
        *bytes = limb.to_le_bytes();
    }
    bytes
}
