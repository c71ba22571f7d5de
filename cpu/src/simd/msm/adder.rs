//! Many independent additions of affine points in lanes, with one inversion for all.
//!
//! ```text
//! λ = (y₂ − y₁)/(x₂ − x₁)   x₃ = λ² − x₁ − x₂   y₃ = λ(x₁ − x₃) − y₁
//! ```
//! The inverses come from [Montgomery's trick], on four interleaved chains of eight lanes, so that no
//! multiplication waits for the one before it. The chains are over Fq for either group: a slope over Fq2 is first
//! made a fraction with a denominator in Fq.
//!
//! Every exceptional case of the formula is detected for the price of five comparisons per eight additions:
//! a denominator that is zero modulo `p`, or an operand that is the identity. The rare vectors that have
//! one take a slower way.
//!
//! [Montgomery's trick]: https://doi.org/10.1090/S0025-5718-1987-0866113-7

use std::arch::x86_64::*;

use kernelwise_field::{Fq, PrimeField};

use super::coordinate::{self, Coordinate};
use super::inverse::Modulus;
use super::point::{PointLanes, negate};
use crate::simd::constants::{LaneField, join, split};
use crate::simd::ifma::{self, Lanes};

/// Independent chains of products: hides the latency of a multiplication behind three others.
const CHAINS: usize = 4;

static MODULUS: Modulus = Modulus::new(Fq::MODULUS.0);

/// What the second pass needs of one addition.
#[derive(Clone, Copy)]
struct Pending<const D: usize> {
    x2: Coordinate<D>,
    /// `x₂ − x₁`, or `2y₁` where a point is doubled; its norm over Fq2.
    denominator: Lanes<Fq>,
    /// `y₂ − y₁`, or `3x₁²` where a point is doubled; over Fq2 times the conjugate of the denominator.
    numerator: Coordinate<D>,
    /// The product of the denominators before this one on its chain.
    prefix: Lanes<Fq>,
}

/// Lanes of one vector whose sum the formula does not give.
struct Patch<const D: usize> {
    index: usize,
    lanes: u8,
    sum: PointLanes<D>,
}

/// Adds in batches; keeps its storage between them.
#[derive(Default)]
pub(super) struct Adder<const D: usize> {
    pending: Vec<Pending<D>>,
    patches: Vec<Patch<D>>,
}

