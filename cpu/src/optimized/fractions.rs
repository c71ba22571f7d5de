//! Trees of fractions in lanes.
//!
//! Elements enter lanes as they are where a product with a packed one follows: `a·(b/u)` over [`pack`] and [`pack_words`] is again as
//! `pack_words` makes it, so that nothing but two packed denominators per node is multiplied to get in or out.
//! Numerators of leaves stay integers; most are ones, whose sum is that of the denominators.
//!
//! [`pack`]: LaneOps::pack
//! [`pack_words`]: LaneOps::pack_words

use kernelwise_field::{AdditiveGroup, Fr};
use kernelwise_hal::fractions::check_leaves;
use kernelwise_hal::{DeviceError, FractionLayer, FractionTree, IntSlice};
use rayon::prelude::*;

use super::ints::{magnitude_bits, part, widen};
use crate::simd::{LaneKernel, LaneOps, LaneTask, SIGNED_BITS, WIDTH, dispatch};

/// Memory of eight elements.
type Vector = [Fr; WIDTH];

/// Vectors per task: tens of microseconds of work.
const TASK: usize = 1 << 8;

/// Layers by lanes, the narrowest ones node by node.
pub(crate) struct OptimizedFractions;

impl FractionTree for OptimizedFractions {
    fn layers(
        &self,
        numerators: IntSlice<'_>,
        denominators: &[Fr],
    ) -> Result<Vec<FractionLayer>, DeviceError> {
        check_leaves(numerators, denominators)?;
        Ok(dispatch(Tree {
            numerators,
            denominators,
        }))
    }
}

struct Tree<'a> {
    numerators: IntSlice<'a>,
    denominators: &'a [Fr],
}

impl LaneKernel for Tree<'_> {
    type Output = Vec<FractionLayer>;

    fn call<S: LaneOps>(self, ops: S) -> Vec<FractionLayer> {
        let mut layers: Vec<FractionLayer> = Vec::new();
        let mut half = self.denominators.len() / 2;
        while half > 0 {
            let layer = match layers.last() {
                Some(below) => above(ops, Tops::Field(&below.numerators), &below.denominators),
                None if half >= WIDTH && magnitude_bits(self.numerators) <= SIGNED_BITS => {
                    above(ops, Tops::Int(self.numerators), self.denominators)
                }
                None => {
                    let lifted = self.numerators.to_field();
                    above(ops, Tops::Field(&lifted), self.denominators)
                }
            };
            layers.push(layer);
            half /= 2;
        }
        layers
    }
}

/// Numerators of a layer, or of a range of one of its halves.
#[derive(Clone, Copy)]
enum Tops<'a> {
    /// At most [`SIGNED_BITS`] bits.
    Int(IntSlice<'a>),
    Field(&'a [Fr]),
}

/// The layer above the one with these numerators and denominators.
fn above<S: LaneOps>(ops: S, tops: Tops<'_>, bottoms: &[Fr]) -> FractionLayer {
    let half = bottoms.len() / 2;
    let mut layer = FractionLayer {
        numerators: vec![Fr::ZERO; half],
        denominators: vec![Fr::ZERO; half],
    };
    let (q0, q1) = bottoms.split_at(half);
    if half < WIDTH {
        if let Tops::Field(tops) = tops {
            let (p0, p1) = tops.split_at(half);
            for x in 0..half {
                layer.numerators[x] = p0[x] * q1[x] + p1[x] * q0[x];
                layer.denominators[x] = q0[x] * q1[x];
            }
        }
        return layer;
    }
    let outputs = layer
        .numerators
        .as_chunks_mut()
        .0
        .par_chunks_mut(TASK)
        .zip(layer.denominators.as_chunks_mut().0.par_chunks_mut(TASK));
    let vectors = half / WIDTH;
    outputs.enumerate().for_each(|(task, (p, q))| {
        let start = task * TASK;
        let range = start..start + q.len();
        let bottoms = [q0, q1].map(|q| &q.as_chunks().0[range.clone()]);
        match tops {
            Tops::Int(tops) => ops.run_task(First {
                tops: [0, vectors].map(|half| part(tops, half + start..half + range.end)),
                bottoms,
                p,
                q,
            }),
            Tops::Field(tops) => ops.run_task(Next {
                tops: [0, vectors].map(|half| &tops.as_chunks().0[half + start..half + range.end]),
                bottoms,
                p,
                q,
            }),
        }
    });
    layer
}

/// Nodes above integer numerators.
struct First<'t> {
    tops: [IntSlice<'t>; 2],
    bottoms: [&'t [Vector]; 2],
    p: &'t mut [Vector],
    q: &'t mut [Vector],
}

impl<S: LaneOps> LaneTask<S> for First<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self, ops: S) {
        // Products with integers are divided by their unit, once by the product and once because they are not packed.
        let unit = ops.splat(ops.integer_unit::<Fr>());
        let [q0, q1] = self.bottoms;
        let outputs = self.p.iter_mut().zip(self.q);
        for (i, (p, q)) in outputs.enumerate() {
            let mut tops = [[[0; WIDTH]]; 2];
            for (out, values) in tops.iter_mut().zip(self.tops) {
                widen(part(values, i..i + 1), out);
            }
            let [[n0], [n1]] = tops;
            let (a, b) = (ops.pack_words(&q0[i]), ops.pack_words(&q1[i]));
            *q = ops.unpack_words(ops.mul(ops.pack(&q0[i]), b));
            *p = if (n0, n1) == ([1; WIDTH], [1; WIDTH]) {
                ops.unpack_words(ops.add::<Fr>(a, b))
            } else if (n0, n1) == ([0; WIDTH], [0; WIDTH]) {
                [Fr::ZERO; WIDTH]
            } else {
                let sum = ops.mul_add_signed(ops.signed_zero::<Fr>(), b, &n0);
                let sum = ops.reduce(ops.mul_add_signed(sum, a, &n1));
                ops.unpack_words(ops.mul(sum, unit))
            };
        }
    }
}

/// Nodes above field elements.
struct Next<'t> {
    tops: [&'t [Vector]; 2],
    bottoms: [&'t [Vector]; 2],
    p: &'t mut [Vector],
    q: &'t mut [Vector],
}

impl<S: LaneOps> LaneTask<S> for Next<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self, ops: S) {
        let ([p0, p1], [q0, q1]) = (self.tops, self.bottoms);
        let outputs = self.p.iter_mut().zip(self.q);
        for (i, (p, q)) in outputs.enumerate() {
            let (a, b) = (ops.pack(&q0[i]), ops.pack(&q1[i]));
            *q = ops.unpack_words(ops.mul(a, ops.pack_words(&q1[i])));
            let sum = ops.mul_add(ops.wide_zero::<Fr>(), ops.pack_words(&p0[i]), b);
            let sum = ops.mul_add(sum, ops.pack_words(&p1[i]), a);
            *p = ops.unpack_words(ops.reduce(sum));
        }
    }
}
