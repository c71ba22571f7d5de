//! Memory of what a sumcheck over many terms binds.

use kernelwise_hal::{Factors, IntSlice, SumcheckRequest, Table};

/// Rounds that devices play on integers at most, before they bind them.
const MAX_WINDOW: u32 = 4;
/// The largest product of integers that they sum in 16 bits.
const MAX_PRODUCT: u64 = i16::MAX as u64;
/// Bytes of a bound entry, and of half as many that it is bound into next.
const ENTRY_BYTES: u64 = 32 + 16;

/// Bytes of the bound tables of a request whose terms are many: small integers are bound after a few rounds only, and the more factors a
/// term has, the sooner its products are no longer small.
pub(super) fn bound_bytes(request: &SumcheckRequest<'_>) -> u64 {
    let magnitudes: Vec<Option<u64>> = request.tables().iter().map(magnitude).collect();
    let bounds: Vec<Option<u64>> = request
        .terms()
        .iter()
        .map(|term| largest(&term.factors, request.tables(), &magnitudes))
        .collect();
    let fits = |bound: &Option<u64>, factors: &Factors, window: u32| {
        bound.is_some_and(|bound| bound.saturating_mul(growth(factors, window)) <= MAX_PRODUCT)
    };
    let terms = || bounds.iter().zip(request.terms());
    let small = || terms().filter(|(bound, term)| fits(bound, &term.factors, 1));
    let window = (1..=MAX_WINDOW)
        .rev()
        .find(|&window| small().all(|(bound, term)| fits(bound, &term.factors, window)));
    let mut is_early = vec![false; request.tables().len()];
    for (_, term) in terms().filter(|(bound, term)| !fits(bound, &term.factors, 1)) {
        for &factor in &term.factors {
            if let Some(is_early) = is_early.get_mut(factor) {
                *is_early = true;
            }
        }
    }
    let size = 1u64 << request.num_vars();
    let bytes = |(table, is_early): (&Table<'_>, &bool)| match table {
        Table::Eq(_) => 0,
        Table::Int(_) if !is_early => (size * ENTRY_BYTES) >> window.unwrap_or(0),
        Table::Int(_) | Table::Fr(_) => size * ENTRY_BYTES,
    };
    request.tables().iter().zip(&is_early).map(bytes).sum()
}

/// The largest magnitude of a table of small integers.
fn magnitude(table: &Table<'_>) -> Option<u64> {
    let Table::Int(values) = table else {
        return None;
    };
    match values {
        IntSlice::I8(_) | IntSlice::I16(_) => {
            let magnitudes = values.iter().map(i64::unsigned_abs);
            Some(magnitudes.max().unwrap_or(0).max(1))
        }
        IntSlice::I32(_) | IntSlice::I64(_) => None,
    }
}

/// The largest product of the integers of a term, the factor common to all terms aside.
fn largest(factors: &[usize], tables: &[Table<'_>], magnitudes: &[Option<u64>]) -> Option<u64> {
    let integers = factors
        .iter()
        .filter(|&&factor| !matches!(tables.get(factor), Some(Table::Eq(_))));
    let magnitude = |factor: usize| magnitudes.get(factor).copied().flatten();
    integers
        .copied()
        .try_fold(1u64, |bound, factor| bound.checked_mul(magnitude(factor)?))
}

/// By how much products grow on the points of so many rounds: up to three factors need the points 0, ∞ and ±1, at which the ends of a line
/// are added, more those with 2.
fn growth(factors: &[usize], window: u32) -> u64 {
    let degree = factors.len().saturating_sub(1) as u32;
    let point: u64 = if degree <= 3 { 2 } else { 3 };
    point.checked_pow(degree * window).unwrap_or(u64::MAX)
}
