//! Matrix products and convolutions with constant weights.

use kernelwise_core::program::{AxisMap, IndexMap};

use super::window::Geometry;
use crate::error::ImportError;
use crate::layers::{FloatConv, FloatLinear, FloatTerm, Operation, ValueId, Weights};
use crate::onnx::scope::Scope;
use crate::onnx::site::Site;

/// `x` with its axes in another order.
pub(super) fn transposed(perm: &[usize]) -> Operation {
    let maps = (0..perm.len()).map(|axis| {
        let driver = perm.iter().position(|&from| from == axis);
        AxisMap::identity(driver.unwrap_or(axis))
    });
    Operation::Linear(FloatLinear {
        terms: vec![FloatTerm::moved(IndexMap(maps.collect()))],
        constant: None,
        disjoint: false,
    })
}

pub(super) fn matmul(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    let x = scope.input(site, 0)?;
    let (shape, data) = scope.floats(site, 1)?;
    let &[rows, columns] = shape else {
        return Err(site.wrong("input 1", "a matrix", format!("shape {shape:?}")));
    };
    let weights = Weights {
        data: data.to_vec(),
        channels: columns,
        channel_last: true,
        bias: None,
    };
    emit_product(scope, site, x, rows, weights)
}

/// The product of the last axis of `x` with a `[rows, channels]` matrix.
fn emit_product(
    scope: &mut Scope,
    site: &Site<'_>,
    x: ValueId,
    rows: usize,
    weights: Weights,
) -> Result<(), ImportError> {
    let mut shape = scope.shape(x).to_vec();
    match shape.last_mut() {
        Some(last) if *last == rows => *last = weights.channels,
        _ => {
            let expected = format!("a last axis of {rows}");
            return Err(site.wrong("input 0", expected, format!("shape {shape:?}")));
        }
    }
    scope.emit(site, Operation::MatMul(weights), vec![x], shape)
}

pub(super) fn gemm(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    let mut x = scope.input(site, 0)?;
    let &[m, k] = scope.shape(x) else {
        let got = format!("shape {:?}", scope.shape(x));
        return Err(site.wrong("input 0", "a matrix", got));
    };
    if site.flag("transA", false)? {
        x = scope.push(site, transposed(&[1, 0]), vec![x], vec![k, m])?;
    }
    let (shape, data) = scope.floats(site, 1)?;
    let &[first, second] = shape else {
        return Err(site.wrong("input 1", "a matrix", format!("shape {shape:?}")));
    };
    let alpha = site.float("alpha", 1.0)? as f32;
    let (rows, columns, data) = if site.flag("transB", false)? {
        let transposed = (0..second).flat_map(|row| (0..first).map(move |c| c * second + row));
        let data: Vec<f32> = transposed
            .filter_map(|index| data.get(index).copied())
            .collect();
        (second, first, data)
    } else {
        (first, second, data.to_vec())
    };
    let bias = if scope.has(site, 2) {
        let beta = site.float("beta", 1.0)? as f32;
        let (shape, values) = scope.floats(site, 2)?;
        Some(match (values, shape) {
            ([value], _) => vec![value * beta; columns],
            (values, [.., last]) if *last == columns && values.len() == columns => {
                values.iter().map(|value| value * beta).collect()
            }
            _ => {
                let expected = format!("one bias per column of {columns}");
                return Err(site.wrong("input 2", expected, format!("shape {shape:?}")));
            }
        })
    } else {
        None
    };
    let weights = Weights {
        data: data.iter().map(|w| w * alpha).collect(),
        channels: columns,
        channel_last: true,
        bias,
    };
    emit_product(scope, site, x, rows, weights)
}

pub(super) fn conv(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    let x = scope.input(site, 0)?;
    let x_shape = scope.shape(x).to_vec();
    let (shape, data) = scope.floats(site, 1)?;
    let (filters, channels, kernel) = match *shape {
        [o, c, k] => (o, c, vec![k]),
        [o, c, kh, kw] => (o, c, vec![kh, kw]),
        _ => {
            let got = format!("shape {shape:?}");
            return Err(site.wrong("input 1", "filters of one or two spatial axes", got));
        }
    };
    let groups = usize::try_from(site.int("group", 1)?).unwrap_or(0);
    let fits = x_shape.len() == kernel.len() + 2
        && groups > 0
        && filters % groups == 0
        && channels.checked_mul(groups) == x_shape.get(1).copied();
    if !fits {
        let expected = format!("an input for filters {shape:?} in {groups} groups");
        return Err(site.wrong("input 0", expected, format!("shape {x_shape:?}")));
    }
    let declared = site.sizes("kernel_shape", kernel.len(), 0, 1)?;
    if declared != kernel && declared.iter().any(|&size| size != 0) {
        let got = format!("{declared:?}");
        return Err(site.wrong("kernel_shape", format!("{kernel:?}"), got));
    }
    let weights = Weights {
        data: data.to_vec(),
        channels: filters,
        channel_last: false,
        bias: if scope.has(site, 2) {
            let (shape, values) = scope.floats(site, 2)?;
            if values.len() != filters {
                let expected = format!("{filters} biases");
                return Err(site.wrong("input 2", expected, format!("shape {shape:?}")));
            }
            Some(values.to_vec())
        } else {
            None
        },
    };
    let geometry = Geometry::read(site, &x_shape[2..], &kernel)?;
    let axes = &geometry.axes;
    // A one-dimensional convolution gets a second spatial axis of length 1.
    let pair = |of: &dyn Fn(usize) -> usize, none: usize| {
        [of(0), if axes.len() > 1 { of(1) } else { none }]
    };
    let size = pair(&|axis| axes[axis].size, 1);
    let conv = FloatConv {
        weights,
        filter_shape: [filters, channels, size[0], size[1]],
        strides: pair(&|axis| axes[axis].stride, 1),
        pads: pair(&|axis| axes[axis].pad, 0),
        dilations: pair(&|axis| axes[axis].dilation, 1),
        groups,
    };
    let mut out = vec![x_shape[0], filters];
    out.extend(&geometry.output);
    scope.emit(site, Operation::Conv(conv), vec![x], out)
}
