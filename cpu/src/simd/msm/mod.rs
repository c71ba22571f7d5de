//! Multi-scalar multiplication in lanes.
//!
//! # Algorithm
//! Pippenger's buckets over signed digits (`windows`): the digits of every window sort the points into
//! segments, one per bucket (`sort`); segments are summed eight at a time without conflicts (`segments`),
//! by affine additions that share an inversion (`adder`); buckets are weighted in lanes as well
//! (`reduction`). Only the last doublings are scalar. Rows of a matrix over the same bases and windows of
//! one long sum are the same thing: groups of buckets. Where there are rows enough, tables of subset sums
//! (`subsets`) cost less than buckets, and a cost model in units of one addition decides.
//!
//! # Source
//! [Bernstein, Doumen, Lange, Oosterwijk 2012](https://eprint.iacr.org/2012/549) for buckets over signed digits;
//! affine buckets with shared inversions as in [Luo, Fu, Gong 2023](https://eprint.iacr.org/2022/1400).
//!
//! # Absent on purpose
//! The endomorphisms of BN254: with windows of 13 bits and more they save no additions into buckets, only a half (G1)
//! or three quarters (G2) of the reduction, less than a tenth of the whole, and cost a decomposition per scalar and
//! two or four times the bases in memory.
#![expect(
    unsafe_code,
    reason = "calls of functions compiled for AVX-512, guarded by a token of detection"
)]

mod adder;
mod bits;
mod coordinate;
mod digits;
mod inverse;
mod point;
mod reduction;
mod segments;
mod sort;
mod subsets;
#[cfg(test)]
mod tests;
mod windows;

use std::marker::PhantomData;

use kernelwise_hal::Scalars;
use rayon::prelude::*;

use super::Avx512;
use bits::BitPlanes;
use digits::Digits;
pub use point::LaneGroup;
use point::{Packed, pack_points};
use windows::Windows;

/// Bases in the layout of the lanes: one cache line per point of G1, two per point of G2.
pub struct LaneBases<G, const D: usize> {
    ops: Avx512,
    /// The bases, then the identity.
    points: Vec<Packed<D>>,
    group: PhantomData<fn() -> G>,
}

impl<G: LaneGroup<D>, const D: usize> std::fmt::Debug for LaneBases<G, D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LaneBases")
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

/// Points that one thread takes into lanes at a time.
const LOAD_CHUNK: usize = 1 << 12;

/// Buckets summed by one task, unless one window has more: several batches of full vectors.
const TASK_BUCKETS: usize = 1 << 13;

/// Entries sorted by one task, unless one row has more: 16 MB.
const TASK_ENTRIES: usize = 1 << 22;

/// Buckets in memory at a time, unless one row has more: 32 MB.
const PASS_BUCKETS: usize = 1 << 19;

/// The most bases: an entry of a sum is 32 bits, one of them the sign.
pub const MAX_BASES: usize = 1 << 30;

impl<G: LaneGroup<D>, const D: usize> LaneBases<G, D> {
    /// Prepares `bases`, at most [`MAX_BASES`]; the identity and repeated points are allowed.
    ///
    /// # Cost
    /// Two lane multiplications and 64 bytes per base, twice that in G2.
    pub fn new(ops: Avx512, bases: &[G::Affine]) -> Self {
        let mut points = vec![Packed::IDENTITY; bases.len() + 1];
        let chunks = points
            .par_chunks_mut(LOAD_CHUNK)
            .zip(bases.par_chunks(LOAD_CHUNK));
        chunks.for_each(|(out, bases)| {
            // SAFETY: `ops` proves that the CPU has the features `pack_points` is compiled for.
            unsafe { pack_points::<G, D>(bases, out) }
        });
        Self {
            ops,
            points,
            group: PhantomData,
        }
    }

    /// Number of bases.
    pub fn len(&self) -> usize {
        self.points.len() - 1
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `Σ_i scalars[row·row_len + i] · bases[start + i]` for every row.
    ///
    /// # Shapes
    /// `scalars` holds a whole number of rows of `row_len ≤ len() − start` values; returns one point per row.
    ///
    /// # Panics
    /// If a row is longer than the bases from `start` on: callers check lengths.
    ///
    /// # Cost
    /// About one lane addition per scalar and window, and two per bucket; for many rows of `b`-bit integers, `b/9`
    /// lane additions per scalar.
    pub fn sums(&self, start: usize, scalars: Scalars<'_>, row_len: usize) -> Vec<G> {
        let Avx512 { .. } = self.ops;
        // SAFETY: `self.ops` proves that the CPU has the features `sums` is compiled for.
        unsafe { sums(&self.points[start..], scalars, row_len) }
    }
}

#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn sums<G: LaneGroup<D>, const D: usize>(
    points: &[Packed<D>],
    scalars: Scalars<'_>,
    row_len: usize,
) -> Vec<G> {
    if scalars.is_empty() || row_len == 0 {
        return Vec::new();
    }
    let rows = scalars.len() / row_len;
    let windows = digits::windows(scalars, rows);
    if let Some((bits, _)) = bits::width(scalars) {
        let plan = subsets::Plan::cheapest(rows, row_len, bits);
        if plan.cost < windows.cost(row_len, rows)
            && let Some(planes) = BitPlanes::new(scalars, row_len)
        {
            return subsets::sum_rows(points, &planes, plan);
        }
    }
    let rows_per_pass = (PASS_BUCKETS / (windows.count * windows.buckets())).max(1);
    let mut sums = Vec::with_capacity(rows);
    for first in (0..rows).step_by(rows_per_pass) {
        let range = first * row_len..rows.min(first + rows_per_pass) * row_len;
        if let Some(scalars) = scalars.slice(range) {
            sums.extend(bucket_sums::<G, D>(points, scalars, row_len, windows));
        }
    }
    sums
}

#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn bucket_sums<G: LaneGroup<D>, const D: usize>(
    points: &[Packed<D>],
    scalars: Scalars<'_>,
    row_len: usize,
    windows: Windows,
) -> Vec<G> {
    let digits = Digits::new(scalars, windows);
    let buckets = windows.buckets();
    // A group is one window of one row.
    let groups = scalars.len() / row_len * windows.count;
    let groups_per_task = (TASK_BUCKETS / buckets)
        .min(TASK_ENTRIES / row_len)
        .clamp(1, groups);
    let mut sums = vec![Packed::IDENTITY; groups * buckets];
    sums.par_chunks_mut(groups_per_task * buckets)
        .enumerate()
        .for_each(|(task, sums)| {
            let first = task * groups_per_task;
            let sorted = sort::sort(&digits, row_len, first..first + sums.len() / buckets);
            segments::sum_segments(points, &sorted.entries, &sorted.ends, sums);
        });
    let weighted: Vec<G> = reduction::weighted_sums(&sums, buckets);
    let horner = |of_row: &[G]| {
        of_row.iter().rev().fold(G::zero(), |mut sum, window| {
            if !sum.is_zero() {
                (0..windows.bits).for_each(|_| {
                    sum.double_in_place();
                });
            }
            sum + window
        })
    };
    weighted.chunks(windows.count).map(horner).collect()
}
