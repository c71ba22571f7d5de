//! Sums of index maps with real factors: residuals, averages, stray scales and shifts, moves.

use kernelwise_core::program::{AxisMap, AxisMultiplier, IndexMap, LinearTerm, Range, TensorId};

use super::builder::{Builder, Quantised, Requantisation, wrong};
use super::weights::{saturated, shifted};
use crate::error::QuantiseError;
use crate::layers::{FloatConstant, FloatLinear, FloatTerm, Layer};
use crate::model::LayerReport;
use crate::parameters::ParameterValues;

/// Rounding the integer factors may move a result by this part of a unit.
const FACTOR_ERROR: f64 = 1.0 / 16.0;

/// Factors of results that stay accumulators have this many steps.
const FINAL_STEPS: f64 = 4096.0;

/// Factors beyond this leave no room for the values.
const MAX_FACTOR: f64 = (1u64 << 40) as f64;

/// An input with its integer factors.
struct IntegerTerm {
    tensor: TensorId,
    term: LinearTerm,
    /// The interval of the term.
    interval: (i128, i128),
}

impl Builder<'_> {
    /// Lowers a sum of index maps.
    pub fn sum(
        &mut self,
        layer: &Layer,
        linear: &FloatLinear,
        keep_accumulator: bool,
    ) -> Result<Quantised, QuantiseError> {
        let mut inputs = Vec::with_capacity(layer.inputs.len());
        for &id in &layer.inputs {
            let shape = self.model.shape(id).to_vec();
            self.tensor_of_shape(layer, id, &shape)?;
            inputs.push(self.value(layer, id)?);
        }
        let Some(first) = inputs.first().cloned() else {
            return Err(wrong(layer, "inputs", "at least one", "none"));
        };
        let shape = self.model.shape(layer.output).to_vec();
        if linear.is_move() && inputs.iter().all(|input| input.scale == first.scale) {
            return self.moved(layer, linear, &inputs, shape);
        }
        let masses: Vec<f64> = linear
            .terms
            .iter()
            .zip(&inputs)
            .map(|(term, input)| self.mass(term, input, &shape) as f64)
            .collect();
        if keep_accumulator {
            let unit = final_unit(linear, &inputs);
            let (tensor, interval) = self.accumulate(layer, linear, &inputs, unit)?;
            self.set_scale(tensor, unit);
            let bound = saturated(interval);
            self.report.push(LayerReport {
                name: layer.name.clone(),
                operator: layer.operator.clone(),
                scale: unit,
                shift: 0,
                limbs: 0,
                multiplier: 1,
                bound,
                accumulator: self.range(tensor),
            });
            return Ok(Quantised {
                tensor,
                scale: unit,
                bound,
            });
        }
        let (scale, image) = self.output_scale(layer, is_non_negative(layer, linear, &inputs))?;
        let reach: f64 = masses
            .iter()
            .zip(&inputs)
            .map(|(mass, input)| mass * input.bound.magnitude() as f64)
            .sum();
        let least = (reach * 0.5 / FACTOR_ERROR).max(2.0).log2();
        let limbs = self.limbs_for(layer, least)?;
        let shift = self.range_bits * limbs as u32;
        let unit = scale / (1u64 << shift) as f64;
        let (accumulator, interval) = self.accumulate(layer, linear, &inputs, unit)?;
        let how = Requantisation {
            multipliers: Vec::new(),
            limbs,
            q: shifted(interval, shift),
            activation: layer.activation,
            scale,
            image,
        };
        self.requantise(layer, accumulator, how)
    }

    /// Moves integers as they are.
    fn moved(
        &mut self,
        layer: &Layer,
        linear: &FloatLinear,
        inputs: &[Quantised],
        shape: Vec<usize>,
    ) -> Result<Quantised, QuantiseError> {
        let terms = linear.terms.iter().zip(inputs).map(|(term, input)| {
            let term = LinearTerm {
                coefficient: 1,
                multipliers: Vec::new(),
                map: term.map.clone(),
            };
            (input.tensor, term)
        });
        let terms = terms.collect();
        let bounds = inputs.iter().map(|input| input.bound);
        let bound = bounds.fold(Range::new(0, 0), |hull, bound| {
            Range::new(hull.lo.min(bound.lo), hull.hi.max(bound.hi))
        });
        let scale = inputs.first().map_or(1.0, |input| input.scale);
        let tensor = self.linear(layer, "", shape, terms)?;
        self.set_scale(tensor, scale);
        Ok(Quantised {
            tensor,
            scale,
            bound,
        })
    }

    /// `Σ round(factors / unit)·inputs + round(constant / unit)` and its interval.
    fn accumulate(
        &mut self,
        layer: &Layer,
        linear: &FloatLinear,
        inputs: &[Quantised],
        unit: f64,
    ) -> Result<(TensorId, (i128, i128)), QuantiseError> {
        let shape = self.model.shape(layer.output).to_vec();
        let mut terms = Vec::new();
        let mut interval = (0i128, 0i128);
        for (term, input) in linear.terms.iter().zip(inputs) {
            let term = self.integer_term(layer, term, input, &shape, unit)?;
            interval = if linear.disjoint {
                (
                    interval.0.min(term.interval.0),
                    interval.1.max(term.interval.1),
                )
            } else {
                (interval.0 + term.interval.0, interval.1 + term.interval.1)
            };
            terms.push((term.tensor, term.term));
        }
        if let Some(constant) = &linear.constant {
            let term = self.constant(layer, constant, shape.len(), unit)?;
            interval.0 += term.interval.0;
            interval.1 += term.interval.1;
            terms.push((term.tensor, term.term));
        }
        let tensor = self.linear(layer, ".acc", shape, terms)?;
        Ok((tensor, interval))
    }

    fn integer_term(
        &self,
        layer: &Layer,
        term: &FloatTerm,
        input: &Quantised,
        shape: &[usize],
        unit: f64,
    ) -> Result<IntegerTerm, QuantiseError> {
        let round = |factor: f64| -> Result<i64, QuantiseError> {
            let value = (factor * input.scale / unit).round();
            if value.abs() > MAX_FACTOR {
                return Err(wrong(layer, "factor", "at most 2^40", value.to_string()));
            }
            Ok(value as i64)
        };
        let mut multipliers = term.counts.clone();
        let (coefficient, factors) = match &term.factors {
            None => (round(term.factor)?, vec![1]),
            Some((axis, factors)) => {
                let values: Result<Vec<i64>, _> =
                    factors.iter().map(|f| round(f * term.factor)).collect();
                let values = values?;
                multipliers.push(AxisMultiplier {
                    axis: *axis,
                    values: values.clone(),
                });
                (1, values)
            }
        };
        let mass = i128::from(self.mass(term, input, shape));
        let lo = mass * i128::from(input.bound.lo.min(0));
        let hi = mass * i128::from(input.bound.hi.max(0));
        let products = factors.iter().flat_map(|&factor| {
            let factor = i128::from(factor) * i128::from(coefficient);
            [factor * lo, factor * hi]
        });
        let interval = products.fold((0, 0), |(least, most), product: i128| {
            (product.min(least), product.max(most))
        });
        Ok(IntegerTerm {
            tensor: input.tensor,
            term: LinearTerm {
                coefficient,
                multipliers,
                map: term.map.clone(),
            },
            interval,
        })
    }

    /// The largest sum of counts over any window: how often one unit of the input can count.
    fn mass(&self, term: &FloatTerm, input: &Quantised, shape: &[usize]) -> i64 {
        let x = self.shape(input.tensor);
        let per_axis = term.map.0.iter().zip(x.dims()).map(|(map, &dim)| {
            let outputs = map.driver.and_then(|driver| shape.get(driver)).copied();
            let counts = term.counts.iter().find(|m| Some(m.axis) == map.driver);
            let at = |o: usize| {
                let count = counts.and_then(|m| m.values.get(o)).copied().unwrap_or(1);
                count * map.positions(o, dim).count() as i64
            };
            if map.window == 1 && counts.is_none() {
                1
            } else {
                (0..outputs.unwrap_or(1)).map(at).max().unwrap_or(1)
            }
        });
        per_axis.fold(1i64, i64::saturating_mul)
    }

    /// A constant as a parameter; a power of two in front where it needs more than 32 bits.
    fn constant(
        &mut self,
        layer: &Layer,
        constant: &FloatConstant,
        rank: usize,
        unit: f64,
    ) -> Result<IntegerTerm, QuantiseError> {
        let largest = constant.data.iter().map(|v| f64::from(v.abs()) / unit);
        let largest = largest.fold(0.0, f64::max);
        let mut exponent = 0u32;
        while largest / (1u64 << exponent) as f64 > f64::from(1 << 30) {
            exponent += 1;
            if exponent > 40 {
                return Err(wrong(
                    layer,
                    "constant",
                    "at most 2^70 units",
                    format!("{largest:e}"),
                ));
            }
        }
        let step = unit * (1u64 << exponent) as f64;
        let rounded = constant
            .data
            .iter()
            .map(|&v| (f64::from(v) / step).round() as i32);
        let values: Vec<i32> = rounded.collect();
        let lo = i64::from(values.iter().copied().min().unwrap_or(0).min(0));
        let hi = i64::from(values.iter().copied().max().unwrap_or(0).max(0));
        let first = rank - constant.shape.len();
        let maps = constant.shape.iter().enumerate().map(|(axis, &dim)| {
            if dim == 1 {
                AxisMap::fixed(0)
            } else {
                AxisMap::identity(first + axis)
            }
        });
        let map = IndexMap(maps.collect());
        let name = format!("{}.constant", layer.name);
        let shape = constant.shape.clone();
        let values = ParameterValues::from(values);
        let tensor = self.parameter(name, shape, Range::new(lo, hi), values);
        Ok(IntegerTerm {
            tensor,
            term: LinearTerm {
                coefficient: 1 << exponent,
                multipliers: Vec::new(),
                map,
            },
            interval: (i128::from(lo) << exponent, i128::from(hi) << exponent),
        })
    }
}

