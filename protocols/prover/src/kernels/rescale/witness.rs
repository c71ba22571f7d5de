//! Rescaling over integers, with the limbs of the remainder.

use kernelwise_core::kernels::Rescale;
use kernelwise_core::program::Shape;

use crate::lookup::add_term;
use crate::tensor::IntTensor;

/// `q`, then the limbs above the lowest, for a range table of `bits` bits.
pub(crate) fn execute(kernel: &Rescale, shape: &Shape, x: &IntTensor, bits: u32) -> Vec<Vec<i64>> {
    let shift = kernel.shift(bits);
    let mut scaled = vec![0; shape.len()];
    add_term(&mut scaled, shape, &kernel.scaled(shape.rank()), x);
    scaled
        .iter_mut()
        .for_each(|value| *value += 1 << (shift - 1));
    let limb = |index: usize| {
        let mask = (1i64 << bits) - 1;
        scaled
            .iter()
            .map(|&value| value >> (bits * index as u32) & mask)
            .collect()
    };
    let mut outputs = vec![scaled.iter().map(|&value| value >> shift).collect()];
    outputs.extend((1..kernel.limbs).map(limb));
    outputs
}
