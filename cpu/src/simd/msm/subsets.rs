//! Many sums of small integers over the same bases, by tables of subset sums.
//!
//! ```text
//! Σ_j v_j·B_j = Σ_p w_p·(Σ_{j: bit p of v_j} B_j)      w_p = 2^p, negative for the sign
//! ```
//! The inner sums look up `g` bases at a time in a table of their `2^g` subset sums, which serves every bit of
//! every row: `P/g` additions per value of `P` bits against one per digit and two per bucket, once there are
//! rows enough to pay for the tables. All additions of a step are independent and nothing is sorted.
//!
//! Every table has an offset of its own added to all its entries, so that the empty subset is not the
//! identity and rows of zeros stay on the fast way; the sum of the offsets is taken off at the end.
//!
//! # Source
//! The "four Russians" of Arlazarov, Dinic, Kronrod and Faradžev, 1970, on the rows of a bit matrix.

use std::ops::Range;

use kernelwise_field::{CurveGroup, Fr};
use rayon::prelude::*;

use super::adder::Adder;
use super::bits::BitPlanes;
use super::point::{
    LaneGroup, Packed, PointLanes, gather, gather_entries, negate, pack_points, scatter,
    unpack_points,
};
use super::segments::{Entry, entry};
use crate::simd::ops::WIDTH;

/// The largest table: `2^9 · 8` points, a quarter of a megabyte, leave room in a second-level cache.
const MAX_GROUP: usize = 9;

/// Rows whose accumulators are kept at a time.
const MAX_ROWS: usize = 1 << 12;

/// Vectors of accumulators per inversion.
const BATCH: usize = 128;

/// Additions that one bit of a row costs at the end: a doubling, on the slow way, and an addition.
const BIT_COST: f64 = 3.5;

/// How rows are summed with subset tables.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Bases per table, `g`.
    group: usize,
    /// Lane additions per row.
    pub(super) cost: f64,
}

impl Plan {
    /// The cheapest tables for `rows` sums of `len` values of `bits` bits.
    pub(super) fn cheapest(rows: usize, len: usize, bits: usize) -> Self {
        let rows = rows.min(MAX_ROWS) as f64;
        let plan = |group: usize| {
            let table = (1usize << group) as f64 / rows;
            let groups = len.div_ceil(group);
            // Tables are built eight at a time.
            let tables = groups.next_multiple_of(WIDTH) as f64 * table;
            let cost = tables + (groups as f64 + BIT_COST) * bits as f64;
            Self { group, cost }
        };
        (2..=MAX_GROUP)
            .map(plan)
            .min_by(|a, b| a.cost.total_cmp(&b.cost))
            .unwrap_or(Self {
                group: 2,
                cost: f64::INFINITY,
            })
    }
}

/// One sum per row of a matrix in bits.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn sum_rows<G: LaneGroup<D>, const D: usize>(
    points: &[Packed<D>],
    planes: &BitPlanes,
    plan: Plan,
) -> Vec<G> {
    let offsets = offsets::<G>(planes.row_len().div_ceil(plan.group));
    let starts = (0..planes.rows()).step_by(MAX_ROWS);
    let parts = starts.map(|first| {
        let rows = first..planes.rows().min(first + MAX_ROWS);
        let sums = sum_planes::<G, D>(points, planes, plan.group, &offsets, &rows);
        weigh::<G, D>(planes, &sums, &offsets)
    });
    parts.flatten().collect()
}

/// One offset per table, each the double of the one before: no sum of some is another or its opposite.
fn offsets<G: CurveGroup<ScalarField = Fr>>(tables: usize) -> Vec<G::Affine> {
    // Any point does; this one is unlikely to be among the bases.
    let mut offset = G::generator() * Fr::from(0x9e37_79b9_7f4a_7c15_u64);
    let offsets: Vec<G> = (0..tables)
        .map(|_| {
            let double = offset + offset;
            std::mem::replace(&mut offset, double)
        })
        .collect();
    G::normalize_batch(&offsets)
}

/// For every row and bit, the sum of the bases whose value has the bit, and of all offsets.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn sum_planes<G: LaneGroup<D>, const D: usize>(
    points: &[Packed<D>],
    planes: &BitPlanes,
    group: usize,
    offsets: &[G::Affine],
    rows: &Range<usize>,
) -> Vec<Packed<D>> {
    let vectors = (rows.len() * planes.bits()).div_ceil(WIDTH);
    let blocks = offsets.len().div_ceil(WIDTH);
    let per_task = blocks.div_ceil(rayon::current_num_threads());
    let sum_blocks = |task: usize| {
        let mut sums: Vec<PointLanes<D>> = Vec::with_capacity(vectors);
        let identity = gather([&Packed::IDENTITY; WIDTH]);
        let mut entries = vec![0; WIDTH * BATCH * WIDTH];
        let mut adder = Adder::default();
        for block in task * per_task..blocks.min((task + 1) * per_task) {
            let first = block * WIDTH;
            let tables = offsets.len().min(first + WIDTH) - first;
            let offsets = &offsets[first..];
            let table = subset_table::<G, D>(points, planes.row_len(), group, first, offsets);
            if sums.is_empty() {
                // The sums before the first table: nothing, or the offset of no table.
                sums.resize(vectors, identity);
            }
            for (batch, sums) in sums.chunks_mut(BATCH).enumerate() {
                let plane = rows.start * planes.bits() + batch * BATCH * WIDTH;
                look_up(
                    &mut entries,
                    planes,
                    plane..plane + sums.len() * WIDTH,
                    first * group,
                    group,
                );
                for entries in entries.chunks(BATCH * WIDTH).take(tables) {
                    let (entries, _) = entries.as_chunks::<WIDTH>();
                    adder.add_assign(
                        sums,
                        |_, vector| gather_entries(&table, &entries[vector]),
                        |_| (),
                    );
                }
            }
        }
        sums
    };
    let add = |mut left: Vec<PointLanes<D>>, right: Vec<PointLanes<D>>| {
        let mut adder = Adder::default();
        for (left, right) in left.chunks_mut(BATCH).zip(right.chunks(BATCH)) {
            adder.add_assign(left, |_, vector| (right[vector], 0), |_| ());
        }
        left
    };
    let tasks = (0..blocks.div_ceil(per_task)).into_par_iter();
    let sums = tasks.map(sum_blocks).reduce_with(add).unwrap_or_default();
    let mut packed = vec![Packed::IDENTITY; vectors * WIDTH];
    for (packed, sums) in packed.chunks_mut(WIDTH).zip(sums) {
        scatter(sums, packed);
    }
    packed.truncate(rows.len() * planes.bits());
    packed
}

