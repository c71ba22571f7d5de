//! Which launches are proved by Groth16, and which tensors they share with the rest of the program.

use std::collections::BTreeMap;

use super::{GraphError, KernelGraph, Shape, TensorId, TensorKind};
use crate::kernels::{Kernel, LaunchView, ProofSystem, Relation};

/// A tensor that a launch shares with its neighbours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedTensor {
    /// Which tensor.
    pub tensor: TensorId,
    /// Whether the launch produces it: then claims on it end here.
    pub is_result: bool,
    /// Its shape.
    pub shape: Shape,
}

/// A launch that is proved by Groth16.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedLaunch {
    /// Index among the launches.
    pub launch: usize,
    /// Index among the distinct constraint systems.
    pub system: usize,
    /// Inputs, then outputs, then results of lookups: the vectors that the proof's commitment fixes.
    pub shared: Vec<SharedTensor>,
}

/// All launches of a program that are proved by Groth16.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkedLaunches {
    launches: Vec<LinkedLaunch>,
    systems: Vec<usize>,
}

impl LinkedLaunches {
    /// Those of a graph whose launches fit their kernels.
    pub(super) fn new(graph: &KernelGraph) -> Self {
        let mut linked = Self::default();
        let mut distinct = BTreeMap::new();
        for (index, launch) in graph.launches.iter().enumerate() {
            let Kernel::Circuit(kernel) = &launch.kernel else {
                continue;
            };
            if kernel.system != ProofSystem::Groth16 {
                continue;
            }
            // Tables make no difference: lookups are settled by the lookup argument.
            let next = distinct.len();
            let constraints = (kernel.circuit, kernel.grid.dims(), &kernel.axes);
            let system = *distinct.entry(constraints).or_insert(next);
            if system == next {
                linked.systems.push(index);
            }
            let view = LaunchView { graph, launch };
            let results = launch.outputs.iter().enumerate();
            let results = results
                .filter(|&(index, _)| kernel.output_kind(&view, index) == TensorKind::Virtual)
                .map(|(_, &id)| (id, true));
            let arguments = launch.inputs.iter().map(|&id| (id, false));
            let shared = arguments
                .chain(results)
                .filter_map(|(tensor, is_result)| {
                    Some(SharedTensor {
                        tensor,
                        is_result,
                        shape: graph.tensor(tensor)?.shape.clone(),
                    })
                })
                .collect();
            linked.launches.push(LinkedLaunch {
                launch: index,
                system,
                shared,
            });
        }
        linked
    }

    /// The launches, in order.
    pub fn launches(&self) -> &[LinkedLaunch] {
        &self.launches
    }

    /// The launch with this index, if it is one of them.
    pub fn launch(&self, index: usize) -> Option<&LinkedLaunch> {
        let place = self
            .launches
            .binary_search_by_key(&index, |linked| linked.launch);
        self.launches.get(place.ok()?)
    }

    /// For each distinct constraint system, the first launch that has it: launches of one circuit over equal grids
    /// share theirs, and so a key.
    pub fn systems(&self) -> impl Iterator<Item = &LinkedLaunch> {
        self.systems.iter().filter_map(|&index| self.launch(index))
    }

    /// Whether nothing is proved by Groth16.
    pub fn is_empty(&self) -> bool {
        self.launches.is_empty()
    }
}

impl KernelGraph {
    /// Has every launch that is called `kernel`, or whose circuit is, proved by `system`.
    ///
    /// # Errors
    /// [`GraphError::Limit`] if no launch of a circuit is called so.
    pub fn prove_kernel_with(
        &mut self,
        kernel: &str,
        system: ProofSystem,
    ) -> Result<(), GraphError> {
        let named = self.launches_called(kernel);
        if named.is_empty() {
            let mut names: Vec<&str> = self.circuits.iter().map(|c| c.name.as_str()).collect();
            names.dedup();
            return Err(GraphError::Limit {
                what: "choice of proof system",
                expected: format!("the name of a launch of a circuit, or of one of {names:?}"),
                got: format!("`{kernel}`"),
            });
        }
        named
            .into_iter()
            .try_for_each(|launch| self.prove_with(launch, system))
    }

    /// The launches of circuits that are called `kernel`, or whose circuits are.
    pub fn launches_called(&self, kernel: &str) -> Vec<usize> {
        let launches = self.launches.iter().enumerate();
        let named = launches.filter(|(_, launch)| match &launch.kernel {
            Kernel::Circuit(own) => {
                let circuit = self.circuit(own.circuit);
                launch.name == kernel || circuit.is_some_and(|circuit| circuit.name == kernel)
            }
            _ => false,
        });
        named.map(|(index, _)| index).collect()
    }

    /// Has launch number `launch` proved by `system`; its hints become what the system makes of them.
    ///
    /// # Errors
    /// [`GraphError::Limit`] if there is no such launch, or it launches no circuit: nothing else can be proved by Groth16.
    pub fn prove_with(&mut self, launch: usize, system: ProofSystem) -> Result<(), GraphError> {
        let refused = |got: String| GraphError::Limit {
            what: "choice of proof system",
            expected: "a launch of a circuit".to_owned(),
            got,
        };
        let count = self.launches.len();
        let Some(own) = self.launches.get_mut(launch) else {
            return Err(refused(format!("launch {launch} of {count}")));
        };
        let Kernel::Circuit(kernel) = &mut own.kernel else {
            let name = own.kernel.relation().name();
            return Err(refused(format!("`{}` ({name})", own.name)));
        };
        kernel.system = system;
        let own = own.clone();
        let view = LaunchView {
            graph: self,
            launch: &own,
        };
        let relation = own.kernel.relation();
        let kinds: Vec<TensorKind> = (0..own.outputs.len())
            .map(|index| relation.output_kind(&view, index))
            .collect();
        for (id, kind) in own.outputs.iter().zip(kinds) {
            if let Some(tensor) = self.tensors.get_mut(id.0 as usize) {
                tensor.kind = kind;
            }
        }
        Ok(())
    }
}
