//! Tables shared between layers: each covers every input that any of its layers can produce.

use kernelwise_core::program::{
    KernelGraph, LookupTable, Range, Shape, TableFunction, TableId, Tensor, TensorId, TensorKind,
};

use crate::error::QuantiseError;
use crate::layers::Activation;

/// What a table computes; equal ones are shared.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TableSpec {
    /// Membership in `0 .. 2^bits`.
    Range { bits: u32 },
    /// Saturation to a range.
    Clamp(Range),
    /// `round(activation(q·input_scale) / output_scale)`, saturated to `image`.
    Function {
        activation: Activation,
        input_scale: f64,
        output_scale: f64,
        image: Range,
    },
}

impl TableSpec {
    /// Every output lies here.
    pub fn image(&self) -> Range {
        match self {
            Self::Range { .. } => Range::new(0, 0),
            Self::Clamp(image) | Self::Function { image, .. } => *image,
        }
    }

    /// The interval of outputs for inputs in `q`.
    pub fn image_of(&self, q: Range) -> Range {
        match self {
            Self::Clamp(image) => Range::new(
                q.lo.clamp(image.lo, image.hi),
                q.hi.clamp(image.lo, image.hi),
            ),
            other => other.image(),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Range { bits } => format!("range {bits}"),
            Self::Clamp(image) => format!("clamp {image}"),
            Self::Function {
                activation, image, ..
            } => format!("{activation:?} {image}"),
        }
    }

    fn function(&self, domain: Range) -> TableFunction {
        match *self {
            Self::Range { .. } => TableFunction::Range,
            Self::Clamp(image) => TableFunction::Clamp(image),
            Self::Function {
                activation,
                input_scale,
                output_scale,
                image,
            } => {
                let value = |q: i64| {
                    let y = activation.apply(q as f64 * input_scale) / output_scale;
                    (y.round() as i64).clamp(image.lo, image.hi) as i32
                };
                TableFunction::Values((domain.lo..=domain.hi).map(value).collect())
            }
        }
    }
}

struct Pending {
    spec: TableSpec,
    /// Inputs that layers can produce.
    need: Range,
    /// Advice tensors whose range this table alone proves.
    inputs: Vec<TensorId>,
    /// The layer with the widest need, for errors.
    layer: String,
}

/// The tables of a graph under construction.
#[derive(Default)]
pub(super) struct Tables(Vec<Pending>);

impl Tables {
    /// The table for `spec`, which from now on covers `need`.
    pub fn require(&mut self, spec: &TableSpec, need: Range, layer: &str) -> TableId {
        let index = match self.0.iter().position(|pending| pending.spec == *spec) {
            Some(index) => index,
            None => {
                self.0.push(Pending {
                    spec: spec.clone(),
                    need,
                    inputs: Vec::new(),
                    layer: layer.to_owned(),
                });
                self.0.len() - 1
            }
        };
        let pending = &mut self.0[index];
        if !pending.need.encloses(&need) {
            layer.clone_into(&mut pending.layer);
        }
        pending.need = Range::new(pending.need.lo.min(need.lo), pending.need.hi.max(need.hi));
        TableId(index as u32)
    }

    /// The range of `input` will be the whole domain of `table`.
    pub fn proves(&mut self, table: TableId, input: TensorId) {
        if let Some(pending) = self.0.get_mut(table.0 as usize) {
            pending.inputs.push(input);
        }
    }

    /// Fixes all domains and adds the tables to the graph.
    ///
    /// # Errors
    /// [`QuantiseError::TableSize`] if one needs more than `2^max_bits` entries.
    pub fn finish(self, graph: &mut KernelGraph, max_bits: u32) -> Result<(), QuantiseError> {
        /// Columns of the multiplicities; more would make the widest row of small proofs.
        const COLUMN_BITS: u32 = 9;
        for pending in self.0 {
            let entries = i128::from(pending.need.hi) - i128::from(pending.need.lo) + 1;
            let bits = 128 - (entries.max(2) - 1).leading_zeros();
            if bits > max_bits {
                return Err(QuantiseError::TableSize {
                    layer: pending.layer,
                    expected: max_bits,
                    got: bits,
                });
            }
            let lo = pending.need.lo;
            let domain = Range::new(lo, lo.saturating_add((1i64 << bits) - 1));
            for id in pending.inputs {
                if let Some(tensor) = graph.tensors.get_mut(id.0 as usize) {
                    tensor.range = domain;
                }
            }
            let columns = bits.min(COLUMN_BITS);
            let name = pending.spec.name();
            let multiplicities = graph.add_tensor(Tensor {
                name: format!("{name}: multiplicities"),
                shape: Shape::new([1usize << (bits - columns), 1 << columns]),
                kind: TensorKind::Advice,
                range: Range::new(0, 1 << 40),
                scale: None,
            });
            graph.tables.push(LookupTable {
                name,
                lo,
                bits,
                function: pending.spec.function(domain),
                multiplicities,
            });
        }
        Ok(())
    }
}