impl<const D: usize> Adder<D> {
    /// `targets[i] += operand(targets, i)` in every lane of every vector.
    ///
    /// `operand` gives a point and the mask of lanes in which it is to be subtracted; it sees the targets as they
    /// were before any addition. `meanwhile` is called for every vector in the second pass, which leaves the
    /// memory idle: the place to ask for what the next call needs.
    ///
    /// # Cost
    /// 586 fused multiply-adds per eight additions in G1 and 1424 in G2, and one inversion.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
    pub(super) fn add_assign(
        &mut self,
        targets: &mut [PointLanes<D>],
        mut operand: impl FnMut(&[PointLanes<D>], usize) -> (PointLanes<D>, u8),
        mut meanwhile: impl FnMut(usize),
    ) {
        let one = ifma::splat(&Fq::LANES.one);
        let zero = coordinate::zero();
        let unused = Pending {
            x2: zero,
            denominator: one,
            numerator: zero,
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
            let mut denominator = coordinate::difference(point.x, target.x);
            let mut numerator = coordinate::signed_difference(point.y, negative, target.y);
            pending.x2 = point.x;
            if is_suspicious(denominator, target.x, point.x) {
                // By value: a variable whose address is taken stays in memory on the common path too.
                let exception = exception((numerator, denominator), target, point, negative);
                (numerator, denominator) = exception.slope;
                let patch = exception.patch;
                self.patches
                    .extend(patch.map(|(lanes, sum)| Patch { index, lanes, sum }));
            }
            (pending.numerator, pending.denominator) = coordinate::fraction(numerator, denominator);
            let chain = &mut products[index % CHAINS];
            pending.prefix = *chain;
            *chain = ifma::mul(*chain, pending.denominator);
        }
        let mut inverses = invert(products);
        // From the last block to the first, as the chains unwind. Inside a block step by step, because the
        // steps of one addition wait for each other and those of another do not.
        let mut scales = [one; CHAINS];
        let mut slopes = [zero; CHAINS];
        let mut runs = [zero; CHAINS];
        for first in (0..targets.len()).step_by(CHAINS).rev() {
            let block = first..targets.len().min(first + CHAINS);
            let (targets, pending) = (&mut targets[block.clone()], &self.pending[block.clone()]);
            for index in block.clone() {
                meanwhile(index);
            }
            for ((scale, inverse), pending) in scales.iter_mut().zip(&inverses).zip(pending) {
                *scale = ifma::mul(*inverse, pending.prefix);
            }
            for (inverse, pending) in inverses.iter_mut().zip(pending) {
                *inverse = ifma::mul(*inverse, pending.denominator);
            }
            for ((slope, scale), pending) in slopes.iter_mut().zip(&scales).zip(pending) {
                *slope = coordinate::scale(pending.numerator, *scale);
            }
            for (((slope, run), target), pending) in
                slopes.iter().zip(&mut runs).zip(&mut *targets).zip(pending)
            {
                let x = coordinate::sub2(coordinate::square(*slope), target.x, pending.x2);
                *run = coordinate::difference(target.x, x);
                target.x = x;
            }
            for ((slope, run), target) in slopes.iter().zip(&runs).zip(targets) {
                target.y = coordinate::sub(coordinate::mul(*slope, *run), target.y);
            }
        }
        for Patch { index, lanes, sum } in &self.patches {
            let target = &mut targets[*index];
            *target = target.select(*lanes, sum);
        }
    }
}

/// Whether some lane may need [`exception`]; wrong only towards yes, with probability below 2^-46.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn is_suspicious<const D: usize>(
    denominator: Coordinate<D>,
    x1: Coordinate<D>,
    x2: Coordinate<D>,
) -> bool {
    let (x1, x2) = (x1[0].0[0], x2[0].0[0]);
    let blank = _mm512_testn_epi64_mask(x1, x1) | _mm512_testn_epi64_mask(x2, x2);
    coordinate::may_be_zero(denominator) | (blank != 0)
}

/// What [`exception`] found.
struct Exception<const D: usize> {
    /// Numerators and denominators to use.
    slope: (Coordinate<D>, Coordinate<D>),
    /// Lanes that have no slope, and their sums.
    patch: Option<(u8, PointLanes<D>)>,
}

/// Turns doublings into fractions of their own, and gives the sums that no fraction gives.
#[cold]
#[inline(never)]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn exception<const D: usize>(
    (mut numerator, mut denominator): (Coordinate<D>, Coordinate<D>),
    target: &PointLanes<D>,
    point: PointLanes<D>,
    negative: u8,
) -> Exception<D> {
    let (left_identity, right_identity) = (target.identity_lanes(), point.identity_lanes());
    let same_x = coordinate::zero_lanes(denominator) & !left_identity & !right_identity;
    let same_y = coordinate::zero_lanes(numerator);
    let (double, opposite) = (same_x & same_y, same_x & !same_y);
    if double != 0 {
        let square = coordinate::square(target.x);
        let triple = coordinate::add(coordinate::add(square, square), square);
        numerator = coordinate::select(double, numerator, triple);
        denominator = coordinate::select(double, denominator, coordinate::add(target.y, target.y));
    }
    let patched = left_identity | right_identity | opposite;
    let patch = (patched != 0).then(|| {
        let sum = negate(point, negative).select(right_identity, target);
        (patched, sum.select(opposite, &PointLanes::identity()))
    });
    denominator = coordinate::select(patched, denominator, coordinate::one());
    Exception {
        slope: (numerator, denominator),
        patch,
    }
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
