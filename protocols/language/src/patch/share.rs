//! Launches that compute the same.

use std::collections::BTreeMap;

use kernelwise_core::kernels::Kernel;
use kernelwise_core::program::{Launch, TensorId};

use super::{Change, Edges, Patch};

/// Lets readers of a launch read an earlier one of the same kernel on the same arguments.
///
/// Not where a kernel only moves and adds: claims pass through it for next to nothing, and several claims on one tensor would have to merge.
pub(super) struct ShareLaunches;

impl Patch for ShareLaunches {
    fn find<'g>(&self, edges: &'g Edges<'g>) -> Box<dyn Iterator<Item = Change> + 'g> {
        let mut by_inputs: BTreeMap<&[TensorId], Vec<usize>> = BTreeMap::new();
        let costly =
            |launch: &Launch| !matches!(launch.kernel, Kernel::Linear(_) | Kernel::Reshape(_));
        for (index, launch) in edges.launches().filter(|(_, launch)| costly(launch)) {
            by_inputs.entry(&launch.inputs).or_default().push(index);
        }
        let launches = &edges.graph.launches;
        let same = move |earlier: usize, later: usize| {
            let (earlier, later) = (launches.get(earlier)?, launches.get(later)?);
            // Shapes are the kernel's where it does not say them; a public output stays a tensor of its own.
            let mut outputs = earlier.outputs.iter().zip(&later.outputs);
            let shares = earlier.kernel == later.kernel
                && earlier.outputs.len() == later.outputs.len()
                && outputs.all(|(&a, &b)| {
                    let alike = edges.graph.tensor(a).zip(edges.graph.tensor(b));
                    !edges.is_public(b)
                        && alike.is_some_and(|(a, b)| {
                            a.shape == b.shape && a.kind == b.kind && a.range == b.range
                        })
                });
            let alias = later.outputs.iter().copied().zip(earlier.outputs.clone());
            shares.then(|| alias.collect())
        };
        let groups = by_inputs.into_values();
        Box::new(groups.flat_map(move |group| {
            let pairs = (1..group.len()).flat_map(|later| (0..later).map(move |e| (e, later)));
            let changes: Vec<Change> = pairs
                .filter_map(|(earlier, later)| {
                    Some(Change {
                        alias: same(group[earlier], group[later])?,
                        remove: vec![group[later]],
                        ..Change::default()
                    })
                })
                .collect();
            changes
        }))
    }
}
