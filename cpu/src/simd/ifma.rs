//! Arithmetic on 8 field elements at once with AVX-512 IFMA.
//!
//! An element is five 64-bit lanes-vectors, limb `i` of all eight elements in vector `i`.
//!
//! # Bounds
//! *Carried* limbs are below 2^52 (the top one may be larger where said). A value is *reduced* if it is in
//! `[0, 1.75p)` with carried limbs. `2^260/p > 84.6` leaves room for sums of several reduced values as
//! operands of a multiplication:
//!
//! ```text
//! reduce(t) < t/2^260 + 1.13p            hence   a·b ≤ 52p²  gives a reduced product
//! ```
//!
//! The 1.13 is `p` for the last step, which uses the modulus itself, plus `M < 0.13p` for the first four.
#![expect(
    unsafe_code,
    reason = "vector loads of constants and tables have no safe form"
)]

use std::arch::x86_64::*;
use std::marker::PhantomData;

use super::constants::{LIMB_BITS, LIMB_MASK, LIMBS, LaneField};

const SHIFT: u32 = LIMB_BITS as u32;

/// Eight elements of `F`, limbs across vectors.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Lanes<F>(pub(super) [__m512i; LIMBS], PhantomData<F>);

/// A sum of products of [`Lanes`], before reduction: ten columns of weight `2^(52·i)`.
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Wide<F>([__m512i; 2 * LIMBS], PhantomData<F>);

impl<F> Lanes<F> {
    #[inline(always)]
    pub(super) const fn new(limbs: [__m512i; LIMBS]) -> Self {
        Self(limbs, PhantomData)
    }
}

impl<F> std::fmt::Debug for Lanes<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Lanes").field(&self.0).finish()
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn row(values: &[u64; 8]) -> __m512i {
    // SAFETY: the reference is valid for 64 bytes; the load has no alignment requirement.
    unsafe { _mm512_loadu_si512(values.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn all(value: u64) -> __m512i {
    _mm512_set1_epi64(value as i64)
}

/// Limbs across lanes: `rows[i][lane]` is limb `i` of element `lane`.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn store<F>(x: Lanes<F>) -> [[u64; 8]; LIMBS] {
    let mut rows = [[0; 8]; LIMBS];
    for (out, limb) in rows.iter_mut().zip(x.0) {
        // SAFETY: the reference is valid for 64 bytes; the store has no alignment requirement.
        unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), limb) }
    }
    rows
}

/// Loads eight 256-bit numbers and splits them into limbs.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn load_words<F>(words: [&[u64; 4]; 8]) -> Lanes<F> {
    let r = words.map(|words| {
        // SAFETY: the reference is valid for 32 bytes; the load has no alignment requirement.
        unsafe { _mm256_loadu_si256(words.as_ptr().cast()) }
    });
    let pair = |low, high| _mm512_inserti64x4::<1>(_mm512_castsi256_si512(low), high);
    let (a, b) = (pair(r[0], r[2]), pair(r[1], r[3]));
    let (c, d) = (pair(r[4], r[6]), pair(r[5], r[7]));
    let (even_low, even_high) = (_mm512_unpacklo_epi64(a, b), _mm512_unpacklo_epi64(c, d));
    let (odd_low, odd_high) = (_mm512_unpackhi_epi64(a, b), _mm512_unpackhi_epi64(c, d));
    widen(&[
        _mm512_shuffle_i64x2::<0x88>(even_low, even_high),
        _mm512_shuffle_i64x2::<0x88>(odd_low, odd_high),
        _mm512_shuffle_i64x2::<0xdd>(even_low, even_high),
        _mm512_shuffle_i64x2::<0xdd>(odd_low, odd_high),
    ])
}

/// One 256-bit number in every lane.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn splat_words<F>(words: &[u64; 4]) -> Lanes<F> {
    widen(&[all(words[0]), all(words[1]), all(words[2]), all(words[3])])
}

