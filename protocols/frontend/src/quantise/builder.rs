//! The graph under construction: tensors, launches and the values they hold.

use std::collections::BTreeMap;

use kernelwise_core::kernels::{Kernel, Linear, Lookup, Rescale, Reshape};
use kernelwise_core::program::{
    AxisMultiplier, KernelGraph, Launch, LinearTerm, Range, Shape, TableId, Tensor, TensorId,
    TensorKind,
};
use kernelwise_language::patch::relabelling;

use super::options::QuantiseOptions;
use super::tables::{TableSpec, Tables};
use crate::calibrate::Calibration;
use crate::error::QuantiseError;
use crate::layers::{Activation, Layer, Layers, ValueId};
use crate::model::{LayerReport, TracedTensor};
use crate::parameters::ParameterValues;

/// A value of the float model and the tensor that quantises it.
#[derive(Debug, Clone)]
pub(super) struct Quantised {
    /// Holds the elements in row-major order, maybe under another shape.
    pub tensor: TensorId,
    /// The real number of one unit.
    pub scale: f64,
    /// Every value that valid inputs lead to lies here.
    pub bound: Range,
}

/// The rescaling that follows an accumulator.
pub(super) struct Requantisation {
    /// Factors along axes.
    pub multipliers: Vec<AxisMultiplier>,
    /// Limbs of the remainder.
    pub limbs: usize,
    /// Every rescaled value lies here.
    pub q: Range,
    /// Applied with the saturation.
    pub activation: Activation,
    /// Scale of the result.
    pub scale: f64,
    /// The integers that the result may take.
    pub image: Range,
}

/// One pass over a model for one width of the range table.
pub(super) struct Builder<'a> {
    pub model: &'a Layers,
    pub calibration: &'a Calibration,
    pub options: &'a QuantiseOptions,
    pub range_bits: u32,
    pub graph: KernelGraph,
    pub parameters: BTreeMap<TensorId, ParameterValues>,
    pub tables: Tables,
    pub values: Vec<Option<Quantised>>,
    pub report: Vec<LayerReport>,
    pub trace: Vec<TracedTensor>,
}

