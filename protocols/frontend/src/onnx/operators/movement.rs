//! Operators that only move or relabel elements.

use kernelwise_core::program::{AxisMap, IndexMap};

use super::products::transposed;
use crate::error::ImportError;
use crate::layers::{FloatLinear, FloatTerm, Operation, ValueId};
use crate::onnx::constant::element_count;
use crate::onnx::scope::Scope;
use crate::onnx::site::Site;

/// Emits a relabelling, after checking that the number of elements stays.
fn relabel(
    scope: &mut Scope,
    site: &Site<'_>,
    x: ValueId,
    shape: Vec<usize>,
) -> Result<(), ImportError> {
    let expected = element_count(scope.shape(x));
    if element_count(&shape) != expected {
        let expected = format!("{} elements", expected.unwrap_or(0));
        return Err(site.wrong("shape", expected, format!("{shape:?}")));
    }
    scope.emit(site, Operation::Reshape, vec![x], shape)
}

pub(super) fn flatten(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    let x = scope.input(site, 0)?;
    let shape = scope.shape(x);
    let axis = site.int("axis", 1)?;
    // Unlike other axes, this one may be the rank itself.
    let axis = if axis == shape.len() as i64 {
        shape.len()
    } else {
        site.axis(axis, shape.len())?
    };
    let (outer, inner) = shape.split_at(axis);
    let flat = vec![outer.iter().product(), inner.iter().product()];
    relabel(scope, site, x, flat)
}

pub(super) fn reshape(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    let x = scope.input(site, 0)?;
    let Some(target) = scope.ints_or_attribute(site, 1, "shape")? else {
        return Err(site.wrong("shape", "a constant", "nothing"));
    };
    let keeps_zero = site.flag("allowzero", false)?;
    let from = scope.shape(x);
    let mut shape = Vec::with_capacity(target.len());
    let mut free = None;
    for (axis, &dim) in target.iter().enumerate() {
        match (dim, from.get(axis)) {
            (-1, _) if free.is_none() => {
                free = Some(axis);
                shape.push(1);
            }
            (0, Some(&dim)) if !keeps_zero => shape.push(dim),
            (1.., _) => shape.push(usize::try_from(dim).unwrap_or(usize::MAX)),
            _ => {
                let expected = "positive lengths and at most one -1";
                return Err(site.wrong("shape", expected, format!("{target:?}")));
            }
        }
    }
    let known = element_count(&shape).unwrap_or(usize::MAX);
    if let Some(axis) = free {
        shape[axis] = element_count(from).unwrap_or(0) / known;
    }
    relabel(scope, site, x, shape)
}

pub(super) fn squeeze(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    let x = scope.input(site, 0)?;
    let shape = scope.shape(x);
    let squeezed: Vec<usize> = match scope.ints_or_attribute(site, 1, "axes")? {
        Some(axes) => {
            let axes: Result<Vec<_>, _> = axes
                .iter()
                .map(|&axis| site.axis(axis, shape.len()))
                .collect();
            axes?
        }
        None => (0..shape.len()).filter(|&axis| shape[axis] == 1).collect(),
    };
    let rest = (0..shape.len()).filter(|axis| !squeezed.contains(axis));
    let shape = rest.map(|axis| shape[axis]).collect();
    relabel(scope, site, x, shape)
}

pub(super) fn unsqueeze(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    let x = scope.input(site, 0)?;
    let axes = scope
        .ints_or_attribute(site, 1, "axes")?
        .unwrap_or_default();
    let rank = scope.shape(x).len() + axes.len();
    let mut added = vec![false; rank];
    for &axis in &axes {
        added[site.axis(axis, rank)?] = true;
    }
    let mut old = scope.shape(x).iter().copied();
    let dims = added
        .iter()
        .map(|&added| if added { 1 } else { old.next().unwrap_or(1) });
    let shape = dims.collect();
    relabel(scope, site, x, shape)
}

