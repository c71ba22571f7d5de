//! Sums over scalar arithmetic, for CPUs without the instructions of the lanes.

use kernelwise_hal::Scalars;
use kernelwise_hal::msm::rows_of;
use rayon::prelude::*;

use super::group::SumGroup;
use super::small::{Small, sum_range, sum_rows};

/// Scalars per task at least: below this a task costs more to start and reduce than it saves.
const TASK: usize = 1 << 12;

/// Bases as arkworks has them.
pub(super) struct ScalarBases<G: SumGroup>(Vec<G::Affine>);

impl<G: SumGroup> ScalarBases<G> {
    pub(super) fn new(bases: &[G::Affine]) -> Self {
        Self(bases.to_vec())
    }

    /// One sum per row of `row_len` scalars over the bases from `start` on, of which there are as many.
    pub(super) fn sums(&self, start: usize, scalars: Scalars<'_>, row_len: usize) -> Vec<G> {
        let points = &self.0[start..];
        let rows = scalars.len().checked_div(row_len).unwrap_or(0);
        // Rows of full scalars, and rows fewer than threads, are split inside the row.
        match Small::of(scalars) {
            Some(small) if rows >= rayon::current_num_threads().max(2) => {
                let task_rows = (4 * TASK).div_ceil(row_len);
                let tasks: Vec<Vec<G>> = (0..rows.div_ceil(task_rows))
                    .into_par_iter()
                    .map(|task| {
                        let task_rows = task * task_rows..rows.min((task + 1) * task_rows);
                        sum_rows::<G>(points, small, task_rows, row_len)
                    })
                    .collect();
                tasks.concat()
            }
            _ => rows_of(scalars.len(), row_len)
                .into_iter()
                .flatten()
                .filter_map(|range| scalars.slice(range))
                .map(|row| sum(points, row))
                .collect(),
        }
    }
}

fn sum<G: SumGroup>(points: &[G::Affine], scalars: Scalars<'_>) -> G {
    let piece = scalars
        .len()
        .div_ceil(rayon::current_num_threads())
        .max(TASK);
    let pieces = scalars.len().div_ceil(piece);
    let ranges = (0..pieces)
        .into_par_iter()
        .map(|index| index * piece..scalars.len().min((index + 1) * piece));
    match Small::of(scalars) {
        Some(small) => ranges
            .map(|range| sum_range::<G>(&points[range.clone()], small, range))
            .sum(),
        None => {
            let scalars = scalars.to_field();
            ranges
                .map(|range| G::msm_unchecked(&points[range.clone()], &scalars[range]))
                .sum()
        }
    }
}
