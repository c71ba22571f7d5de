//! Integer tables on a part of the grid.
//!
//! The rows of sixteen that terms are summed in are instances; where there are fewer, the last variables of the window
//! are *in lanes* too: a row holds both ends of such a variable, and becomes a row for each pair of points, 0 and 1, infinity and
//! one half, and so on, with one exchange of lanes. The other variables of the window take their points row by row.
//!
//! A *panel* fixes the points of the first of these, and a block of instances, so that it stays in cache.

use kernelwise_hal::IntSlice;

use super::grid::{GROWTH, POINTS};
use crate::simd::pairs::{self, Pair};
use crate::simd::products::{ROWS, Row};
use crate::simd::{LaneOps, LaneTask, Level};

/// Bytes of a panel at most: half of a second-level cache.
const PANEL_BYTES: usize = 1 << 19;

/// The points from the second pair on, as lanes take them.
const PAIRS: [Pair; 3] = [Pair::DifferenceSum, Pair::Reflections, Pair::Thirds];

/// Wires that are extended together: a slice of them is a quarter of a first-level cache.
const WIRES: usize = 256;

/// How the grid is cut into panels, and panels into slices of sixteen rows.
pub(super) struct Layout {
    /// Points per variable: the largest degree and one.
    base: usize,
    /// Instances after the window.
    pub(super) instances: usize,
    /// Instances per row: a power of two.
    width: usize,
    /// Variables whose points are fixed in a panel, those that take points row by row, and those in lanes.
    fixed: usize,
    free: usize,
    in_lanes: usize,
    /// For each slice, the points of the free variables, then the pairs of points of those in lanes.
    slices: Vec<Vec<usize>>,
}

impl Layout {
    /// A cut of the grid over `wires` tables, into enough panels for `threads`.
    pub(super) fn new(
        num_vars: usize,
        window: usize,
        base: usize,
        wires: usize,
        threads: usize,
    ) -> Self {
        let instances = 1usize << (num_vars - window);
        let width = ROWS.min(instances);
        let in_lanes = window.min((ROWS / width).ilog2() as usize);
        let rows = window - in_lanes;
        let pairs = base.div_ceil(2);
        let bytes = |free: usize| {
            wires * base.pow(free as u32) * pairs.pow(in_lanes as u32) * size_of::<Row>()
        };
        let panels = |free: usize| instances / width * base.pow((rows - free) as u32);
        let enough = if threads > 1 { 4 * threads } else { 1 };
        let free = (0..=rows)
            .rev()
            .find(|&free| bytes(free) <= PANEL_BYTES && panels(free) >= enough)
            .unwrap_or(0);
        let bases: Vec<usize> = (0..free)
            .map(|_| base)
            .chain((0..in_lanes).map(|_| pairs))
            .collect();
        let slices = (0..bases.iter().product())
            .map(|slice| digits(slice, &bases))
            .collect();
        Self {
            base,
            instances,
            width,
            fixed: rows - free,
            free,
            in_lanes,
            slices,
        }
    }

    /// Number of panels.
    pub(super) fn panels(&self) -> usize {
        self.base.pow(self.fixed as u32) * self.instances / self.width
    }

    /// The fixed points of a panel, and its first instance.
    pub(super) fn panel(&self, index: usize) -> (Vec<usize>, usize) {
        let blocks = self.instances / self.width;
        let fixed = digits(index / blocks, &vec![self.base; self.fixed]);
        (fixed, index % blocks * self.width)
    }

    /// Slices of sixteen rows of a panel.
    pub(super) fn slices(&self) -> usize {
        self.slices.len()
    }

    /// Whether terms of `degree` need some row of `slice`.
    pub(super) fn is_needed(&self, slice: usize, degree: usize) -> bool {
        let (rows, lanes) = self.slices[slice].split_at(self.free);
        rows.iter().all(|&point| point <= degree) && lanes.iter().all(|&pair| 2 * pair <= degree)
    }

    /// By how much integers grow at most in `slice`.
    pub(super) fn growth(&self, slice: usize) -> i64 {
        let (rows, lanes) = self.slices[slice].split_at(self.free);
        let points = rows
            .iter()
            .copied()
            .chain(lanes.iter().map(|&pair| 2 * pair));
        points.map(|point| GROWTH[point]).product()
    }

    /// Calls `visit` with the lane, the point in the grid of `degree` and the instance of every row of `slice` that
    /// terms of `degree` need.
    pub(super) fn for_each_row(
        &self,
        (fixed, start): &(Vec<usize>, usize),
        slice: usize,
        degree: usize,
        mut visit: impl FnMut(usize, usize, usize),
    ) {
        let (rows, pairs) = self.slices[slice].split_at(self.free);
        let join = |number: usize, point: usize| number * (degree + 1) + point;
        let prefix = fixed.iter().chain(rows).copied().fold(0, join);
        for bits in 0..1usize << self.in_lanes {
            let point = |i: usize| 2 * pairs[i] + (bits >> (self.in_lanes - 1 - i) & 1);
            if (0..self.in_lanes).any(|i| point(i) > degree) {
                continue;
            }
            let number = (0..self.in_lanes).map(point).fold(prefix, join);
            for instance in 0..self.width {
                visit(bits * self.width + instance, number, start + instance);
            }
        }
    }
}

/// The digits of `number` in mixed bases, most significant first.
fn digits(number: usize, bases: &[usize]) -> Vec<usize> {
    let mut rest = number;
    let mut digits: Vec<usize> = bases
        .iter()
        .rev()
        .map(|base| {
            let digit = rest % base;
            rest /= base;
            digit
        })
        .collect();
    digits.reverse();
    digits
}

