//! Pools.

use kernelwise_core::kernels::{MaxPool, PoolAxis};
use kernelwise_core::program::{AxisMap, AxisMultiplier, IndexMap};

use super::window::Geometry;
use crate::error::ImportError;
use crate::layers::{FloatLinear, FloatTerm, Operation, ValueId};
use crate::onnx::scope::Scope;
use crate::onnx::site::Site;

/// Largest window of one max-pool kernel; larger ones are split by axis.
const MAX_WINDOW: usize = 16;

/// Least common multiples of window counts beyond this would need multipliers that overflow.
const MAX_COUNT_MULTIPLE: usize = 1 << 20;

/// The input, its shape and the geometry of a pool.
fn geometry(
    scope: &Scope,
    site: &Site<'_>,
) -> Result<(ValueId, Vec<usize>, Geometry), ImportError> {
    let x = scope.input(site, 0)?;
    let shape = scope.shape(x).to_vec();
    let spatial = shape.get(2..).filter(|spatial| !spatial.is_empty());
    let Some(spatial) = spatial else {
        let got = format!("shape {shape:?}");
        return Err(site.wrong("input 0", "batch, channels and spatial axes", got));
    };
    let kernel = site.sizes("kernel_shape", spatial.len(), 0, 1)?;
    if kernel.contains(&0) {
        return Err(site.wrong("attribute kernel_shape", "a window", "none"));
    }
    let geometry = Geometry::read(site, spatial, &kernel)?;
    for (axis, (window, &dim)) in geometry.axes.iter().zip(spatial).enumerate() {
        let reads =
            |&o: &usize| (0..window.size).any(|w| MaxPool::position(window, o, w, dim).is_some());
        if !(0..geometry.output[axis]).all(|o| reads(&o)) {
            let expected = "windows with at least one position inside";
            return Err(site.wrong("pads", expected, format!("{window:?} over {dim}")));
        }
    }
    Ok((x, shape, geometry))
}

pub(super) fn max_pool(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    if site.int("storage_order", 0)? != 0 {
        return Err(site.wrong("attribute storage_order", "0", "1"));
    }
    let (mut x, mut shape, geometry) = geometry(scope, site)?;
    let mut axes = vec![PoolAxis::NONE; 2];
    axes.extend(&geometry.axes);
    let whole: usize = geometry.axes.iter().map(|axis| axis.size).product();
    if whole > MAX_WINDOW {
        // A maximum over a box is a maximum of maxima: all spatial axes but the last on their own.
        if let Some(axis) = axes.iter().find(|axis| axis.size > MAX_WINDOW) {
            let expected = format!("at most {MAX_WINDOW} positions per axis");
            return Err(site.wrong("window", expected, axis.size.to_string()));
        }
        for axis in 2..axes.len() - 1 {
            let mut single = vec![PoolAxis::NONE; axes.len()];
            single[axis] = std::mem::replace(&mut axes[axis], PoolAxis::NONE);
            shape[axis] = geometry.output[axis - 2];
            x = scope.push(site, Operation::MaxPool(single), vec![x], shape.clone())?;
        }
    }
    shape.truncate(2);
    shape.extend(&geometry.output);
    scope.emit(site, Operation::MaxPool(axes), vec![x], shape)
}

pub(super) fn average_pool(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    let include_pad = site.flag("count_include_pad", false)?;
    let (x, mut shape, geometry) = geometry(scope, site)?;
    let mut term = FloatTerm::moved(IndexMap::identity(2));
    for (index, window) in geometry.axes.iter().enumerate() {
        let axis = index + 2;
        term.map.0.push(AxisMap::window(
            axis,
            window.stride as i64,
            -(window.pad as i64),
            window.size,
            window.dilation as i64,
        ));
        let end = if include_pad {
            window.pad + shape[axis] + geometry.pads_after[index]
        } else {
            window.pad + shape[axis]
        };
        let start = if include_pad { 0 } else { window.pad };
        let count = |o: usize| {
            let positions = (0..window.size).map(|u| o * window.stride + u * window.dilation);
            positions.filter(|p| (start..end).contains(p)).count()
        };
        let counts: Vec<usize> = (0..geometry.output[index]).map(count).collect();
        let multiple = counts.iter().try_fold(1usize, |multiple, &count| {
            Some(lcm(multiple, count)).filter(|&multiple| multiple <= MAX_COUNT_MULTIPLE)
        });
        let Some(multiple) = multiple else {
            let expected = format!("counts with a common multiple up to {MAX_COUNT_MULTIPLE}");
            return Err(site.wrong("window", expected, format!("{counts:?}")));
        };
        term.factor /= multiple as f64;
        if counts.iter().any(|&count| count != multiple) {
            let values = counts.iter().map(|&count| (multiple / count) as i64);
            term.counts.push(AxisMultiplier {
                axis,
                values: values.collect(),
            });
        }
    }
    shape.truncate(2);
    shape.extend(&geometry.output);
    emit_average(scope, site, x, term, shape)
}

pub(super) fn global_average_pool(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    let x = scope.input(site, 0)?;
    let mut shape = scope.shape(x).to_vec();
    if shape.len() < 3 {
        let got = format!("shape {shape:?}");
        return Err(site.wrong("input 0", "batch, channels and spatial axes", got));
    }
    let mut term = FloatTerm::moved(IndexMap::identity(2));
    for dim in &mut shape[2..] {
        term.map.0.push(AxisMap::sum(*dim));
        term.factor /= *dim as f64;
        *dim = 1;
    }
    emit_average(scope, site, x, term, shape)
}

fn emit_average(
    scope: &mut Scope,
    site: &Site<'_>,
    x: ValueId,
    term: FloatTerm,
    shape: Vec<usize>,
) -> Result<(), ImportError> {
    let linear = FloatLinear {
        terms: vec![term],
        constant: None,
        disjoint: false,
    };
    scope.emit(site, Operation::Linear(linear), vec![x], shape)
}

/// The least common multiple; 0 only for 0, which no window has.
fn lcm(a: usize, b: usize) -> usize {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x.max(1)).saturating_mul(b).max(1)
}
