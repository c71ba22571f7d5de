//! Polynomials of low degree by their values at `0, 1, 2, …`.

use kernelwise_field::{AdditiveGroup, Fr};

/// Appends values at the next integers until there are `len`, by vanishing finite differences.
///
/// `values` determines a polynomial of degree below `values.len()`, which is at least one.
pub(super) fn extrapolate(values: &mut Vec<Fr>, len: usize) {
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

    #[test]
    fn cubes_continue() {
        let cube = |x: u64| Fr::from(x * x * x + 2 * x + 1);
        let mut values: Vec<Fr> = (0..4).map(cube).collect();
        extrapolate(&mut values, 9);
        assert_eq!(values, (0..9).map(cube).collect::<Vec<_>>());
    }

    #[test]
    fn constants_continue() {
        let mut values = vec![Fr::from(5u64)];
        extrapolate(&mut values, 3);
        assert_eq!(values, vec![Fr::from(5u64); 3]);
    }
}
