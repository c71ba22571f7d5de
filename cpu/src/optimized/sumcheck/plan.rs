//! What a request asks for, grouped before the first round, and what one round computes.

use kernelwise_field::{AdditiveGroup, Fr};
use kernelwise_hal::{Factors, Table, Term};

use super::eq::SplitEq;
use super::points::{At, evaluations};
use crate::simd::SIGNED_BITS;

/// Terms that share one `eq` factor, or have none.
pub(super) struct Group {
    /// The factor taken out of every term.
    pub(super) eq: Option<SplitEq>,
    /// Products of the other tables.
    pub(super) products: Vec<Product>,
    /// Sum of the coefficients of the terms that are `eq` alone.
    pub(super) constant: Fr,
    /// The largest number of factors of a product.
    pub(super) degree: usize,
}

/// A coefficient and at least one factor.
pub(super) struct Product {
    pub(super) coefficient: Fr,
    pub(super) factors: Factors,
}

/// Takes one `eq` factor out of every term that has one, preferring those in most terms, and groups the
/// terms by it.
pub(super) fn group(tables: &[Table<'_>], terms: Vec<Term>) -> Vec<Group> {
    let uses: Vec<usize> = tables
        .iter()
        .enumerate()
        .map(|(index, table)| match table {
            Table::Eq(_) => terms
                .iter()
                .filter(|term| term.factors.contains(&index))
                .count(),
            _ => 0,
        })
        .collect();
    let mut heads: Vec<Option<usize>> = Vec::new();
    let mut groups: Vec<Group> = Vec::new();
    for Term {
        coefficient,
        mut factors,
    } in terms
    {
        let position = (0..factors.len())
            .filter(|&i| uses[factors[i]] > 0)
            .max_by_key(|&i| uses[factors[i]]);
        let head = position.map(|position| factors.swap_remove(position));
        let index = heads
            .iter()
            .position(|&other| other == head)
            .unwrap_or_else(|| {
                let eq = head.and_then(|head| match &tables[head] {
                    Table::Eq(point) => Some(SplitEq::new(point)),
                    _ => None,
                });
                heads.push(head);
                groups.push(Group {
                    eq,
                    products: Vec::new(),
                    constant: Fr::ZERO,
                    degree: 0,
                });
                groups.len() - 1
            });
        let group = &mut groups[index];
        if factors.is_empty() {
            group.constant += coefficient;
        } else {
            group.degree = group.degree.max(factors.len());
            group.products.push(Product {
                coefficient,
                factors,
            });
        }
    }
    groups
}

/// The group whose value at 1 follows from the claim: the most expensive one among those `allowed`.
pub(super) fn derived(groups: &[Group], allowed: impl Fn(&Group) -> bool) -> Option<usize> {
    (0..groups.len())
        .filter(|&index| groups[index].degree > 0 && allowed(&groups[index]))
        .max_by_key(|&index| {
            groups[index]
                .products
                .iter()
                .map(|product| product.factors.len() + 1)
                .sum::<usize>()
        })
}

/// Products that are weighed together at most: far from the limits of an unreduced sum.
const MERGED: usize = 8;

/// One sum over all indices: products at one evaluation that share a coefficient.
pub(super) struct Job {
    pub(super) group: usize,
    /// Place among the values of the group.
    pub(super) place: usize,
    pub(super) at: At,
    pub(super) coefficient: Fr,
    /// At least one; several only under the weights of an `eq` factor, and then of equally many factors of each kind.
    pub(super) products: Vec<Operands>,
}

/// The factors of one product.
pub(super) struct Operands {
    /// Factors in lanes.
    pub(super) fields: Vec<usize>,
    /// Factors that are multiplied as integers.
    pub(super) integers: Vec<usize>,
}

impl Operands {
    fn new(product: &Product, at: At, bits: &impl Fn(usize) -> Option<u32>) -> Self {
        let (integers, fields): (Vec<usize>, Vec<usize>) = product
            .factors
            .iter()
            .partition(|&&factor| bits(factor).is_some());
        let line = line_bits(at);
        let total: u32 = integers
            .iter()
            .filter_map(|&factor| bits(factor))
            .map(|b| b + line)
            .sum();
        if total <= SIGNED_BITS {
            Self { fields, integers }
        } else {
            Self {
                fields: product.factors.to_vec(),
                integers: vec![],
            }
        }
    }

    /// Whether the sum of both products can be weighed for less than each of them: it is a sum of products in lanes, all of which carry
    /// the same factor.
    fn adds_to(&self, other: &Self) -> bool {
        let kind = |operands: &Self| (operands.fields.len(), operands.integers.is_empty());
        let (fields, pure) = kind(self);
        kind(self) == kind(other) && (fields > 1 || fields == 1 && !pure)
    }
}

/// The sums of one round. `bits` gives the magnitude bits of tables that hold integers.
pub(super) fn jobs(
    groups: &[Group],
    derived: Option<usize>,
    bits: impl Fn(usize) -> Option<u32>,
) -> Vec<Job> {
    let mut jobs: Vec<Job> = Vec::new();
    for (index, group) in groups.iter().enumerate() {
        for at in evaluations(group.degree, derived == Some(index)) {
            let first = jobs.len();
            // A product of fewer factors adds nothing to the leading coefficient.
            let adds =
                |product: &&Product| at != At::Leading || product.factors.len() == group.degree;
            for product in group.products.iter().filter(adds) {
                let operands = Operands::new(product, at, &bits);
                let same = |job: &&mut Job| {
                    group.eq.is_some()
                        && job.coefficient == product.coefficient
                        && job.products.len() < MERGED
                        && job.products.iter().all(|other| other.adds_to(&operands))
                };
                if let Some(job) = jobs[first..].iter_mut().find(same) {
                    job.products.push(operands);
                    continue;
                }
                jobs.push(Job {
                    group: index,
                    place: match at {
                        At::Point(x) => x,
                        At::Leading => group.degree,
                    },
                    at,
                    coefficient: product.coefficient,
                    products: vec![operands],
                });
            }
        }
    }
    jobs
}

/// By how many bits a line may exceed its ends: `|lo + X·(hi − lo)| ≤ (2X − 1)·max` for `X ≥ 1`, twice the
/// maximum for the difference.
fn line_bits(at: At) -> u32 {
    match at {
        At::Point(0 | 1) => 0,
        At::Point(x) => (2 * x - 1).ilog2() + 1,
        At::Leading => 1,
    }
}
