//! Many independent additions of affine points in lanes, with one inversion for all.
//!
//! ```text
//! λ = (y₂ − y₁)/(x₂ − x₁)   x₃ = λ² − x₁ − x₂   y₃ = λ(x₁ − x₃) − y₁
//! ```
//! The inverses come from [Montgomery's trick], on four interleaved chains of eight lanes, so that no
//! multiplication waits for the one before it.
//!
//! Every exceptional case of the formula is detected for the price of five comparisons per eight additions:
//! a denominator that is zero modulo `p`, or an operand that is the identity. The rare vectors that have
//! one take a slower way.
//!
//! [Montgomery's trick]: https://doi.org/10.1090/S0025-5718-1987-0866113-7

use std::arch::x86_64::*;

use kernelwise_field::{Fq, PrimeField};

use super::inverse::Modulus;
use super::point::{PointLanes, identity_lanes, negate};
use crate::simd::constants::{LIMB_MASK, LaneField, join, split};
use crate::simd::ifma::{self, Lanes};

/// Independent chains of products: hides the latency of a multiplication behind three others.
const CHAINS: usize = 4;

static MODULUS: Modulus = Modulus::new(Fq::MODULUS.0);

/// What the second pass needs of one addition.
#[derive(Clone, Copy)]
struct Pending {
    x2: Lanes<Fq>,
    /// `x₂ − x₁`, or `2y₁` where a point is doubled.
    denominator: Lanes<Fq>,
    /// `y₂ − y₁`, or `3x₁²` where a point is doubled.
    numerator: Lanes<Fq>,
    /// The product of the denominators before this one on its chain.
    prefix: Lanes<Fq>,
}

/// Lanes of one vector whose sum the formula does not give.
struct Patch {
    index: usize,
    lanes: u8,
    sum: PointLanes,
}

/// Adds in batches; keeps its storage between them.
#[derive(Default)]
pub(super) struct Adder {
    pending: Vec<Pending>,
    patches: Vec<Patch>,
}

impl Adder {
    /// `targets[i] += operand(targets, i)` in every lane of every vector.
    ///
    /// `operand` gives a point and the mask of lanes in which it is to be subtracted; it sees the targets as they
    /// were before any addition. `meanwhile` is called for every vector in the second pass, which leaves the
    /// memory idle: the place to ask for what the next call needs.
    ///
    /// # Cost
    /// 586 fused multiply-adds per eight additions, and one inversion.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
    pub(super) fn add_assign(
        &mut self,
        targets: &mut [PointLanes],
        mut operand: impl FnMut(&[PointLanes], usize) -> (PointLanes, u8),
        mut meanwhile: impl FnMut(usize),
    ) {
        let one = ifma::splat(&Fq::LANES.one);
        let unused = Pending {
            x2: one,
            denominator: one,
            numerator: one,
            prefix: one,
        };
        if self.pending.len() < targets.len() {
            self.pending.resize(targets.len(), unused);
        }
        self.patches.clear();
        let mut products = [one; CHAINS];
        for index in 0..targets.len() {
            let (point, negative) = operand(targets, index);
            let target = &targets[index];
            // Written in place: a copy of 1280 bytes costs as much as a multiplication.
            let pending = &mut self.pending[index];
            let denominator = ifma::sub_lazy(point.x, target.x);
            pending.x2 = point.x;
            pending.denominator = denominator;
            pending.numerator = signed_difference(point.y, negative, target.y);
            let chain = &mut products[index % CHAINS];
            pending.prefix = *chain;
            if is_suspicious(denominator, target.x, point.x) {
                let exception = exception(pending, target, point, negative);
                self.patches
                    .extend(exception.map(|(lanes, sum)| Patch { index, lanes, sum }));
                *chain = ifma::mul(*chain, pending.denominator);
            } else {
                *chain = ifma::mul(*chain, denominator);
            }
        }
        let mut inverses = invert(products);
        // From the last block to the first, as the chains unwind. Inside a block step by step, because the
        // steps of one addition wait for each other and those of another do not.
        let mut slopes = [one; CHAINS];
        let mut runs = [one; CHAINS];
        for first in (0..targets.len()).step_by(CHAINS).rev() {
            let block = first..targets.len().min(first + CHAINS);
            let (targets, pending) = (&mut targets[block.clone()], &self.pending[block.clone()]);
            for index in block.clone() {
                meanwhile(index);
            }
            for ((slope, inverse), pending) in slopes.iter_mut().zip(&inverses).zip(pending) {
                *slope = ifma::mul(*inverse, pending.prefix);
            }
            for (inverse, pending) in inverses.iter_mut().zip(pending) {
                *inverse = ifma::mul(*inverse, pending.denominator);
            }
            for (slope, pending) in slopes.iter_mut().zip(pending) {
                *slope = ifma::mul(*slope, pending.numerator);
            }
            for (((slope, run), target), pending) in
                slopes.iter().zip(&mut runs).zip(&mut *targets).zip(pending)
            {
                let x = ifma::sub2(ifma::square(*slope), target.x, pending.x2);
                *run = ifma::sub_lazy(target.x, x);
                target.x = x;
            }
            for ((slope, run), target) in slopes.iter().zip(&runs).zip(targets) {
                target.y = ifma::sub(ifma::mul(*slope, *run), target.y);
            }
        }
        for Patch { index, lanes, sum } in &self.patches {
            let target = &mut targets[*index];
            *target = PointLanes {
                x: ifma::select(*lanes, target.x, sum.x),
                y: ifma::select(*lanes, target.y, sum.y),
            };
        }
    }
}

