//! Operators that act element by element.

use kernelwise_core::program::{AxisMap, IndexMap};

use crate::error::ImportError;
use crate::layers::{Activation, FloatConstant, FloatLinear, FloatTerm, Operation, ValueId};
use crate::onnx::scope::Scope;
use crate::onnx::site::Site;

fn activation(
    scope: &mut Scope,
    site: &Site<'_>,
    activation: Activation,
) -> Result<(), ImportError> {
    let x = scope.input(site, 0)?;
    let shape = scope.shape(x).to_vec();
    scope.emit(site, Operation::Activation(activation), vec![x], shape)
}

pub(super) fn relu(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    activation(scope, site, Activation::Relu)
}

pub(super) fn leaky_relu(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    let alpha = site.float("alpha", 0.01)?;
    activation(scope, site, Activation::LeakyRelu { alpha })
}

pub(super) fn clip(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    let bound = |index, name: &str, default: f64| -> Result<f64, ImportError> {
        if scope.has(site, index) {
            return match scope.floats(site, index)?.1 {
                [value] => Ok((*value).into()),
                values => {
                    let got = format!("{} numbers", values.len());
                    Err(site.wrong(format!("input {index}"), "one number", got))
                }
            };
        }
        site.float(name, default)
    };
    let lo = bound(1, "min", f64::NEG_INFINITY)?;
    let hi = bound(2, "max", f64::INFINITY)?;
    if lo > hi {
        return Err(site.wrong("bounds", "min <= max", format!("{lo} and {hi}")));
    }
    activation(scope, site, Activation::Clip { lo, hi })
}

/// The shape that two shapes broadcast to.
fn broadcast(site: &Site<'_>, a: &[usize], b: &[usize]) -> Result<Vec<usize>, ImportError> {
    let rank = a.len().max(b.len());
    let dim = |shape: &[usize], axis: usize| {
        (axis + shape.len())
            .checked_sub(rank)
            .map_or(1, |at| shape[at])
    };
    let dims = (0..rank).map(|axis| match (dim(a, axis), dim(b, axis)) {
        (1, n) | (n, 1) => Ok(n),
        (m, n) if m == n => Ok(n),
        _ => Err(site.wrong(
            "inputs",
            "shapes that broadcast",
            format!("{a:?} and {b:?}"),
        )),
    });
    dims.collect()
}

/// `input` read at every index of a larger shape, axes aligned at the right.
fn broadcast_map(input: &[usize], output: &[usize]) -> IndexMap {
    let first = output.len() - input.len();
    let maps = input.iter().enumerate().map(|(axis, &dim)| {
        if dim == 1 && output[first + axis] != 1 {
            AxisMap::fixed(0)
        } else {
            AxisMap::identity(first + axis)
        }
    });
    IndexMap(maps.collect())
}

/// `Σ factor·input + constant`, all broadcast.
fn emit_sum(
    scope: &mut Scope,
    site: &Site<'_>,
    inputs: &[(f64, ValueId)],
    constant: Option<FloatConstant>,
) -> Result<(), ImportError> {
    let mut shape = constant.as_ref().map_or_else(Vec::new, |c| c.shape.clone());
    for &(_, input) in inputs {
        shape = broadcast(site, &shape, scope.shape(input))?;
    }
    let terms = inputs.iter().map(|&(factor, input)| FloatTerm {
        factor,
        ..FloatTerm::moved(broadcast_map(scope.shape(input), &shape))
    });
    let linear = FloatLinear {
        terms: terms.collect(),
        constant,
        disjoint: false,
    };
    let inputs = inputs.iter().map(|&(_, input)| input).collect();
    scope.emit(site, Operation::Linear(linear), inputs, shape)
}

/// `a + sign·b` with at most one of them constant.
fn sum(scope: &mut Scope, site: &Site<'_>, sign: f64) -> Result<(), ImportError> {
    let constant = |index: usize, sign: f64| -> Result<FloatConstant, ImportError> {
        let (shape, data) = scope.floats(site, index)?;
        Ok(FloatConstant {
            shape: shape.to_vec(),
            data: data.iter().map(|&v| (f64::from(v) * sign) as f32).collect(),
        })
    };
    if scope.constant(site, 1).is_some() {
        let constant = constant(1, sign)?;
        let x = scope.input(site, 0)?;
        return emit_sum(scope, site, &[(1.0, x)], Some(constant));
    }
    if scope.constant(site, 0).is_some() {
        let constant = constant(0, 1.0)?;
        let x = scope.input(site, 1)?;
        return emit_sum(scope, site, &[(sign, x)], Some(constant));
    }
    let (a, b) = (scope.input(site, 0)?, scope.input(site, 1)?);
    emit_sum(scope, site, &[(1.0, a), (sign, b)], None)
}

