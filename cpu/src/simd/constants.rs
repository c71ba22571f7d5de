//! The two fields of BN254 in radix 2^52, with every constant derived from the modulus at compile time.
//!
//! # Notation
//! | symbol | meaning |
//! |---|---|
//! | `p` | the modulus, between 2^253 and 2^254 |
//! | `R` | the Montgomery radix of the lanes, 2^260 |
//! | `c` | `−p⁻¹ mod 2^52` |
//! | `M` | `(c·p + 1) / 2^52`: one reduction step is `t/2^52 + (t mod 2^52)·M` |
//!
//! The step with `M` needs no quotient multiplication, because `c·p ≡ −1 mod 2^52` makes the low limb its
//! own quotient ([Gueron, Krasnov 2014](https://eprint.iacr.org/2013/816) use the same property of P-256).

use kernelwise_field::{BigInt, Fq, Fr, PrimeField};

/// Limbs of one element.
pub const LIMBS: usize = 5;
/// Bits of one limb: what one integer fused multiply-add takes.
pub const LIMB_BITS: usize = 52;
/// The low [`LIMB_BITS`] bits.
pub const LIMB_MASK: u64 = (1 << LIMB_BITS) - 1;

/// Constants of one field in radix 2^52.
#[derive(Debug)]
pub struct LaneConstants {
    /// `p`.
    pub modulus: [u64; LIMBS],
    /// `M`, below `p/4`.
    pub reducer: [u64; LIMBS],
    /// `c`.
    pub quotient: u64,
    /// `2^264 mod p`: takes Montgomery form of radix 2^256 to radix 2^260 in one multiplication.
    pub enter: [u64; LIMBS],
    /// `2^256 mod p`: takes Montgomery form of radix 2^260 to radix 2^256 in one multiplication.
    pub leave: [u64; LIMBS],
    /// `2^780 mod p`: takes the integer inverse of a representative to the representative of the inverse, in
    /// one multiplication: `(a·2^260)⁻¹ · 2^780 / 2^260 = a⁻¹·2^260`.
    pub inverse_fix: [u64; LIMBS],
    /// `2^260 mod p`: one.
    pub one: [u64; LIMBS],
    /// `2^260 mod p`, the representative of radix 2^256 of `2^260/2^256`.
    pub words_unit: [u64; 4],
    /// `2^252 mod p`, the representative of radix 2^256 of `2^256/2^260`.
    pub words_factor: [u64; 4],
    /// `−p⁻¹ mod 2^64`.
    pub quotient_word: u64,
    /// `2^516 mod p`, the representative of radix 2^256 of `2^260`.
    pub integer_unit: [u64; 4],
    /// A multiple of `p` in columns of weight `2^(52·i)`, of which all but the lowest are at least `2^62`.
    pub signed_bias: [u64; LIMBS + 1],
    /// `4p`, to keep a difference positive.
    pub four_p: [u64; LIMBS],
    /// Multiples of `p`, as limb-wise addends, that bring a value in `[−4·2^253, 4·2^253)` into `[0, 1.75p)`;
    /// indexed by bits 253 to 255 of the value.
    pub fold_signed: [[u64; 8]; LIMBS],
    /// The same for a value in `[0, 8·2^253)`.
    pub fold_positive: [[u64; 8]; LIMBS],
    /// The same for a value in `[−6·2^253, 2·2^253)`.
    pub fold_negative: [[u64; 8]; LIMBS],
}

/// A field whose elements the lanes hold.
///
/// Implemented for [`Fr`] and [`Fq`] of BN254 only: the bounds in this module rest on
/// `2^256/p ∈ (5.28, 5.30)`, which both satisfy.
pub trait LaneField: PrimeField<BigInt = BigInt<4>> + private::Sealed {
    /// Constants in radix 2^52.
    const LANES: &'static LaneConstants;

    /// The element with the given Montgomery representative of radix 2^256, below `p`.
    fn from_montgomery(limbs: [u64; 4]) -> Self;

    /// The Montgomery representative of radix 2^256, below `p`.
    fn montgomery(&self) -> &[u64; 4];
}

mod private {
    pub trait Sealed {}
    impl Sealed for kernelwise_field::Fr {}
    impl Sealed for kernelwise_field::Fq {}
}