impl Builder<'_> {
    /// The quantised form of a value.
    pub fn value(&self, layer: &Layer, id: ValueId) -> Result<Quantised, QuantiseError> {
        self.values
            .get(id.0)
            .cloned()
            .flatten()
            .ok_or_else(|| wrong(layer, "input", "an earlier result", "none"))
    }

    /// Shape of a tensor.
    pub fn shape(&self, id: TensorId) -> Shape {
        let tensor = self.graph.tensor(id);
        tensor.map_or_else(|| Shape::new([]), |tensor| tensor.shape.clone())
    }

    /// Declared range of a tensor.
    pub fn range(&self, id: TensorId) -> Range {
        let tensor = self.graph.tensor(id);
        tensor.map_or(Range::new(0, 0), |tensor| tensor.range)
    }

    /// Adds a tensor.
    pub fn tensor(
        &mut self,
        name: impl Into<String>,
        shape: impl Into<Vec<usize>>,
        kind: TensorKind,
        range: Range,
    ) -> TensorId {
        self.graph.add_tensor(Tensor {
            name: name.into(),
            shape: Shape::new(shape),
            kind,
            range,
            scale: None,
        })
    }

    /// Adds a tensor of weights.
    pub fn parameter(
        &mut self,
        name: String,
        shape: Vec<usize>,
        range: Range,
        values: ParameterValues,
    ) -> TensorId {
        let id = self.tensor(name, shape, TensorKind::Parameter, range);
        self.parameters.insert(id, values);
        id
    }

    /// Notes the real number of one unit of a tensor.
    pub fn set_scale(&mut self, id: TensorId, scale: f64) {
        if let Some(tensor) = self.graph.tensors.get_mut(id.0 as usize) {
            tensor.scale = Some(scale);
        }
    }

    /// Adds a launch.
    pub fn launch(
        &mut self,
        name: &str,
        kernel: Kernel,
        inputs: Vec<TensorId>,
        outputs: Vec<TensorId>,
    ) {
        self.graph.launches.push(Launch {
            name: name.to_owned(),
            kernel,
            inputs,
            outputs,
        });
    }

    /// Adds a sum of index maps with the range that validation will compute.
    pub fn linear(
        &mut self,
        layer: &Layer,
        suffix: &str,
        shape: Vec<usize>,
        terms: Vec<(TensorId, LinearTerm)>,
    ) -> Result<TensorId, QuantiseError> {
        let mut range = Range::new(0, 0);
        for (id, term) in &terms {
            let sum = term.range(&self.range(*id)).and_then(|term| {
                Some(Range::new(
                    range.lo.checked_add(term.lo)?,
                    range.hi.checked_add(term.hi)?,
                ))
            });
            range = sum.ok_or_else(|| wrong(layer, "accumulator", "64 bits", "more"))?;
        }
        let output = self.tensor(
            format!("{}{suffix}", layer.name),
            shape,
            TensorKind::Virtual,
            range,
        );
        let (inputs, terms) = terms.into_iter().unzip();
        let kernel = Kernel::Linear(Linear { terms });
        self.launch(&layer.name, kernel, inputs, vec![output]);
        Ok(output)
    }

    /// The tensor of a value under `shape`, by a relabelling where it has another one.
    pub fn tensor_of_shape(
        &mut self,
        layer: &Layer,
        id: ValueId,
        shape: &[usize],
    ) -> Result<TensorId, QuantiseError> {
        let mut value = self.value(layer, id)?;
        let from = self.shape(value.tensor);
        if from.dims() == shape {
            return Ok(value.tensor);
        }
        let relabelled = if let Some(map) = relabelling(&from, &Shape::new(shape)) {
            // Only axes of length 1 come and go: no sumcheck, no dense claim.
            let term = LinearTerm {
                map,
                ..LinearTerm::scaled(1, 0)
            };
            self.linear(layer, ".axes", shape.to_vec(), vec![(value.tensor, term)])?
        } else {
            let range = self.range(value.tensor);
            let name = format!("{}.reshape", layer.name);
            let output = self.tensor(name, shape, TensorKind::Virtual, range);
            let kernel = Kernel::Reshape(Reshape);
            self.launch(&layer.name, kernel, vec![value.tensor], vec![output]);
            output
        };
        self.set_scale(relabelled, value.scale);
        value.tensor = relabelled;
        self.values[id.0] = Some(value);
        Ok(relabelled)
    }

    /// Scale and integers of a layer's result, from its calibrated interval.
    pub fn output_scale(
        &self,
        layer: &Layer,
        non_negative: bool,
    ) -> Result<(f64, Range), QuantiseError> {
        let value = self.model.value(layer.output);
        let (lo, hi) = self.calibration.interval(&value.observed).ok_or_else(|| {
            QuantiseError::Calibration {
                value: value.name.clone(),
            }
        })?;
        let image = self.options.activation_range(non_negative);
        Ok((scale_for(lo, hi, image), image))
    }

    /// Requires a table.
    pub fn table(&mut self, spec: &TableSpec, need: Range, layer: &Layer) -> TableId {
        self.tables.require(spec, need, &layer.name)
    }

    /// The table of `0 .. 2^range_bits`.
    pub fn range_table(&mut self, layer: &Layer) -> TableId {
        let bits = self.range_bits;
        let spec = TableSpec::Range { bits };
        self.table(&spec, Range::new(0, (1 << bits) - 1), layer)
    }

    /// Rescales an accumulator and saturates it, applying the activation.
    pub fn requantise(
        &mut self,
        layer: &Layer,
        accumulator: TensorId,
        how: Requantisation,
    ) -> Result<Quantised, QuantiseError> {
        let shape = self.shape(accumulator).dims().to_vec();
        let range_table = self.range_table(layer);
        let name = |part: &str| format!("{}{part}", layer.name);
        // Its range is fixed together with the table's domain.
        let q = self.tensor(name(".q"), &*shape, TensorKind::Advice, how.q);
        let mut outputs = vec![q];
        for limb in 1..how.limbs {
            let range = Range::new(0, (1 << self.range_bits) - 1);
            let limb = name(&format!(".limb{limb}"));
            outputs.push(self.tensor(limb, &*shape, TensorKind::Advice, range));
        }
        let spec = table_spec(how.activation, how.scale, how.image);
        let table = self.table(&spec, how.q, layer);
        self.tables.proves(table, q);
        let y = self.tensor(name(""), &*shape, TensorKind::Advice, spec.image());
        self.set_scale(y, how.scale);
        self.report.push(LayerReport {
            name: layer.name.clone(),
            operator: layer.operator.clone(),
            scale: how.scale,
            shift: self.range_bits * how.limbs as u32,
            limbs: how.limbs,
            multiplier: largest(&how.multipliers),
            bound: how.q,
            accumulator: self.range(accumulator),
        });
        let rescale = Kernel::Rescale(Rescale {
            multipliers: how.multipliers,
            limbs: how.limbs,
            range_table,
        });
        self.launch(&layer.name, rescale, vec![accumulator], outputs);
        let lookup = Kernel::Lookup(Lookup { table });
        self.launch(&layer.name, lookup, vec![q], vec![y]);
        Ok(Quantised {
            tensor: y,
            scale: how.scale,
            bound: spec.image_of(how.q),
        })
    }

    /// The fewest limbs whose shift is at least `least`.
    pub fn limbs_for(&self, layer: &Layer, least: f64) -> Result<usize, QuantiseError> {
        /// The kernel's limit on shifts.
        const MAX_SHIFT: u32 = 48;
        let limbs = (least / f64::from(self.range_bits)).ceil().max(1.0);
        if limbs * f64::from(self.range_bits) > f64::from(MAX_SHIFT) {
            let expected = format!("at most {MAX_SHIFT} bits");
            return Err(wrong(layer, "shift", expected, format!("{least:.0} bits")));
        }
        Ok(limbs as usize)
    }
}

