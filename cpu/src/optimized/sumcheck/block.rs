//! One block of one table: bound, and made ready to be evaluated.

use std::ops::Range;

use kernelwise_field::{Field, Fr};

use super::table::{Binding, Feed, Unbound, Vector};
use crate::optimized::ints::{part, widen};
use crate::simd::{LaneOps, WIDTH};

/// Vectors between the one that is read and the one that is asked for: about a microsecond of arithmetic.
const AHEAD: usize = 16;

/// The halves of one table over one block, stowed or as integers.
#[derive(Clone, Copy)]
pub(super) struct View<'s> {
    pub(super) low: &'s [Vector],
    pub(super) high: &'s [Vector],
    pub(super) low_integers: &'s [[i64; WIDTH]],
    pub(super) high_integers: &'s [[i64; WIDTH]],
}

/// Storage for one block of one table.
pub(super) struct Scratch {
    halves: [Vec<Vector>; 2],
    integers: [Vec<[i64; WIDTH]>; 4],
}

impl Scratch {
    pub(super) fn new(block: usize) -> Self {
        let halves = || vec![Vector::default(); block];
        let integers = || vec![[0; WIDTH]; block];
        Self {
            halves: [halves(), halves()],
            integers: [integers(), integers(), integers(), integers()],
        }
    }
}

/// The challenge of a bind, in lanes.
pub(super) struct Challenge<L> {
    r: L,
    /// `1 − r` and `r`, as factors of integers.
    lift: [L; 2],
}

impl<L: Copy> Challenge<L> {
    pub(super) fn new<S: LaneOps<Lanes<Fr> = L>>(ops: S, r: Fr) -> Self {
        // Tables carry the factor of `pack_words`; products with integers have one of their own.
        let factor = ops.words_factor::<Fr>() * ops.integer_unit::<Fr>();
        Self {
            r: ops.splat(r),
            lift: [ops.splat((Fr::ONE - r) * factor), ops.splat(r * factor)],
        }
    }
}

impl Feed<'_> {
    /// Makes the vectors in `range` ready to be viewed; in the first round, in `lanes` only if they are asked for.
    #[inline(always)]
    pub(super) fn fill<S: LaneOps>(
        &mut self,
        ops: S,
        range: Range<usize>,
        lanes: bool,
        challenge: Option<&Challenge<S::Lanes<Fr>>>,
        scratch: &mut Scratch,
    ) {
        match self {
            Self::Field(halves) if lanes => {
                for (out, half) in scratch.halves.iter_mut().zip(halves) {
                    for (i, out) in (range.start..range.end).zip(out) {
                        prefetch(ops, half, i + AHEAD);
                        ops.stow::<Fr>(ops.pack_words(&half[i]), out);
                    }
                }
            }
            Self::Int(halves) => {
                for (integers, half) in scratch.integers.iter_mut().zip(halves) {
                    widen(part(*half, range.clone()), integers);
                }
                if lanes {
                    for (out, integers) in scratch.halves.iter_mut().zip(&scratch.integers) {
                        for (out, v) in out.iter_mut().zip(integers) {
                            ops.stow::<Fr>(ops.pack_words(&v.map(Fr::from)), out);
                        }
                    }
                }
            }
            Self::Bind(binding) => {
                if let Some(challenge) = challenge {
                    binding.bind(ops, range, challenge, scratch);
                }
            }
            Self::Field(_) | Self::Factored => {}
        }
    }

    /// The halves over `range`, after [`fill`](Feed::fill).
    #[inline(always)]
    pub(super) fn view<'s>(&'s self, range: Range<usize>, scratch: &'s Scratch) -> View<'s> {
        let (low, high) = match self {
            Self::Bind(binding) => (&binding.low[range.clone()], &binding.high[range]),
            _ => (&scratch.halves[0][..], &scratch.halves[1][..]),
        };
        View {
            low,
            high,
            low_integers: &scratch.integers[0],
            high_integers: &scratch.integers[1],
        }
    }
}

impl Binding<'_> {
    #[inline(always)]
    fn bind<S: LaneOps>(
        &mut self,
        ops: S,
        range: Range<usize>,
        challenge: &Challenge<S::Lanes<Fr>>,
        scratch: &mut Scratch,
    ) {
        let line = |zero: S::Lanes<Fr>, one: S::Lanes<Fr>| {
            let rise = ops.sub_lazy::<Fr>(one, zero);
            ops.mul_plus::<Fr>(rise, challenge.r, zero)
        };
        let halves = [&mut self.low[range.clone()], &mut self.high[range.clone()]];
        match &self.from {
            Unbound::Stowed(upper) => {
                for (half, ones) in halves.into_iter().zip(upper) {
                    for (i, out) in (range.start..).zip(half) {
                        prefetch(ops, ones, i + AHEAD);
                        let value = line(ops.unstow::<Fr>(out), ops.unstow::<Fr>(&ones[i]));
                        ops.stow::<Fr>(value, out);
                    }
                }
            }
            Unbound::InPlace(upper) => {
                for (half, ones) in halves.into_iter().zip(upper) {
                    for (i, out) in (range.start..).zip(half) {
                        prefetch(ops, ones, i + AHEAD);
                        let value = line(ops.pack_words(out), ops.pack_words(&ones[i]));
                        ops.stow::<Fr>(value, out);
                    }
                }
            }
            Unbound::Field([a, b, c, d]) => {
                for ((half, zeros), ones) in halves.into_iter().zip([a, b]).zip([c, d]) {
                    for (i, out) in (range.start..).zip(half) {
                        prefetch(ops, zeros, i + AHEAD);
                        prefetch(ops, ones, i + AHEAD);
                        let value = line(ops.pack_words(&zeros[i]), ops.pack_words(&ones[i]));
                        ops.stow::<Fr>(value, out);
                    }
                }
            }
            Unbound::Int(quarters, small) => {
                for (integers, quarter) in scratch.integers.iter_mut().zip(quarters) {
                    widen(part(*quarter, range.clone()), integers);
                }
                let [a, b, c, d] = &scratch.integers;
                for ((half, zero), one) in halves.into_iter().zip([a, b]).zip([c, d]) {
                    for (out, (zero, one)) in half.iter_mut().zip(zero.iter().zip(one)) {
                        let value = if *small {
                            let sum = ops.signed_zero::<Fr>();
                            let sum = ops.mul_add_signed::<Fr>(sum, challenge.lift[0], zero);
                            ops.reduce::<Fr>(ops.mul_add_signed::<Fr>(sum, challenge.lift[1], one))
                        } else {
                            line(
                                ops.pack_words(&zero.map(Fr::from)),
                                ops.pack_words(&one.map(Fr::from)),
                            )
                        };
                        ops.stow::<Fr>(value, out);
                    }
                }
            }
        }
    }
}

/// Asks for a vector before it is read: the streams of a round are too many and their runs too short for the
/// hardware to see them coming.
#[inline(always)]
fn prefetch<S: LaneOps>(ops: S, vectors: &[Vector], index: usize) {
    if let Some(vector) = vectors.get(index) {
        ops.prefetch(vector);
    }
}
