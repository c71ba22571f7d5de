//! Row commitments: one multi-scalar multiplication per row of a matrix of bytes, over the same bases.

use std::sync::Arc;

use kernelwise_hal::{IntSlice, Scalars};

use super::Setting;
use super::sums::{Ark, Sums};
use crate::case::Case;
use crate::error::BenchError;
use crate::inputs::Rng;
use crate::reference::ark;

/// Scalars per row: as square as powers of two allow, never fewer columns than rows.
pub(crate) fn row_len(log_size: u32) -> usize {
    1 << log_size.div_ceil(2)
}

/// One case: `2^log_size` scalars.
pub(super) fn case(setting: &Setting, log_size: u32) -> Result<Case, BenchError> {
    let row_len = row_len(log_size);
    let len = 1usize << log_size;
    let values: Arc<Vec<i8>> = Arc::new(Rng::new(4).integers(len, |bits| (bits >> 56) as i8));
    let ark_values = Arc::clone(&values);
    let ark = Ark {
        description: "arkworks' routine of the same width, row by row, one thread",
        sums: Box::new(move |bases| {
            let rows = ark_values.chunks(row_len);
            let commit = |row| ark::msm_ints(bases, IntSlice::I8(row));
            rows.map(commit).collect()
        }),
    };
    Sums {
        op: "msm-rows",
        log_size,
        scalar_kind: "i8",
        shape: format!("{} rows of {row_len}", len / row_len),
        bases: setting.bases(row_len),
        on_device: Arc::new(move |msm, bases| {
            msm.msm_rows(bases, Scalars::Int(IntSlice::I8(&values)), row_len)
        }),
        ark,
        halo: None,
    }
    .case(setting)
}
