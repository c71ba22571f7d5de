//! One pass over memory: all tables bound and all sums of a round computed, in parallel over ranges of indices.

use kernelwise_field::Fr;
use rayon::prelude::*;

use super::block::{Challenge, Scratch, View};
use super::eq::Halves;
use super::evaluate::Sum;
use super::plan::Job;
use super::table::Feed;
use crate::simd::{LaneOps, LaneTask};

/// Vectors per block: the halves of two tables over 16 vectors of 320 bytes fill two thirds of a first-level
/// cache, and 16 products may be summed before they are reduced.
const BLOCK: usize = 16;

/// Vectors per task at least: tens of microseconds of work.
const TASK: usize = 1 << 8;

/// One pass over memory.
pub(super) struct Pass<'p, S: LaneOps> {
    ops: S,
    /// `eq` of every group that has one.
    eqs: &'p [Option<Halves>],
    jobs: Vec<Job>,
    /// The low table of every group with an `eq` factor, in lanes.
    weights: Vec<Option<Vec<S::Lanes<Fr>>>>,
    challenge: Option<Challenge<S::Lanes<Fr>>>,
}

impl<'p, S: LaneOps> Pass<'p, S> {
    pub(super) fn new(ops: S, eqs: &'p [Option<Halves>], jobs: Vec<Job>, bind: Option<Fr>) -> Self {
        let pack = |low: &[Fr]| {
            low.as_chunks()
                .0
                .iter()
                .map(|values| ops.pack(values))
                .collect()
        };
        let weights = eqs
            .iter()
            .map(|eq| eq.as_ref().map(|eq| pack(eq.low())))
            .collect();
        Self {
            ops,
            eqs,
            jobs,
            weights,
            challenge: bind.map(|r| Challenge::new(ops, r)),
        }
    }

    /// The sum of every job over `len` vectors.
    pub(super) fn run(self, feeds: Vec<Feed<'_>>, len: usize) -> Vec<(Job, Fr)> {
        let ops = self.ops;
        let mut in_lanes = vec![false; feeds.len()];
        let products = self.jobs.iter().flat_map(|job| &job.products);
        for &factor in products.flat_map(|product| &product.fields) {
            in_lanes[factor] = true;
        }
        let threads = rayon::current_num_threads();
        let share = if threads == 1 {
            len
        } else {
            // Many, so that a thread that starts late or is interrupted holds the others up by little.
            len.div_ceil(16 * threads)
        };
        let task = share.next_power_of_two().max(TASK).min(len);
        let mut tasks = Vec::with_capacity(len / task);
        let mut feeds = feeds;
        for start in (0..len).step_by(task) {
            let (first, rest): (Vec<_>, Vec<_>) =
                feeds.into_iter().map(|feed| feed.split(task)).unzip();
            tasks.push((start, first));
            feeds = rest;
        }
        let task_sums = |(start, feeds): (usize, Vec<Feed<'_>>)| {
            ops.run_task(PassTask {
                pass: &self,
                in_lanes: &in_lanes,
                feeds,
                start,
                len: task,
            })
        };
        // A single task is not worth waking another thread for.
        let sums = match tasks.len() {
            1 => tasks.pop().map(task_sums),
            _ => tasks
                .into_par_iter()
                .map(task_sums)
                .reduce_with(|left, right| {
                    left.into_iter()
                        .zip(right)
                        .map(|(l, r)| l.join(ops, r))
                        .collect()
                }),
        };
        let sums = sums.unwrap_or_default();
        let Self { jobs, .. } = self;
        let finish = |(job, sum): (Job, Sum<_>)| {
            let value = sum.finish(ops, &job);
            (job, value)
        };
        jobs.into_iter().zip(sums).map(finish).collect()
    }
}

/// The part of a pass over `len` vectors from `start` on.
struct PassTask<'t, 'p, S: LaneOps> {
    pass: &'t Pass<'p, S>,
    /// Which tables some sum needs in lanes.
    in_lanes: &'t [bool],
    feeds: Vec<Feed<'t>>,
    start: usize,
    len: usize,
}

impl<S: LaneOps> LaneTask<S> for PassTask<'_, '_, S> {
    type Output = Vec<Sum<S::Lanes<Fr>>>;

    #[inline(always)]
    fn call(self, ops: S) -> Self::Output {
        let Self {
            pass,
            in_lanes,
            mut feeds,
            start,
            len,
        } = self;
        // Vectors per entry of the high tables, which all have the same size.
        let entry = pass
            .weights
            .iter()
            .flatten()
            .map(Vec::len)
            .min()
            .unwrap_or(len);
        let block = BLOCK.min(entry).min(len);
        let mut scratch: Vec<Scratch> = feeds.iter().map(|_| Scratch::new(block)).collect();
        let mut sums = vec![Sum::zero(ops); pass.jobs.len()];
        for offset in (0..len).step_by(block) {
            let range = offset..offset + block;
            for ((feed, scratch), &lanes) in feeds.iter_mut().zip(&mut scratch).zip(in_lanes) {
                feed.fill(ops, range.clone(), lanes, pass.challenge.as_ref(), scratch);
            }
            let views: Vec<View<'_>> = feeds
                .iter()
                .zip(&scratch)
                .map(|(feed, scratch)| feed.view(range.clone(), scratch))
                .collect();
            let y = start + offset;
            for (job, sum) in pass.jobs.iter().zip(&mut sums) {
                let weights = pass.weights[job.group].as_ref();
                let weights = weights.map(|weights| &weights[y % entry..y % entry + block]);
                sum.add_block(ops, job, &views, weights);
            }
            if (y + block).is_multiple_of(entry) || offset + block == len {
                for (job, sum) in pass.jobs.iter().zip(&mut sums) {
                    if let Some(eq) = &pass.eqs[job.group] {
                        sum.end_entry(ops, ops.splat(eq.high()[y / entry]));
                    }
                }
            }
        }
        sums
    }
}