/// Fills the rows of one panel: for each slice, one row per wire.
pub(super) struct Fill<'t, 'a> {
    pub(super) layout: &'t Layout,
    pub(super) wires: &'t [IntSlice<'a>],
    pub(super) panel: &'t (Vec<usize>, usize),
    pub(super) level: Level,
    pub(super) rows: &'t mut [Row],
}

impl<S: LaneOps> LaneTask<S> for Fill<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self, _: S) {
        let layout = self.layout;
        let (fixed, start) = self.panel;
        let lanes = layout.width << layout.in_lanes;
        let stride = layout.instances.max(lanes);
        let ends = 1usize << layout.free;
        // Which ends of the fixed variables a panel is made of, and how often.
        let sources: Vec<(usize, i16)> = fixed.iter().fold(vec![(0, 1)], |sources, &point| {
            let (s, t) = POINTS[point];
            let ends = |&(place, factor): &(usize, i16)| {
                [
                    (2 * place, factor * s as i16),
                    (2 * place + 1, factor * t as i16),
                ]
            };
            let all = sources.iter().flat_map(ends);
            all.filter(|&(_, factor)| factor != 0).collect()
        });
        let sources: Vec<(usize, i16)> = sources
            .into_iter()
            .map(|(place, factor)| (place * ends * stride + start, factor))
            .collect();
        let size = layout.slices.len().max(ends) * WIRES;
        let (mut now, mut next) = (vec![Row::ZERO; size], vec![Row::ZERO; size]);
        let width = layout.base.div_ceil(2);
        let all = self.wires.len();
        for first in (0..all).step_by(WIRES) {
            let wires = &self.wires[first..all.min(first + WIRES)];
            let count = wires.len();
            for (w, wire) in wires.iter().enumerate() {
                for (end, out) in now[w..].iter_mut().step_by(count).take(ends).enumerate() {
                    *out = read(*wire, &sources, end * stride, lanes);
                }
            }
            let (mut inner, mut outer) = (ends, 1);
            while inner > 1 {
                inner /= 2;
                let half = inner * count;
                for block in 0..outer {
                    let (low, high) = now[2 * block * half..][..2 * half].split_at(half);
                    for (point, &st) in POINTS[..layout.base].iter().enumerate() {
                        let out = (block * layout.base + point) * half;
                        combine(st, low, high, &mut next[out..out + half]);
                    }
                }
                outer *= layout.base;
                std::mem::swap(&mut now, &mut next);
            }
            for variable in 0..layout.in_lanes {
                let distance = lanes >> (variable + 1);
                let rows = now[..outer * count].chunks_exact(count);
                for (rows, out) in rows.zip(next.chunks_exact_mut(width * count)) {
                    let (same, others) = out.split_at_mut(count);
                    same.copy_from_slice(rows);
                    for (&pair, out) in PAIRS.iter().zip(others.chunks_exact_mut(count)) {
                        pairs::evaluate(self.level, distance, pair, rows, out);
                    }
                }
                outer *= width;
                std::mem::swap(&mut now, &mut next);
            }
            let rows = now[..outer * count].chunks_exact(count);
            for (rows, slice) in rows.zip(self.rows.chunks_exact_mut(all)) {
                slice[first..first + count].copy_from_slice(rows);
            }
        }
    }
}

/// The values at a point of the grid from those at both ends; what does not fit is never looked at.
#[inline(always)]
fn combine((s, t): (i64, i64), low: &[Row], high: &[Row], out: &mut [Row]) {
    let (s, t) = (s as i16, t as i16);
    for ((out, low), high) in out.iter_mut().zip(low).zip(high) {
        *out = Row(std::array::from_fn(|lane| {
            let (low, high) = (low.0[lane], high.0[lane]);
            low.wrapping_mul(s).wrapping_add(high.wrapping_mul(t))
        }));
    }
}

/// A row of `lanes` entries: the sum over `sources` of a factor times those from a place, `offset` further, on.
#[inline(always)]
fn read(wire: IntSlice<'_>, sources: &[(usize, i16)], offset: usize, lanes: usize) -> Row {
    #[inline(always)]
    fn sum<T: Copy>(
        values: &[T],
        sources: &[(usize, i16)],
        [offset, lanes]: [usize; 2],
        narrow: impl Fn(T) -> i16,
    ) -> Row {
        if lanes == ROWS {
            let mut row = Row::ZERO;
            // A loop, not a fold: its body is compiled for the lanes only if it is inlined.
            for &(place, factor) in sources {
                let Some(values) = values[place + offset..].as_chunks::<ROWS>().0.first() else {
                    continue;
                };
                for (sum, &value) in row.0.iter_mut().zip(values) {
                    *sum = sum.wrapping_add(narrow(value).wrapping_mul(factor));
                }
            }
            return row;
        }
        let mut row = Row::ZERO;
        for &(place, factor) in sources {
            for (sum, value) in row.0.iter_mut().zip(&values[place + offset..][..lanes]) {
                *sum = sum.wrapping_add(narrow(*value).wrapping_mul(factor));
            }
        }
        row
    }
    let place = [offset, lanes];
    match wire {
        IntSlice::I8(v) => sum(v, sources, place, i16::from),
        IntSlice::I16(v) => sum(v, sources, place, |x| x),
        IntSlice::I32(v) => sum(v, sources, place, |x| x as i16),
        IntSlice::I64(v) => sum(v, sources, place, |x| x as i16),
    }
}
