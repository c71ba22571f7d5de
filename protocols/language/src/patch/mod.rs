//! Rewriting a program's graph before it is validated: the same outputs from fewer and cheaper launches, whoever built the graph.
//!
//! A `Patch` finds places where it would help and says what changes there; applying a `Change` is the same for all of them. What
//! changes is checked by the kernels' own relations, and a change that one of them refuses is not made.
//!
//! | patch | what it saves |
//! |---|---|
//! | `DropDead` | launches that nobody reads and that prove nothing by themselves |
//! | `ShareLaunches` | a second launch of a kernel on the same arguments: its advice, its lookups, its sumchecks |
//! | `RelabelAxes` | the dense claim of a reshape that only adds or drops axes of length 1 |
//! | `JoinReshapes` | a reshape of a reshape |
//! | `JoinLinear` | index maps of index maps: a tensor, a value of the proof |
//! | `DropIdentity` | sums of one tensor as it is |
//!
//! Lookup tables are not among them: a context holds each once, however often it is named. Neither is committing what could be
//! carried: claims on virtual tensors cost a sumcheck at most, commitments a sum of points for each row.

mod dead;
mod linear;
mod reshape;
mod share;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use kernelwise_core::kernels::LaunchView;
use kernelwise_core::program::{KernelGraph, Launch, TensorId, TensorKind};

use dead::DropDead;
use linear::{DropIdentity, JoinLinear};
pub use reshape::relabelling;
use reshape::{JoinReshapes, RelabelAxes};
use share::ShareLaunches;

/// One way to make graphs cheaper.
trait Patch {
    /// What could be changed, the same outputs kept. Each change removes a launch, or one of a costlier kernel.
    fn find<'g>(&self, edges: &'g Edges<'g>) -> Box<dyn Iterator<Item = Change> + 'g>;
}

/// What a patch changes at one place.
#[derive(Debug, Default)]
struct Change {
    /// Launches by index, and what takes their place.
    replace: Vec<(usize, Launch)>,
    /// Launches that go.
    remove: Vec<usize>,
    /// Tensors, and those that their readers read instead.
    alias: Vec<(TensorId, TensorId)>,
}

/// A graph with who produces and who reads each tensor.
struct Edges<'g> {
    graph: &'g KernelGraph,
    producer: Vec<Option<usize>>,
    /// Reads by launches; public outputs count as one.
    readers: Vec<usize>,
}

impl<'g> Edges<'g> {
    fn of(graph: &'g KernelGraph) -> Self {
        let mut producer = vec![None; graph.tensors.len()];
        let mut readers = vec![0; graph.tensors.len()];
        let mut read = |id: &TensorId| {
            if let Some(count) = readers.get_mut(id.0 as usize) {
                *count += 1;
            }
        };
        for (index, launch) in graph.launches.iter().enumerate() {
            launch.inputs.iter().for_each(&mut read);
            for output in &launch.outputs {
                if let Some(slot) = producer.get_mut(output.0 as usize) {
                    *slot = Some(index);
                }
            }
        }
        graph.outputs.iter().for_each(&mut read);
        Self {
            graph,
            producer,
            readers,
        }
    }

    /// All launches with their indices.
    fn launches(&self) -> impl Iterator<Item = (usize, &'g Launch)> {
        self.graph.launches.iter().enumerate()
    }

    fn readers(&self, id: TensorId) -> usize {
        self.readers.get(id.0 as usize).copied().unwrap_or(0)
    }

    fn is_public(&self, id: TensorId) -> bool {
        self.graph.outputs.contains(&id)
    }

    /// The launch that produces a tensor.
    fn producer(&self, id: TensorId) -> Option<(usize, &'g Launch)> {
        let index = (*self.producer.get(id.0 as usize)?)?;
        Some((index, self.graph.launches.get(index)?))
    }

    /// The launch that produces a tensor which nothing but one launch reads.
    fn private_producer(&self, id: TensorId) -> Option<(usize, &'g Launch)> {
        let private = self.readers(id) == 1 && !self.is_public(id);
        private.then(|| self.producer(id)).flatten()
    }
}