/// The inverse of [`load_words`], for values below 2^256 with carried limbs.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn store_words<F>(x: Lanes<F>) -> [[u64; 4]; 8] {
    let w = narrow(x);
    let (even_low, even_high) = (
        _mm512_unpacklo_epi64(w[0], w[1]),
        _mm512_unpacklo_epi64(w[2], w[3]),
    );
    let (odd_low, odd_high) = (
        _mm512_unpackhi_epi64(w[0], w[1]),
        _mm512_unpackhi_epi64(w[2], w[3]),
    );
    // Each selects two numbers, as words 01 of both, then words 23 of both.
    let pairs = [
        _mm512_shuffle_i64x2::<0x44>(even_low, even_high),
        _mm512_shuffle_i64x2::<0x44>(odd_low, odd_high),
        _mm512_shuffle_i64x2::<0xee>(even_low, even_high),
        _mm512_shuffle_i64x2::<0xee>(odd_low, odd_high),
    ];
    let mut out = [[0; 4]; 8];
    for (i, pair) in pairs.into_iter().enumerate() {
        let pair = _mm512_shuffle_i64x2::<0xd8>(pair, pair);
        let first = 4 * (i / 2) + i % 2;
        for (index, half) in [
            (first, _mm512_castsi512_si256(pair)),
            (first + 2, _mm512_extracti64x4_epi64::<1>(pair)),
        ] {
            // SAFETY: the reference is valid for 32 bytes; the store has no alignment requirement.
            unsafe { _mm256_storeu_si256(out[index].as_mut_ptr().cast(), half) }
        }
    }
    out
}

/// Puts 64-bit limbs, one vector after the other, into the memory of eight elements.
///
/// The values are reduced, hence below 2^255.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn stow<F: LaneField>(x: Lanes<F>, memory: &mut [F; 8]) {
    const { assert!(size_of::<F>() == 32) };
    let target = memory.as_mut_ptr().cast::<__m512i>();
    for (i, word) in narrow(x).into_iter().enumerate() {
        // SAFETY: eight elements are 256 bytes, the four vectors of this loop; an element consists of 64-bit
        // words, of which every bit pattern is valid. The store has no alignment requirement.
        unsafe { _mm512_storeu_si512(target.add(i).cast(), word) }
    }
}

/// The inverse of [`stow`].
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn unstow<F: LaneField>(memory: &[F; 8]) -> Lanes<F> {
    const { assert!(size_of::<F>() == 32) };
    let source = memory.as_ptr().cast::<__m512i>();
    // SAFETY: eight elements are 256 bytes without padding; the load has no alignment requirement.
    let word = |i| unsafe { _mm512_loadu_si512(source.add(i).cast()) };
    widen(&[word(0), word(1), word(2), word(3)])
}

/// Asks for every second element, and so for every cache line.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn prefetch<F: LaneField>(memory: &[F; 8]) {
    for element in memory.iter().step_by(2) {
        _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(element).cast());
    }
}

/// 64-bit limbs to 52-bit limbs.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn widen<F>(w: &[__m512i]) -> Lanes<F> {
    let mask = all(LIMB_MASK);
    Lanes::new([
        _mm512_and_si512(w[0], mask),
        _mm512_and_si512(_mm512_shrdi_epi64::<52>(w[0], w[1]), mask),
        _mm512_and_si512(_mm512_shrdi_epi64::<40>(w[1], w[2]), mask),
        _mm512_and_si512(_mm512_shrdi_epi64::<28>(w[2], w[3]), mask),
        _mm512_srli_epi64::<16>(w[3]),
    ])
}

/// Carried 52-bit limbs to 64-bit limbs, for values below 2^256.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn narrow<F>(x: Lanes<F>) -> [__m512i; 4] {
    let l = x.0;
    let join = |low, high| _mm512_or_si512(low, high);
    [
        join(l[0], _mm512_slli_epi64::<52>(l[1])),
        join(_mm512_srli_epi64::<12>(l[1]), _mm512_slli_epi64::<40>(l[2])),
        join(_mm512_srli_epi64::<24>(l[2]), _mm512_slli_epi64::<28>(l[3])),
        join(_mm512_srli_epi64::<36>(l[3]), _mm512_slli_epi64::<16>(l[4])),
    ]
}