/// `±a − b + 4p`, negative in the lanes of `mask`: an operand for multiplication below `5.75p`.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn signed_difference(a: Lanes<Fq>, mask: u8, b: Lanes<Fq>) -> Lanes<Fq> {
    let zero = _mm512_setzero_si512();
    let signed = Lanes::new(a.0.map(|limb| _mm512_mask_sub_epi64(limb, mask, zero, limb)));
    ifma::sub_lazy(signed, b)
}

/// Whether some lane may need [`exception`]; wrong only towards yes, with probability below 2^-46.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn is_suspicious(denominator: Lanes<Fq>, x1: Lanes<Fq>, x2: Lanes<Fq>) -> bool {
    // The denominator is in (2.25p, 5.75p), so it is zero modulo p only at 3p, 4p and 5p.
    let low = Fq::LANES.modulus[0];
    let multiples = [3, 4, 5].map(|k| {
        let multiple = _mm512_set1_epi64(((low * k) & LIMB_MASK) as i64);
        _mm512_cmpeq_epi64_mask(denominator.0[0], multiple)
    });
    let [x1, x2] = [x1.0[0], x2.0[0]].map(|limb| _mm512_testn_epi64_mask(limb, limb));
    multiples[0] | multiples[1] | multiples[2] | x1 | x2 != 0
}

/// Turns doublings into fractions of their own, and gives the sums that no fraction gives.
#[cold]
#[inline(never)]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn exception(
    pending: &mut Pending,
    target: &PointLanes,
    point: PointLanes,
    negative: u8,
) -> Option<(u8, PointLanes)> {
    let (left_identity, right_identity) = (identity_lanes(target.x), identity_lanes(point.x));
    let same_x = zero_lanes(pending.denominator) & !left_identity & !right_identity;
    let same_y = zero_lanes(pending.numerator);
    let (double, opposite) = (same_x & same_y, same_x & !same_y);
    if double != 0 {
        let square = ifma::square(target.x);
        let numerator = ifma::add(ifma::add(square, square), square);
        let denominator = ifma::add(target.y, target.y);
        pending.numerator = ifma::select(double, pending.numerator, numerator);
        pending.denominator = ifma::select(double, pending.denominator, denominator);
    }
    let patched = left_identity | right_identity | opposite;
    if patched == 0 {
        return None;
    }
    let one = ifma::splat(&Fq::LANES.one);
    pending.denominator = ifma::select(patched, pending.denominator, one);
    let right = negate(point, negative);
    let sum = |a, b| {
        let sum = ifma::select(right_identity, b, a);
        ifma::select(opposite, sum, ifma::zero())
    };
    let sum = PointLanes {
        x: sum(target.x, right.x),
        y: sum(target.y, right.y),
    };
    Some((patched, sum))
}

/// Which lanes are zero modulo `p`, for lazy operands.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn zero_lanes(x: Lanes<Fq>) -> u8 {
    let reduced = ifma::mul(x, ifma::splat(&Fq::LANES.one));
    identity_lanes(ifma::canonical(reduced))
}

/// The inverses of four vectors, with one scalar inversion.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn invert(p: [Lanes<Fq>; CHAINS]) -> [Lanes<Fq>; CHAINS] {
    let (p01, p23) = (ifma::mul(p[0], p[1]), ifma::mul(p[2], p[3]));
    let all = ifma::mul(p01, p23);
    // Each lane is multiplied with the others by rotations of 4, 2 and 1.
    let other4 = ifma::rotate::<4, Fq>(all);
    let pairs = ifma::mul(all, other4);
    let other2 = ifma::rotate::<2, Fq>(pairs);
    let quads = ifma::mul(pairs, other2);
    let other1 = ifma::rotate::<1, Fq>(quads);
    let total = ifma::canonical(ifma::mul(quads, other1));
    let rows = ifma::store(total);
    let inverse = MODULUS.invert(join(rows.map(|row| row[0])));
    let inverse = ifma::mul(
        ifma::splat(&split(inverse)),
        ifma::splat(&Fq::LANES.inverse_fix),
    );
    let inverse = ifma::mul(ifma::mul(ifma::mul(inverse, other1), other2), other4);
    let (i01, i23) = (ifma::mul(inverse, p23), ifma::mul(inverse, p01));
    [
        ifma::mul(i01, p[1]),
        ifma::mul(i01, p[0]),
        ifma::mul(i23, p[3]),
        ifma::mul(i23, p[2]),
    ]
}
