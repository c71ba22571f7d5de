//! Row commitments.

use kernelwise_core::commitment::RowLayout;
use kernelwise_core::field::{CurveGroup, G1, G1Affine};
use kernelwise_core::program::Shape;
use kernelwise_hal::{BaseSet, Msm, Scalars};

use crate::error::ProveError;

/// One point per logical row of a tensor of this shape, over blocks of rows of `block` scalars.
pub(crate) fn commit_rows(
    msm: &dyn Msm,
    bases: &BaseSet,
    shape: &Shape,
    scalars: Scalars<'_>,
    max_columns: usize,
    block: usize,
) -> Result<Vec<G1Affine>, ProveError> {
    let layout = RowLayout::new(shape, max_columns);
    // Whole rows, at least one.
    let block = (block / layout.columns.max(1)).max(1) * layout.columns;
    let mut points = Vec::with_capacity(layout.rows);
    let mut start = 0;
    while start < scalars.len() {
        let end = (start + block).min(scalars.len());
        let part = scalars.slice(start..end);
        let part = part.ok_or(ProveError::Internal("a block of rows beyond a tensor"))?;
        let rows = msm.msm_rows(bases, part, layout.columns)?;
        points.extend(G1::normalize_batch(&rows));
        start = end;
    }
    Ok(points)
}

#[cfg(test)]
mod tests {
    use kernelwise_core::commitment::CommitmentKey;
    use kernelwise_cpu::CpuDevice;
    use kernelwise_hal::{Device, IntSlice};

    use super::*;

    #[test]
    fn blocks_do_not_show() {
        let device = CpuDevice::optimized();
        let msm = device.msm().unwrap();
        let key = CommitmentKey::derive(8);
        let bases = msm.load(key.bases()).unwrap();
        for (dims, columns) in [
            (vec![5, 8], 8),
            (vec![3, 7], 4),
            (vec![7], 3),
            (vec![1, 1], 8),
        ] {
            let shape = Shape::new(dims);
            let values: Vec<i8> = (0..shape.len()).map(|i| (i * 37 % 255) as i8).collect();
            let scalars = Scalars::Int(IntSlice::I8(&values));
            let commit = |block| commit_rows(msm, &bases, &shape, scalars, columns, block).unwrap();
            let whole = commit(usize::MAX / 2);
            assert_eq!(whole.len(), RowLayout::new(&shape, columns).rows);
            for block in [1, 7, 16, 17] {
                assert_eq!(commit(block), whole, "{shape:?} in blocks of {block}");
            }
        }
    }
}
