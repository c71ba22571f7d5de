//! Multi-scalar multiplication: buckets for small scalars, windows over full ones.

mod affine;
mod digits;
mod small;

use kernelwise_field::{G1, G1Affine, VariableBaseMSM};
use kernelwise_hal::msm::rows_of;
use kernelwise_hal::{BaseSet, DeviceError, Msm, Scalars};
use rayon::prelude::*;

use small::{Small, sum_range, sum_rows};

/// Scalars per task at least: below this a task costs more to start and reduce than it saves.
const TASK: usize = 1 << 12;

/// Bucket methods on every core.
pub(crate) struct OptimizedMsm {
    device: String,
}

impl OptimizedMsm {
    pub(crate) fn new(device: &str) -> Self {
        Self {
            device: device.to_owned(),
        }
    }

    fn points<'a>(&self, bases: &'a BaseSet, needed: usize) -> Result<&'a [G1Affine], DeviceError> {
        let points: &Vec<G1Affine> = bases.prepared(&self.device)?;
        points.get(..needed).ok_or(DeviceError::LengthMismatch {
            what: "scalars",
            expected: points.len(),
            got: needed,
        })
    }
}

impl Msm for OptimizedMsm {
    fn load(&self, bases: &[G1Affine]) -> Result<BaseSet, DeviceError> {
        Ok(BaseSet::new(
            &self.device,
            bases.len(),
            Box::new(bases.to_vec()),
        ))
    }

    fn msm(&self, bases: &BaseSet, scalars: Scalars<'_>) -> Result<G1, DeviceError> {
        let points = self.points(bases, scalars.len())?;
        let piece = scalars
            .len()
            .div_ceil(rayon::current_num_threads())
            .max(TASK);
        let pieces = scalars.len().div_ceil(piece);
        let ranges = (0..pieces)
            .into_par_iter()
            .map(|index| index * piece..scalars.len().min((index + 1) * piece));
        Ok(match Small::of(scalars) {
            Some(small) => ranges
                .map(|range| sum_range(&points[range.clone()], small, range))
                .sum(),
            None => {
                let scalars = scalars.to_field();
                ranges
                    .map(|range| G1::msm_unchecked(&points[range.clone()], &scalars[range]))
                    .sum()
            }
        })
    }

    fn msm_rows(
        &self,
        bases: &BaseSet,
        scalars: Scalars<'_>,
        row_len: usize,
    ) -> Result<Vec<G1>, DeviceError> {
        let rows = rows_of(scalars.len(), row_len)?.count();
        let points = self.points(bases, if rows == 0 { 0 } else { row_len })?;
        // Rows of full scalars, and rows fewer than threads, are split inside the row.
        let small = match Small::of(scalars) {
            Some(small) if rows >= rayon::current_num_threads() => small,
            _ => {
                let rows =
                    rows_of(scalars.len(), row_len)?.filter_map(|range| scalars.slice(range));
                return rows.map(|row| self.msm(bases, row)).collect();
            }
        };
        let task_rows = (4 * TASK).div_ceil(row_len);
        let tasks: Vec<Vec<G1>> = (0..rows.div_ceil(task_rows))
            .into_par_iter()
            .map(|task| {
                let task_rows = task * task_rows..rows.min((task + 1) * task_rows);
                sum_rows(points, small, task_rows, row_len)
            })
            .collect();
        Ok(tasks.concat())
    }
}
