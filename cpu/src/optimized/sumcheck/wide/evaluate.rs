//! Sums of products of bound tables, in lanes over instances and, once those are few, over terms.

use kernelwise_field::{AdditiveGroup, Field, Fr};
use kernelwise_hal::rounds::At;
use rayon::prelude::*;

use super::values::{Values, eight, gather};
use crate::simd::{LaneOps, LaneTask, MAX_WIDE_PRODUCTS, WIDTH};

/// Terms per task at least: tens of microseconds of work.
const TASK: usize = 1 << 8;

/// Points of an evaluation at most, in one pass over the terms: spilled registers cost less than factors packed twice.
const MAX_POINTS: usize = 5;

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
            [a, b, c, d] => self.points(ops, [a, b, c, d]),
            [a, b, c, d, e] => self.points(ops, [a, b, c, d, e]),
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
        let degree = self.products.degree;
        let coefficient = if half >= WIDTH {
            ops.splat_words(&self.products.coefficients[term])
        } else {
            let log = half.ilog2();
            gather(ops, |lane| {
                &self.products.coefficients[term + (lane >> log)]
            })
        };
        let mut values = self.line(ops, term, 0, half).all(ops, at);
        if degree == 1 {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum = ops.mul_add(*sum, value, coefficient);
            }
            return;
        }
        for factor in 1..degree - 1 {
            let factors = self.line(ops, term, factor, half).all(ops, at);
            for (value, factor) in values.iter_mut().zip(factors) {
                *value = ops.mul::<Fr>(*value, factor);
            }
        }
        // The coefficient enters where it costs two products for any number of points.
        let last = self.line(ops, term, degree - 1, half);
        let last = Line {
            low: ops.mul::<Fr>(last.low, coefficient),
            rise: ops.mul::<Fr>(last.rise, coefficient),
        };
        for ((sum, value), last) in sums.iter_mut().zip(values).zip(last.all(ops, at)) {
            *sum = ops.mul_add(*sum, value, last);
        }
    }

    /// The lines of one factor.
    #[inline(always)]
    fn line<S: LaneOps>(
        &self,
        ops: S,
        term: usize,
        factor: usize,
        half: usize,
    ) -> Line<S::Lanes<Fr>> {
        let degree = self.products.degree;
        let elements = self.values.elements();
        if half >= WIDTH {
            let slot = self.products.slots[term * degree + factor] as usize;
            let start = slot * half + self.vector * WIDTH;
            let low = eight(ops, elements, half, start, 0);
            let high = eight(ops, elements, half, start, 1);
            return Line::new(ops, low, high);
        }
        let log = half.ilog2();
        let slots = &self.products.slots[term * degree..(term + WIDTH / half) * degree];
        let place = |lane: usize| {
            let slot = slots[(lane >> log) * degree + factor] as usize;
            (slot << (log + 1)) + (lane & (half - 1))
        };
        let low = gather(ops, |lane| &elements[place(lane)]);
        let high = gather(ops, |lane| &elements[place(lane) + half]);
        Line::new(ops, low, high)
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
                let [weight] = Line::new(ops, gather(low), gather(high)).all(ops, &[at]);
                weight
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
    fn new<S: LaneOps<Lanes<Fr> = L>>(ops: S, low: L, high: L) -> Self {
        Self {
            low,
            rise: ops.sub::<Fr>(high, low),
        }
    }

    /// The values at all of `at`, whose points increase: each starts from the one before.
    #[inline(always)]
    fn all<S: LaneOps<Lanes<Fr> = L>, const P: usize>(&self, ops: S, at: &[At; P]) -> [L; P] {
        let mut values = [self.rise; P];
        let (mut value, mut point) = (self.low, 0);
        for (out, at) in values.iter_mut().zip(at) {
            if let At::Point(x) = *at {
                while point < x {
                    value = ops.add::<Fr>(value, self.rise);
                    point += 1;
                }
                *out = value;
            }
        }
        values
    }
}
