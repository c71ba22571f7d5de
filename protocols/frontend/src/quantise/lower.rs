//! One layer after the other, from floats to kernels.

use kernelwise_core::kernels::{Kernel, Linear, Lookup, MaxPool, PoolAxis};
use kernelwise_core::program::{LinearTerm, Range, TensorId, TensorKind};

use super::builder::{Builder, Quantised, scale_for, table_spec, wrong};
use super::tables::TableSpec;
use crate::error::QuantiseError;
use crate::layers::{Activation, Layer, Layers, Operation, ValueId};
use crate::model::TracedTensor;

/// A table with its own output scale pays where the shared one would use less than this part of its outputs.
const COARSE: f64 = 0.5;

impl Builder<'_> {
    /// Lowers the whole model.
    pub fn lower(&mut self) -> Result<(), QuantiseError> {
        let model = self.model;
        for &id in &model.inputs {
            self.input(id)?;
        }
        for layer in &model.layers {
            let keep = keeps_accumulator(model, layer);
            let value = match &layer.operation {
                Operation::MatMul(weights) => self.matmul(layer, weights, keep)?,
                Operation::Conv(conv) => self.conv(layer, conv, keep)?,
                Operation::Linear(linear) => self.sum(layer, linear, keep)?,
                Operation::Activation(activation) => self.activation(layer, *activation)?,
                Operation::MaxPool(axes) => self.max_pool(layer, axes)?,
                Operation::Reshape => self.value(layer, layer.inputs[0])?,
                Operation::ArgMax => self.arg_max(layer)?,
            };
            let float = model.value(layer.output);
            if float.traced {
                self.trace.push(TracedTensor {
                    value: float.name.clone(),
                    layer: layer.name.clone(),
                    operator: layer.operator.clone(),
                    tensor: value.tensor,
                    scale: value.scale,
                });
            }
            self.values[layer.output.0] = Some(value);
        }
        for &id in &model.outputs {
            self.output(id)?;
        }
        Ok(())
    }

    fn input(&mut self, id: ValueId) -> Result<(), QuantiseError> {
        let value = self.model.value(id);
        let (lo, hi) =
            self.calibration
                .interval(&value.name)
                .ok_or_else(|| QuantiseError::Calibration {
                    value: value.name.clone(),
                })?;
        let range = self.options.activation_range(lo >= 0.0);
        let scale = scale_for(lo, hi, range);
        let tensor = self.tensor(&value.name, &*value.shape, TensorKind::Input, range);
        self.set_scale(tensor, scale);
        self.graph.inputs.push(tensor);
        self.values[id.0] = Some(Quantised {
            tensor,
            scale,
            bound: range,
        });
        Ok(())
    }

    fn output(&mut self, id: ValueId) -> Result<(), QuantiseError> {
        let value = self.model.value(id);
        // Errors about relabelling an output name the output.
        let layer = Layer {
            name: value.name.clone(),
            operator: "output".to_owned(),
            operation: Operation::Reshape,
            activation: Activation::Identity,
            inputs: vec![id],
            output: id,
        };
        let mut tensor = self.tensor_of_shape(&layer, id, &value.shape)?;
        if self.graph.tensor(tensor).map(|t| t.kind) == Some(TensorKind::Input) {
            tensor = self.copy(&layer, tensor, value.shape.len())?;
        }
        self.graph.outputs.push(tensor);
        Ok(())
    }

    /// An input that is also an output: outputs must be results.
    fn copy(&mut self, layer: &Layer, x: TensorId, rank: usize) -> Result<TensorId, QuantiseError> {
        let scale = self.graph.tensor(x).and_then(|tensor| tensor.scale);
        let (shape, range) = (self.shape(x), self.range(x));
        let range = Range::new(range.lo.min(0), range.hi.max(0));
        let name = format!("{}.copy", layer.name);
        let y = self.tensor(name, shape.dims(), TensorKind::Virtual, range);
        if let Some(scale) = scale {
            self.set_scale(y, scale);
        }
        let kernel = Kernel::Linear(Linear {
            terms: vec![LinearTerm::scaled(1, rank)],
        });
        self.launch(&layer.name, kernel, vec![x], vec![y]);
        Ok(y)
    }

    /// An activation that could not be folded into a rescaling.
    fn activation(
        &mut self,
        layer: &Layer,
        activation: Activation,
    ) -> Result<Quantised, QuantiseError> {
        let x = self.value(layer, layer.inputs[0])?;
        let non_negative = activation.is_non_negative() || x.bound.lo >= 0;
        let (own_scale, image) = self.output_scale(layer, non_negative)?;
        // At the input's scale, tables can be shared.
        let used = own_scale * image.hi as f64 / (x.scale * x.bound.magnitude().max(1) as f64);
        let (spec, scale) = if used >= COARSE {
            (table_spec(activation, x.scale, image), x.scale)
        } else {
            let spec = TableSpec::Function {
                activation,
                input_scale: x.scale,
                output_scale: own_scale,
                image,
            };
            (spec, own_scale)
        };
        let table = self.table(&spec, x.bound, layer);
        let dims = self.shape(x.tensor);
        let y = self.tensor(&layer.name, dims.dims(), TensorKind::Advice, spec.image());
        self.set_scale(y, scale);
        let kernel = Kernel::Lookup(Lookup { table });
        self.launch(&layer.name, kernel, vec![x.tensor], vec![y]);
        Ok(Quantised {
            tensor: y,
            scale,
            bound: spec.image_of(x.bound),
        })
    }

    fn max_pool(&mut self, layer: &Layer, axes: &[PoolAxis]) -> Result<Quantised, QuantiseError> {
        let input = layer.inputs[0];
        let shape = self.model.shape(input).to_vec();
        let x = self.tensor_of_shape(layer, input, &shape)?;
        let range = self.range(x);
        let span = range.hi.saturating_sub(range.lo);
        if span >= 1 << self.range_bits {
            let expected = format!("values that span less than 2^{}", self.range_bits);
            return Err(wrong(layer, "input", expected, range.to_string()));
        }
        let range_table = self.range_table(layer);
        let output = self.model.shape(layer.output).to_vec();
        let y = self.tensor(&layer.name, output, TensorKind::Advice, range);
        let Quantised { scale, bound, .. } = self.value(layer, input)?;
        self.set_scale(y, scale);
        let kernel = Kernel::MaxPool(MaxPool {
            axes: axes.to_vec(),
            range_table,
        });
        self.launch(&layer.name, kernel, vec![x], vec![y]);
        Ok(Quantised {
            tensor: y,
            scale,
            bound,
        })
    }
}

/// Whether a layer's result reaches outputs and arg-maxima only, through relabellings at most: then it need not be rounded.
fn keeps_accumulator(model: &Layers, layer: &Layer) -> bool {
    layer.activation == Activation::Identity && is_exact(model, layer.output)
}

fn is_exact(model: &Layers, value: ValueId) -> bool {
    let mut readers = model
        .layers
        .iter()
        .filter(|layer| layer.inputs.contains(&value))
        .peekable();
    let is_used = model.outputs.contains(&value) || readers.peek().is_some();
    // Each step moves on in topological order.
    let mut keeps = readers.map(|reader| match &reader.operation {
        Operation::ArgMax => true,
        Operation::Reshape => is_exact(model, reader.output),
        Operation::Linear(linear) => {
            let moves = linear.is_move() && reader.inputs.len() == 1;
            moves && is_exact(model, reader.output)
        }
        _ => false,
    });
    is_used && keeps.all(|keeps| keeps)
}
