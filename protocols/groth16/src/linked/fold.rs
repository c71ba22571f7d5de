//! Multilinear evaluation at a public point, one constraint per element.
//!
//! ```text
//! r · (t_{2j+1} − t_{2j}) = t'_j − t_{2j}      halves an axis; the last t' is the value
//! ```
//! Axes are folded from the last to the first, and in each the least significant variable first, so that an axis of odd
//! length costs its logical length and nothing for padding.

use kernelwise_field::{AdditiveGroup, Fr};

/// Variables of an axis, the logarithm of its length rounded up.
fn axis_vars(len: usize) -> usize {
    len.next_power_of_two().trailing_zeros() as usize
}

/// Variables of a vector of this shape.
pub(super) fn num_vars(shape: &[usize]) -> usize {
    shape.iter().map(|&len| axis_vars(len)).sum()
}

/// One halving: `values` are rows of `len` elements, folded with coordinate `coordinate` of the point.
struct Step {
    len: usize,
    coordinate: usize,
}

/// The halvings of a vector of this shape, in order.
fn steps(shape: &[usize]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut coordinate = num_vars(shape);
    for &axis in shape.iter().rev() {
        let mut len = axis;
        while len > 1 {
            coordinate -= 1;
            steps.push(Step { len, coordinate });
            len = len.div_ceil(2);
        }
    }
    steps
}

/// Number of constraints and of wires that are not there yet: all but the last result, which is the value.
pub(super) fn size(shape: &[usize]) -> (usize, usize) {
    let mut elements: usize = shape.iter().product();
    let mut folded = 0;
    for Step { len, .. } in steps(shape) {
        elements = elements / len * len.div_ceil(2);
        folded += elements;
    }
    // A single element is compared with the value by a constraint of its own.
    (folded.max(1), folded.saturating_sub(1))
}

/// One constraint of a fold over elements of type `T`.
pub(super) struct Halving<T> {
    /// Which coordinate of the point.
    pub(super) coordinate: usize,
    pub(super) even: T,
    /// `None` past the end of the axis, where the vector is zero.
    pub(super) odd: Option<T>,
}

/// Folds `elements`; `halve` gives the result of each constraint, in order.
pub(super) fn fold<T: Copy>(
    shape: &[usize],
    elements: Vec<T>,
    mut halve: impl FnMut(Halving<T>) -> T,
) -> Option<T> {
    let mut elements = elements;
    for Step { len, coordinate } in steps(shape) {
        let mut next = Vec::with_capacity(elements.len().div_ceil(2));
        for row in elements.chunks(len) {
            for pair in row.chunks(2) {
                let halving = Halving {
                    coordinate,
                    even: pair[0],
                    odd: pair.get(1).copied(),
                };
                next.push(halve(halving));
            }
        }
        elements = next;
    }
    elements.first().copied()
}

/// The results of all halvings of a vector at `point`, the last of them the value.
pub(super) fn values(shape: &[usize], elements: &[Fr], point: &[Fr]) -> (Vec<Fr>, Fr) {
    let mut results = Vec::new();
    let value = fold(shape, elements.to_vec(), |halving| {
        let odd = halving.odd.unwrap_or(Fr::ZERO);
        let result = halving.even + point[halving.coordinate] * (odd - halving.even);
        results.push(result);
        result
    });
    results.pop();
    (results, value.unwrap_or(Fr::ZERO))
}

#[cfg(test)]
mod tests {
    use kernelwise_core::poly::eq_table;

    use super::*;

    /// The extension by its definition, over the padded shape.
    fn extension(shape: &[usize], elements: &[Fr], point: &[Fr]) -> Fr {
        let tables: Vec<Vec<Fr>> = {
            let mut rest = point;
            shape
                .iter()
                .map(|&len| {
                    let (own, after) = rest.split_at(axis_vars(len));
                    rest = after;
                    eq_table(own)
                })
                .collect()
        };
        elements
            .iter()
            .enumerate()
            .map(|(index, element)| {
                let mut index = index;
                let weight = shape.iter().zip(&tables).rev().map(|(&len, table)| {
                    let weight = table[index % len];
                    index /= len;
                    weight
                });
                weight.product::<Fr>() * element
            })
            .sum()
    }

    #[test]
    fn folds_are_multilinear_extensions() {
        for shape in [
            &[1][..],
            &[2],
            &[3],
            &[7],
            &[8],
            &[1, 1],
            &[3, 5],
            &[2, 1, 6],
            &[5, 4, 3],
        ] {
            let len: usize = shape.iter().product();
            let elements: Vec<Fr> = (0..len as u64).map(|i| Fr::from(i * i + 3)).collect();
            let point: Vec<Fr> = (0..num_vars(shape) as u64)
                .map(|i| Fr::from(i * 7 + 5))
                .collect();
            let (results, value) = values(shape, &elements, &point);
            assert_eq!(value, extension(shape, &elements, &point), "{shape:?}");
            let (constraints, wires) = size(shape);
            assert_eq!(results.len(), wires);
            assert!(constraints < 2 * len.max(1), "{shape:?}");
        }
    }
}
