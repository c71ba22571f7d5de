//! How the terms of a request are grouped before the first round.

use kernelwise_field::{AdditiveGroup, Fr};
use kernelwise_hal::{Table, Term};

use super::eq::SplitEq;

/// Terms that share one `eq` factor, or have none.
pub(super) struct Group {
    /// The factor taken out of every term.
    pub(super) eq: Option<SplitEq>,
    /// Products of the other tables.
    pub(super) products: Vec<Product>,
    /// Coefficients of the terms that are `eq` alone.
    pub(super) constant: Fr,
    /// The largest number of factors of a product.
    pub(super) degree: usize,
}

/// A coefficient and at least one factor.
pub(super) struct Product {
    pub(super) coefficient: Fr,
    pub(super) factors: Vec<usize>,
    /// Whether the first round may multiply its small integers in 64 bits.
    pub(super) fits_integers: bool,
}

/// Magnitude bits of a product of integers in the first round; the sign takes the 64th bit.
const INTEGER_BITS: u32 = 63;

/// Magnitude bits of `lo + X·(hi − lo)` for `0 ≤ X ≤ degree`, if the table holds integers.
fn line_bits(table: &Table<'_>, degree: usize) -> Option<u32> {
    let Table::Int(values) = table else {
        return None;
    };
    let largest = values.iter().map(i64::unsigned_abs).max().unwrap_or(0);
    // |lo| + X·|hi − lo| ≤ (2X + 1)·max
    Some(u128::BITS - (u128::from(largest) * (2 * degree as u128 + 1)).leading_zeros())
}

/// Takes one `eq` factor out of every term that has one, preferring those in most terms, and groups the
/// terms by it.
pub(super) fn group(tables: &[Table<'_>], terms: Vec<Term>) -> Vec<Group> {
    let mut uses = vec![0usize; tables.len()];
    for term in &terms {
        for (index, table) in tables.iter().enumerate() {
            if matches!(table, Table::Eq(_)) && term.factors.contains(&index) {
                uses[index] += 1;
            }
        }
    }
    let degree = terms
        .iter()
        .map(|term| term.factors.len())
        .max()
        .unwrap_or(0);
    let bits: Vec<Option<u32>> = tables
        .iter()
        .map(|table| line_bits(table, degree))
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
            let total = factors
                .iter()
                .map(|&factor| bits[factor])
                .sum::<Option<u32>>();
            let fits_integers = total.is_some_and(|bits| bits <= INTEGER_BITS);
            group.products.push(Product {
                coefficient,
                factors,
                fits_integers,
            });
        }
    }
    groups
}

/// The group whose value at 1 follows from the claim: the most expensive one.
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
