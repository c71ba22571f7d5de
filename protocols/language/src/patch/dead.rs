//! Launches that nobody reads.

use kernelwise_core::circuit::Layer;
use kernelwise_core::kernels::Kernel;
use kernelwise_core::program::{KernelGraph, Launch};

use super::{Change, Edges, Patch};

/// Drops launches whose results nobody reads, unless they prove something themselves: assertions, hints and lookups stay.
pub(super) struct DropDead;

impl Patch for DropDead {
    fn find<'g>(&self, edges: &'g Edges<'g>) -> Box<dyn Iterator<Item = Change> + 'g> {
        // From the end, so that what only they read goes next.
        let all: Vec<_> = edges.launches().collect();
        let dead = all.into_iter().rev().filter(|(_, launch)| {
            let mut outputs = launch.outputs.iter();
            outputs.all(|&id| edges.readers(id) == 0) && proves_nothing(edges.graph, launch)
        });
        Box::new(dead.map(|(index, _)| Change {
            remove: vec![index],
            ..Change::default()
        }))
    }
}

/// Whether every input has outputs that satisfy the relation.
fn proves_nothing(graph: &KernelGraph, launch: &Launch) -> bool {
    match &launch.kernel {
        Kernel::MatMul(_) | Kernel::Conv2d(_) | Kernel::Linear(_) | Kernel::Reshape(_) => true,
        Kernel::Circuit(kernel) => graph.circuit(kernel.circuit).is_some_and(|circuit| {
            let asserts = |level| circuit.producer(level).map_or(0, Layer::asserts);
            kernel.tables.is_empty()
                && circuit.hints.is_empty()
                && (0..circuit.levels()).all(|level| asserts(level) == 0)
        }),
        _ => false,
    }
}
