//! From the sums of byte planes to a field element, without a field multiplication.

use kernelwise_field::{BigInt, Fr, PrimeField};

/// The modulus.
const P: [u64; 4] = Fr::MODULUS.0;

/// `2^28 · p`: above `2^281`, which bounds the magnitude of every sum, and so makes it positive.
const OFFSET: [u64; 5] = shifted(28);

/// `⌊2^317 / p⌋`, below `2^64`.
const RECIPROCAL: u64 = reciprocal(317);

/// The element whose Montgomery form is congruent to `Σ_k sums[k] · 2^(8k)`.
///
/// The sum is below `2^31 · 2^256 / 255 · 256 < 2^281.1` in magnitude only if every plane sum is below `2^30.9`,
/// which holds for `2^16` products of bytes.
pub(super) fn reduce(sums: &[i32; 32]) -> Fr {
    let mut wide = [0u64; 5];
    let mut carry = 0i128;
    for (limb, sums) in wide.iter_mut().zip(sums.chunks_exact(8)) {
        let join = |k: usize| {
            (k..k + 4)
                .rev()
                .fold(0i64, |acc, k| (acc << 8) + i64::from(sums[k]))
        };
        carry += i128::from(join(0)) + (i128::from(join(4)) << 32);
        *limb = carry as u64;
        carry >>= 64;
    }
    wide[4] = carry as u64;
    let mut carry = 0u128;
    for (limb, offset) in wide.iter_mut().zip(OFFSET) {
        carry += u128::from(*limb) + u128::from(offset);
        *limb = carry as u64;
        carry >>= 64;
    }
    Fr::new_unchecked(BigInt(remainder(&wide)))
}

/// The Montgomery form of 256 times the element with Montgomery form `limbs`.
pub(super) fn next_byte(limbs: [u64; 4]) -> [u64; 4] {
    let [a, b, c, d] = limbs;
    remainder(&[
        a << 8,
        b << 8 | a >> 56,
        c << 8 | b >> 56,
        d << 8 | c >> 56,
        d >> 56,
    ])
}

/// `wide mod p` for `wide < 2^283`.
///
/// Barrett: a quotient from the top 63 bits is at most one too small.
fn remainder(wide: &[u64; 5]) -> [u64; 4] {
    // Bits 220 to 282, times 2^317/p, over 2^97.
    let top = wide[3] >> 28 | wide[4] << 36;
    let quotient = ((u128::from(top) * u128::from(RECIPROCAL)) >> 97) as u64;
    let mut rest = [0u64; 4];
    let (mut carry, mut borrow) = (0u128, false);
    for ((rest, &limb), p) in rest.iter_mut().zip(wide).zip(P) {
        carry += u128::from(quotient) * u128::from(p);
        let (difference, first) = limb.overflowing_sub(carry as u64);
        let (difference, second) = difference.overflowing_sub(u64::from(borrow));
        (*rest, borrow) = (difference, first || second);
        carry >>= 64;
    }
    subtract_modulus(rest).unwrap_or(rest)
}

/// `x − p`, if that is not negative.
const fn subtract_modulus(x: [u64; 4]) -> Option<[u64; 4]> {
    let mut out = [0; 4];
    let mut borrow = false;
    let mut i = 0;
    while i < 4 {
        let (difference, first) = x[i].overflowing_sub(P[i]);
        let (difference, second) = difference.overflowing_sub(borrow as u64);
        out[i] = difference;
        borrow = first || second;
        i += 1;
    }
    if borrow { None } else { Some(out) }
}

/// `2^bits · p` for less than 64 bits.
const fn shifted(bits: u32) -> [u64; 5] {
    let mut out = [0; 5];
    let mut i = 0;
    while i < 4 {
        out[i] |= P[i] << bits;
        out[i + 1] = P[i] >> (64 - bits);
        i += 1;
    }
    out
}

/// `⌊2^exponent / p⌋` by long division.
const fn reciprocal(exponent: u32) -> u64 {
    let (mut rest, mut quotient) = ([1u64, 0, 0, 0], 0u64);
    let mut step = 0;
    while step < exponent {
        rest = [
            rest[0] << 1,
            rest[1] << 1 | rest[0] >> 63,
            rest[2] << 1 | rest[1] >> 63,
            rest[3] << 1 | rest[2] >> 63,
        ];
        quotient <<= 1;
        if let Some(less) = subtract_modulus(rest) {
            rest = less;
            quotient |= 1;
        }
        step += 1;
    }
    quotient
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same value by field arithmetic.
    fn expected(sums: &[i32; 32]) -> Fr {
        let unscale = Fr::new_unchecked(BigInt([1, 0, 0, 0]));
        let byte = Fr::from(256u64);
        sums.iter()
            .rev()
            .fold(Fr::from(0u64), |acc, &sum| acc * byte + Fr::from(sum))
            * unscale
    }

    #[test]
    fn extremes_and_patterns() {
        let most = 65536 * 255 * 127;
        let least = -65536 * 255 * 128;
        let mut state = 1u32;
        for sums in [[0; 32], [most; 32], [least; 32], [1; 32], [-1; 32]] {
            assert_eq!(reduce(&sums), expected(&sums));
        }
        for _ in 0..2000 {
            let sums = std::array::from_fn(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                match state >> 29 {
                    0 => most,
                    1 => least,
                    2 => 0,
                    _ => state as i32 % most,
                }
            });
            assert_eq!(reduce(&sums), expected(&sums));
        }
    }

    #[test]
    fn next_bytes_are_multiples_of_256() {
        let mut value = Fr::from(3u64);
        for _ in 0..200 {
            for x in [value, -value] {
                assert_eq!(
                    Fr::new_unchecked(BigInt(next_byte(x.0.0))),
                    x * Fr::from(256u64)
                );
            }
            value = value * value + Fr::from(1u64);
        }
    }

    #[test]
    fn multiples_of_the_modulus_vanish() {
        let bytes: Vec<u8> = P.iter().flat_map(|limb| limb.to_le_bytes()).collect();
        for factor in [1, -1, 65536 * 128, -65536 * 128] {
            let sums = std::array::from_fn(|k| i32::from(bytes[k]) * factor);
            assert_eq!(reduce(&sums), Fr::from(0u64));
        }
    }
}