static FR: LaneConstants = constants(Fr::MODULUS.0);
static FQ: LaneConstants = constants(Fq::MODULUS.0);

impl LaneField for Fr {
    const LANES: &'static LaneConstants = &FR;

    #[inline(always)]
    fn from_montgomery(limbs: [u64; 4]) -> Self {
        Self::new_unchecked(BigInt(limbs))
    }

    #[inline(always)]
    fn montgomery(&self) -> &[u64; 4] {
        &self.0.0
    }
}

impl LaneField for Fq {
    const LANES: &'static LaneConstants = &FQ;

    #[inline(always)]
    fn from_montgomery(limbs: [u64; 4]) -> Self {
        Self::new_unchecked(BigInt(limbs))
    }

    #[inline(always)]
    fn montgomery(&self) -> &[u64; 4] {
        &self.0.0
    }
}

/// Splits 256 bits into limbs of 52.
#[inline(always)]
pub const fn split(x: [u64; 4]) -> [u64; LIMBS] {
    [
        x[0] & LIMB_MASK,
        (x[0] >> 52 | x[1] << 12) & LIMB_MASK,
        (x[1] >> 40 | x[2] << 24) & LIMB_MASK,
        (x[2] >> 28 | x[3] << 36) & LIMB_MASK,
        x[3] >> 16,
    ]
}

/// Joins five limbs of 52 bits whose value is below 2^256.
#[inline(always)]
pub const fn join(x: [u64; LIMBS]) -> [u64; 4] {
    [
        x[0] | x[1] << 52,
        x[1] >> 12 | x[2] << 40,
        x[2] >> 24 | x[3] << 28,
        x[3] >> 36 | x[4] << 16,
    ]
}

const fn constants(p: [u64; 4]) -> LaneConstants {
    let modulus = split(p);
    let quotient = negative_inverse(p[0]) & LIMB_MASK;
    LaneConstants {
        modulus,
        reducer: reducer(modulus, quotient),
        quotient,
        enter: split(power_of_two(264, p)),
        leave: split(power_of_two(256, p)),
        inverse_fix: split(power_of_two(780, p)),
        one: split(power_of_two(260, p)),
        words_unit: power_of_two(260, p),
        words_factor: power_of_two(252, p),
        quotient_word: negative_inverse(p[0]),
        integer_unit: power_of_two(516, p),
        signed_bias: signed_bias(p),
        four_p: multiple(modulus, 4),
        fold_signed: fold_table(modulus, -4),
        fold_positive: fold_table(modulus, 0),
        fold_negative: fold_table(modulus, -6),
    }
}

/// `−p⁻¹ mod 2^64` by Newton's iteration, which doubles the number of right bits.
const fn negative_inverse(p: u64) -> u64 {
    let mut inverse = p;
    let mut step = 0;
    while step < 5 {
        inverse = inverse.wrapping_mul(2u64.wrapping_sub(p.wrapping_mul(inverse)));
        step += 1;
    }
    inverse.wrapping_neg()
}

/// `(c·p + 1) / 2^52`.
const fn reducer(p: [u64; LIMBS], c: u64) -> [u64; LIMBS] {
    let mut out = [0; LIMBS];
    let mut carry = (p[0] as u128 * c as u128 + 1) >> LIMB_BITS;
    let mut i = 1;
    while i < LIMBS {
        carry += p[i] as u128 * c as u128;
        out[i - 1] = carry as u64 & LIMB_MASK;
        carry >>= LIMB_BITS;
        i += 1;
    }
    out[LIMBS - 1] = carry as u64;
    out
}

/// `2^exponent mod p` by doubling.
const fn power_of_two(exponent: usize, p: [u64; 4]) -> [u64; 4] {
    let mut x = [1, 0, 0, 0];
    let mut step = 0;
    while step < exponent {
        let doubled = [
            x[0] << 1,
            x[1] << 1 | x[0] >> 63,
            x[2] << 1 | x[1] >> 63,
            x[3] << 1 | x[2] >> 63,
        ];
        x = subtract_once(doubled, p);
        step += 1;
    }
    x
}

