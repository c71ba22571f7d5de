//! Grids of instances, and weights on them.

use kernelwise_field::{AdditiveGroup, Field, Fr};

use crate::claim::{AxisWeights, split_point};
use crate::poly::eq_eval;
use crate::program::Shape;

/// The instances of a launch: a logical shape, padded axis by axis. A padded instance is a copy of the one whose index is 0
/// along the padded axes, so that whatever holds of every instance holds of all of them.
#[derive(Debug, Clone, Copy)]
pub struct Grid<'a>(pub &'a Shape);

impl Grid<'_> {
    /// The place of a logical instance among those of a tensor that has the axes named by `kept`.
    pub fn place(&self, kept: &[bool], instance: usize) -> usize {
        let (mut rest, mut stride, mut place) = (instance, 1, 0);
        for (&dim, &kept) in self.0.dims().iter().zip(kept).rev() {
            let dim = dim.max(1);
            if kept {
                place += rest % dim * stride;
                stride *= dim;
            }
            rest /= dim;
        }
        place
    }
}

/// Weights on the instances of a grid: a product over axes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GridWeights {
    /// Weights along each axis.
    pub axes: Vec<AxisWeights>,
    /// Whether padded instances weigh as a point makes them, rather than nothing.
    pub padded: bool,
}

impl GridWeights {
    /// `eq(point, ·)` over all instances, padded ones included.
    pub fn at_point(grid: Grid<'_>, point: &[Fr]) -> Self {
        Self {
            axes: split_point(grid.0, point)
                .map(|part| AxisWeights::Point(part.to_vec()))
                .collect(),
            padded: true,
        }
    }

    /// Whether every axis is a point: then, drawn at random, a sum of zero means that every instance is zero.
    pub fn is_point(&self) -> bool {
        self.axes
            .iter()
            .all(|axis| matches!(axis, AxisWeights::Point(_)))
    }

    /// The point, where every axis is one and no instance is left out.
    pub fn as_point(&self, grid: Grid<'_>) -> Option<Vec<Fr>> {
        let whole = self.padded || grid.0.dims().iter().all(|dim| dim.is_power_of_two());
        let mut point = Vec::new();
        for axis in &self.axes {
            match axis {
                AxisWeights::Point(part) if whole => point.extend_from_slice(part),
                _ => return None,
            }
        }
        Some(point)
    }

    /// One weight per padded instance, row-major.
    pub fn to_table(&self, grid: Grid<'_>) -> Vec<Fr> {
        let mut table = vec![Fr::ONE];
        for (axis, &dim) in self.axes.iter().zip(grid.0.dims()) {
            let size = dim.next_power_of_two();
            let mut vector = axis.to_vector(if self.padded { size } else { dim });
            vector.resize(size, Fr::ZERO);
            table = table
                .iter()
                .flat_map(|&left| vector.iter().map(move |&right| left * right))
                .collect();
        }
        table
    }

    /// The multilinear extension of the weights at `point`.
    pub fn evaluate(&self, grid: Grid<'_>, point: &[Fr]) -> Fr {
        let axes = self
            .axes
            .iter()
            .zip(grid.0.dims())
            .zip(split_point(grid.0, point));
        axes.map(|((axis, &dim), part)| match axis {
            AxisWeights::Point(own) if self.padded || dim.is_power_of_two() => eq_eval(own, part),
            AxisWeights::Point(own) => eq_below(own, part, dim),
            AxisWeights::Vector(_) => axis.evaluate(part),
        })
        .product()
    }

    /// The weights of a claim on a tensor that has the axes of the grid named by `kept`, and the factor that
    /// the axes which it lacks leave.
    pub fn on_tensor(&self, grid: Grid<'_>, kept: &[bool]) -> (Fr, Vec<AxisWeights>) {
        let mut scale = Fr::ONE;
        let mut weights = Vec::with_capacity(kept.len());
        for ((axis, &dim), &kept) in self.axes.iter().zip(grid.0.dims()).zip(kept) {
            if kept && (dim.is_power_of_two() || !self.padded) {
                weights.push(axis.clone());
                continue;
            }
            let mut vector = axis.to_vector(if self.padded {
                dim.next_power_of_two()
            } else {
                dim
            });
            if kept {
                // Copies of index 0 weigh on index 0.
                let copies: Fr = vector.drain(dim.min(vector.len())..).sum();
                if let Some(first) = vector.first_mut() {
                    *first += copies;
                }
                weights.push(AxisWeights::Vector(vector));
            } else {
                scale *= vector.iter().sum::<Fr>();
            }
        }
        (scale, weights)
    }
}

/// `Σ_{i < end} eq(a, i)·eq(b, i)`.
fn eq_below(a: &[Fr], b: &[Fr], end: usize) -> Fr {
    let bits = a.len();
    if bits < usize::BITS as usize && end >= 1 << bits {
        return eq_eval(a, b);
    }
    let (mut sum, mut prefix) = (Fr::ZERO, Fr::ONE);
    for (position, (&x, &y)) in a.iter().zip(b).enumerate() {
        let low = (Fr::ONE - x) * (Fr::ONE - y);
        if end >> (bits - 1 - position) & 1 == 1 {
            let rest = eq_eval(
                a.get(position + 1..).unwrap_or_default(),
                b.get(position + 1..).unwrap_or_default(),
            );
            sum += prefix * low * rest;
            prefix *= x * y;
        } else {
            prefix *= low;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claim::dot;
    use crate::poly::eq_table;

    #[test]
    fn evaluation_agrees_with_the_table() {
        let shape = Shape::new([3, 1, 6, 4]);
        let grid = Grid(&shape);
        let at =
            |seed: u64| -> Vec<Fr> { (0..7).map(|i| Fr::from(seed * 31 + i * i + 5)).collect() };
        for padded in [false, true] {
            let weights = GridWeights {
                padded,
                ..GridWeights::at_point(grid, &at(1))
            };
            let expected = dot(&weights.to_table(grid), &eq_table(&at(2)));
            assert_eq!(weights.evaluate(grid, &at(2)), expected);
        }
    }

    #[test]
    fn copies_weigh_on_the_instance_that_they_copy() {
        let shape = Shape::new([3, 2]);
        let grid = Grid(&shape);
        let point: Vec<Fr> = [3u64, 5, 7].map(Fr::from).into();
        let weights = GridWeights::at_point(grid, &point);
        let table = weights.to_table(grid);
        let (scale, axes) = weights.on_tensor(grid, &[true, true]);
        assert_eq!(scale, Fr::ONE);
        let logical = crate::claim::outer_product(&axes, shape.dims());
        // Row 3 of the padded grid copies row 0.
        let expected: Vec<Fr> = (0..6)
            .map(|i| table[i] + if i < 2 { table[6 + i] } else { Fr::ZERO })
            .collect();
        assert_eq!(logical, expected);
        let (scale, axes) = weights.on_tensor(grid, &[false, true]);
        assert_eq!((scale, axes.len()), (Fr::ONE, 1));
    }
}
