//! Row commitments: one multi-scalar multiplication per row of a matrix of bytes, over the same bases.

use std::sync::Arc;

use kernelwise_hal::{Device, IntSlice, Scalars};

use super::msm::OPERATION;
use super::{Setting, contenders, offered};
use crate::case::{Case, Contender, task};
use crate::error::BenchError;
use crate::inputs::Rng;
use crate::reference::{ARK, ark};

/// Scalars per row: as square as powers of two allow, never fewer columns than rows.
pub(super) fn row_len(log_size: u32) -> usize {
    1 << log_size.div_ceil(2)
}

/// One case: `2^log_size` scalars.
pub(super) fn case(setting: &Setting, log_size: u32) -> Result<Case, BenchError> {
    let row_len = row_len(log_size);
    let len = 1usize << log_size;
    let bases = setting.bases(row_len);
    let values: Arc<Vec<i8>> = Arc::new(Rng::new(4).integers(len, |bits| (bits >> 56) as i8));
    let (ark_bases, ark_values) = (Arc::clone(&bases), Arc::clone(&values));
    let references = vec![Contender::reference(
        ARK,
        "arkworks' routine of the same width, row by row, one thread",
        task(
            move || {
                let rows = ark_values.chunks(row_len);
                let commit = |row| ark::msm_ints(&ark_bases, IntSlice::I8(row));
                Ok(rows.map(commit).collect::<Vec<_>>())
            },
            |points| ark::point_bytes(&points),
        ),
    )];
    let devices = setting.device_contenders(
        OPERATION,
        |device| device.msm().is_some(),
        |device| {
            let loaded = offered(&device, OPERATION, Device::msm)?.load(&bases)?;
            let values = Arc::clone(&values);
            let run = move || {
                let msm = offered(&device, OPERATION, Device::msm)?;
                let scalars = Scalars::Int(IntSlice::I8(&values));
                Ok(msm.msm_rows(&loaded, scalars, row_len)?)
            };
            Ok(task(run, |points| ark::point_bytes(&points)))
        },
    )?;
    Ok(Case {
        op: "msm-rows",
        log_size,
        scalar_kind: "i8",
        shape: format!("{} rows of {row_len}", len / row_len),
        contenders: contenders(references, devices),
    })
}