/// `Σ_{i=1..5} 2^62 · 2^(52·i)` in columns, made a multiple of `p` by a number below `p`.
const fn signed_bias(p: [u64; 4]) -> [u64; LIMBS + 1] {
    let mut out = [0; LIMBS + 1];
    let mut rest = p;
    let mut i = 1;
    while i <= LIMBS {
        out[i] = 1 << 62;
        // rest − 2^(62 + 52·i), which is in (−p, p].
        rest = subtract_once(
            add(rest, subtract(p, power_of_two(62 + LIMB_BITS * i, p))),
            p,
        );
        i += 1;
    }
    let rest = split(rest);
    let mut i = 0;
    while i < LIMBS {
        out[i] += rest[i];
        i += 1;
    }
    out
}

/// `a + b` below 2^256.
const fn add(a: [u64; 4], b: [u64; 4]) -> [u64; 4] {
    let mut out = [0; 4];
    let mut carry = 0u128;
    let mut i = 0;
    while i < 4 {
        carry += a[i] as u128 + b[i] as u128;
        out[i] = carry as u64;
        carry >>= 64;
        i += 1;
    }
    out
}

/// `a − b` for `a ≥ b`.
const fn subtract(a: [u64; 4], b: [u64; 4]) -> [u64; 4] {
    let mut out = [0; 4];
    let mut borrow = false;
    let mut i = 0;
    while i < 4 {
        let (d, b1) = a[i].overflowing_sub(b[i]);
        let (d, b2) = d.overflowing_sub(borrow as u64);
        out[i] = d;
        borrow = b1 || b2;
        i += 1;
    }
    out
}

/// `x − p` if that is not negative, else `x`.
pub const fn subtract_once(x: [u64; 4], p: [u64; 4]) -> [u64; 4] {
    let mut out = [0; 4];
    let mut borrow = false;
    let mut i = 0;
    while i < 4 {
        let (d, b1) = x[i].overflowing_sub(p[i]);
        let (d, b2) = d.overflowing_sub(borrow as u64);
        out[i] = d;
        borrow = b1 || b2;
        i += 1;
    }
    if borrow { x } else { out }
}

/// `k·p` in carried limbs.
const fn multiple(p: [u64; LIMBS], k: u64) -> [u64; LIMBS] {
    let mut out = [0; LIMBS];
    let mut carry = 0;
    let mut i = 0;
    while i < LIMBS {
        let t = p[i] * k + carry;
        out[i] = if i + 1 < LIMBS { t & LIMB_MASK } else { t };
        carry = t >> LIMB_BITS;
        i += 1;
    }
    out
}

/// The addends for the eight slots `first·2^253 … (first + 8)·2^253`, indexed by slot modulo 8.
///
/// With `u = 2^253/p ≈ 0.6613`, slot `i` holds values in `[i·u, (i + 1)·u)·p`; the multiple below leaves
/// them in `[0.016p, 1.67p)`, far enough from both ends for uncarried limbs to be off by 2^209.
const fn fold_table(p: [u64; LIMBS], first: i64) -> [[u64; 8]; LIMBS] {
    const MULTIPLE: [i64; 14] = [4, 4, 3, 2, 2, 1, 1, 0, -1, -1, -2, -3, -3, -4];
    let mut out = [[0; 8]; LIMBS];
    let mut slot = first;
    while slot < first + 8 {
        let k = MULTIPLE[(slot + 6) as usize];
        let addend = multiple(p, k.unsigned_abs());
        let mut i = 0;
        while i < LIMBS {
            let column = slot.rem_euclid(8) as usize;
            out[i][column] = if k < 0 {
                addend[i].wrapping_neg()
            } else {
                addend[i]
            };
            i += 1;
        }
        slot += 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_and_join_are_inverse() {
        let x = [0x0123_4567_89ab_cdef, u64::MAX, 0, 0x8000_0000_0000_0001];
        assert_eq!(join(split(x)), x);
    }

    #[test]
    fn reducer_is_below_a_quarter_of_the_modulus() {
        for constants in [Fr::LANES, Fq::LANES] {
            assert!(constants.reducer[4] < constants.modulus[4] / 4);
        }
    }

    #[test]
    fn quotient_inverts_the_modulus() {
        for constants in [Fr::LANES, Fq::LANES] {
            assert_eq!(
                constants.quotient.wrapping_mul(constants.modulus[0]) & LIMB_MASK,
                LIMB_MASK
            );
        }
    }
}
