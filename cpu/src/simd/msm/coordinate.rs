//! Coordinates of points in lanes: elements of Fq, or of its quadratic extension.
//!
//! ```text
//! degree 1: Fq            degree 2: Fq2 = Fq[u]/(u² + 1)
//! ```
//! One source serves both groups: a coordinate is an array of `D` lanes, and everything that differs between the
//! two fields is in this file. Bounds are those of [`crate::simd::ifma`], component by component: *reduced* is below
//! `1.75p`.
//!
//! Components are visited by loops: a closure given to `std::array::from_fn` is compiled apart from the code around it
//! where that needs CPU features, and its operands then go through memory.

use std::arch::x86_64::*;

use kernelwise_field::Fq;

use crate::simd::constants::{LIMB_MASK, LaneField};
use crate::simd::ifma::{self, Lanes};

/// Eight coordinates: components of degree 0 to `D − 1`.
pub(super) type Coordinate<const D: usize> = [Lanes<Fq>; D];

/// Zero in every lane.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn zero<const D: usize>() -> Coordinate<D> {
    [ifma::zero(); D]
}

/// One in every lane.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn one<const D: usize>() -> Coordinate<D> {
    let mut one = zero::<D>();
    one[0] = ifma::splat(&Fq::LANES.one);
    one
}

/// `a + b`, reduced, for reduced operands.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn add<const D: usize>(a: Coordinate<D>, b: Coordinate<D>) -> Coordinate<D> {
    let mut out = a;
    for i in 0..D {
        out[i] = ifma::add(a[i], b[i]);
    }
    out
}

/// `a − b`, reduced, for reduced operands.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn sub<const D: usize>(a: Coordinate<D>, b: Coordinate<D>) -> Coordinate<D> {
    let mut out = a;
    for i in 0..D {
        out[i] = ifma::sub(a[i], b[i]);
    }
    out
}

/// `a − b` as an operand of [`mul`] or the denominator of [`fraction`].
///
/// Lazy over Fq, where only products follow: in `(2.25p, 5.75p)`. Reduced over Fq2, where sums of products follow.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn difference<const D: usize>(a: Coordinate<D>, b: Coordinate<D>) -> Coordinate<D> {
    if D > 1 {
        return sub(a, b);
    }
    let mut out = a;
    out[0] = ifma::sub_lazy(a[0], b[0]);
    out
}

/// `±a − b + 4p`, negative in the lanes of `mask`: a numerator for [`fraction`], below `5.75p`.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn signed_difference<const D: usize>(
    a: Coordinate<D>,
    mask: u8,
    b: Coordinate<D>,
) -> Coordinate<D> {
    let zero = _mm512_setzero_si512();
    let mut out = a;
    for i in 0..D {
        let mut signed = a[i].0;
        for limb in &mut signed {
            *limb = _mm512_mask_sub_epi64(*limb, mask, zero, *limb);
        }
        out[i] = ifma::sub_lazy(Lanes::new(signed), b[i]);
    }
    out
}

/// `a − b − c`, reduced, for a [`square`] and reduced operands.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn sub2<const D: usize>(
    a: Coordinate<D>,
    b: Coordinate<D>,
    c: Coordinate<D>,
) -> Coordinate<D> {
    let mut out = a;
    for i in 0..D {
        out[i] = ifma::sub2(a[i], b[i], c[i]);
    }
    out
}

/// `a·b`, reduced, for reduced `a` and a [`difference`] `b`.
///
/// # Cost
/// 101 fused multiply-adds, or 302: over Fq2 the four products of the schoolbook share two reductions, and
/// Karatsuba's three would cost as much in carries as they save.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn mul<const D: usize>(a: Coordinate<D>, b: Coordinate<D>) -> Coordinate<D> {
    let mut out = a;
    if D == 1 {
        out[0] = ifma::mul(a[0], b[0]);
        return out;
    }
    // Columns stay below 2·(1.75 + 4)·1.75p².
    let minus_b1 = ifma::sub_lazy(ifma::zero(), b[D - 1]);
    let real = ifma::mul_add(ifma::wide_zero(), a[0], b[0]);
    let imaginary = ifma::mul_add(ifma::wide_zero(), a[0], b[D - 1]);
    out[0] = ifma::reduce(ifma::mul_add(real, a[D - 1], minus_b1));
    out[D - 1] = ifma::reduce(ifma::mul_add(imaginary, a[D - 1], b[0]));
    out
}

