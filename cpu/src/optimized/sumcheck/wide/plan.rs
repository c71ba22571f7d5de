//! Which tables are bound from the first round on, which terms are played as integers first, and for how many rounds.

use std::borrow::Cow;

use kernelwise_field::{Field, Fr};
use kernelwise_hal::rounds::eq_table;
use kernelwise_hal::{Factors, IntSlice, Table, Term};

use super::super::eq::SplitEq;
use super::cost::Costs;
use super::evaluate::Products;
use crate::optimized::ints::magnitude_bits;
use crate::simd::products::{MAX_FACTORS, MAX_PRODUCT, MAX_TERMS, ProductList};
use crate::simd::{LaneField, LaneOps, SIGNED_BITS};

use super::grid::GROWTH;

/// A factor of every term, taken out of all of them.
pub(super) enum Head {
    /// `eq`, as a prefix, a line and weights; and its point.
    Eq(SplitEq, Vec<Fr>),
    /// A table of field elements, by its slot.
    Slot(usize),
    /// There is none.
    None,
}

/// Where the final evaluation of a table is found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Slot(usize),
    /// The `eq` that was taken out.
    Head,
}

/// A request in the form in which it is played.
pub(super) struct Plan<'a> {
    pub(super) head: Head,
    /// Rounds that are played before integers are bound.
    pub(super) window: usize,
    /// Tables that are bound from the first round on: the first slots.
    pub(super) early: Vec<Cow<'a, [Fr]>>,
    /// Tables that are bound after the window: the slots that follow.
    pub(super) late: Vec<IntSlice<'a>>,
    /// For each table of the request.
    pub(super) places: Vec<Place>,
    /// Terms with a factor that is not played as an integer, by degree.
    pub(super) early_terms: Vec<Products>,
    /// The other terms, by degree, for the rounds after the window.
    pub(super) late_terms: Vec<Products>,
    /// The same terms for the window, over `wires`, with the largest magnitude of a product of entries.
    pub(super) lists: Vec<(ProductList, i64)>,
    /// Tables of the terms that are played as integers.
    pub(super) wires: Vec<IntSlice<'a>>,
}

/// The magnitude of the entries of a table that can be multiplied as integers, from its bits.
fn magnitude(bits: Option<u32>) -> Option<i64> {
    // Exact for the values that matter most.
    bits.filter(|&bits| bits < 15)
        .map(|bits| if bits <= 1 { 1 } else { 1 << bits })
}

