//! Multilinear extensions of tables in time linear in the number of bits, where a formula exists.

use kernelwise_field::{AdditiveGroup, Field, Fr};

use crate::poly::eq_table;
use crate::program::{LookupTable, TableFunction};

/// `Σ_j j·2^… ` as a multilinear polynomial: the index itself, most significant bit first.
fn index_at(point: &[Fr]) -> Fr {
    point.iter().fold(Fr::ZERO, |value, &r| value + value + r)
}

/// `(Σ_{j < end} eq(point, j), Σ_{j < end} j·eq(point, j))`.
pub(super) fn prefix_at(point: &[Fr], end: u64) -> (Fr, Fr) {
    let bits = point.len();
    if bits < 64 && end >= 1 << bits {
        return (Fr::ONE, index_at(point));
    }
    let (mut count, mut sum) = (Fr::ZERO, Fr::ZERO);
    let (mut prefix, mut base) = (Fr::ONE, 0u64);
    for (position, &r) in point.iter().enumerate() {
        let weight = 1u64 << (bits - 1 - position);
        if end & weight != 0 {
            // The half with this bit 0 lies below `end` as a whole.
            let share = prefix * (Fr::ONE - r);
            count += share;
            sum += share * (Fr::from(base) + index_at(&point[position + 1..]));
            prefix *= r;
            base += weight;
        } else {
            prefix *= Fr::ONE - r;
        }
    }
    (count, sum)
}

/// The input column at `point`.
pub(crate) fn input_at(table: &LookupTable, point: &[Fr]) -> Fr {
    Fr::from(table.lo) + index_at(point)
}

/// The output column at `point`. Costs `O(bits)`, or `O(2^bits)` for tables without a formula.
pub(crate) fn output_at(table: &LookupTable, point: &[Fr]) -> Fr {
    match &table.function {
        TableFunction::Range => Fr::ZERO,
        TableFunction::Clamp(range) => {
            let size = 1i64 << point.len();
            // Indices below `low` clamp to `range.lo`, those from `high` on to `range.hi`.
            let low = range.lo.saturating_sub(table.lo).clamp(0, size);
            let high = range
                .hi
                .saturating_sub(table.lo)
                .saturating_add(1)
                .clamp(low, size);
            let (low_count, low_sum) = prefix_at(point, low as u64);
            let (high_count, high_sum) = prefix_at(point, high as u64);
            let inner = Fr::from(table.lo) * (high_count - low_count) + high_sum - low_sum;
            Fr::from(range.lo) * low_count + inner + Fr::from(range.hi) * (Fr::ONE - high_count)
        }
        TableFunction::Values(values) => eq_table(point)
            .iter()
            .zip(values)
            .map(|(weight, &value)| *weight * Fr::from(value))
            .sum(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::{Range, TensorId};

    #[test]
    fn formulas_equal_the_sum_over_entries() {
        let point: Vec<Fr> = (0..5u64).map(|i| Fr::from(7 * i + 3)).collect();
        for (lo, clamp) in [
            (-16, Range::new(0, 9)),
            (-16, Range::new(-20, 40)),
            (0, Range::new(-5, -1)),
            (-3, Range::new(100, 200)),
            (5, Range::new(5, 5)),
        ] {
            let table = LookupTable {
                name: "clamp".to_owned(),
                lo,
                bits: 5,
                function: TableFunction::Clamp(clamp),
                multiplicities: TensorId(0),
            };
            let sum = |f: &dyn Fn(i64) -> i64| -> Fr {
                eq_table(&point)
                    .iter()
                    .zip(lo..)
                    .map(|(&w, input)| w * Fr::from(f(input)))
                    .sum()
            };
            assert_eq!(input_at(&table, &point), sum(&|input| input));
            assert_eq!(
                output_at(&table, &point),
                sum(&|input| table.apply(input).unwrap()),
                "{lo} {clamp}"
            );
        }
    }
}
