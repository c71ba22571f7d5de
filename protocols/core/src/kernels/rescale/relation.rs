//! Shapes, ranges and lookups of the rescaling.

use serde::{Deserialize, Serialize};

use crate::kernels::{LaunchView, LinearForm, LookupSpec, Relation};
use crate::program::{
    AxisMultiplier, GraphError, LinearTerm, Range, TableFunction, TableId, TensorKind,
};

/// `q = floor((x·m + 2^(s−1)) / 2^s)` with `m = Π multipliers`, `s = limbs · bits`.
///
/// ```text
/// x·m + 2^(s−1) = q·2^s + Σ_i limb_i·2^(i·bits),   every limb_i in 0 .. 2^bits
/// ```
/// Input: `x`. Outputs, all of the same shape: advice `q`, then advice `limb_1 … limb_{limbs−1}`. The lowest limb is never committed:
/// it is what the equation leaves, and looking it up in the range table is what proves the equation. Some lookup
/// elsewhere MUST prove the range of `q`; validation insists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rescale {
    /// Positive integer factors along axes.
    pub multipliers: Vec<AxisMultiplier>,
    /// Number of limbs of the remainder, at least one.
    pub limbs: usize,
    /// The range table of `2^bits` entries.
    pub range_table: TableId,
}

impl Rescale {
    /// The shift `s` for a range table of `bits` bits.
    pub fn shift(&self, bits: u32) -> u32 {
        bits.saturating_mul(self.limbs as u32)
    }

    /// `x·m`, element by element.
    pub fn scaled(&self, rank: usize) -> LinearTerm {
        LinearTerm {
            multipliers: self.multipliers.clone(),
            ..LinearTerm::scaled(1, rank)
        }
    }
}

/// Shifts beyond this leave no room for accumulators in 64 bits.
const MAX_SHIFT: u32 = 48;

impl Relation for Rescale {
    fn name(&self) -> &'static str {
        "rescale"
    }

    fn check(&self, view: &LaunchView<'_>) -> Result<(), GraphError> {
        view.require("limbs", self.limbs > 0, || {
            ("at least one".to_owned(), "none".to_owned())
        })?;
        view.arity(1, self.limbs)?;
        let x = view.input(0)?;
        let Some(table) = view.graph.table(self.range_table) else {
            return Err(view.misuse(
                "range table",
                "a table".to_owned(),
                format!("{:?}", self.range_table),
            ));
        };
        view.require(
            "range table",
            table.function == TableFunction::Range && table.lo == 0,
            || ("a range from 0".to_owned(), table.name.clone()),
        )?;
        let shift = self.shift(table.bits);
        view.require("shift", (1..=MAX_SHIFT).contains(&shift), || {
            (format!("1 to {MAX_SHIFT} bits"), shift.to_string())
        })?;
        for index in 0..self.limbs {
            let out = view.output(index)?;
            view.require(
                "outputs",
                out.shape == x.shape && out.kind == TensorKind::Advice,
                || {
                    (
                        format!("advice of shape {}", x.shape),
                        format!("{:?} of shape {}", out.kind, out.shape),
                    )
                },
            )?;
        }
        let positive = self
            .multipliers
            .iter()
            .flat_map(|m| &m.values)
            .all(|&v| v > 0);
        view.require("multipliers", positive, || {
            ("positive integers".to_owned(), "others".to_owned())
        })?;
        let term = self.scaled(x.shape.rank());
        if let Some(problem) = term.problem(&x.shape, &x.shape) {
            return Err(view.misuse("multipliers", format!("axes of {}", x.shape), problem));
        }
        // x·m + 2^(s−1) and q·2^s must both stay in 64 bits, hence far below the field's modulus.
        let q = view.output(0)?;
        let fits = |range: Option<Range>| range.is_some_and(|r| r.magnitude() < 1 << 62);
        view.require("x", fits(term.range(&x.range)), || {
            (
                "products below 2^62".to_owned(),
                format!("x in {}", x.range),
            )
        })?;
        view.require(
            "q",
            fits(LinearTerm::scaled(1 << shift, 0).range(&q.range)),
            || ("q·2^s below 2^62".to_owned(), format!("q in {}", q.range)),
        )
    }

    fn lookups(&self, view: &LaunchView<'_>) -> Vec<LookupSpec> {
        let (Ok(x), Some(table), Some((&q, limbs)), Some(&x_id)) = (
            view.input(0),
            view.graph.table(self.range_table),
            view.launch.outputs.split_first(),
            view.launch.inputs.first(),
        ) else {
            return Vec::new();
        };
        let rank = x.shape.rank();
        let shift = self.shift(table.bits);
        let lookup = |input| LookupSpec {
            table: self.range_table,
            domain: x.shape.clone(),
            input,
            output: None,
        };
        let mut lowest = LinearForm {
            constant: 1 << (shift - 1),
            boxes: Vec::new(),
            terms: vec![
                (x_id, self.scaled(rank)),
                (q, LinearTerm::scaled(-(1 << shift), rank)),
            ],
        };
        for (index, &limb) in limbs.iter().enumerate() {
            let weight = 1i64 << (table.bits * (index as u32 + 1));
            lowest.terms.push((limb, LinearTerm::scaled(-weight, rank)));
        }
        let mut lookups = vec![lookup(lowest)];
        lookups.extend(
            limbs
                .iter()
                .map(|&limb| lookup(LinearForm::tensor(limb, rank))),
        );
        lookups
    }

    fn output_kind(&self, _view: &LaunchView<'_>, _index: usize) -> TensorKind {
        TensorKind::Advice
    }
}
