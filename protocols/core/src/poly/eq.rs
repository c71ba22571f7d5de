//! The multilinear equality polynomial.

use kernelwise_field::{AdditiveGroup, Field, Fr};

/// All `2^n` values `eq(point, x)`, `x` in index order.
///
/// # Cost
/// `2^n` field multiplications.
pub fn eq_table(point: &[Fr]) -> Vec<Fr> {
    let mut table = vec![Fr::ZERO; 1 << point.len()];
    if let Some(first) = table.first_mut() {
        *first = Fr::ONE;
    }
    // The last variable is the least significant bit: each coordinate doubles the table in place, from its end.
    for (level, &r) in point.iter().enumerate() {
        for index in (0..1 << level).rev() {
            let Some(&value) = table.get(index) else {
                continue;
            };
            let high = value * r;
            if let Some([low_slot, high_slot]) = table.get_mut(2 * index..2 * index + 2) {
                *low_slot = value - high;
                *high_slot = high;
            }
        }
    }
    table
}

/// `eq(a, b) = Π_i (a_i·b_i + (1 − a_i)(1 − b_i))`; the points have equal length.
pub fn eq_eval(a: &[Fr], b: &[Fr]) -> Fr {
    debug_assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(&a, &b)| (a * b).double() + Fr::ONE - a - b)
        .product()
}

/// `eq(point, index)` for the bits of an integer.
pub fn index_eval(point: &[Fr], index: usize) -> Fr {
    let last = point.len().saturating_sub(1);
    point
        .iter()
        .enumerate()
        .map(|(position, &r)| {
            if index >> (last - position) & 1 == 1 {
                r
            } else {
                Fr::ONE - r
            }
        })
        .product()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_lists_evaluations_in_index_order() {
        let point = [Fr::from(3u64), Fr::from(5u64), Fr::from(11u64)];
        let table = eq_table(&point);
        for (index, &value) in table.iter().enumerate() {
            let bits: Vec<Fr> = (0..3)
                .rev()
                .map(|bit| Fr::from((index >> bit & 1) as u64))
                .collect();
            assert_eq!(value, eq_eval(&point, &bits));
            assert_eq!(value, index_eval(&point, index));
        }
    }
}
