//! Sums of small integers times field elements, reduced once.
//!
//! The Montgomery form is linear: `Σ v_i · (x_i R) = (Σ v_i x_i) R` over the integers, so the eight 32-bit
//! limbs of `x_i R` may be accumulated separately and folded at the end.

use kernelwise_field::{BigInt, Fr};

/// 32-bit limbs of a 256-bit residue.
pub(crate) const LIMBS: usize = 8;

/// The limbs of the Montgomery form of a field element, least significant first.
pub(crate) fn limbs(value: &Fr) -> [u32; LIMBS] {
    let words = value.0.0;
    std::array::from_fn(|k| (words[k / 2] >> (32 * (k % 2))) as u32)
}

/// The limbs as signed words, for loops that multiply them by small integers.
pub(crate) fn signed_limbs(value: &Fr) -> [i64; LIMBS] {
    limbs(value).map(i64::from)
}

/// The field element whose Montgomery form is congruent to `Σ_k sums[k] · 2^(32k)`.
pub(crate) fn fold(sums: &[i128; LIMBS]) -> Fr {
    // The element 1/R, whose Montgomery form is the integer 1: turns a value into a Montgomery form.
    let unscale = Fr::new_unchecked(BigInt::new([1, 0, 0, 0]));
    let shift = Fr::from(1u64 << 32);
    sums.iter()
        .rev()
        .fold(Fr::from(0u64), |acc, &sum| acc * shift + Fr::from(sum))
        * unscale
}

/// A running sum of 64-bit integers times field elements; exact for up to `2^31` of them.
#[derive(Clone, Copy, Default)]
pub(crate) struct WideSum {
    sums: [i128; LIMBS],
}

impl WideSum {
    pub(crate) fn add(&mut self, small: i64, value: &Fr) {
        for (sum, limb) in self.sums.iter_mut().zip(limbs(value)) {
            *sum += i128::from(small) * i128::from(limb);
        }
    }

    pub(crate) fn finish(&self) -> Fr {
        fold(&self.sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_extremes_are_exact() {
        let (minus_one, count) = (-Fr::from(1u64), 1000u64);
        let mut sum = WideSum::default();
        for _ in 0..count {
            sum.add(i64::MIN, &minus_one);
        }
        assert_eq!(
            sum.finish(),
            Fr::from(i64::MIN) * minus_one * Fr::from(count)
        );
    }
}
