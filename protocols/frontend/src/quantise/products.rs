//! Matrix products and convolutions: integer weights, bias, rescaling.

use kernelwise_core::kernels::{Conv2d, Kernel, MatMul};
use kernelwise_core::program::{
    AxisMap, AxisMultiplier, IndexMap, LinearTerm, Range, TensorId, TensorKind,
};

use super::builder::{Builder, Quantised, Requantisation, wrong};
use super::weights::{MAX_WEIGHT, QuantisedWeights, magnitudes, multipliers, quantise, shifted};
use crate::error::QuantiseError;
use crate::layers::{FloatConv, Layer, Weights};
use crate::model::LayerReport;

/// The largest multiplier of a final layer: rounding it up widens a weight scale by 1/64 at most.
const FINAL_MULTIPLIER: f64 = 64.0;

/// Integer weights, the channel multipliers and how the result is rescaled.
struct Plan {
    weights: QuantisedWeights,
    multipliers: Vec<i64>,
    /// `None` for results that stay accumulators.
    rescale: Option<(usize, f64, Range)>,
    /// Scale of the result.
    scale: f64,
}

/// Where the weights go in the graph.
struct Place {
    x: TensorId,
    kernel: Kernel,
    weight_shape: Vec<usize>,
    output_shape: Vec<usize>,
    channel_axis: usize,
}

