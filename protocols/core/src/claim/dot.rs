//! Sums of products.

use kernelwise_field::{AdditiveGroup, BigInt, Fr};

/// `Σ_i a_i·b_i` over the shorter of the two.
pub fn dot(a: &[Fr], b: &[Fr]) -> Fr {
    a.iter().zip(b).map(|(a, b)| *a * b).sum()
}

/// `Σ_i weights_i·values_i` over the shorter of the two.
///
/// Limbs times integers of 32 bits add up in 128 bits, for up to 2^32 values: one reduction is left of them all.
pub fn dot_integers(weights: &[Fr], values: &[i64]) -> Fr {
    // Putting the limbs together costs about as much as this many products with a lift each.
    const SHORT: usize = 6;
    if weights.len().min(values.len()) <= SHORT {
        let terms = weights.iter().zip(values);
        return terms
            .map(|(weight, &value)| *weight * Fr::from(value))
            .sum();
    }
    let (mut sums, mut rest) = ([0i128; 4], Fr::ZERO);
    for (weight, &value) in weights.iter().zip(values) {
        let magnitude = value.unsigned_abs();
        if magnitude > u64::from(u32::MAX >> 1) {
            rest += *weight * Fr::from(value);
            continue;
        }
        for (sum, limb) in sums.iter_mut().zip(weight.0.0) {
            let product = (u128::from(limb) * u128::from(magnitude)).cast_signed();
            *sum += if value < 0 { -product } else { product };
        }
    }
    let radix = Fr::from(1u128 << 64);
    let sum = sums.iter().rev().fold(Fr::ZERO, |sum, &limb| {
        let magnitude = Fr::from(limb.unsigned_abs());
        sum * radix + if limb < 0 { -magnitude } else { magnitude }
    });
    // The limbs are those of the Montgomery form: its sum is the Montgomery form of the sum.
    rest + sum * Fr::new_unchecked(BigInt([1, 0, 0, 0]))
}

#[cfg(test)]
mod tests {
    use kernelwise_field::Field;

    use super::*;

    #[test]
    fn integers_are_field_elements() {
        let integers = [
            0,
            1,
            -1,
            255,
            -32768,
            i64::from(i32::MAX),
            i64::from(i32::MIN),
            1 << 40,
            i64::MAX,
            i64::MIN,
        ];
        let weights: Vec<Fr> = (2..12u64)
            .map(|i| Fr::from(i).inverse().unwrap_or(Fr::ZERO) - Fr::from(i))
            .collect();
        let lifted: Vec<Fr> = integers.iter().map(|&value| Fr::from(value)).collect();
        for len in 0..=integers.len() {
            let (weights, lifted) = (&weights[..len], &lifted[..len]);
            assert_eq!(dot_integers(weights, &integers), dot(weights, lifted));
        }
        let largest = vec![-Fr::ONE; 1000];
        let values = vec![i64::from(i32::MAX); 1000];
        let expected = -Fr::from(1000 * i64::from(i32::MAX));
        assert_eq!(dot_integers(&largest, &values), expected);
    }
}