pub(super) fn add(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    sum(scope, site, 1.0)
}

pub(super) fn sub(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    sum(scope, site, -1.0)
}

/// `x · f(constant)`, the constant varying along one axis at most.
fn scale(
    scope: &mut Scope,
    site: &Site<'_>,
    x: usize,
    constant: usize,
    f: fn(f64) -> f64,
) -> Result<(), ImportError> {
    let x = scope.input(site, x)?;
    let (shape, data) = scope.floats(site, constant)?;
    let factors: Vec<f64> = data.iter().map(|&v| f(v.into())).collect();
    if let Some(value) = factors.iter().find(|value| !value.is_finite()) {
        return Err(site.wrong("constant", "finite factors", value.to_string()));
    }
    let x_shape = scope.shape(x);
    let out = broadcast(site, x_shape, shape)?;
    let varying: Vec<usize> = (0..shape.len()).filter(|&axis| shape[axis] != 1).collect();
    let mut term = FloatTerm::moved(broadcast_map(x_shape, &out));
    match (factors.as_slice(), varying.as_slice()) {
        ([factor], _) => term.factor = *factor,
        (_, &[axis]) => term.factors = Some((axis + out.len() - shape.len(), factors)),
        _ => {
            let expected = "a constant that varies along one axis";
            return Err(site.wrong("constant", expected, format!("shape {shape:?}")));
        }
    }
    let linear = FloatLinear {
        terms: vec![term],
        constant: None,
        disjoint: false,
    };
    scope.emit(site, Operation::Linear(linear), vec![x], out)
}

pub(super) fn mul(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    if scope.constant(site, 0).is_some() {
        scale(scope, site, 1, 0, |v| v)
    } else {
        scale(scope, site, 0, 1, |v| v)
    }
}

pub(super) fn div(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    scale(scope, site, 0, 1, f64::recip)
}

pub(super) fn batch_normalization(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    if site.flag("training_mode", false)? {
        return Err(site.wrong("attribute training_mode", "0", "1"));
    }
    let x = scope.input(site, 0)?;
    let shape = scope.shape(x).to_vec();
    let Some(&channels) = shape.get(1) else {
        let got = format!("shape {shape:?}");
        return Err(site.wrong("input 0", "a batch and a channel axis", got));
    };
    let statistics = |index: usize| -> Result<Vec<f64>, ImportError> {
        let (shape, data) = scope.floats(site, index)?;
        if data.len() != channels {
            let expected = format!("{channels} numbers");
            return Err(site.wrong(format!("input {index}"), expected, format!("{shape:?}")));
        }
        Ok(data.iter().map(|&v| v.into()).collect())
    };
    let (gain, bias, mean, variance) = (
        statistics(1)?,
        statistics(2)?,
        statistics(3)?,
        statistics(4)?,
    );
    let epsilon = site.float("epsilon", 1e-5)?;
    let factor = |c: usize| gain[c] / (variance[c] + epsilon).sqrt();
    let factors: Vec<f64> = (0..channels).map(factor).collect();
    if let Some(value) = factors.iter().find(|value| !value.is_finite()) {
        return Err(site.wrong("variance", "positive numbers", value.to_string()));
    }
    let shift = (0..channels).map(|c| (bias[c] - mean[c] * factors[c]) as f32);
    let shift: Vec<f32> = shift.collect();
    let mut constant_shape = vec![1; shape.len() - 1];
    constant_shape[0] = channels;
    let linear = FloatLinear {
        terms: vec![FloatTerm {
            factors: Some((1, factors)),
            ..FloatTerm::moved(IndexMap::identity(shape.len()))
        }],
        constant: Some(FloatConstant {
            shape: constant_shape,
            data: shift,
        }),
        disjoint: false,
    };
    scope.emit(site, Operation::Linear(linear), vec![x], shape)
}
