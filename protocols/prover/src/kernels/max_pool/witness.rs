//! Maxima over integers.

use kernelwise_core::kernels::MaxPool;
use kernelwise_core::program::{Range, Shape};

/// The maximum over the positions inside `x`.
pub(crate) fn execute(
    kernel: &MaxPool,
    input: &Shape,
    output: &Shape,
    x: &[i64],
    range: &Range,
) -> Vec<i64> {
    let (in_strides, out_strides) = (input.strides(), output.strides());
    let positions = kernel.positions();
    let at = |index: usize, position: &Vec<usize>| -> Option<i64> {
        let mut offset = 0;
        for (axis, window) in kernel.axes.iter().enumerate() {
            let o = index / out_strides[axis] % output.dims()[axis];
            offset += MaxPool::position(window, o, position[axis], input.dims()[axis])?
                * in_strides[axis];
        }
        x.get(offset).copied()
    };
    (0..output.len())
        .map(|index| {
            positions
                .iter()
                .filter_map(|position| at(index, position))
                .max()
                .unwrap_or(range.lo)
        })
        .collect()
}
