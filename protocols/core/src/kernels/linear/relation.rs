//! Shapes and ranges of a sum of index maps.

use serde::{Deserialize, Serialize};

use crate::kernels::{LaunchView, Relation};
use crate::program::{GraphError, LinearTerm, Range};

/// `y = Σ_k term_k(input_k)`, each input read through its own [`LinearTerm`].
///
/// Bias, residual addition, subtraction, multiplication by constants along axes, transpose, broadcast, slice, pad, concat, squeeze and
/// window sums are all of this form. No sumcheck: a claim passes to each input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Linear {
    /// One term per input.
    pub terms: Vec<LinearTerm>,
}

impl Relation for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn check(&self, view: &LaunchView<'_>) -> Result<(), GraphError> {
        view.require("terms", !self.terms.is_empty(), || {
            ("at least one".to_owned(), "none".to_owned())
        })?;
        view.arity(self.terms.len(), 1)?;
        let y = view.output(0)?;
        let mut sum = Some(Range::new(0, 0));
        for (index, term) in self.terms.iter().enumerate() {
            let x = view.input(index)?;
            if let Some(problem) = term.problem(&y.shape, &x.shape) {
                return Err(view.misuse(
                    "terms",
                    format!("a map from {} to {}", y.shape, x.shape),
                    problem,
                ));
            }
            sum = match (sum, term.range(&x.range)) {
                (Some(sum), Some(range)) => sum
                    .lo
                    .checked_add(range.lo)
                    .and_then(|lo| Some(Range::new(lo, sum.hi.checked_add(range.hi)?))),
                _ => None,
            };
        }
        view.require_range(y, sum)
    }
}
