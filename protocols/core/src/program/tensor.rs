//! Tensors: shape, kind and proven range. Values live with whoever runs the program.

use serde::{Deserialize, Serialize};

use super::Range;

/// Index of a tensor in its graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TensorId(pub u32);

/// Where the values of a tensor come from, and therefore how claims on it are settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TensorKind {
    /// Known to the verifier, who checks the range and evaluates claims itself.
    Input,
    /// Weights, committed once at setup; claims are opened against that commitment.
    Parameter,
    /// Committed per proof; claims are opened.
    Advice,
    /// Never committed: claims go on to the launch that produces it.
    Virtual,
    /// Known to the launch that produces it alone: nothing is ever claimed of it.
    Private,
}

/// A row-major logical shape; every axis is padded to a power of two in the multilinear view.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Shape(Vec<usize>);

impl Shape {
    /// A shape with these axis lengths, outermost first. Validation later refuses empty axes.
    pub fn new(dims: impl Into<Vec<usize>>) -> Self {
        Self(dims.into())
    }

    /// Axis lengths, outermost first.
    pub fn dims(&self) -> &[usize] {
        &self.0
    }

    /// Number of axes.
    pub fn rank(&self) -> usize {
        self.0.len()
    }

    /// Number of logical elements; 1 for rank 0. Saturates instead of overflowing.
    pub fn len(&self) -> usize {
        self.0
            .iter()
            .fold(1, |product, &dim| product.saturating_mul(dim))
    }

    /// Whether some axis is empty.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Variables of each axis: `ceil(log2 dim)`.
    pub fn axis_vars(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().map(|&dim| log2_ceil(dim))
    }

    /// Variables of the multilinear extension: the sum over axes.
    pub fn num_vars(&self) -> usize {
        self.axis_vars().sum()
    }

    /// Number of entries of the padded table, `2^num_vars`.
    pub fn padded_len(&self) -> usize {
        1 << self.num_vars()
    }

    /// Row-major strides of the logical array.
    pub fn strides(&self) -> Vec<usize> {
        let mut strides = vec![1; self.rank()];
        for axis in (1..self.rank()).rev() {
            strides[axis - 1] = strides[axis] * self.0[axis];
        }
        strides
    }

    /// Places logical values into the padded table, `fill` elsewhere.
    ///
    /// # Panics
    /// If `values` does not have [`len`](Self::len) elements.
    pub fn pad<T: Copy>(&self, values: &[T], fill: T) -> Vec<T> {
        assert_eq!(values.len(), self.len(), "values must fill the shape");
        let mut padded = vec![fill; self.padded_len()];
        let width = self.0.last().copied().unwrap_or(1);
        for (row, start) in values.chunks(width.max(1)).zip(self.padded_rows()) {
            padded[start..start + width].copy_from_slice(row);
        }
        padded
    }

    /// Where each run of the innermost axis starts in the padded table, in row-major order.
    pub fn padded_rows(&self) -> Vec<usize> {
        let Some((&width, outer)) = self.0.split_last() else {
            return vec![0];
        };
        let mut stride = width.next_power_of_two();
        let mut rows = vec![0];
        for &dim in outer.iter().rev() {
            rows = (0..dim)
                .flat_map(|index| rows.iter().map(move |row| index * stride + row))
                .collect();
            stride *= dim.next_power_of_two();
        }
        rows
    }
}

impl std::fmt::Display for Shape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

/// `ceil(log2 n)`, and 0 for `n <= 1`.
pub(crate) fn log2_ceil(n: usize) -> usize {
    n.max(1).next_power_of_two().ilog2() as usize
}

/// What is known of a tensor before any value is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tensor {
    /// For messages and reports; unique names are not required.
    pub name: String,
    /// Logical shape.
    pub shape: Shape,
    /// How claims on it are settled.
    pub kind: TensorKind,
    /// Every value lies here: proved, checked by the verifier, or certified at setup, by kind.
    pub range: Range,
    /// The real number that one unit stands for, where the tensor quantises one. Not used by any proof.
    pub scale: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_puts_zeros_outside_the_logical_shape() {
        let shape = Shape::new([2, 3, 1]);
        assert_eq!(shape.num_vars(), 3);
        assert_eq!(
            shape.pad(&[1, 2, 3, 4, 5, 6], 0),
            vec![1, 2, 3, 0, 4, 5, 6, 0]
        );
        let shape = Shape::new([3, 2]);
        assert_eq!(
            shape.pad(&[1, 2, 3, 4, 5, 6], 9),
            vec![1, 2, 3, 4, 5, 6, 9, 9]
        );
        assert_eq!(Shape::new([]).pad(&[7], 0), vec![7]);
    }
}
