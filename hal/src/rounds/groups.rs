//! Terms grouped by the `eq` factor that they share, and the round polynomial from the sums of all groups.

use kernelwise_field::{AdditiveGroup, Field, Fr};

use super::eq::EqPrefix;
use super::points::{complete, extrapolate};
use crate::{Factors, RoundPoly, Table, Term};

/// Terms that share one `eq` factor, or have none.
#[derive(Debug, Clone)]
pub struct Group {
    /// The factor taken out of every term.
    pub eq: Option<EqPrefix>,
    /// Products of the other tables.
    pub products: Vec<Product>,
    /// Sum of the coefficients of the terms that are `eq` alone.
    pub constant: Fr,
    /// The largest number of factors of a product.
    pub degree: usize,
}

/// A coefficient and at least one factor.
#[derive(Debug, Clone)]
pub struct Product {
    /// Multiplies the whole product.
    pub coefficient: Fr,
    /// Indices of tables.
    pub factors: Factors,
}

/// Takes one `eq` factor out of every term that has one, preferring those in most terms, and groups the
/// terms by it.
pub fn group(tables: &[Table<'_>], terms: Vec<Term>) -> Vec<Group> {
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
                    Table::Eq(point) => Some(EqPrefix::new(point.to_vec())),
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

/// The group whose value at 1 follows from the claim: the most expensive one of those where it does.
pub fn derived(groups: &[Group]) -> Option<usize> {
    // The value at 1 is found by dividing by the line at 1, which vanishes for a coordinate 0.
    let allowed = |group: &Group| {
        let divides = |eq: &EqPrefix| eq.inverse_at_one() != Fr::ZERO;
        group.degree > 0 && group.eq.as_ref().is_none_or(divides)
    };
    (0..groups.len())
        .filter(|&index| allowed(&groups[index]))
        .max_by_key(|&index| {
            groups[index]
                .products
                .iter()
                .map(|product| product.factors.len() + 1)
                .sum::<usize>()
        })
}

/// The round polynomial of degree `degree` from the sums of all groups.
///
/// # Shapes
/// Sums of a group of degree `d`, without its constant and without `eq`: at `0 … d − 1`, then the leading coefficient; one for `d = 0`. Of the group
/// [`derived`], the one at 1 is ignored, and for `d = 1` the leading coefficient as well.
pub fn assemble(
    groups: &[Group],
    mut values: Vec<Vec<Fr>>,
    derived: Option<usize>,
    degree: usize,
    claim: Fr,
) -> RoundPoly {
    let lines: Vec<(Fr, Fr)> = groups
        .iter()
        .map(|group| {
            group
                .eq
                .as_ref()
                .map_or((Fr::ONE, Fr::ZERO), |eq| eq.line())
        })
        .collect();
    for (index, (group, values)) in groups.iter().zip(&mut values).enumerate() {
        // All but the leading coefficient.
        let points = group.degree.max(1);
        values
            .iter_mut()
            .take(points)
            .for_each(|value| *value += group.constant);
        if let Some(eq) = &group.eq {
            values.iter_mut().for_each(|value| *value *= eq.scale());
        }
        if derived != Some(index) && group.degree > 0 {
            complete(values);
        }
    }
    if let Some(index) = derived {
        // claim = Σ_groups (s(0) + s(1)), with one s(1) unknown.
        let known: Fr = (values.iter().zip(&lines).enumerate())
            .map(|(other, (values, &(constant, slope)))| {
                let at_one = values.get(1).unwrap_or(&values[0]);
                let one = if other == index {
                    Fr::ZERO
                } else {
                    (constant + slope) * at_one
                };
                constant * values[0] + one
            })
            .sum();
        let inverse = groups[index]
            .eq
            .as_ref()
            .map_or(Fr::ONE, |eq| eq.inverse_at_one());
        values[index][1] = (claim - known) * inverse;
        if groups[index].degree > 1 {
            complete(&mut values[index]);
        }
    }
    let mut round = vec![Fr::ZERO; degree + 1];
    for (mut values, (constant, slope)) in values.into_iter().zip(lines) {
        extrapolate(&mut values, degree + 1);
        let mut at = constant;
        for (total, value) in round.iter_mut().zip(values) {
            *total += at * value;
            at += slope;
        }
    }
    RoundPoly(round)
}