/// The same carried limbs in every lane.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn splat<F>(limbs: &[u64; LIMBS]) -> Lanes<F> {
    Lanes::new([
        all(limbs[0]),
        all(limbs[1]),
        all(limbs[2]),
        all(limbs[3]),
        all(limbs[4]),
    ])
}

/// Zero in every lane.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn zero<F>() -> Lanes<F> {
    Lanes::new([_mm512_setzero_si512(); LIMBS])
}

/// Carries signed limbs upwards; the top limb keeps the sign of the value.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn carry<F>(mut t: [__m512i; LIMBS]) -> Lanes<F> {
    let mask = all(LIMB_MASK);
    for i in 0..LIMBS - 1 {
        t[i + 1] = _mm512_add_epi64(t[i + 1], _mm512_srai_epi64::<SHIFT>(t[i]));
        t[i] = _mm512_and_si512(t[i], mask);
    }
    Lanes::new(t)
}

/// Adds to uncarried limbs the multiple of `p` that `table` holds for the slot of the value, and carries.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn fold<F>(mut t: [__m512i; LIMBS], table: &[[u64; 8]; LIMBS]) -> Lanes<F> {
    // Bit 253 of the value is bit 45 of the top limb; the permutation reads three bits of its index.
    let slot = _mm512_srli_epi64::<45>(t[LIMBS - 1]);
    for (limb, addends) in t.iter_mut().zip(table) {
        *limb = _mm512_add_epi64(*limb, _mm512_permutexvar_epi64(slot, row(addends)));
    }
    carry(t)
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn sum_limbs<F>(a: Lanes<F>, b: Lanes<F>) -> [__m512i; LIMBS] {
    std::array::from_fn(|i| _mm512_add_epi64(a.0[i], b.0[i]))
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn difference_limbs<F>(a: Lanes<F>, b: Lanes<F>) -> [__m512i; LIMBS] {
    std::array::from_fn(|i| _mm512_sub_epi64(a.0[i], b.0[i]))
}

/// `a + b`, reduced, for `a + b < 5.2p`.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn add<F: LaneField>(a: Lanes<F>, b: Lanes<F>) -> Lanes<F> {
    fold(sum_limbs(a, b), &F::LANES.fold_positive)
}

/// `a − b`, reduced, for `a − b` in `(−2.6p, 2.6p)`.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn sub<F: LaneField>(a: Lanes<F>, b: Lanes<F>) -> Lanes<F> {
    fold(difference_limbs(a, b), &F::LANES.fold_signed)
}

/// `a − b + 4p` without reduction, for `b ≤ 4p`: an operand for multiplication, below `a + 4p`.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn sub_lazy<F: LaneField>(a: Lanes<F>, b: Lanes<F>) -> Lanes<F> {
    let d = difference_limbs(a, b);
    let four_p = splat::<F>(&F::LANES.four_p);
    carry(std::array::from_fn(|i| _mm512_add_epi64(d[i], four_p.0[i])))
}

/// `a + b` without reduction: an operand for multiplication.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn add_lazy<F: LaneField>(a: Lanes<F>, b: Lanes<F>) -> Lanes<F> {
    carry(sum_limbs(a, b))
}

/// `a·b / 2^260`, reduced, for `a·b ≤ 52p²` with carried limbs.
///
/// # Cost
/// 101 fused multiply-adds: 50 for the product, 4 · 10 + 11 for the reduction.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn mul<F: LaneField>(a: Lanes<F>, b: Lanes<F>) -> Lanes<F> {
    reduce(mul_add(wide_zero(), a, b))
}

