//! How a tensor is seen as a matrix.

use crate::claim::{Functional, outer_product};
use crate::program::Shape;
use kernelwise_field::Fr;

/// Rows and columns of a tensor: a split of its axes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowLayout {
    /// How many leading axes index rows.
    pub row_axes: usize,
    /// Logical rows.
    pub rows: usize,
    /// Logical columns.
    pub columns: usize,
}

impl RowLayout {
    /// The split with the fewest rows whose columns number at most `max_columns`; the last axis that is longer than 1 always is a
    /// column axis.
    pub fn new(shape: &Shape, max_columns: usize) -> Self {
        let dims = shape.dims();
        let (mut row_axes, mut columns) = (dims.len(), 1);
        while let Some(&dim) = row_axes.checked_sub(1).and_then(|axis| dims.get(axis)) {
            if columns > 1 && columns * dim > max_columns {
                break;
            }
            columns *= dim;
            row_axes -= 1;
        }
        Self {
            row_axes,
            rows: shape.len() / columns.max(1),
            columns,
        }
    }

    /// The weights of a separable functional on rows and on columns; `None` for a dense one.
    pub fn split(&self, shape: &Shape, functional: &Functional) -> Option<(Vec<Fr>, Vec<Fr>)> {
        let Functional::Separable(axes) = functional else {
            return None;
        };
        let (rows, columns) = axes.split_at_checked(self.row_axes)?;
        let (row_dims, column_dims) = shape.dims().split_at_checked(self.row_axes)?;
        Some((
            outer_product(rows, row_dims),
            outer_product(columns, column_dims),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_as_few_as_the_columns_allow() {
        let layout = |dims: &[usize], max| {
            let layout = RowLayout::new(&Shape::new(dims), max);
            (layout.rows, layout.columns)
        };
        assert_eq!(layout(&[6, 28, 28], 1024), (6, 784));
        assert_eq!(layout(&[6, 28, 28], 256), (168, 28));
        assert_eq!(layout(&[6, 28, 28], 5), (168, 28));
        assert_eq!(layout(&[10], 1024), (1, 10));
        // A column of one element for each row would be a point for each element.
        assert_eq!(layout(&[3, 2000, 1], 1024), (3, 2000));
        assert_eq!(layout(&[], 1024), (1, 1));
    }
}