/// The scale at which the integers of `image` reach both ends of an interval.
pub(super) fn scale_for(lo: f32, hi: f32, image: Range) -> f64 {
    let magnitude = f64::from(lo).abs().max(f64::from(hi).abs());
    // A value that was always zero gets any scale; a tiny one must not overflow when inverted.
    let magnitude = if magnitude < 1e-20 { 1.0 } else { magnitude };
    magnitude / image.hi as f64
}

/// The table that saturates to `image` and applies an activation, input and output at the same scale.
pub(super) fn table_spec(activation: Activation, scale: f64, image: Range) -> TableSpec {
    match activation {
        Activation::Identity => TableSpec::Clamp(image),
        Activation::Relu => TableSpec::Clamp(Range::new(image.lo.max(0), image.hi)),
        Activation::Clip { lo, hi } => {
            let bound = |real: f64| ((real / scale).round() as i64).clamp(image.lo, image.hi);
            TableSpec::Clamp(Range::new(bound(lo), bound(hi)))
        }
        // Homogeneous, so that the scale does not matter and layers can share the table.
        Activation::LeakyRelu { .. } => TableSpec::Function {
            activation,
            input_scale: 1.0,
            output_scale: 1.0,
            image,
        },
    }
}

fn largest(multipliers: &[AxisMultiplier]) -> i64 {
    let values = multipliers.iter().flat_map(|m| m.values.iter().copied());
    values.max().unwrap_or(1)
}

/// An error about a layer.
pub(super) fn wrong(
    layer: &Layer,
    what: &'static str,
    expected: impl Into<String>,
    got: impl Into<String>,
) -> QuantiseError {
    QuantiseError::Layer {
        layer: layer.name.clone(),
        what,
        expected: expected.into(),
        got: got.into(),
    }
}
