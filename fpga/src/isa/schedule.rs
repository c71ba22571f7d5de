//! Modulo schedules: the shortest *interval* at which items can follow each other.
//!
//! Every unit starts at most one operation a frame, so an operation at frame `f` of its item takes its unit's place `f mod interval` in all
//! iterations ([Rau94], without the loop-carried recurrences, which the caller spaces out). Operations are placed in order of the longest path
//! behind them, at the first frame where their operands are there and a place is free.
//!
//! [Rau94]: https://doi.org/10.1145/192724.192731

use super::CONTEXTS;
use super::assembler::{AssembleError, Kind, Operation, Source};

/// Beyond this interval an item would take longer than anything the driver asks for.
const MAX_INTERVAL: usize = 512;

/// Orders of placement that are tried at every interval. Which of two operations of about the same height comes first decides
/// whether a schedule without a free place closes, and how long an item takes.
const ORDERS: u64 = 32;

/// The frame and unit of every operation; unit 2 multiplies.
pub(super) struct Schedule {
    pub(super) interval: usize,
    pub(super) at: Vec<(usize, usize)>,
}

impl Schedule {
    /// The shortest that was found, and of these the one that is done first.
    ///
    /// # Errors
    /// [`AssembleError::Interval`] if there is none.
    pub(super) fn shortest(operations: &[Operation]) -> Result<Self, AssembleError> {
        let is_product = |op: &&Operation| op.kind == Kind::Product;
        let products = operations.iter().filter(is_product).count();
        let sums = operations.len() - products;
        // Sums become readable two frames later: an interval of two keeps running totals right.
        let shortest = products.max(sums.div_ceil(2)).max(2);
        let orders: Vec<_> = (0..ORDERS)
            .map(|order| by_height(operations, order))
            .collect();
        let mut schedules = (shortest..=MAX_INTERVAL).filter_map(|interval| {
            let schedules = orders
                .iter()
                .filter_map(|order| place(operations, interval, order));
            schedules.min_by_key(|schedule| schedule.last_frame(operations))
        });
        schedules.next().ok_or(AssembleError::Interval {
            limit: MAX_INTERVAL,
        })
    }

    /// The frame in which the last result is named.
    pub(super) fn last_frame(&self, operations: &[Operation]) -> usize {
        let ends = operations.iter().zip(&self.at);
        ends.map(|(op, (frame, _))| frame + op.frames())
            .max()
            .unwrap_or(0)
    }
}

/// Pairs (earlier, later, frames) that must be kept, in frames between their operands.
fn edges(operations: &[Operation]) -> Vec<(usize, usize, isize)> {
    let mut edges = Vec::new();
    for (later, op) in operations.iter().enumerate() {
        for operand in op.operands {
            if let Source::Value(value) = operand {
                let frames = operations[value.0].frames() + 1;
                edges.push((value.0, later, frames as isize));
            }
        }
        // Who reads the row that this operation overwrites must have read it when the result arrives.
        if let Some(target) = op.target {
            for (earlier, reader) in operations[..later].iter().enumerate() {
                if reader.operands.contains(&target) {
                    edges.push((earlier, later, -(op.frames() as isize)));
                }
            }
        }
    }
    edges
}

/// Operations by the longest path behind them, longest first; ties in program order. Every `order` but 0 shifts
/// each of them by less than a sum takes, so that operands still come first.
fn by_height(operations: &[Operation], order: u64) -> Vec<usize> {
    let shift = |i: usize| {
        let mixed = (order << 32 | i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        if order == 0 {
            0
        } else {
            (mixed >> 61) as isize
        }
    };
    let mut height = vec![0isize; operations.len()];
    let mut edges = edges(operations);
    edges.sort_by_key(|&(earlier, _, _)| std::cmp::Reverse(earlier));
    for (earlier, later, frames) in edges {
        height[earlier] = height[earlier].max(height[later] + frames.max(0));
    }
    let mut places: Vec<usize> = (0..height.len()).collect();
    // A sum takes two frames: eight quarters.
    places.sort_by_key(|&i| (std::cmp::Reverse(4 * height[i] + shift(i)), i));
    places
}

/// The schedule of an interval, operations placed in the order given; `None` if one finds no place.
fn place(operations: &[Operation], interval: usize, order: &[usize]) -> Option<Schedule> {
    let edges = edges(operations);
    let mut at: Vec<Option<(usize, usize)>> = vec![None; operations.len()];
    let mut taken = vec![[false; 3]; interval];
    for &index in order {
        let op = &operations[index];
        let mut earliest = 0isize;
        for &(earlier, later, frames) in &edges {
            if later == index {
                // A reader of an overwritten row may come after its writer in this order: then retry is no help.
                let (frame, _) = at[earlier]?;
                earliest = earliest.max(frame as isize + frames);
            }
        }
        let units: &[usize] = match op.kind {
            Kind::Product => &[2],
            Kind::Sum { .. } => &[0, 1],
        };
        let earliest = earliest as usize;
        let (frame, unit) = (earliest..earliest + interval).find_map(|frame| {
            let unit = units.iter().find(|&&unit| !taken[frame % interval][unit])?;
            Some((frame, *unit))
        })?;
        if (frame + op.frames()) / interval >= CONTEXTS {
            return None;
        }
        taken[frame % interval][unit] = true;
        at[index] = Some((frame, unit));
    }
    Some(Schedule {
        interval,
        at: at.into_iter().collect::<Option<_>>()?,
    })
}