/// `a²` for reduced `a`: each component below `1.3p`.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn square<const D: usize>(a: Coordinate<D>) -> Coordinate<D> {
    let mut out = a;
    if D == 1 {
        out[0] = ifma::square(a[0]);
        return out;
    }
    // (a₀ + a₁)(a₀ − a₁) and 2a₀·a₁: products below 3.5p · 1.75p.
    let (a0, a1) = (a[0], a[D - 1]);
    out[0] = ifma::mul(ifma::add_lazy(a0, a1), ifma::sub(a0, a1));
    out[D - 1] = ifma::mul(ifma::add_lazy(a0, a0), a1);
    out
}

/// `a·s` for a reduced or lazy `a` and `s` in Fq.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn scale<const D: usize>(a: Coordinate<D>, s: Lanes<Fq>) -> Coordinate<D> {
    let mut out = a;
    for i in 0..D {
        out[i] = ifma::mul(a[i], s);
    }
    out
}

/// The same fraction with a denominator in Fq, for a [`signed_difference`] over a [`difference`]:
/// `n/d = n·d̄/(d·d̄)`.
///
/// An inversion is then shared by products in Fq, a third of the cost of products in Fq2.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn fraction<const D: usize>(
    numerator: Coordinate<D>,
    denominator: Coordinate<D>,
) -> (Coordinate<D>, Lanes<Fq>) {
    if D == 1 {
        return (numerator, denominator[0]);
    }
    let ([n0, n1], [d0, d1]) = (
        [numerator[0], numerator[D - 1]],
        [denominator[0], denominator[D - 1]],
    );
    let minus_d1 = ifma::sub_lazy(ifma::zero(), d1);
    // Columns stay below 5.75p · (1.75 + 4)p.
    let real = ifma::mul_add(ifma::mul_add(ifma::wide_zero(), n0, d0), n1, d1);
    let imaginary = ifma::mul_add(ifma::mul_add(ifma::wide_zero(), n1, d0), n0, minus_d1);
    let norm = ifma::mul_add(ifma::mul_add(ifma::wide_zero(), d0, d0), d1, d1);
    let mut out = numerator;
    out[0] = ifma::reduce(real);
    out[D - 1] = ifma::reduce(imaginary);
    (out, ifma::reduce(norm))
}

/// Whether some lane of a [`difference`] may be zero; wrong only towards yes, with probability below 2^-46.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn may_be_zero<const D: usize>(difference: Coordinate<D>) -> bool {
    // The multiples of p in the range of a difference.
    let multiples = if D == 1 { [3, 4, 5] } else { [0, 1, 1] };
    let low = Fq::LANES.modulus[0];
    let mut found = 0;
    for k in multiples {
        let multiple = _mm512_set1_epi64(((low * k) & LIMB_MASK) as i64);
        found |= _mm512_cmpeq_epi64_mask(difference[0].0[0], multiple);
    }
    found != 0
}

/// Which lanes are zero modulo `p`, for lazy operands.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn zero_lanes<const D: usize>(x: Coordinate<D>) -> u8 {
    let one = ifma::splat(&Fq::LANES.one);
    x.iter().fold(u8::MAX, |lanes, &component| {
        lanes & ifma::zero_lanes(ifma::canonical(ifma::mul(component, one)))
    })
}

/// Which lanes have no bit set.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn blank_lanes<const D: usize>(x: Coordinate<D>) -> u8 {
    let mut lanes = u8::MAX;
    for component in x {
        lanes &= ifma::zero_lanes(component);
    }
    lanes
}

/// `b` in the lanes of `mask`, `a` in the others.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn select<const D: usize>(
    mask: u8,
    a: Coordinate<D>,
    b: Coordinate<D>,
) -> Coordinate<D> {
    let mut out = a;
    for i in 0..D {
        out[i] = ifma::select(mask, a[i], b[i]);
    }
    out
}