/// Applies all patches until none finds anything; returns the new index of every tensor that is left, and for every tensor whose
/// readers read an equal one instead the index of that.
///
/// The graph need not be valid yet; its outputs stay what they are.
///
/// # Cost
/// One walk over the launches per change.
pub fn optimise(graph: &mut KernelGraph) -> BTreeMap<TensorId, TensorId> {
    let patches: [&dyn Patch; 6] = [
        &DropDead,
        &ShareLaunches,
        &RelabelAxes,
        &JoinReshapes,
        &JoinLinear,
        &DropIdentity,
    ];
    let mut aliases = Vec::new();
    // Every change removes a launch, or a reshape for good: this ends.
    while let Some(change) = patches.iter().find_map(|patch| apply_first(*patch, graph)) {
        aliases.extend(change.alias);
    }
    let mut places = compact(graph);
    // What a tensor gives way to may give way later.
    for (from, to) in aliases.into_iter().rev() {
        if let Some(&place) = places.get(&to) {
            places.insert(from, place);
        }
    }
    places
}

/// Makes the first change that the kernels concerned accept, if there is one.
fn apply_first(patch: &dyn Patch, graph: &mut KernelGraph) -> Option<Change> {
    let changes: Vec<Change> = patch.find(&Edges::of(graph)).collect();
    changes.into_iter().find(|change| apply(change, graph))
}

/// Makes a change; leaves the graph as it is and returns `false` if a launch would not fit its kernel any more.
fn apply(change: &Change, graph: &mut KernelGraph) -> bool {
    let before = graph.launches.clone();
    for (index, launch) in &change.replace {
        if let Some(slot) = graph.launches.get_mut(*index) {
            *slot = launch.clone();
        }
    }
    let inputs = graph.launches.iter_mut().flat_map(|l| &mut l.inputs);
    for input in inputs {
        if let Some((_, to)) = change.alias.iter().find(|(from, _)| from == input) {
            *input = *to;
        }
    }
    let changed = graph.launches.iter().zip(&before).enumerate();
    let fits = changed
        .filter(|(index, (new, old))| new != old && !change.remove.contains(index))
        .all(|(_, (launch, _))| {
            let view = LaunchView { graph, launch };
            launch.kernel.relation().check(&view).is_ok()
        });
    if !fits {
        graph.launches = before;
        return false;
    }
    let mut index = 0;
    graph.launches.retain(|_| {
        index += 1;
        !change.remove.contains(&(index - 1))
    });
    true
}

/// Drops tensors that no launch produces any more.
fn compact(graph: &mut KernelGraph) -> BTreeMap<TensorId, TensorId> {
    let mut needed: Vec<bool> = graph
        .tensors
        .iter()
        .map(|tensor| matches!(tensor.kind, TensorKind::Input | TensorKind::Parameter))
        .collect();
    let produced = graph.launches.iter().flat_map(|launch| &launch.outputs);
    for id in produced.chain(graph.tables.iter().map(|table| &table.multiplicities)) {
        if let Some(needed) = needed.get_mut(id.0 as usize) {
            *needed = true;
        }
    }
    let kept = (0u32..).zip(&needed).filter(|(_, needed)| **needed);
    let places: BTreeMap<TensorId, TensorId> = (0u32..)
        .zip(kept)
        .map(|(new, (old, _))| (TensorId(old), TensorId(new)))
        .collect();
    let mut index = 0;
    graph.tensors.retain(|_| {
        index += 1;
        needed[index - 1]
    });
    let launches = graph.launches.iter_mut();
    let ids = launches.flat_map(|launch| launch.inputs.iter_mut().chain(&mut launch.outputs));
    let tables = graph.tables.iter_mut();
    let ids = ids
        .chain(tables.map(|table| &mut table.multiplicities))
        .chain(&mut graph.inputs)
        .chain(&mut graph.outputs);
    for id in ids {
        *id = places.get(id).copied().unwrap_or(*id);
    }
    places
}
