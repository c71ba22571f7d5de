//! Univariate polynomials given by their values at 0, 1, …, d.

use std::sync::LazyLock;

use crate::{AdditiveGroup, Field, Fr};

/// `1/i!` for the degrees that occur.
static INVERSE_FACTORIALS: LazyLock<Vec<Fr>> = LazyLock::new(|| {
    let factorial = |n: u64| (1..=n).map(Fr::from).product::<Fr>();
    // Factorials are invertible: the characteristic is a large prime.
    (0..32)
        .map(|n| factorial(n).inverse().unwrap_or(Fr::ONE))
        .collect()
});

fn inverse_factorial(n: usize) -> Fr {
    let beyond = || (1..=n as u64).map(Fr::from).product::<Fr>().inverse();
    let known = INVERSE_FACTORIALS.get(n).copied();
    known.or_else(beyond).unwrap_or(Fr::ONE)
}

/// Evaluates at `x` the polynomial of degree `values.len() − 1` with `p(i) = values[i]`.
///
/// ```text
/// p(x) = Σ_i values_i · (−1)^(d−i)/(i!·(d−i)!) · Π_{j≠i} (x − j)
/// ```
/// # Cost
/// About `5d` multiplications.
pub fn evaluate_from_points(values: &[Fr], x: Fr) -> Fr {
    let degree = values.len().saturating_sub(1);
    // Products of the distances after each index, then a running one of those before.
    let mut after = vec![Fr::ONE; values.len() + 1];
    for index in (1..values.len()).rev() {
        let rest = after.get(index + 1).copied().unwrap_or(Fr::ONE);
        if let Some(slot) = after.get_mut(index) {
            *slot = rest * (x - Fr::from(index as u64));
        }
    }
    let (mut sum, mut before) = (Fr::ZERO, Fr::ONE);
    for (index, (&value, &after)) in values.iter().zip(after.iter().skip(1)).enumerate() {
        let weight = inverse_factorial(index) * inverse_factorial(degree - index);
        let term = value * weight * before * after;
        if (degree - index).is_multiple_of(2) {
            sum += term;
        } else {
            sum -= term;
        }
        before *= x - Fr::from(index as u64);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpolates_every_degree() {
        for degree in 0..7u64 {
            let p = |x: Fr| (0..=degree).fold(Fr::ZERO, |acc, c| acc * x + Fr::from(c * c + 5));
            let values: Vec<Fr> = (0..=degree).map(|i| p(Fr::from(i))).collect();
            for x in [0u64, 1, degree, degree + 1, 123_456_789] {
                assert_eq!(evaluate_from_points(&values, Fr::from(x)), p(Fr::from(x)));
            }
        }
    }
}
