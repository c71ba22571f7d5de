//! A sum of index maps over integers.

use kernelwise_core::kernels::Linear;
use kernelwise_core::program::Shape;

use crate::lookup::add_term;
use crate::tensor::IntTensor;

pub(crate) fn execute(kernel: &Linear, output: &Shape, inputs: &[&IntTensor]) -> Vec<i64> {
    let mut y = vec![0; output.len()];
    for (term, x) in kernel.terms.iter().zip(inputs) {
        add_term(&mut y, output, term, x);
    }
    y
}
