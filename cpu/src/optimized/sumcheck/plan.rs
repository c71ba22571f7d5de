//! What one round computes.

use kernelwise_field::Fr;
use kernelwise_hal::rounds::{At, Group, Product, evaluations};

use crate::simd::SIGNED_BITS;

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
