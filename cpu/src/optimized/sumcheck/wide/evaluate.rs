//! Sums of products of bound tables, in lanes over instances and, once those are few, over terms.

use kernelwise_field::{AdditiveGroup, Field, Fr};
use kernelwise_hal::rounds::At;
use rayon::prelude::*;

use super::values::{Values, eight};
use crate::simd::{LaneOps, LaneTask, MAX_WIDE_PRODUCTS, WIDTH};

/// Terms per task at least: tens of microseconds of work.
const TASK: usize = 1 << 8;

/// Points of an evaluation at most, in one pass over the terms.
const MAX_POINTS: usize = 3;

/// Terms of one degree over slots.
pub(super) struct Products {
    degree: usize,
    /// Scaled, so that products of words need no further factor.
    coefficients: Vec<Fr>,
    /// `degree` slots per term.
    slots: Vec<u32>,
}

impl Products {
    /// Terms of `degree` slots each, completed to whole vectors by terms with coefficient zero.
    pub(super) fn new<S: LaneOps>(
        ops: S,
        degree: usize,
        slots: Vec<u32>,
        coefficients: Vec<Fr>,
    ) -> Self {
        let (mut slots, mut coefficients) = (slots, coefficients);
        let count = coefficients.len().next_multiple_of(WIDTH);
        coefficients.resize(count, Fr::ZERO);
        slots.resize(count * degree, 0);
        let unit = ops.words_unit::<Fr>();
        ops.run_task(Scale {
            values: &mut coefficients,
            by: ops.splat(unit.pow([degree as u64 + 1])),
        });
        Self {
            degree,
            coefficients,
            slots,
        }
    }

    pub(super) fn degree(&self) -> usize {
        self.degree
    }
}

struct Scale<'t, L> {
    values: &'t mut [Fr],
    by: L,
}

impl<S: LaneOps> LaneTask<S> for Scale<'_, S::Lanes<Fr>> {
    type Output = ();

    #[inline(always)]
    fn call(self, ops: S) {
        for eight in self.values.as_chunks_mut::<WIDTH>().0 {
            *eight = ops.unpack_words(ops.mul::<Fr>(ops.pack_words(eight), self.by));
        }
    }
}

/// What a sum over instances is weighed by.
pub(super) enum Weights<'w> {
    /// One weight per pair of instances.
    Each(Vec<Fr>),
    /// The line of a table, by its row.
    Line(&'w [Fr]),
    /// None.
    One,
}

/// The sums of `products` at the points `at`, over all instances.
pub(super) fn sums<S: LaneOps>(
    ops: S,
    values: &Values,
    products: &[&Products],
    at: &[At],
    weights: &Weights<'_>,
) -> Vec<Fr> {
    let half = values.len() / 2;
    let vectors = half.div_ceil(WIDTH);
    let mut tasks = Vec::new();
    for points in at.chunks(MAX_POINTS) {
        for products in products {
            let count = products.coefficients.len();
            let share = (count * vectors).div_ceil(4 * rayon::current_num_threads());
            let size = share.max(TASK).next_multiple_of(WIDTH);
            for vector in 0..vectors {
                for first in (0..count).step_by(size) {
                    tasks.push(Task {
                        values,
                        products,
                        at: points,
                        terms: first..count.min(first + size),
                        vector,
                        weights,
                    });
                }
            }
        }
    }
    let place = |task: &Task<'_>| {
        at.iter()
            .position(|point| task.at.first() == Some(point))
            .unwrap_or(0)
    };
    let run = |task: Task<'_>| (place(&task), ops.run_task(task));
    let parts: Vec<(usize, Vec<Fr>)> = if tasks.len() == 1 || rayon::current_num_threads() == 1 {
        tasks.into_iter().map(run).collect()
    } else {
        tasks.into_par_iter().map(run).collect()
    };
    let mut totals = vec![Fr::ZERO; at.len()];
    for (first, part) in parts {
        for (total, value) in totals[first..].iter_mut().zip(part) {
            *total += value;
        }
    }
    totals
}

/// A range of terms at one vector of instances.
struct Task<'t> {
    values: &'t Values,
    products: &'t Products,
    at: &'t [At],
    terms: std::ops::Range<usize>,
    vector: usize,
    weights: &'t Weights<'t>,
}

impl<S: LaneOps> LaneTask<S> for Task<'_> {
    type Output = Vec<Fr>;

    #[inline(always)]
    fn call(self, ops: S) -> Vec<Fr> {
        match *self.at {
            [a] => self.points(ops, [a]),
            [a, b] => self.points(ops, [a, b]),
            [a, b, c] => self.points(ops, [a, b, c]),
            _ => Vec::new(),
        }
    }
}