impl<'a> Plan<'a> {
    pub(super) fn new<S: LaneOps>(
        ops: S,
        num_vars: usize,
        tables: Vec<Table<'a>>,
        terms: Vec<Term>,
        window: Option<usize>,
    ) -> Self {
        let head = head(&tables, &terms);
        let bits: Vec<Option<u32>> = tables
            .iter()
            .map(|table| match table {
                Table::Int(values) => Some(magnitude_bits(*values)),
                _ => None,
            })
            .collect();
        let magnitudes: Vec<Option<i64>> = bits.iter().copied().map(magnitude).collect();
        let terms: Vec<(Fr, Factors)> = terms
            .into_iter()
            .map(|mut term| {
                let position = term.factors.iter().position(|&factor| Some(factor) == head);
                position.map(|position| term.factors.swap_remove(position));
                (term.coefficient, term.factors)
            })
            .collect();
        // The largest product of the entries of each term that has small integers only.
        let bounds: Vec<Option<i64>> = terms
            .iter()
            .map(|(_, factors)| {
                if !(1..=MAX_FACTORS).contains(&factors.len()) {
                    return None;
                }
                factors.iter().try_fold(1i64, |bound, &factor| {
                    magnitudes[factor].and_then(|m| bound.checked_mul(m))
                })
            })
            .collect();
        let window = if terms.len() > MAX_TERMS {
            0
        } else {
            window.unwrap_or_else(|| Costs::new(num_vars, tables.len(), &terms, &bounds).window())
        };
        let integer = |index: usize| {
            window > 0
                && bounds[index].is_some_and(|bound| fits(bound, terms[index].1.len(), window))
        };

        let mut is_early: Vec<bool> = bits
            .iter()
            .map(|bits| window == 0 || bits.is_none_or(|bits| bits > SIGNED_BITS))
            .collect();
        for (_, (_, factors)) in (terms.iter().enumerate()).filter(|(index, _)| !integer(*index)) {
            factors.iter().for_each(|&factor| is_early[factor] = true);
        }
        let mut wires = Vec::new();
        let mut wire_of = vec![u32::MAX; tables.len()];
        let mut used_head = false;
        for (index, (_, factors)) in terms.iter().enumerate() {
            for &factor in factors {
                used_head |= Some(factor) == head;
                if let Table::Int(values) = &tables[factor]
                    && integer(index)
                    && wire_of[factor] == u32::MAX
                {
                    wire_of[factor] = wires.len() as u32;
                    wires.push(*values);
                }
            }
        }

        let (mut early, mut late) = (Vec::new(), Vec::new());
        let (mut places, mut split) = (Vec::with_capacity(tables.len()), None);
        let early_count = {
            let factored = |index: usize| {
                matches!(tables[index], Table::Eq(_)) && Some(index) == head && !used_head
            };
            (0..tables.len())
                .filter(|&index| is_early[index] && !factored(index))
                .count()
        };
        let constant = terms.iter().any(|(_, factors)| factors.is_empty());
        let first_late = early_count + usize::from(constant);
        for (index, table) in tables.into_iter().enumerate() {
            if let Table::Eq(point) = &table
                && Some(index) == head
            {
                split = Some((SplitEq::new(point), point.to_vec()));
                if !used_head {
                    places.push(Place::Head);
                    continue;
                }
            }
            let values = match table {
                Table::Int(values) if !is_early[index] => {
                    places.push(Place::Slot(first_late + late.len()));
                    late.push(values);
                    continue;
                }
                Table::Int(values) => Cow::Owned(values.to_field()),
                Table::Fr(values) => values,
                Table::Eq(point) => Cow::Owned(eq_table(&point)),
            };
            places.push(Place::Slot(early.len()));
            early.push(values);
        }
        // A product of no factors is a table of ones.
        let ones = early.len();
        if constant {
            early.push(Cow::Owned(vec![Fr::ONE; 1 << num_vars]));
        }
        let head = match (split, head.map(|head| places[head])) {
            (Some((split, point)), _) => Head::Eq(split, point),
            (None, Some(Place::Slot(slot))) => Head::Slot(slot),
            (None, _) => Head::None,
        };

        let slot = |factor: usize| match places[factor] {
            Place::Slot(slot) => slot as u32,
            Place::Head => u32::MAX,
        };
        let mut sorted = [Sorted::default(), Sorted::default()];
        for (index, (coefficient, factors)) in terms.iter().enumerate() {
            let sorted = &mut sorted[usize::from(integer(index))];
            let sorted = sorted.degree(factors.len().max(1));
            sorted.coefficients.push(*coefficient);
            if factors.is_empty() {
                sorted.slots.push(ones as u32);
            }
            for &factor in factors {
                sorted.slots.push(slot(factor));
                sorted.wires.push(wire_of[factor]);
            }
            sorted.bound = sorted.bound.max(bounds[index].unwrap_or(0));
        }
        let [early_terms, mut late_terms] = sorted;
        let lists = late_terms
            .0
            .iter_mut()
            .map(|(degree, sorted)| {
                let forms: Vec<[u64; 4]> = sorted
                    .coefficients
                    .iter()
                    .map(|c| *c.montgomery())
                    .collect();
                let wires = std::mem::take(&mut sorted.wires);
                (ProductList::new(*degree, wires, &forms), sorted.bound)
            })
            .collect();
        let products = |sorted: Sorted| {
            let products = |(degree, sorted): (usize, SameDegree)| {
                Products::new(ops, degree, sorted.slots, sorted.coefficients)
            };
            sorted.0.into_iter().map(products).collect()
        };
        Self {
            head,
            window,
            early,
            late,
            places,
            early_terms: products(early_terms),
            late_terms: products(late_terms),
            lists,
            wires,
        }
    }
}

/// Whether products of `degree` factors stay small on the whole grid of `window` variables.
pub(super) fn fits(bound: i64, degree: usize, window: usize) -> bool {
    let growth = GROWTH[..=degree].iter().max().copied().unwrap_or(1);
    growth
        .checked_pow((degree * window) as u32)
        .and_then(|growth| growth.checked_mul(bound))
        .is_some_and(|bound| bound <= MAX_PRODUCT)
}

/// The `eq`, or else the table of field elements, that is a factor of every term.
fn head(tables: &[Table<'_>], terms: &[Term]) -> Option<usize> {
    let first = terms.first()?;
    let common = |&&index: &&usize| terms.iter().all(|term| term.factors.contains(&index));
    let candidates = || first.factors.iter();
    let eq = |&&index: &&usize| matches!(tables[index], Table::Eq(_));
    let field = |&&index: &&usize| matches!(tables[index], Table::Fr(_));
    let found = candidates().filter(eq).find(common);
    found
        .or_else(|| candidates().filter(field).find(common))
        .copied()
}

/// Terms by degree.
#[derive(Default)]
struct Sorted(Vec<(usize, SameDegree)>);

#[derive(Default)]
struct SameDegree {
    coefficients: Vec<Fr>,
    slots: Vec<u32>,
    wires: Vec<u32>,
    bound: i64,
}

impl Sorted {
    fn degree(&mut self, degree: usize) -> &mut SameDegree {
        let position = self.0.iter().position(|(d, _)| *d == degree);
        let position = position.unwrap_or_else(|| {
            self.0.push((degree, SameDegree::default()));
            self.0.len() - 1
        });
        &mut self.0[position].1
    }
}
