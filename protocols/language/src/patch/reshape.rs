//! Reshapes, whose claims are dense, made rare.

use kernelwise_core::kernels::{Kernel, Linear};
use kernelwise_core::program::{AxisMap, IndexMap, Launch, LinearTerm, Shape, TensorKind};

use super::{Change, Edges, Patch};

/// Makes a reshape that only adds or drops axes of length 1 an index map, whose claim is a product over axes, where that
/// claim is the only one on a tensor that is not committed.
pub(super) struct RelabelAxes;

impl Patch for RelabelAxes {
    fn find<'g>(&self, edges: &'g Edges<'g>) -> Box<dyn Iterator<Item = Change> + 'g> {
        Box::new(edges.launches().filter_map(|(index, launch)| {
            let Kernel::Reshape(_) = launch.kernel else {
                return None;
            };
            let (&[x], &[y]) = (&launch.inputs[..], &launch.outputs[..]) else {
                return None;
            };
            let (from, to) = (edges.graph.tensor(x)?, edges.graph.tensor(y)?);
            // Where other claims meet the dense one, they merge anyway, and the map would have to state a value.
            edges.private_producer(x)?;
            if from.kind != TensorKind::Virtual {
                return None;
            }
            let map = relabelling(&from.shape, &to.shape)?;
            let term = LinearTerm {
                map,
                ..LinearTerm::scaled(1, 0)
            };
            let launch = Launch {
                kernel: Kernel::Linear(Linear { terms: vec![term] }),
                ..launch.clone()
            };
            Some(Change {
                replace: vec![(index, launch)],
                ..Change::default()
            })
        }))
    }
}

/// Where each axis of `from` is in `to`, if they differ in axes of length 1 only: the index map that does what a reshape would, and whose
/// claim is a product over axes.
pub fn relabelling(from: &Shape, to: &Shape) -> Option<IndexMap> {
    let long = |shape: &Shape| -> Vec<(usize, usize)> {
        let axes = shape.dims().iter().copied().enumerate();
        axes.filter(|&(_, dim)| dim != 1).collect()
    };
    let (from_axes, to_axes) = (long(from), long(to));
    let dims = |axes: &[(usize, usize)]| axes.iter().map(|axis| axis.1).collect::<Vec<_>>();
    if dims(&from_axes) != dims(&to_axes) {
        return None;
    }
    let mut map = IndexMap(vec![AxisMap::fixed(0); from.rank()]);
    for (&(own, _), &(driver, _)) in from_axes.iter().zip(&to_axes) {
        *map.0.get_mut(own)? = AxisMap::identity(driver);
    }
    Some(map)
}

/// Reads through a reshape that nothing else reads.
pub(super) struct JoinReshapes;

impl Patch for JoinReshapes {
    fn find<'g>(&self, edges: &'g Edges<'g>) -> Box<dyn Iterator<Item = Change> + 'g> {
        Box::new(edges.launches().filter_map(|(index, launch)| {
            let Kernel::Reshape(_) = launch.kernel else {
                return None;
            };
            let (inner, producer) = edges.private_producer(*launch.inputs.first()?)?;
            let Kernel::Reshape(_) = producer.kernel else {
                return None;
            };
            let launch = Launch {
                inputs: producer.inputs.clone(),
                ..launch.clone()
            };
            Some(Change {
                replace: vec![(index, launch)],
                remove: vec![inner],
                ..Change::default()
            })
        }))
    }
}
