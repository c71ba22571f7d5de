//! Sums of index maps, joined.

use kernelwise_core::kernels::{Kernel, Linear};
use kernelwise_core::program::{AxisMap, AxisMultiplier, IndexMap, Launch, LinearTerm, Shape};

use super::{Change, Edges, Patch};

/// Lets the readers of a sum of one tensor, read as it is, read the tensor.
pub(super) struct DropIdentity;

impl Patch for DropIdentity {
    fn find<'g>(&self, edges: &'g Edges<'g>) -> Box<dyn Iterator<Item = Change> + 'g> {
        Box::new(edges.launches().filter_map(|(index, launch)| {
            let (Kernel::Linear(kernel), &[x], &[y]) =
                (&launch.kernel, &launch.inputs[..], &launch.outputs[..])
            else {
                return None;
            };
            let (from, to) = (edges.graph.tensor(x)?, edges.graph.tensor(y)?);
            let is_identity = from.shape == to.shape
                && matches!(kernel.terms.as_slice(), [term]
                    if term.coefficient == 1
                        && term.multipliers.is_empty()
                        && term.map.is_identity(to.shape.rank()));
            (is_identity && !edges.is_public(y)).then(|| Change {
                remove: vec![index],
                alias: vec![(y, x)],
                ..Change::default()
            })
        }))
    }
}

/// Reads through a sum that nothing else reads.
pub(super) struct JoinLinear;

impl Patch for JoinLinear {
    fn find<'g>(&self, edges: &'g Edges<'g>) -> Box<dyn Iterator<Item = Change> + 'g> {
        Box::new(edges.launches().flat_map(move |(index, launch)| {
            let places = 0..launch.inputs.len();
            places.filter_map(move |place| join(edges, index, launch, place))
        }))
    }
}

/// `launch` with the terms of the sum that it reads at `place` in place of that.
fn join(edges: &Edges<'_>, index: usize, launch: &Launch, place: usize) -> Option<Change> {
    let Kernel::Linear(outer) = &launch.kernel else {
        return None;
    };
    let (&read, &output) = (launch.inputs.get(place)?, launch.outputs.first()?);
    let (removed, producer) = edges.private_producer(read)?;
    let Kernel::Linear(inner) = &producer.kernel else {
        return None;
    };
    let shape_of = |id| edges.graph.tensor(id).map(|tensor| &tensor.shape);
    let (middle, to) = (shape_of(read)?, shape_of(output)?);
    let window = |term: &LinearTerm| term.map.0.iter().map(|map| map.window).product::<usize>();
    let reads: usize = inner.terms.iter().map(window).sum();
    // A sum that is read more often than it is long is better computed once.
    if to.len().saturating_mul(reads) > middle.len().saturating_mul(reads) + to.len() {
        return None;
    }
    let mut joined = launch.clone();
    joined.inputs.remove(place);
    let mut terms = outer.terms.clone();
    let term = terms.remove(place);
    for (&x, own) in producer.inputs.iter().zip(&inner.terms) {
        joined.inputs.push(x);
        terms.push(compose(&term, own, middle, to)?);
    }
    joined.kernel = Kernel::Linear(Linear { terms });
    Some(Change {
        replace: vec![(index, joined)],
        remove: vec![removed],
        ..Change::default()
    })
}

/// `outer ∘ inner`, where `outer` reads one element of the `middle` tensor for each index of `to`, never beyond its ends.
fn compose(
    outer: &LinearTerm,
    inner: &LinearTerm,
    middle: &Shape,
    to: &Shape,
) -> Option<LinearTerm> {
    for (map, &dim) in outer.map.0.iter().zip(middle.dims()) {
        let last = match map.driver {
            Some(driver) => to.dims().get(driver)?.checked_sub(1)?,
            None => 0,
        };
        let inside = |o: usize| map.positions(o, dim).count() == 1;
        if map.window != 1 || !inside(0) || !inside(last) {
            return None;
        }
    }
    let mut coefficient = outer.coefficient.checked_mul(inner.coefficient)?;
    let mut multipliers = outer.multipliers.clone();
    for multiplier in &inner.multipliers {
        let map = outer.map.0.get(multiplier.axis)?;
        let at = |o: usize| {
            let index = map.positions(o, multiplier.values.len()).next()?;
            multiplier.values.get(index).copied()
        };
        match map.driver {
            None => coefficient = coefficient.checked_mul(at(0)?)?,
            Some(axis) => {
                let values: Vec<i64> = (0..*to.dims().get(axis)?).map(at).collect::<Option<_>>()?;
                multiply(&mut multipliers, axis, values)?;
            }
        }
    }
    let through = |map: &AxisMap| -> Option<AxisMap> {
        let Some(driver) = map.driver else {
            return Some(map.clone());
        };
        let outer = outer.map.0.get(driver)?;
        let shift = map.stride.checked_mul(outer.offset)?;
        Some(AxisMap {
            driver: outer.driver,
            stride: match outer.driver {
                Some(_) => map.stride.checked_mul(outer.stride)?,
                None => 0,
            },
            offset: map.offset.checked_add(shift)?,
            ..map.clone()
        })
    };
    Some(LinearTerm {
        coefficient,
        multipliers,
        map: IndexMap(inner.map.0.iter().map(through).collect::<Option<_>>()?),
    })
}

/// Multiplies the factors along `axis` by `values`.
fn multiply(multipliers: &mut Vec<AxisMultiplier>, axis: usize, values: Vec<i64>) -> Option<()> {
    match multipliers.iter_mut().find(|known| known.axis == axis) {
        Some(known) => {
            for (known, value) in known.values.iter_mut().zip(values) {
                *known = known.checked_mul(value)?;
            }
        }
        None => multipliers.push(AxisMultiplier { axis, values }),
    }
    Some(())
}