/// Whether no result can be negative.
fn is_non_negative(layer: &Layer, linear: &FloatLinear, inputs: &[Quantised]) -> bool {
    let term = |(term, input): (&FloatTerm, &Quantised)| {
        let mut factors = term.factors.iter().flat_map(|(_, factors)| factors);
        input.bound.lo >= 0 && term.factor >= 0.0 && factors.all(|&factor| factor >= 0.0)
    };
    let mut constants = linear.constant.iter().flat_map(|constant| &constant.data);
    layer.activation.is_non_negative()
        || (linear.terms.iter().zip(inputs).all(term) && constants.all(|&value| value >= 0.0))
}

/// The real number of one unit of a result that stays an accumulator.
fn final_unit(linear: &FloatLinear, inputs: &[Quantised]) -> f64 {
    let magnitude = |(term, input): (&FloatTerm, &Quantised)| {
        let factors = term.factors.as_ref().map_or(1.0, |(_, factors)| {
            factors
                .iter()
                .map(|factor| factor.abs())
                .fold(0.0, f64::max)
        });
        term.factor.abs() * factors * input.scale
    };
    let largest = linear
        .terms
        .iter()
        .zip(inputs)
        .map(magnitude)
        .fold(0.0, f64::max);
    let exact = match (linear.terms.as_slice(), &linear.constant) {
        ([term], None) => term.factors.is_none(),
        _ => false,
    };
    match (largest > 0.0, exact) {
        (false, _) => 1.0,
        (true, true) => largest,
        (true, false) => largest / FINAL_STEPS,
    }
}
