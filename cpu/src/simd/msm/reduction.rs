//! Weighted sums of buckets in lanes.
//!
//! ```text
//! W = Σ_{b=1}^{B} b·P_b      for every group of B buckets
//! ```
//! A group is cut into chunks of `m` buckets; every chunk is a lane with two running sums,
//! `S_c = Σ P` and `T_c = Σ j·P` with `j` counted inside the chunk. Then `W = Σ_c T_c + m·Σ_c c·S_c`, and the
//! second sum is the same problem with `B/m` buckets.

use rayon::prelude::*;

use super::adder::Adder;
use super::point::{LaneGroup, Packed, PointLanes, gather, scatter, unpack_points};
use super::segments::{entry, sum_segments};
use crate::simd::ops::WIDTH;

/// Lanes that a reduction aims at: enough to share an inversion, few enough to leave little to combine.
const LANES: usize = 2048;

/// Buckets at most this many are summed by scalar additions.
const SCALAR: usize = 16;

/// The shortest useful chunk.
const SHORTEST: usize = 8;

/// Vectors of chunks per task.
const BATCH: usize = 64;

/// The weighted sum of every group of `len` consecutive buckets.
///
/// # Cost
/// Two lane additions per bucket, and a remainder that vanishes beside it.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn weighted_sums<G: LaneGroup<D>, const D: usize>(
    buckets: &[Packed<D>],
    len: usize,
) -> Vec<G> {
    let groups = buckets.len() / len.max(1);
    if len * groups <= SCALAR {
        return buckets
            .chunks(len.max(1))
            .map(|group| scalar_sum(group))
            .collect();
    }
    let chunks = (LANES / groups.max(1)).clamp(1, len.div_ceil(SHORTEST));
    // A power of two, so that multiplying with it costs doublings only.
    let chunk = len.div_ceil(chunks).next_power_of_two();
    let chunks = len.div_ceil(chunk);
    let (sums, mut weighted) = running_sums(buckets, len, chunk);
    if chunks == 1 {
        return to_group(&weighted);
    }
    let entries: Vec<_> = (0..weighted.len()).map(|i| entry(i, false)).collect();
    let ends: Vec<u32> = (1..=groups).map(|group| (group * chunks) as u32).collect();
    let mut inner = vec![Packed::IDENTITY; groups];
    weighted.push(Packed::IDENTITY);
    sum_segments(&weighted, &entries, &ends, &mut inner);
    let inner: Vec<G> = to_group(&inner);
    // Chunk c counts c times: the first does not count at all.
    let outer: Vec<Packed<D>> = sums
        .chunks(chunks)
        .flat_map(|sums| sums[1..].iter().copied())
        .collect();
    let outer = weighted_sums::<G, D>(&outer, chunks - 1);
    let combine = |(mut outer, inner): (G, G)| {
        for _ in 0..chunk.ilog2() {
            outer.double_in_place();
        }
        outer + inner
    };
    outer.into_iter().zip(inner).map(combine).collect()
}

#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn scalar_sum<G: LaneGroup<D>, const D: usize>(buckets: &[Packed<D>]) -> G {
    let (mut sum, mut weighted) = (G::zero(), G::zero());
    for bucket in unpack_points::<G, D>(buckets).iter().rev() {
        sum += bucket;
        weighted += sum;
    }
    weighted
}

#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn to_group<G: LaneGroup<D>, const D: usize>(points: &[Packed<D>]) -> Vec<G> {
    let points = unpack_points::<G, D>(points);
    points.into_iter().map(G::from).collect()
}

/// `Σ P` and `Σ j·P` (`j` from 1) of every chunk of every group, in order.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn running_sums<const D: usize>(
    buckets: &[Packed<D>],
    len: usize,
    chunk: usize,
) -> (Vec<Packed<D>>, Vec<Packed<D>>) {
    let chunks = len.div_ceil(chunk);
    let lanes = buckets.len() / len * chunks;
    let mut sums = vec![Packed::IDENTITY; lanes];
    let mut weighted = vec![Packed::IDENTITY; lanes];
    let size = BATCH * WIDTH;
    let tasks = sums.par_chunks_mut(size).zip(weighted.par_chunks_mut(size));
    tasks.enumerate().for_each(|(task, (sums, weighted))| {
        // The j-th bucket of a lane, or the identity past the end of its group.
        let bucket = |lane: usize, j: usize| {
            let lane = task * size + lane;
            let offset = lane % chunks * chunk + j;
            (lane < lanes && offset < len).then(|| &buckets[lane / chunks * len + offset])
        };
        sum_chunks(sums, weighted, chunk, bucket);
    });
    (sums, weighted)
}

/// The running sums of one task, from the last bucket of each lane down to the first.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn sum_chunks<'a, const D: usize>(
    sums: &mut [Packed<D>],
    weighted: &mut [Packed<D>],
    chunk: usize,
    bucket: impl Fn(usize, usize) -> Option<&'a Packed<D>>,
) {
    let vectors = sums.len().div_ceil(WIDTH);
    let load = |vector: usize, j: usize| {
        gather(std::array::from_fn(|lane| {
            let lane = vector * WIDTH + lane;
            bucket(lane, j).unwrap_or(&Packed::IDENTITY)
        }))
    };
    let mut adder = Adder::default();
    // The sums S of every lane, then the sums of sums T.
    let mut running: Vec<PointLanes<D>> = (0..vectors).map(|v| load(v, chunk - 1)).collect();
    running.extend_from_within(..);
    if chunk > 1 {
        adder.add_assign(
            &mut running[..vectors],
            |_, v| (load(v, chunk - 2), 0),
            |_| (),
        );
        // T runs one step behind S, so that both share the inversion.
        for j in (0..chunk - 2).rev() {
            adder.add_assign(
                &mut running,
                |running, v| {
                    let point = if v < vectors {
                        load(v, j)
                    } else {
                        running[v - vectors]
                    };
                    (point, 0)
                },
                |_| (),
            );
        }
        let (sums, weighted) = running.split_at_mut(vectors);
        adder.add_assign(weighted, |_, v| (sums[v], 0), |_| ());
    }
    let results = sums.chunks_mut(WIDTH).zip(weighted.chunks_mut(WIDTH));
    for (v, (sums, weighted)) in results.enumerate() {
        scatter(running[v], sums);
        scatter(running[vectors + v], weighted);
    }
}
