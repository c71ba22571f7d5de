//! Univariate polynomials given by their values at 0, 1, …, d.

use kernelwise_field::{AdditiveGroup, Field, Fr, batch_inversion};

/// Evaluates at `x` the polynomial of degree `values.len() − 1` with `p(i) = values[i]`.
///
/// # Cost
/// `O(d)` multiplications and one inversion.
pub fn evaluate_from_points(values: &[Fr], x: Fr) -> Fr {
    let distances: Vec<Fr> = (0..values.len() as u64).map(|i| x - Fr::from(i)).collect();
    if let Some(index) = distances.iter().position(|d| *d == Fr::ZERO) {
        return values.get(index).copied().unwrap_or(Fr::ZERO);
    }
    // Lagrange: p(x) = Π_j (x − j) · Σ_i values_i / ((x − i) · Π_{j≠i} (i − j)).
    let degree = values.len().saturating_sub(1) as u64;
    let mut factorials = vec![Fr::ONE];
    for i in 1..=degree {
        let last = factorials.last().copied().unwrap_or(Fr::ONE);
        factorials.push(last * Fr::from(i));
    }
    let mut denominators: Vec<Fr> = distances
        .iter()
        .zip(factorials.iter().zip(factorials.iter().rev()))
        .enumerate()
        .map(|(i, (&distance, (&below, &above)))| {
            let magnitude = distance * below * above;
            if (degree as usize - i).is_multiple_of(2) {
                magnitude
            } else {
                -magnitude
            }
        })
        .collect();
    batch_inversion(&mut denominators);
    let product: Fr = distances.iter().product();
    product
        * values
            .iter()
            .zip(&denominators)
            .map(|(&value, &inverse)| value * inverse)
            .sum::<Fr>()
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
