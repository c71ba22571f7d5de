//! Transforms too short for lanes.

use kernelwise_field::Fr;

use super::roots::reverse;

/// The values of the polynomial with coefficients `x` at the powers of the root whose powers, up to half of
/// its order, are `powers`.
pub(super) fn transform(x: &mut [Fr], powers: &[Fr]) {
    let bits = x.len().ilog2();
    for i in 0..x.len() {
        let j = reverse(i, bits);
        if i < j {
            x.swap(i, j);
        }
    }
    let mut half = 1;
    while half < x.len() {
        let step = x.len() / (2 * half);
        for block in x.chunks_exact_mut(2 * half) {
            let (low, high) = block.split_at_mut(half);
            for ((a, b), power) in low.iter_mut().zip(high).zip(powers.iter().step_by(step)) {
                let t = *b * power;
                *b = *a - t;
                *a += t;
            }
        }
        half *= 2;
    }
}

/// Multiplies entry `j` by `first · base^j`.
pub(super) fn scale(x: &mut [Fr], first: Fr, base: Fr) {
    let mut power = first;
    for value in x {
        *value *= power;
        power *= base;
    }
}
