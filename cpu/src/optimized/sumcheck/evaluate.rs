//! The sums of one round.

use kernelwise_field::{Field, Fr};

use super::block::View;
use super::plan::{Group, Job};
use super::points::At;
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
        let sum = if job.integers.is_empty() {
            field_sum(ops, job, views, weights)
        } else if job.fields.is_empty() && weights.is_none() {
            self.integers += integer_sum(job, views);
            return;
        } else {
            mixed_sum(ops, job, views, weights)
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
        for _ in &job.fields {
            sum *= ops.words_unit::<Fr>();
        }
        if !job.integers.is_empty() {
            sum *= ops.integer_unit::<Fr>();
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
fn integers(job: &Job, views: &[View<'_>], v: usize) -> [i64; WIDTH] {
    let mut product = [1i64; WIDTH];
    for &factor in &job.integers {
        let (low, high) = (
            views[factor].low_integers[v],
            views[factor].high_integers[v],
        );
        for lane in 0..WIDTH {
            product[lane] *= match job.at {
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
    job: &Job,
    views: &[View<'_>],
    weights: Option<&[S::Lanes<Fr>]>,
) -> S::Lanes<Fr> {
    let at = job.at;
    match (&job.fields[..], weights) {
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
    job: &Job,
    views: &[View<'_>],
    weights: Option<&[S::Lanes<Fr>]>,
) -> S::Lanes<Fr> {
    let len = job
        .integers
        .first()
        .map_or(0, |&factor| views[factor].low_integers.len());
    let mut sum = ops.signed_zero::<Fr>();
    for v in 0..len {
        let mut lines = job
            .fields
            .iter()
            .map(|&factor| line(ops, &views[factor], v, job.at));
        let first = match weights {
            Some(weights) => Some(weights[v]),
            None => lines.next(),
        };
        if let Some(first) = first {
            let product = lines.fold(first, |product, line| ops.mul::<Fr>(product, line));
            sum = ops.mul_add_signed(sum, product, &integers(job, views, v));
        }
    }
    ops.reduce(sum)
}

/// Integers alone: a block of products below `2^51` stays in 64 bits.
#[inline(always)]
fn integer_sum(job: &Job, views: &[View<'_>]) -> i128 {
    let len = job
        .integers
        .first()
        .map_or(0, |&factor| views[factor].low_integers.len());
    let mut sums = [0i64; WIDTH];
    for v in 0..len {
        for (sum, product) in sums.iter_mut().zip(integers(job, views, v)) {
            *sum += product;
        }
    }
    sums.into_iter().map(i128::from).sum()
}

/// The sum of one job over tables too short for lanes.
pub(super) fn short_sum(groups: &[Group], job: &Job, tables: &[&[Fr]], len: usize) -> Fr {
    let factor = |table: &[Fr], y: usize| {
        let (low, rise) = (table[y], table[y + len] - table[y]);
        match job.at {
            At::Point(x) => (0..x).fold(low, |value, _| value + rise),
            At::Leading => rise,
        }
    };
    let weight = |y: usize| match &groups[job.group].eq {
        Some(eq) => eq.high()[y / eq.low().len()] * eq.low()[y % eq.low().len()],
        None => Fr::ONE,
    };
    let product = |y: usize| {
        job.fields.iter().fold(weight(y), |product, &index| {
            product * factor(tables[index], y)
        })
    };
    (0..len).map(product).sum::<Fr>() * job.coefficient
}
