//! Where a round polynomial is evaluated, and how it is completed.
//!
//! A polynomial of degree `d ≥ 1` is given by its values at `0, 1, …, d − 1` and its leading coefficient, which
//! costs no more than a value: it is the sum of the products of the differences `hi − lo`.

use kernelwise_field::{AdditiveGroup, Fr};

/// One evaluation of the lines `lo + X·(hi − lo)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum At {
    /// The values at `X`.
    Point(usize),
    /// The differences: the values at infinity.
    Leading,
}

/// The evaluations that determine a polynomial of `degree`, in order. If its value at 1 follows from the claim,
/// that one is left out, and for a line the leading coefficient as well.
pub fn evaluations(degree: usize, derived: bool) -> Vec<At> {
    match (degree, derived) {
        (0, _) => Vec::new(),
        (1, true) => vec![At::Point(0)],
        _ => (0..degree)
            .filter(|&x| x != 1 || !derived)
            .map(At::Point)
            .chain([At::Leading])
            .collect(),
    }
}

/// Replaces the leading coefficient in the last place by the value at `values.len() − 1`.
///
/// The `d`-th finite difference of the values at `0 … d` is `d!` times the leading coefficient.
pub fn complete(values: &mut [Fr]) {
    let Some((leading, rest)) = values.split_last_mut() else {
        return;
    };
    let degree = rest.len() as u64;
    let mut value = (1..=degree).fold(*leading, |product, k| product * Fr::from(k));
    // Binomial coefficients d choose k, with the sign of the value at d − k in the difference.
    let mut binomial = 1;
    for (k, earlier) in (1..=degree).zip(rest.iter().rev()) {
        binomial = binomial * (degree - k + 1) / k;
        let term = Fr::from(binomial) * earlier;
        value = if k % 2 == 1 {
            value + term
        } else {
            value - term
        };
    }
    *leading = value;
}

/// Appends values at the next integers until there are `len`, by vanishing finite differences.
///
/// `values` determines a polynomial of degree below `values.len()`, which is at least one.
pub fn extrapolate(values: &mut Vec<Fr>, len: usize) {
    let mut differences = last_differences(values);
    while values.len() < len {
        // Each difference grows by the next higher one; the highest is constant.
        for k in (0..differences.len().saturating_sub(1)).rev() {
            let higher = differences[k + 1];
            differences[k] += higher;
        }
        values.push(differences.first().copied().unwrap_or(Fr::ZERO));
    }
}

/// The last entry of every row of the difference table: value, first difference, and so on.
fn last_differences(values: &[Fr]) -> Vec<Fr> {
    let mut row = values.to_vec();
    let mut last = Vec::with_capacity(row.len());
    while let Some(&value) = row.last() {
        last.push(value);
        row = row.windows(2).map(|pair| pair[1] - pair[0]).collect();
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quartic(x: u64) -> Fr {
        Fr::from(5 * x * x * x * x + x * x * x + 2 * x + 1)
    }

    #[test]
    fn values_continue() {
        let mut values: Vec<Fr> = (0..5).map(quartic).collect();
        extrapolate(&mut values, 9);
        assert_eq!(values, (0..9).map(quartic).collect::<Vec<_>>());
    }

    #[test]
    fn constants_continue() {
        let mut values = vec![Fr::from(5u64)];
        extrapolate(&mut values, 3);
        assert_eq!(values, vec![Fr::from(5u64); 3]);
    }

    #[test]
    fn leading_coefficients_complete() {
        let mut values: Vec<Fr> = (0..4).map(quartic).chain([Fr::from(5u64)]).collect();
        complete(&mut values);
        assert_eq!(values[4], quartic(4));
        let mut line = [Fr::from(3u64), Fr::from(4u64)];
        complete(&mut line);
        assert_eq!(line[1], Fr::from(7u64));
    }
}