impl Task<'_> {
    #[inline(always)]
    fn points<S: LaneOps, const P: usize>(&self, ops: S, at: [At; P]) -> Vec<Fr> {
        let half = self.values.len() / 2;
        let mut totals = [ops.zero::<Fr>(); P];
        // A vector is filled by instances of one term, or by several terms.
        let step = (WIDTH / half).max(1);
        let mut first = self.terms.start;
        while first < self.terms.end {
            let end = self.terms.end.min(first + MAX_WIDE_PRODUCTS * step);
            let mut wide = [ops.wide_zero::<Fr>(); P];
            for term in (first..end).step_by(step) {
                self.add_term(ops, &at, term, half, &mut wide);
            }
            for (total, wide) in totals.iter_mut().zip(wide) {
                *total = ops.add::<Fr>(*total, ops.reduce(wide));
            }
            first = end;
        }
        let mut sums = Vec::with_capacity(P);
        for (total, at) in totals.into_iter().zip(at) {
            sums.push(self.weigh(ops, total, at, half));
        }
        sums
    }

    /// Adds one vector of products at all points.
    #[inline(always)]
    fn add_term<S: LaneOps, const P: usize>(
        &self,
        ops: S,
        at: &[At; P],
        term: usize,
        half: usize,
        sums: &mut [S::Wide<Fr>; P],
    ) {
        let Self {
            values, products, ..
        } = self;
        let degree = products.degree;
        let ends = |factor: usize| {
            if half >= WIDTH {
                let slot = products.slots[term * degree + factor] as usize;
                let start = slot * half + self.vector * WIDTH;
                [0, 1].map(|upper| eight(ops, values.elements(), half, start, upper))
            } else {
                let log = half.ilog2();
                let slots = &products.slots[term * degree..(term + WIDTH / half) * degree];
                [0, half].map(|upper| {
                    ops.gather_words(std::array::from_fn(|lane| {
                        let slot = slots[(lane >> log) * degree + factor] as usize;
                        &values.elements()[(slot << (log + 1)) + upper + (lane & (half - 1))]
                    }))
                })
            }
        };
        let coefficient = if half >= WIDTH {
            ops.splat_words(&products.coefficients[term])
        } else {
            let log = half.ilog2();
            ops.gather_words(std::array::from_fn(|lane| {
                &products.coefficients[term + (lane >> log)]
            }))
        };
        let first = Line::new(ops, ends(0));
        let mut values: [S::Lanes<Fr>; P] = std::array::from_fn(|i| first.at(ops, at[i]));
        if degree == 1 {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum = ops.mul_add(*sum, value, coefficient);
            }
            return;
        }
        for factor in 1..degree - 1 {
            let line = Line::new(ops, ends(factor));
            for (value, at) in values.iter_mut().zip(at) {
                *value = ops.mul::<Fr>(*value, line.at(ops, *at));
            }
        }
        // The coefficient enters where it costs two products for any number of points.
        let last = Line::new(ops, ends(degree - 1));
        let last = Line {
            low: ops.mul::<Fr>(last.low, coefficient),
            rise: ops.mul::<Fr>(last.rise, coefficient),
        };
        for ((sum, value), at) in sums.iter_mut().zip(values).zip(at) {
            *sum = ops.mul_add(*sum, value, last.at(ops, *at));
        }
    }

    /// The sum over the lanes, each with its weight.
    #[inline(always)]
    fn weigh<S: LaneOps>(&self, ops: S, sum: S::Lanes<Fr>, at: At, half: usize) -> Fr {
        let place = |lane: usize| (self.vector * WIDTH + lane) & (half - 1);
        let gather = |values: &[Fr]| ops.pack(&std::array::from_fn(|lane| values[place(lane)]));
        let weight = match self.weights {
            Weights::One => return ops.sum(sum),
            Weights::Each(weights) => gather(weights),
            Weights::Line(row) => {
                let (low, high) = row.split_at(half);
                Line::new(ops, [gather(low), gather(high)]).at(ops, at)
            }
        };
        ops.sum(ops.mul::<Fr>(sum, weight))
    }
}

/// A line by its value at 0 and its slope.
struct Line<L> {
    low: L,
    rise: L,
}

impl<L: Copy> Line<L> {
    #[inline(always)]
    fn new<S: LaneOps<Lanes<Fr> = L>>(ops: S, [low, high]: [L; 2]) -> Self {
        Self {
            low,
            rise: ops.sub::<Fr>(high, low),
        }
    }

    #[inline(always)]
    fn at<S: LaneOps<Lanes<Fr> = L>>(&self, ops: S, at: At) -> L {
        match at {
            At::Point(0) => self.low,
            At::Leading => self.rise,
            At::Point(x) => (0..x).fold(self.low, |value, _| ops.add::<Fr>(value, self.rise)),
        }
    }
}