/// `a·b / 2^260 + c`, reduced, for `a·b ≤ 52p²` with carried limbs and reduced `c`.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn mul_plus<F: LaneField>(a: Lanes<F>, b: Lanes<F>, c: Lanes<F>) -> Lanes<F> {
    let product = Lanes::new(reduce_columns(mul_add(wide_zero(), a, b)));
    fold(sum_limbs(product, c), &F::LANES.fold_positive)
}

/// `a² / 2^260`, reduced, for `a² ≤ 52p²` with carried limbs.
///
/// # Cost
/// 81 fused multiply-adds.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn square<F: LaneField>(a: Lanes<F>) -> Lanes<F> {
    let mut t = [_mm512_setzero_si512(); 2 * LIMBS];
    for i in 0..LIMBS {
        for j in i + 1..LIMBS {
            t[i + j] = _mm512_madd52lo_epu64(t[i + j], a.0[i], a.0[j]);
            t[i + j + 1] = _mm512_madd52hi_epu64(t[i + j + 1], a.0[i], a.0[j]);
        }
    }
    for limb in &mut t[1..2 * LIMBS - 1] {
        *limb = _mm512_add_epi64(*limb, *limb);
    }
    for i in 0..LIMBS {
        t[2 * i] = _mm512_madd52lo_epu64(t[2 * i], a.0[i], a.0[i]);
        t[2 * i + 1] = _mm512_madd52hi_epu64(t[2 * i + 1], a.0[i], a.0[i]);
    }
    reduce(Wide(t, PhantomData))
}

/// The empty sum of products.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn wide_zero<F>() -> Wide<F> {
    Wide([_mm512_setzero_si512(); 2 * LIMBS], PhantomData)
}

/// `acc + a·b` without reduction.
///
/// A product adds at most ten terms below 2^52 to a column, so 128 products stay below 2^63.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn mul_add<F>(mut acc: Wide<F>, a: Lanes<F>, b: Lanes<F>) -> Wide<F> {
    for i in 0..LIMBS {
        for j in 0..LIMBS {
            acc.0[i + j] = _mm512_madd52lo_epu64(acc.0[i + j], a.0[i], b.0[j]);
            acc.0[i + j + 1] = _mm512_madd52hi_epu64(acc.0[i + j + 1], a.0[i], b.0[j]);
        }
    }
    acc
}

/// The empty sum of products with integers: a multiple of `p` whose columns stay positive.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn signed_zero<F: LaneField>() -> Wide<F> {
    let mut t = [_mm512_setzero_si512(); 2 * LIMBS];
    for (column, &bias) in t.iter_mut().zip(&F::LANES.signed_bias) {
        *column = all(bias);
    }
    Wide(t, PhantomData)
}

/// `acc + a·v` without reduction, for `|v| < 2^51`.
///
/// The multiply-add reads `v mod 2^52`; where `v` is negative, that is `2^52` too much, and `a` is taken back
/// one column up. A product moves a column by less than `2^53` up and `2^52` down, so 512 products keep
/// columns that start between `2^62` and `2^62 + 2^53` between zero and `2^63.1`.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn mul_add_signed<F>(mut acc: Wide<F>, a: Lanes<F>, v: &[i64; 8]) -> Wide<F> {
    // SAFETY: the reference is valid for 64 bytes; the load has no alignment requirement.
    let v = unsafe { _mm512_loadu_si512(v.as_ptr().cast()) };
    let negative = _mm512_movepi64_mask(v);
    for i in 0..LIMBS {
        acc.0[i] = _mm512_madd52lo_epu64(acc.0[i], a.0[i], v);
        acc.0[i + 1] = _mm512_madd52hi_epu64(acc.0[i + 1], a.0[i], v);
    }
    for i in 0..LIMBS {
        acc.0[i + 1] = _mm512_mask_sub_epi64(acc.0[i + 1], negative, acc.0[i + 1], a.0[i]);
    }
    acc
}

/// `t / 2^260`, below `t/2^260 + 1.13p` in carried limbs.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn reduce<F: LaneField>(t: Wide<F>) -> Lanes<F> {
    carry(reduce_columns(t))
}