impl Builder<'_> {
    /// Lowers a product; a flattening before it costs nothing.
    pub fn matmul(
        &mut self,
        layer: &Layer,
        weights: &Weights,
        keep_accumulator: bool,
    ) -> Result<Quantised, QuantiseError> {
        let input = layer.inputs[0];
        let rows = weights.data.len() / weights.channels.max(1);
        let tensor = self.value(layer, input)?.tensor;
        let dims = self.shape(tensor).dims().to_vec();
        let contracted =
            (1..=dims.len()).find(|&k| dims[dims.len() - k..].iter().product::<usize>() == rows);
        let (x, dims, contracted) = match contracted {
            Some(contracted) => (tensor, dims, contracted),
            None => {
                let shape = self.model.shape(input).to_vec();
                (self.tensor_of_shape(layer, input, &shape)?, shape, 1)
            }
        };
        let (outer, inner) = dims.split_at(dims.len() - contracted);
        let with_columns = |dims: &[usize]| [dims, &[weights.channels]].concat();
        let place = Place {
            x,
            kernel: Kernel::MatMul(MatMul { contracted }),
            weight_shape: with_columns(inner),
            output_shape: with_columns(outer),
            channel_axis: outer.len(),
        };
        self.product(layer, weights, place, keep_accumulator)
    }

    /// Lowers a convolution.
    pub fn conv(
        &mut self,
        layer: &Layer,
        conv: &FloatConv,
        keep_accumulator: bool,
    ) -> Result<Quantised, QuantiseError> {
        let input = layer.inputs[0];
        let planar = |shape: &[usize]| {
            let mut shape = shape.to_vec();
            shape.resize(4, 1);
            shape
        };
        let x_shape = planar(self.model.shape(input));
        let x = self.tensor_of_shape(layer, input, &x_shape)?;
        let place = Place {
            x,
            kernel: Kernel::Conv2d(Conv2d {
                strides: conv.strides,
                pads: conv.pads,
                dilations: conv.dilations,
                groups: conv.groups,
            }),
            weight_shape: conv.filter_shape.to_vec(),
            output_shape: planar(self.model.shape(layer.output)),
            channel_axis: 1,
        };
        self.product(layer, &conv.weights, place, keep_accumulator)
    }

    fn product(
        &mut self,
        layer: &Layer,
        weights: &Weights,
        place: Place,
        keep_accumulator: bool,
    ) -> Result<Quantised, QuantiseError> {
        let x = self.value(layer, layer.inputs[0])?;
        let plan = self.plan(layer, weights, &x, keep_accumulator)?;
        let terms = (weights.data.len() / weights.channels.max(1)) as i128;
        let reach = i128::from(self.range(place.x).magnitude()) * i128::from(MAX_WEIGHT) * terms;
        let Ok(reach) = i64::try_from(reach) else {
            return Err(wrong(layer, "accumulator", "64 bits", "more"));
        };
        let w = self.parameter(
            format!("{}.weight", layer.name),
            place.weight_shape,
            Range::new(-MAX_WEIGHT, MAX_WEIGHT),
            plan.weights.values.into(),
        );
        let mut accumulator = self.tensor(
            format!("{}.sum", layer.name),
            &*place.output_shape,
            TensorKind::Virtual,
            Range::new(-reach, reach),
        );
        self.launch(
            &layer.name,
            place.kernel,
            vec![place.x, w],
            vec![accumulator],
        );
        let axis = place.channel_axis;
        let by_channel = vec![AxisMultiplier {
            axis,
            values: plan.multipliers.clone(),
        }];
        let final_multipliers = match plan.rescale {
            None => by_channel.clone(),
            Some(_) => Vec::new(),
        };
        if plan.weights.bias.is_some() || plan.rescale.is_none() {
            let scaled = LinearTerm {
                multipliers: final_multipliers.clone(),
                ..LinearTerm::scaled(1, place.output_shape.len())
            };
            let mut sum = vec![(accumulator, scaled)];
            if let Some(bias) = plan.weights.bias {
                let lo = bias.iter().copied().min().unwrap_or(0).min(0);
                let hi = bias.iter().copied().max().unwrap_or(0).max(0);
                let id = self.parameter(
                    format!("{}.bias", layer.name),
                    vec![bias.len()],
                    Range::new(lo.into(), hi.into()),
                    bias.into(),
                );
                let broadcast = LinearTerm {
                    coefficient: 1,
                    multipliers: final_multipliers,
                    map: IndexMap(vec![AxisMap::identity(axis)]),
                };
                sum.push((id, broadcast));
            }
            accumulator = self.linear(layer, ".acc", place.output_shape, sum)?;
        }
        let Some((limbs, scale, image)) = plan.rescale else {
            self.set_scale(accumulator, plan.scale);
            let bound = super::weights::saturated(plan.weights.scaled);
            self.report.push(LayerReport {
                name: layer.name.clone(),
                operator: layer.operator.clone(),
                scale: plan.scale,
                shift: 0,
                limbs: 0,
                multiplier: plan.multipliers.iter().copied().max().unwrap_or(1),
                bound,
                accumulator: self.range(accumulator),
            });
            return Ok(Quantised {
                tensor: accumulator,
                scale: plan.scale,
                bound,
            });
        };
        let how = Requantisation {
            multipliers: by_channel,
            limbs,
            q: shifted(plan.weights.scaled, self.range_bits * limbs as u32),
            activation: layer.activation,
            scale,
            image,
        };
        self.requantise(layer, accumulator, how)
    }

    /// Chooses scales, multipliers and shift.
    fn plan(
        &self,
        layer: &Layer,
        weights: &Weights,
        x: &Quantised,
        keep_accumulator: bool,
    ) -> Result<Plan, QuantiseError> {
        let magnitudes = magnitudes(weights);
        let largest = magnitudes.iter().copied().fold(0.0, f64::max);
        // A layer of zeros needs some step, whichever.
        let step = if largest > 0.0 {
            largest / MAX_WEIGHT as f64
        } else {
            1.0
        };
        if keep_accumulator {
            let unit = step / FINAL_MULTIPLIER;
            let multipliers = multipliers(weights, &magnitudes, unit, x.scale);
            return Ok(Plan {
                weights: quantise(weights, &multipliers, unit, (x.scale, x.bound)),
                multipliers,
                rescale: None,
                scale: x.scale * unit,
            });
        }
        let mut signs = weights.data.iter().chain(weights.bias.iter().flatten());
        let non_negative = layer.activation.is_non_negative()
            || (x.bound.lo >= 0 && signs.all(|&value| value >= 0.0));
        let (scale, image) = self.output_scale(layer, non_negative)?;
        // One unit of the result per unit of the accumulator, at the coarsest weights.
        let ratio = step * x.scale / scale;
        let least = (f64::from(self.options.min_multiplier) / ratio).log2();
        let limbs = self.limbs_for(layer, if largest > 0.0 { least } else { 1.0 })?;
        let shift = self.range_bits * limbs as u32;
        let unit = scale / (x.scale * (1u64 << shift) as f64);
        let multipliers = multipliers(weights, &magnitudes, unit, x.scale);
        Ok(Plan {
            weights: quantise(weights, &multipliers, unit, (x.scale, x.bound)),
            multipliers,
            rescale: Some((limbs, scale, image)),
            scale,
        })
    }
}
