//! Shapes and ranges of a table look-up.

use serde::{Deserialize, Serialize};

use crate::kernels::{LaunchView, LinearForm, LookupSpec, Relation};
use crate::program::{GraphError, TableFunction, TableId, TensorKind};

/// `y = table(x)`, element by element. Input: `x`. Output: advice `y` of the same shape.
///
/// The lookup proves the range of both: `x` lies in the table's domain, `y` in its image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lookup {
    /// The table; not a range table.
    pub table: TableId,
}

impl Relation for Lookup {
    fn name(&self) -> &'static str {
        "lookup"
    }

    fn check(&self, view: &LaunchView<'_>) -> Result<(), GraphError> {
        view.arity(1, 1)?;
        let (x, y) = (view.input(0)?, view.output(0)?);
        let Some(table) = view.graph.table(self.table) else {
            return Err(view.misuse("table", "a table".to_owned(), format!("{:?}", self.table)));
        };
        view.require("table", table.function != TableFunction::Range, || {
            ("a table with outputs".to_owned(), table.name.clone())
        })?;
        view.require(
            "y",
            y.shape == x.shape && y.kind == TensorKind::Advice,
            || {
                (
                    format!("advice of shape {}", x.shape),
                    format!("{:?} of shape {}", y.kind, y.shape),
                )
            },
        )?;
        view.require_range(y, Some(table.image()))
    }

    fn lookups(&self, view: &LaunchView<'_>) -> Vec<LookupSpec> {
        let (Ok(x), [x_id], [y_id]) = (view.input(0), &*view.launch.inputs, &*view.launch.outputs)
        else {
            return Vec::new();
        };
        let rank = x.shape.rank();
        vec![LookupSpec {
            table: self.table,
            domain: x.shape.clone(),
            input: LinearForm::tensor(*x_id, rank),
            output: Some(LinearForm::tensor(*y_id, rank)),
        }]
    }

    fn output_kind(&self, _view: &LaunchView<'_>, _index: usize) -> TensorKind {
        TensorKind::Advice
    }
}
