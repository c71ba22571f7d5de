//! How a matrix of sums is cut into parts that are on the card one after the other.
//!
//! Each part is a batch of its own, whose scalars travel while the part before is added up: more parts hide more of the way, and each costs a
//! reduction of buckets. What does not fit memory is cut further, into parts of rows at last.

use std::ops::Range;

use super::plan::Plan;
use crate::driver::{PIECE_BYTES, Properties};

/// Parts of a matrix that would fit as a whole, at most: with four, three quarters of the way are hidden.
const MAX_PARTS: usize = 4;

/// Rows of one row are cut no shorter than this.
const MIN_LEN: usize = 1024;

/// Scalars go to the card through pinned memory that one thread fills: about so many bytes a second.
const COPY_BYTES_PER_SECOND: u64 = 10_000_000_000;

/// 32-bit multiply-adds of a product of coordinates.
const PRODUCT: u64 = 264;

/// Some rows, or some columns of one row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) rows: Range<usize>,
    pub(super) columns: Range<usize>,
}

/// The parts of a matrix, in order.
///
/// `plan` says how so many rows of so many scalars are summed, `fits` whether that has the memory.
pub(super) fn parts(
    card: &Properties,
    (rows, row_len): (usize, usize),
    scalar_bytes: usize,
    plan: impl Fn(usize, usize) -> Plan,
    fits: impl Fn(&Plan) -> bool,
) -> Vec<Part> {
    let count = count(card, (rows, row_len), scalar_bytes, &plan);
    let (mut part_rows, mut part_len) = match rows {
        1 => (1, row_len.div_ceil(count)),
        _ => (rows.div_ceil(count), row_len),
    };
    while part_rows > 1 && !fits(&plan(part_rows, part_len)) {
        part_rows = part_rows.div_ceil(2);
    }
    while part_len > MIN_LEN && !fits(&plan(part_rows, part_len)) {
        part_len = part_len.div_ceil(2);
    }
    let cut = |len: usize, step: usize| {
        (0..len)
            .step_by(step)
            .map(move |start| start..(start + step).min(len))
    };
    cut(rows, part_rows)
        .flat_map(|rows| {
            cut(row_len, part_len).map(move |columns| Part {
                rows: rows.clone(),
                columns,
            })
        })
        .collect()
}

/// In how many parts a matrix is summed soonest, if memory is no concern.
fn count(
    card: &Properties,
    (rows, row_len): (usize, usize),
    scalar_bytes: usize,
    plan: impl Fn(usize, usize) -> Plan,
) -> usize {
    let Some(peak) = card.peak() else {
        return 1;
    };
    let products_per_second = peak.multiply_adds_per_second / PRODUCT;
    let bytes = rows * row_len * scalar_bytes;
    let time = |&parts: &usize| {
        let plan = match rows {
            1 => plan(1, row_len.div_ceil(parts)),
            _ => plan(rows.div_ceil(parts), row_len),
        };
        let way = bytes.div_ceil(parts) as u64 * products_per_second / COPY_BYTES_PER_SECOND;
        let sums = plan.cost(card) as u64;
        way + (parts as u64 - 1) * way.max(sums) + sums
    };
    let pieces = (bytes / PIECE_BYTES).clamp(1, MAX_PARTS);
    (1..=pieces).min_by_key(time).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use kernelwise_hal::{IntSlice, Scalars};

    use super::super::plan::{Pairing, Windows};
    use super::*;

    fn card(clock_khz: u32) -> Properties {
        Properties {
            clock_khz,
            ..super::super::plan::tests::h100()
        }
    }

    fn of(card: &Properties, scalars: Scalars<'_>, shape: (usize, usize)) -> Vec<Part> {
        let plan = |rows, row_len| Plan::new(card, scalars, (rows, row_len), Pairing::Allowed);
        let bytes = super::super::batch::scalar_bytes(scalars);
        parts(card, shape, bytes, plan, |_| true)
    }

    #[test]
    fn long_sums_travel_in_parts() {
        let fast = card(1_980_000);
        let scalars = Scalars::Fr(&[]);
        assert_eq!(of(&fast, scalars, (1, 1 << 22)).len(), 4);
        assert_eq!(of(&fast, scalars, (1, 1 << 14)).len(), 1);
        // Where clocks are not known, and where the way is short beside the sums.
        assert_eq!(of(&card(0), scalars, (1, 1 << 22)).len(), 1);
        assert_eq!(of(&card(10_000), scalars, (1, 1 << 22)).len(), 1);
        let bytes = Scalars::Int(IntSlice::I8(&[]));
        let rows = of(&fast, bytes, (1 << 12, 1 << 12));
        assert!(rows.len() > 1 && rows.iter().all(|part| part.columns == (0..1 << 12)));
    }

    #[test]
    fn parts_cover_the_matrix_in_order() {
        let card = card(1_980_000);
        for (shape, entries) in [((7, 3000), 9000), ((1, 5001), 2000), ((3, 4000), 1500)] {
            let plan = |rows, len| Plan::cut(&card, (rows, len), Windows::signed(2, 2), 0);
            let parts = parts(&card, shape, 1, plan, |plan| plan.entries() <= entries);
            let cells = parts.iter().flat_map(|part| {
                let columns = part.columns.clone();
                (part.rows.clone())
                    .flat_map(move |row| columns.clone().map(move |column| (row, column)))
            });
            let mut seen: Vec<(usize, usize)> = cells.collect();
            assert_eq!(seen.len(), shape.0 * shape.1);
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), shape.0 * shape.1);
            assert!(
                parts
                    .iter()
                    .all(|part| part.rows.len() == 1 || part.columns == (0..shape.1))
            );
            assert!(parts.is_sorted_by_key(|part| (part.rows.start, part.columns.start)));
        }
    }
}