pub(super) fn transpose(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    let x = scope.input(site, 0)?;
    let shape = scope.shape(x);
    let perm: Vec<usize> = match site.optional_ints("perm")? {
        Some(perm) => {
            let axes: Result<Vec<_>, _> = perm
                .iter()
                .map(|&axis| site.axis(axis, shape.len()))
                .collect();
            axes?
        }
        None => (0..shape.len()).rev().collect(),
    };
    if perm.len() != shape.len() || (0..shape.len()).any(|axis| !perm.contains(&axis)) {
        let expected = format!("a permutation of {} axes", shape.len());
        return Err(site.wrong("attribute perm", expected, format!("{perm:?}")));
    }
    let out = perm.iter().map(|&axis| shape[axis]).collect();
    scope.emit(site, transposed(&perm), vec![x], out)
}

pub(super) fn pad(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    let x = scope.input(site, 0)?;
    let mode = site.text("mode", "constant")?;
    let value = if scope.has(site, 2) {
        scope.floats(site, 2)?.1.iter().copied().any(|v| v != 0.0)
    } else {
        site.float("value", 0.0)? != 0.0
    };
    if mode != "constant" || value {
        let got = if value {
            "another number"
        } else {
            mode.as_str()
        };
        return Err(site.wrong("mode", "padding with the constant 0", got));
    }
    let shape = scope.shape(x);
    let rank = shape.len();
    let axes: Vec<usize> = if scope.has(site, 3) {
        let axes: Result<Vec<_>, _> = scope
            .ints(site, 3)?
            .iter()
            .map(|&axis| site.axis(axis, rank))
            .collect();
        axes?
    } else {
        (0..rank).collect()
    };
    let pads = scope
        .ints_or_attribute(site, 1, "pads")?
        .unwrap_or_default();
    const LIMIT: i64 = 1 << 30;
    if pads.len() != 2 * axes.len() || pads.iter().any(|pad| !(-LIMIT..=LIMIT).contains(pad)) {
        let expected = format!("{} integers within 2^30", 2 * axes.len());
        return Err(site.wrong("pads", expected, format!("{pads:?}")));
    }
    let mut out = shape.to_vec();
    let mut map = IndexMap::identity(rank);
    for (index, &axis) in axes.iter().enumerate() {
        let (before, after) = (pads[index], pads[axes.len() + index]);
        let dim = usize::try_from(shape[axis] as i64 + before + after).unwrap_or(0);
        if dim == 0 {
            return Err(site.wrong("pads", "a non-empty result", format!("{pads:?}")));
        }
        out[axis] = dim;
        map.0[axis] = AxisMap::strided(axis, 1, -before);
    }
    emit_move(scope, site, vec![x], vec![map], out)
}

pub(super) fn concat(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    let inputs: Result<Vec<_>, _> = (0..site.node.input.len())
        .map(|index| scope.input(site, index))
        .collect();
    let inputs = inputs?;
    let Some(&first) = inputs.first() else {
        return Err(site.wrong("inputs", "at least one", "none"));
    };
    let mut out = scope.shape(first).to_vec();
    let axis = site.axis(site.int("axis", 1)?, out.len())?;
    let mut start = 0usize;
    let mut maps = Vec::with_capacity(inputs.len());
    for &input in &inputs {
        let shape = scope.shape(input);
        let fits = shape.len() == out.len()
            && (0..out.len()).all(|other| other == axis || shape[other] == out[other]);
        if !fits {
            let expected = format!("shapes like {out:?} apart from axis {axis}");
            return Err(site.wrong("inputs", expected, format!("{shape:?}")));
        }
        let mut map = IndexMap::identity(out.len());
        map.0[axis] = AxisMap::strided(axis, 1, -(start as i64));
        maps.push(map);
        start += shape[axis];
    }
    out[axis] = start;
    emit_move(scope, site, inputs, maps, out)
}

fn emit_move(
    scope: &mut Scope,
    site: &Site<'_>,
    inputs: Vec<ValueId>,
    maps: Vec<IndexMap>,
    shape: Vec<usize>,
) -> Result<(), ImportError> {
    let linear = FloatLinear {
        terms: maps.into_iter().map(FloatTerm::moved).collect(),
        constant: None,
        disjoint: true,
    };
    scope.emit(site, Operation::Linear(linear), inputs, shape)
}
