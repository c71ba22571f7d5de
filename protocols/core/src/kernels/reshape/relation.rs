//! Shapes of a relabelling.

use serde::{Deserialize, Serialize};

use crate::kernels::{LaunchView, Relation};
use crate::program::GraphError;

/// `y` holds the elements of `x` in the same row-major order under another shape.
///
/// Axis lengths that are not powers of two make the map inseparable, so that the claim on `x` is dense: the verifier's cost is
/// linear in the tensor. Front ends fold reshapes into neighbouring kernels where they can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reshape;

/// The verifier holds one field element per element.
const MAX_ELEMENTS: usize = 1 << 22;

impl Relation for Reshape {
    fn name(&self) -> &'static str {
        "reshape"
    }

    fn check(&self, view: &LaunchView<'_>) -> Result<(), GraphError> {
        view.arity(1, 1)?;
        let (x, y) = (view.input(0)?, view.output(0)?);
        view.require("y", x.shape.len() == y.shape.len(), || {
            (format!("{} elements", x.shape.len()), y.shape.to_string())
        })?;
        view.require("x", x.shape.len() <= MAX_ELEMENTS, || {
            (
                format!("at most {MAX_ELEMENTS} elements"),
                x.shape.to_string(),
            )
        })?;
        view.require_range(y, Some(x.range))
    }
}
