//! Small scalars by signed-digit buckets with batched affine additions.
//!
//! Many sums are computed side by side (rows of a matrix, or pieces of one long sum), so that both the
//! additions into buckets and the bucket reductions share their inversions.

use std::ops::Range;

use kernelwise_field::AffineRepr;
use kernelwise_hal::{IntSlice, Scalars};

use super::affine::Adder;
use super::digits::Windows;
use super::group::SumGroup;

/// Points sorted into buckets at a time: 1.2 MB, inside a second-level cache or near it.
const CHUNK: usize = 1 << 14;

/// Fewer reductions than this side by side do not repay an inversion per step.
const LOCKSTEP: usize = 24;

/// Cost of a Jacobian addition in batched affine ones: about 16 multiplications against 6.
const JACOBIAN_COST: f64 = 2.5;

/// Scalars of at most 64 bits.
#[derive(Clone, Copy)]
pub(super) enum Small<'a> {
    Int(IntSlice<'a>),
    Bits(&'a [bool]),
}

impl<'a> Small<'a> {
    /// The small scalars, or `None` if they are full-width.
    pub(super) fn of(scalars: Scalars<'a>) -> Option<Self> {
        match scalars {
            Scalars::Int(values) => Some(Self::Int(values)),
            Scalars::Bits(values) => Some(Self::Bits(values)),
            Scalars::Fr(_) => None,
        }
    }

    fn max_magnitude(&self, range: Range<usize>) -> u64 {
        match self {
            Self::Int(IntSlice::I8(v)) => {
                v[range].iter().map(|x| u64::from(x.unsigned_abs())).max()
            }
            Self::Int(IntSlice::I16(v)) => {
                v[range].iter().map(|x| u64::from(x.unsigned_abs())).max()
            }
            Self::Int(IntSlice::I32(v)) => {
                v[range].iter().map(|x| u64::from(x.unsigned_abs())).max()
            }
            Self::Int(IntSlice::I64(v)) => v[range].iter().map(|x| x.unsigned_abs()).max(),
            Self::Bits(v) => v[range].iter().map(|&bit| u64::from(bit)).max(),
        }
        .unwrap_or(0)
    }

    fn for_each(&self, range: Range<usize>, mut body: impl FnMut(usize, i64)) {
        let start = range.start;
        match self {
            Self::Int(IntSlice::I8(v)) => each(&v[range], start, i64::from, &mut body),
            Self::Int(IntSlice::I16(v)) => each(&v[range], start, i64::from, &mut body),
            Self::Int(IntSlice::I32(v)) => each(&v[range], start, i64::from, &mut body),
            Self::Int(IntSlice::I64(v)) => each(&v[range], start, |x| x, &mut body),
            Self::Bits(v) => each(&v[range], start, i64::from, &mut body),
        }
    }
}

fn each<T: Copy>(
    values: &[T],
    start: usize,
    widen: impl Fn(T) -> i64,
    body: &mut impl FnMut(usize, i64),
) {
    for (offset, &value) in values.iter().enumerate() {
        body(start + offset, widen(value));
    }
}

/// `Σ_i scalars[start + i] · bases[i]` for `range = start..start + bases.len()`.
pub(super) fn sum_range<G: SumGroup>(
    bases: &[G::Affine],
    scalars: Small<'_>,
    range: Range<usize>,
) -> G {
    sum_block::<G>(bases, scalars, range, 1, bases.len())
        .into_iter()
        .sum()
}

/// One sum for each of `rows` of a row-major matrix with `row_len` columns, all over the same bases.
pub(super) fn sum_rows<G: SumGroup>(
    bases: &[G::Affine],
    scalars: Small<'_>,
    rows: Range<usize>,
    row_len: usize,
) -> Vec<G> {
    let range = rows.start * row_len..rows.end * row_len;
    sum_block(bases, scalars, range, rows.len(), row_len)
}

/// `rows` sums over the scalars of `block`, which are `rows · row_len`.
fn sum_block<G: SumGroup>(
    bases: &[G::Affine],
    scalars: Small<'_>,
    block: Range<usize>,
    rows: usize,
    row_len: usize,
) -> Vec<G> {
    let max = scalars.max_magnitude(block.clone());
    if max == 0 {
        return vec![G::zero(); rows];
    }
    let reduction_cost = if rows >= LOCKSTEP { 1.0 } else { JACOBIAN_COST };
    let windows = Windows::cheapest(row_len, max, reduction_cost);
    let per_row = windows.count * windows.buckets();
    // Merging a chunk touches every bucket of its rows, so there must be fewer of those than points.
    let chunk = CHUNK.max(4 * per_row).div_ceil(windows.count);
    let mut adder = Adder::<G>::default();
    let mut buckets: Vec<G::Affine> = Vec::new();
    let mut items: Vec<(u32, u32)> = Vec::new();
    let mut from = 0;
    let total = block.len();
    // Chunks of scalars in row-major order; buckets of earlier chunks are added to.
    while from < total {
        let to = total.min(from + chunk);
        let (first_row, end_row) = (from / row_len, (to - 1) / row_len + 1);
        items.clear();
        scalars.for_each(block.start + from..block.start + to, |index, value| {
            let index = index - block.start;
            let (row, column) = (index / row_len, index % row_len);
            let key = (row - first_row) * per_row;
            windows.for_each_digit(value, |window, bucket, negative| {
                items.push((
                    (key + window * windows.buckets() + bucket) as u32,
                    (column as u32) << 1 | u32::from(negative),
                ));
            });
        });
        let sums = bucket_sums(&mut adder, bases, &items, (end_row - first_row) * per_row);
        merge(&mut adder, &mut buckets, first_row * per_row, sums);
        from = to;
    }
    let sets = rows * windows.count;
    let totals = if sets >= LOCKSTEP {
        reduce_lockstep(&mut adder, &buckets, windows.buckets())
    } else {
        buckets.chunks(windows.buckets()).map(reduce::<G>).collect()
    };
    totals
        .chunks(windows.count)
        .map(|row| join_windows(row, windows.bits))
        .collect()
}

/// Appends `sums` to the buckets at `start`, adding where earlier chunks already left sums.
fn merge<G: SumGroup>(
    adder: &mut Adder<G>,
    buckets: &mut Vec<G::Affine>,
    start: usize,
    sums: Vec<G::Affine>,
) {
    let overlap = buckets.len() - start;
    adder.add_assign(&mut buckets[start..], &sums[..overlap]);
    buckets.extend_from_slice(&sums[overlap..]);
}

/// Sums the bases of each key: a counting sort, then halving within each key.
fn bucket_sums<G: SumGroup>(
    adder: &mut Adder<G>,
    bases: &[G::Affine],
    items: &[(u32, u32)],
    buckets: usize,
) -> Vec<G::Affine> {
    let mut ends = vec![0usize; buckets + 1];
    for &(key, _) in items {
        ends[key as usize + 1] += 1;
    }
    for key in 0..buckets {
        ends[key + 1] += ends[key];
    }
    let mut points = vec![G::Affine::zero(); items.len()];
    for &(key, item) in items {
        let base = bases[(item >> 1) as usize];
        let slot = &mut ends[key as usize];
        points[*slot] = if item & 1 == 1 { -base } else { base };
        *slot += 1;
    }
    // Filling moved the start of each key to its end.
    ends.truncate(buckets);
    adder.sum_groups(points, ends)
}

/// `Σ_k (k + 1) · buckets[k]` by running sums.
fn reduce<G: SumGroup>(buckets: &[G::Affine]) -> G {
    let (mut running, mut total) = (G::zero(), G::zero());
    for bucket in buckets.iter().rev() {
        running += bucket;
        total += running;
    }
    total
}

/// [`reduce`] for many sets of `len` buckets at once, two additions per bucket under one inversion.
fn reduce_lockstep<G: SumGroup>(adder: &mut Adder<G>, buckets: &[G::Affine], len: usize) -> Vec<G> {
    let sets = buckets.len() / len;
    // Running sums, then totals: `total += running` and `running += bucket` share a batch.
    let mut targets = vec![G::Affine::zero(); 2 * sets];
    let mut others = targets.clone();
    for k in (0..=len).rev() {
        for set in 0..sets {
            // The last step only brings the totals up to date.
            others[set] = if k > 0 {
                buckets[set * len + k - 1]
            } else {
                G::Affine::zero()
            };
            others[sets + set] = targets[set];
        }
        adder.add_assign(&mut targets, &others);
    }
    targets[sets..]
        .iter()
        .map(|point| point.into_group())
        .collect()
}

/// `Σ_w 2^(bits·w) · windows[w]`.
fn join_windows<G: SumGroup>(windows: &[G], bits: u32) -> G {
    windows.iter().rev().fold(G::zero(), |acc, window| {
        let shifted = (0..bits).fold(acc, |point, _| point.double());
        shifted + window
    })
}