/// [`reduce`] before the carries, which are below 2^11.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn reduce_columns<F: LaneField>(t: Wide<F>) -> [__m512i; LIMBS] {
    let mut t = t.0;
    let c = F::LANES;
    for i in 0..LIMBS - 1 {
        // The fused multiply-add reads the low 52 bits of `q` only: no mask needed.
        let q = t[i];
        t[i + 1] = _mm512_add_epi64(t[i + 1], _mm512_srli_epi64::<SHIFT>(q));
        for j in 0..LIMBS {
            let m = all(c.reducer[j]);
            t[i + j + 1] = _mm512_madd52lo_epu64(t[i + j + 1], q, m);
            t[i + j + 2] = _mm512_madd52hi_epu64(t[i + j + 2], q, m);
        }
    }
    let q = _mm512_madd52lo_epu64(_mm512_setzero_si512(), t[4], all(c.quotient));
    for j in 0..LIMBS {
        let p = all(c.modulus[j]);
        t[4 + j] = _mm512_madd52lo_epu64(t[4 + j], q, p);
        t[5 + j] = _mm512_madd52hi_epu64(t[5 + j], q, p);
    }
    let first = _mm512_add_epi64(t[5], _mm512_srli_epi64::<SHIFT>(t[4]));
    [first, t[6], t[7], t[8], t[9]]
}

/// `t / 2^260`, reduced, for the sum of at most 96 products of reduced values.
///
/// The sum divided by 2^260 stays below `96 · 1.75² / 84.6 · p + 1.13p < 4.7p`, which one fold covers.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn reduce_sum<F: LaneField>(t: Wide<F>) -> Lanes<F> {
    fold(reduce(t).0, &F::LANES.fold_positive)
}

/// The unique representative below `p` of values below `2p` with carried limbs.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn canonical<F: LaneField>(x: Lanes<F>) -> Lanes<F> {
    let d = carry::<F>(difference_limbs(x, splat(&F::LANES.modulus)));
    let negative = _mm512_movepi64_mask(d.0[LIMBS - 1]);
    select(negative, d, x)
}

/// The smaller of a canonical `x` and `p − x`, and the lanes in which that is `p − x`.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn magnitude<F: LaneField>(x: Lanes<F>) -> (Lanes<F>, u8) {
    let opposite = carry::<F>(difference_limbs(splat(&F::LANES.modulus), x));
    let difference = carry::<F>(difference_limbs(opposite, x));
    let negative = _mm512_movepi64_mask(difference.0[LIMBS - 1]);
    (select(negative, x, opposite), negative)
}

/// `b` in the lanes of `mask`, `a` in the others.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn select<F>(mask: u8, a: Lanes<F>, b: Lanes<F>) -> Lanes<F> {
    Lanes::new(std::array::from_fn(|i| {
        _mm512_mask_blend_epi64(mask, a.0[i], b.0[i])
    }))
}

/// `a − b − c`, reduced, for a value in `(−3.9p, 1.3p)`: `a` a product of reduced values, `b` and `c` reduced.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn sub2<F: LaneField>(a: Lanes<F>, b: Lanes<F>, c: Lanes<F>) -> Lanes<F> {
    fold(
        difference_limbs(a, Lanes::new(sum_limbs(b, c))),
        &F::LANES.fold_negative,
    )
}

/// Moves every lane `N` places down, cyclically.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn rotate<const N: i32, F>(x: Lanes<F>) -> Lanes<F> {
    Lanes::new(std::array::from_fn(|i| {
        _mm512_alignr_epi64::<N>(x.0[i], x.0[i])
    }))
}

/// Which lanes are zero, for canonical values.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn zero_lanes<F>(x: Lanes<F>) -> u8 {
    let any = x.0[1..]
        .iter()
        .fold(x.0[0], |any, &limb| _mm512_or_si512(any, limb));
    _mm512_testn_epi64_mask(any, any)
}
