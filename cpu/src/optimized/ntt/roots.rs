//! Powers of roots of unity.

use kernelwise_field::{Field, Fr};

/// `base^0, base^1, …`, times `first`.
pub(super) fn powers(first: Fr, base: Fr, len: usize) -> Vec<Fr> {
    std::iter::successors(Some(first), |power| Some(*power * base))
        .take(len)
        .collect()
}

/// `i` with its lowest `bits` bits in reverse order.
pub(super) fn reverse(i: usize, bits: u32) -> usize {
    if bits == 0 {
        0
    } else {
        i.reverse_bits() >> (usize::BITS - bits)
    }
}

/// The twiddles of a transform of `len` values with root `omega`, as the butterflies of [`super::lanes`] take
/// them: the powers `omega^0 … omega^(len/2 − 1)` in bit-reversed order, each times `unit`.
pub(super) fn twiddles(omega: Fr, len: usize, unit: Fr) -> Vec<Fr> {
    let half = len / 2;
    let natural = powers(unit, omega, half);
    let bits = half.max(1).ilog2();
    (0..half).map(|i| natural[reverse(i, bits)]).collect()
}

/// `base^exponent`.
pub(super) fn power(base: Fr, exponent: usize) -> Fr {
    base.pow([exponent as u64])
}
