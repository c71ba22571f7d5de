//! Shapes and ranges of the matrix product.

use serde::{Deserialize, Serialize};

use crate::kernels::{LaunchView, Relation};
use crate::program::{GraphError, Range, Shape, TensorKind};

/// `y[o…, n] = Σ_{k…} x[o…, k…] · w[k…, n]`.
///
/// Inputs: `x` of shape `outer ++ contracted`, parameter `w` of shape `contracted ++ [n]`. Output: `y` of shape `outer ++ [n]`.
/// Contracting several axes at once absorbs a flattening of `x` at no cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatMul {
    /// How many trailing axes of `x`, and leading axes of `w`, are contracted.
    pub contracted: usize,
}

/// The axis groups of one launch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MatMulShape {
    /// Axes of `x` that remain.
    pub outer: Shape,
    /// Axes summed over.
    pub contracted: Shape,
    /// Columns of `w`.
    pub columns: usize,
}

impl MatMul {
    /// Splits the shapes of `x` and `w`, if they fit together.
    pub fn split(&self, x: &Shape, w: &Shape) -> Option<MatMulShape> {
        let outer_rank = x.rank().checked_sub(self.contracted)?;
        let (outer, contracted) = x.dims().split_at_checked(outer_rank)?;
        let (&columns, rows) = w.dims().split_last()?;
        (self.contracted > 0 && rows == contracted).then(|| MatMulShape {
            outer: Shape::new(outer),
            contracted: Shape::new(contracted),
            columns,
        })
    }
}

impl Relation for MatMul {
    fn name(&self) -> &'static str {
        "matmul"
    }

    fn check(&self, view: &LaunchView<'_>) -> Result<(), GraphError> {
        view.arity(2, 1)?;
        let (x, w, y) = (view.input(0)?, view.input(1)?, view.output(0)?);
        let Some(shape) = self.split(&x.shape, &w.shape) else {
            return Err(view.misuse(
                "w",
                format!(
                    "the last {} axes of {} and then columns",
                    self.contracted, x.shape
                ),
                w.shape.to_string(),
            ));
        };
        let mut expected = shape.outer.dims().to_vec();
        expected.push(shape.columns);
        view.require("y", y.shape.dims() == expected, || {
            (format!("{expected:?}"), y.shape.to_string())
        })?;
        view.require("w", w.kind == TensorKind::Parameter, || {
            ("a parameter".to_owned(), format!("{:?}", w.kind))
        })?;
        view.require_range(y, product_range(&x.range, &w.range, shape.contracted.len()))
    }

    fn macs(&self, view: &LaunchView<'_>) -> u64 {
        match (view.input(0), view.input(1)) {
            (Ok(x), Ok(w)) => self.split(&x.shape, &w.shape).map_or(0, |s| {
                s.outer.len() as u64 * s.contracted.len() as u64 * s.columns as u64
            }),
            _ => 0,
        }
    }
}

/// The interval of a sum of `terms` products; `None` if it leaves 64 bits.
pub(crate) fn product_range(a: &Range, b: &Range, terms: usize) -> Option<Range> {
    let product = i128::from(a.magnitude()) * i128::from(b.magnitude());
    let bound = i64::try_from(product.checked_mul(terms as i128)?).ok()?;
    Some(Range::new(-bound, bound))
}
