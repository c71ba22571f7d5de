//! The place of the largest element along an axis.

use kernelwise_core::program::{AxisMap, IndexMap};

use crate::error::ImportError;
use crate::layers::{FloatLinear, FloatTerm, Operation};
use crate::onnx::scope::Scope;
use crate::onnx::site::Site;

pub(super) fn arg_max(scope: &mut Scope, site: &Site<'_>) -> Result<(), ImportError> {
    if site.flag("select_last_index", false)? {
        return Err(site.wrong("attribute select_last_index", "0", "1"));
    }
    let mut x = scope.input(site, 0)?;
    let shape = scope.shape(x).to_vec();
    let axis = site.axis(site.int("axis", 0)?, shape.len())?;
    if shape[axis] < 2 {
        let got = format!("shape {shape:?}");
        return Err(site.wrong("input 0", "at least two elements along the axis", got));
    }
    // The axis comes last, the others stay in order.
    let rest: Vec<usize> = (0..shape.len()).filter(|&other| other != axis).collect();
    if axis + 1 < shape.len() {
        let order: Vec<usize> = rest.iter().copied().chain([axis]).collect();
        let place = |axis: usize| order.iter().position(|&own| own == axis).unwrap_or(axis);
        let map = (0..shape.len()).map(|axis| AxisMap::identity(place(axis)));
        let moved = FloatLinear {
            terms: vec![FloatTerm::moved(IndexMap(map.collect()))],
            constant: None,
            disjoint: false,
        };
        let dims = order.iter().map(|&axis| shape[axis]).collect();
        x = scope.push(site, Operation::Linear(moved), vec![x], dims)?;
    }
    let dims: Vec<usize> = rest.iter().map(|&axis| shape[axis]).collect();
    if !site.flag("keepdims", true)? {
        return scope.emit(site, Operation::ArgMax, vec![x], dims);
    }
    let index = scope.push(site, Operation::ArgMax, vec![x], dims)?;
    let mut kept = shape;
    kept[axis] = 1;
    scope.emit(site, Operation::Reshape, vec![index], kept)
}