/// The entries of `planes` in eight tables whose bases start at `column`: those of table `t` from
/// `t · BATCH · WIDTH` on.
fn look_up(
    entries: &mut [Entry],
    bits: &BitPlanes,
    planes: Range<usize>,
    column: usize,
    group: usize,
) {
    let mask = (1 << group) - 1;
    for (place, plane) in planes.enumerate() {
        let window = bits.window(plane, column);
        for table in 0..WIDTH {
            let subset = (window >> (table * group)) as usize & mask;
            entries[table * BATCH * WIDTH + place] = entry(subset * WIDTH + table, false);
        }
    }
}

/// The subset sums of eight groups of bases from table `first` on, each with its offset: subset `d` of group
/// `t` is at `d · 8 + t`.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn subset_table<G: LaneGroup<D>, const D: usize>(
    points: &[Packed<D>],
    row_len: usize,
    group: usize,
    first: usize,
    offsets: &[G::Affine],
) -> Vec<Packed<D>> {
    let mut starts = [Packed::IDENTITY; WIDTH];
    let count = offsets.len().min(WIDTH);
    pack_points::<G, D>(&offsets[..count], &mut starts[..count]);
    let mut sums = Vec::with_capacity(1 << group);
    sums.push(gather(starts.each_ref()));
    let mut adder = Adder::default();
    for column in 0..group {
        let bases = gather(std::array::from_fn(|table| {
            let index = (first + table) * group + column;
            if index < row_len {
                &points[index]
            } else {
                &Packed::IDENTITY
            }
        }));
        let len = sums.len();
        sums.extend_from_within(..);
        for sums in sums[len..].chunks_mut(BATCH) {
            adder.add_assign(sums, |_, _| (bases, 0), |_| ());
        }
    }
    let mut table = vec![Packed::IDENTITY; sums.len() * WIDTH];
    for (table, sums) in table.chunks_mut(WIDTH).zip(sums) {
        scatter(sums, table);
    }
    table
}

/// `Σ_p w_p · sums[row · bits + p]` without the offsets, for every row.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn weigh<G: LaneGroup<D>, const D: usize>(
    planes: &BitPlanes,
    sums: &[Packed<D>],
    offsets: &[G::Affine],
) -> Vec<G> {
    let bits = planes.bits();
    // The weights add up to −1, or to 2^bits − 1 without a sign.
    let mut offset: G = offsets.iter().sum();
    if !planes.signed() {
        let once = offset;
        (0..bits).for_each(|_| offset = offset + offset);
        offset = once - offset;
    }
    let mut packed_offset = [Packed::IDENTITY];
    pack_points::<G, D>(&[offset.into_affine()], &mut packed_offset);
    let offset = gather([&packed_offset[0]; WIDTH]);
    let size = BATCH * WIDTH;
    let tasks = sums.par_chunks(size * bits).map(|sums| {
        let rows = sums.len() / bits;
        let load = |vector: usize, bit: usize| {
            gather(std::array::from_fn(|lane| {
                let index = (vector * WIDTH + lane) * bits + bit;
                sums.get(index).unwrap_or(&Packed::IDENTITY)
            }))
        };
        let vectors = 0..rows.div_ceil(WIDTH);
        let mut totals: Vec<PointLanes<D>> = vectors.map(|vector| load(vector, bits - 1)).collect();
        if planes.signed() {
            totals
                .iter_mut()
                .for_each(|total| *total = negate(*total, u8::MAX));
        }
        let mut adder = Adder::default();
        for bit in (0..bits - 1).rev() {
            adder.add_assign(&mut totals, |totals, vector| (totals[vector], 0), |_| ());
            adder.add_assign(&mut totals, |_, vector| (load(vector, bit), 0), |_| ());
        }
        adder.add_assign(&mut totals, |_, _| (offset, 0), |_| ());
        let mut packed = vec![Packed::IDENTITY; totals.len() * WIDTH];
        for (packed, totals) in packed.chunks_mut(WIDTH).zip(totals) {
            scatter(totals, packed);
        }
        let points = unpack_points::<G, D>(&packed[..rows]);
        points.into_iter().map(G::from).collect::<Vec<_>>()
    });
    let tasks: Vec<Vec<G>> = tasks.collect();
    tasks.concat()
}
