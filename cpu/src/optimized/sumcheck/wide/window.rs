//! The rounds that are played on integers: all of them from one pass over the grid.

use kernelwise_field::{AdditiveGroup, BigInt, Fr};
use kernelwise_hal::IntSlice;
use kernelwise_hal::rounds::eq_table;
use rayon::prelude::*;

use super::grid::{GROWTH, Grid, extend, raise};
use super::panel::{Fill, Layout};
use super::plan::{Head, Plan};
use crate::simd::products::{DIGITS, DigitSums, ProductList, ROWS, Row};
use crate::simd::{LaneOps, LaneTask, Level, WIDTH};

/// Pairs of terms that pass over all slices of a panel while they are in the first-level cache.
const PAIRS: usize = 256;

/// Products of a row by a pair of terms below which another thread is not worth waking: tens of microseconds of work.
const PARALLEL: usize = 1 << 12;

/// Products of field elements below which another thread is not worth waking.
const PARALLEL_PRODUCTS: usize = 1 << 10;

/// The polynomials of the window, one for each degree of terms.
pub(super) fn grids<S: LaneOps>(ops: S, num_vars: usize, plan: &Plan<'_>) -> Vec<Grid> {
    let Plan {
        window,
        lists,
        wires,
        ..
    } = plan;
    let window = *window;
    let Some(largest) = lists.iter().map(|(list, _)| list.degree()).max() else {
        return Vec::new();
    };
    let pairs: usize = lists.iter().map(|(list, _)| list.pairs()).sum();
    // At every point of the grid, sixteen instances at a time.
    let work = (pairs << (num_vars - window)) / ROWS * (largest + 1).pow(window as u32);
    let threads = if work < PARALLEL {
        1
    } else {
        rayon::current_num_threads()
    };
    let layout = Layout::new(num_vars, window, largest + 1, wires.len(), threads);
    let task = |index: usize| {
        ops.run_task(Panel {
            layout: &layout,
            lists,
            wires,
            index,
        })
    };
    let panels: Vec<Vec<Cells>> = if threads > 1 {
        (0..layout.panels()).into_par_iter().map(task).collect()
    } else {
        (0..layout.panels()).map(task).collect()
    };
    lists
        .iter()
        .enumerate()
        .map(|(list, (products, _))| {
            let degree = products.degree();
            let points = (degree + 1).pow(window as u32);
            let mut values = vec![Fr::ZERO; points * layout.instances];
            for &(place, value) in panels.iter().flat_map(|panel| &panel[list]) {
                values[place] = value;
            }
            weigh(degree, layout.instances, values, plan)
        })
        .collect()
}

/// Sums out the instances, weighed by the head.
fn weigh(degree: usize, instances: usize, values: Vec<Fr>, plan: &Plan<'_>) -> Grid {
    let window = plan.window;
    let dot = |values: &[Fr], weights: &[Fr]| -> Fr {
        values.iter().zip(weights).map(|(v, w)| *v * w).sum()
    };
    match &plan.head {
        Head::Eq(_, point) => {
            let weights = eq_table(&point[window..]);
            let values = values
                .par_chunks(instances)
                .with_min_len(PARALLEL_PRODUCTS.div_ceil(instances))
                .map(|values| dot(values, &weights))
                .collect();
            Grid::new(degree, window, values)
        }
        Head::Slot(slot) => {
            let weights = extend(degree + 1, window, instances, plan.early[*slot].to_vec());
            let values = raise(degree, window, instances, values);
            let values = values
                .chunks(instances)
                .zip(weights.chunks(instances))
                .map(|(values, weights)| dot(values, weights))
                .collect();
            Grid::new(degree + 1, window, values)
        }
        Head::None => {
            let values = values.chunks(instances).map(|v| v.iter().sum()).collect();
            Grid::new(degree, window, values)
        }
    }
}

/// Values by their places in a grid, instances last.
type Cells = Vec<(usize, Fr)>;

/// The values of the terms of each list in one panel.
struct Panel<'t, 'a> {
    layout: &'t Layout,
    lists: &'t [(ProductList, i64)],
    wires: &'t [IntSlice<'a>],
    index: usize,
}

impl<S: LaneOps> LaneTask<S> for Panel<'_, '_> {
    type Output = Vec<Cells>;

    #[inline(always)]
    fn call(self, ops: S) -> Self::Output {
        let layout = self.layout;
        let level = Level::active();
        let panel = layout.panel(self.index);
        let mut rows = vec![Row::ZERO; layout.slices() * self.wires.len()];
        Fill {
            layout,
            wires: self.wires,
            panel: &panel,
            level,
            rows: &mut rows,
        }
        .call(ops);
        let largest = panel.0.iter().max().copied().unwrap_or(0);
        let growth: i64 = panel.0.iter().map(|&point| GROWTH[point]).product();
        let cells = |(list, bound): &(ProductList, i64)| {
            let degree = list.degree();
            let mut cells = Vec::new();
            if degree < largest {
                return cells;
            }
            let needed = |&slice: &usize| layout.is_needed(slice, degree);
            let slices: Vec<usize> = (0..layout.slices()).filter(needed).collect();
            let mut sums = vec![DigitSums::ZERO; slices.len()];
            for first in (0..list.pairs()).step_by(PAIRS) {
                let pairs = first..list.pairs().min(first + PAIRS);
                for (&slice, sums) in slices.iter().zip(&mut sums) {
                    let rows = &rows[slice * self.wires.len()..(slice + 1) * self.wires.len()];
                    let growth = growth * layout.growth(slice);
                    let bound = bound * growth.pow(degree as u32);
                    list.accumulate(level, pairs.clone(), rows, bound, sums);
                }
            }
            let values = join_digits(ops, &sums);
            for (&slice, values) in slices.iter().zip(values.as_chunks::<ROWS>().0) {
                layout.for_each_row(&panel, slice, degree, |lane, point, instance| {
                    cells.push((point * layout.instances + instance, values[lane]));
                });
            }
            cells
        };
        self.lists.iter().map(cells).collect()
    }
}

/// The field elements of sums of digits.
#[inline(always)]
fn join_digits<S: LaneOps>(ops: S, sums: &[DigitSums]) -> Vec<Fr> {
    // The element whose Montgomery form is 1: sums of Montgomery forms are Montgomery forms.
    let mut weight = Fr::new_unchecked(BigInt([1, 0, 0, 0]))
        * ops.integer_unit::<Fr>()
        * ops.words_factor::<Fr>();
    let radix = Fr::from(1u64 << 16);
    let weights: [S::Lanes<Fr>; DIGITS] = std::array::from_fn(|_| {
        let lanes = ops.splat(weight);
        weight *= radix;
        lanes
    });
    let mut values = Vec::with_capacity(sums.len() * ROWS);
    for sums in sums {
        for half in 0..ROWS / WIDTH {
            let mut wide = ops.signed_zero::<Fr>();
            for (sums, weight) in sums.0.iter().zip(&weights) {
                let eight = &sums.as_chunks::<WIDTH>().0[half];
                wide = ops.mul_add_signed(wide, *weight, eight);
            }
            values.extend(ops.unpack_words(ops.reduce(wide)));
        }
    }
    values
}
