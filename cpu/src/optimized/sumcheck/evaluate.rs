//! The sums of one round.

use kernelwise_field::{Field, Fr};
use kernelwise_hal::rounds::At;

use super::block::View;
use super::eq::Halves;
use super::plan::{Job, Operands};
use crate::simd::{LaneOps, WIDTH};

/// The sum of one job so far.
#[derive(Clone, Copy)]
pub(super) struct Sum<L> {
    /// Over the entries of the high table that are done.
    outer: L,
    /// Over the current entry of the high table, before its weight.
    inner: L,
    /// Products of integers without weights.
    integers: i128,
}

impl<L: Copy> Sum<L> {
    pub(super) fn zero<S: LaneOps<Lanes<Fr> = L>>(ops: S) -> Self {
        Self {
            outer: ops.zero::<Fr>(),
            inner: ops.zero::<Fr>(),
            integers: 0,
        }
    }

    /// The sum of two ranges of indices.
    pub(super) fn join<S: LaneOps<Lanes<Fr> = L>>(self, ops: S, other: Self) -> Self {
        Self {
            outer: ops.add::<Fr>(self.outer, other.outer),
            inner: ops.add::<Fr>(self.inner, other.inner),
            integers: self.integers + other.integers,
        }
    }

    /// Adds one block; `weights` are those of the `eq` factor, if there is one.
    #[inline(always)]
    pub(super) fn add_block<S: LaneOps<Lanes<Fr> = L>>(
        &mut self,
        ops: S,
        job: &Job,
        views: &[View<'_>],
        weights: Option<&[L]>,
    ) {
        let at = job.at;
        let sum = match (&job.products[..], weights) {
            ([product], _) if product.integers.is_empty() => {
                field_sum(ops, &product.fields, at, views, weights)
            }
            ([product], None) if product.fields.is_empty() => {
                self.integers += integer_sum(product, at, views);
                return;
            }
            ([product], _) => mixed_sum(ops, product, at, views, weights),
            (products, Some(weights)) => weighed_sum(ops, products, at, views, weights),
            // Only weighed products are summed together.
            (_, None) => return,
        };
        self.inner = ops.add::<Fr>(self.inner, sum);
    }

    /// Ends an entry of the high table.
    #[inline(always)]
    pub(super) fn end_entry<S: LaneOps<Lanes<Fr> = L>>(&mut self, ops: S, weight: L) {
        self.outer = ops.add::<Fr>(self.outer, ops.mul::<Fr>(self.inner, weight));
        self.inner = ops.zero::<Fr>();
    }

    /// The value, with the coefficient of the job and without the factors that lanes carry.
    pub(super) fn finish<S: LaneOps<Lanes<Fr> = L>>(&self, ops: S, job: &Job) -> Fr {
        let mut sum: Fr = ops.sum(ops.add::<Fr>(self.outer, self.inner));
        // The same for all products of a job.
        if let Some(product) = job.products.first() {
            for _ in &product.fields {
                sum *= ops.words_unit::<Fr>();
            }
            if !product.integers.is_empty() {
                sum *= ops.integer_unit::<Fr>();
            }
        }
        (sum + Fr::from(self.integers)) * job.coefficient
    }
}

/// A line at one evaluation.
#[inline(always)]
fn line<S: LaneOps>(ops: S, view: &View<'_>, v: usize, at: At) -> S::Lanes<Fr> {
    let low = |v: usize| ops.unstow::<Fr>(&view.low[v]);
    let high = |v: usize| ops.unstow::<Fr>(&view.high[v]);
    match at {
        At::Point(0) => low(v),
        At::Point(1) => high(v),
        At::Leading => ops.sub::<Fr>(high(v), low(v)),
        At::Point(x) => {
            let rise = ops.sub::<Fr>(high(v), low(v));
            (1..x).fold(high(v), |value, _| ops.add::<Fr>(value, rise))
        }
    }
}

/// The product of integer lines at one evaluation.
#[inline(always)]
fn integers(operands: &Operands, at: At, views: &[View<'_>], v: usize) -> [i64; WIDTH] {
    let mut product = [1i64; WIDTH];
    for &factor in &operands.integers {
        let (low, high) = (
            views[factor].low_integers[v],
            views[factor].high_integers[v],
        );
        for lane in 0..WIDTH {
            product[lane] *= match at {
                At::Point(x) => low[lane] + x as i64 * (high[lane] - low[lane]),
                At::Leading => high[lane] - low[lane],
            };
        }
    }
    product
}

/// `Σ_v left(v) · right(v)` over at most [`MAX_WIDE_PRODUCTS`](crate::simd::MAX_WIDE_PRODUCTS) vectors.
#[inline(always)]
fn wide_sum<S: LaneOps>(
    ops: S,
    len: usize,
    pair: impl Fn(usize) -> (S::Lanes<Fr>, S::Lanes<Fr>),
) -> S::Lanes<Fr> {
    let mut sum = ops.wide_zero::<Fr>();
    for v in 0..len {
        let (left, right) = pair(v);
        sum = ops.mul_add(sum, left, right);
    }
    ops.reduce(sum)
}

/// Factors and weight in lanes; the common numbers of factors have loops of their own.
#[inline(always)]
fn field_sum<S: LaneOps>(
    ops: S,
    fields: &[usize],
    at: At,
    views: &[View<'_>],
    weights: Option<&[S::Lanes<Fr>]>,
) -> S::Lanes<Fr> {
    match (fields, weights) {
        ([], _) => ops.zero::<Fr>(),
        (&[a], None) => {
            let a = &views[a];
            (0..a.low.len()).fold(ops.zero::<Fr>(), |sum, v| {
                ops.add::<Fr>(sum, line(ops, a, v, at))
            })
        }
        (&[a], Some(weights)) => {
            let a = &views[a];
            wide_sum(ops, a.low.len(), |v| (line(ops, a, v, at), weights[v]))
        }
        (&[a, b], None) => {
            let (a, b) = (&views[a], &views[b]);
            wide_sum(ops, a.low.len(), |v| {
                (line(ops, a, v, at), line(ops, b, v, at))
            })
        }
        (&[a, b], Some(weights)) => {
            let (a, b) = (&views[a], &views[b]);
            wide_sum(ops, a.low.len(), |v| {
                (
                    ops.mul::<Fr>(line(ops, a, v, at), line(ops, b, v, at)),
                    weights[v],
                )
            })
        }
        (&[a, ref middle @ .., z], weights) => {
            let (a, z) = (&views[a], &views[z]);
            wide_sum(ops, a.low.len(), |v| {
                let product = middle.iter().fold(line(ops, a, v, at), |product, &factor| {
                    ops.mul::<Fr>(product, line(ops, &views[factor], v, at))
                });
                let last = line(ops, z, v, at);
                match weights {
                    Some(weights) => (ops.mul::<Fr>(product, last), weights[v]),
                    None => (product, last),
                }
            })
        }
    }
}

/// Integers times factors or weights in lanes.
#[inline(always)]
fn mixed_sum<S: LaneOps>(
    ops: S,
    operands: &Operands,
    at: At,
    views: &[View<'_>],
    weights: Option<&[S::Lanes<Fr>]>,
) -> S::Lanes<Fr> {
    let len = operands
        .integers
        .first()
        .map_or(0, |&factor| views[factor].low_integers.len());
    let mut sum = ops.signed_zero::<Fr>();
    for v in 0..len {
        let mut lines = operands
            .fields
            .iter()
            .map(|&factor| line(ops, &views[factor], v, at));
        let first = match weights {
            Some(weights) => Some(weights[v]),
            None => lines.next(),
        };
        if let Some(first) = first {
            let product = lines.fold(first, |product, line| ops.mul::<Fr>(product, line));
            sum = ops.mul_add_signed(sum, product, &integers(operands, at, views, v));
        }
    }
    ops.reduce(sum)
}

/// Several products of the same kind, summed before they are weighed: one reduction and one product with the weight for all of them.
#[inline(always)]
fn weighed_sum<S: LaneOps>(
    ops: S,
    products: &[Operands],
    at: At,
    views: &[View<'_>],
    weights: &[S::Lanes<Fr>],
) -> S::Lanes<Fr> {
    let mixed = products
        .iter()
        .any(|operands| !operands.integers.is_empty());
    wide_sum(ops, weights.len(), |v| {
        let line = |factor: usize| line(ops, &views[factor], v, at);
        let mut sum = if mixed {
            ops.signed_zero::<Fr>()
        } else {
            ops.wide_zero::<Fr>()
        };
        for operands in products {
            sum = match &operands.fields[..] {
                [] => sum,
                &[a, ref rest @ ..] if mixed => {
                    let product = rest.iter().fold(line(a), |product, &factor| {
                        ops.mul::<Fr>(product, line(factor))
                    });
                    ops.mul_add_signed(sum, product, &integers(operands, at, views, v))
                }
                &[a, ref middle @ .., z] => {
                    let product = middle.iter().fold(line(a), |product, &factor| {
                        ops.mul::<Fr>(product, line(factor))
                    });
                    ops.mul_add(sum, product, line(z))
                }
                // A single factor is never summed with others.
                [_] => sum,
            };
        }
        (ops.reduce(sum), weights[v])
    })
}

/// Integers alone: a block of products below `2^51` stays in 64 bits.
#[inline(always)]
fn integer_sum(operands: &Operands, at: At, views: &[View<'_>]) -> i128 {
    let len = operands
        .integers
        .first()
        .map_or(0, |&factor| views[factor].low_integers.len());
    let mut sums = [0i64; WIDTH];
    for v in 0..len {
        for (sum, product) in sums.iter_mut().zip(integers(operands, at, views, v)) {
            *sum += product;
        }
    }
    sums.into_iter().map(i128::from).sum()
}

/// The sum of one job over tables too short for lanes.
pub(super) fn short_sum(weights: &[Option<Halves>], job: &Job, tables: &[&[Fr]], len: usize) -> Fr {
    let factor = |table: &[Fr], y: usize| {
        let (low, rise) = (table[y], table[y + len] - table[y]);
        match job.at {
            At::Point(x) => (0..x).fold(low, |value, _| value + rise),
            At::Leading => rise,
        }
    };
    let weight = |y: usize| match &weights[job.group] {
        Some(eq) => eq.weight(y),
        None => Fr::ONE,
    };
    let product = |operands: &Operands, y: usize| {
        operands.fields.iter().fold(Fr::ONE, |product, &index| {
            product * factor(tables[index], y)
        })
    };
    let products = |y: usize| -> Fr {
        let products = job.products.iter();
        products.map(|operands| product(operands, y)).sum()
    };
    (0..len).map(|y| weight(y) * products(y)).sum::<Fr>() * job.coefficient
}
