//! Launches of circuits as constraint systems.
//!
//! The layered circuit of a launch is its meaning, whichever system proves it; here its gates become rank-1 constraints, once
//! for every instance of the grid. Linear gates cost nothing, and a gate of degree `d` costs `d − 1` constraints per
//! term at most: powers are squared.
//! Padded instances, which sumchecks need, have none.
//!
//! | wires of the relation | values |
//! |---|---|
//! | boundary | the shared tensors, element by element: inputs, outputs, results of lookups |
//! | private, first | the other hints, port by port, instance by instance |
//! | private, then | products, each the product of two sums of earlier wires |

mod layout;
mod relation;
mod writer;

use kernelwise_core::program::{KernelGraph, LinkedLaunch};
use kernelwise_field::Fr;

use crate::error::Groth16ProveError;
use crate::linked::LinkedCircuit;
pub use relation::CircuitRelation;
use relation::Completion;

/// The constraint system of a launch, with the evaluation of its shared tensors.
#[derive(Debug, Clone)]
pub struct LaunchCircuit {
    linked: LinkedCircuit,
    completion: Completion,
}

impl LaunchCircuit {
    /// The system of a launch of a validated program.
    ///
    /// # Cost
    /// Linear in constraints: about one per product and assertion of each instance, and two per shared element.
    ///
    /// # Errors
    /// [`Groth16ProveError::TooLarge`] for more constraints than are sensible; [`Groth16ProveError::Shape`] if the launch is not one of
    /// the graph.
    pub fn new(graph: &KernelGraph, launch: &LinkedLaunch) -> Result<Self, Groth16ProveError> {
        let (relation, completion) = CircuitRelation::of_launch(graph, launch)?.into_parts();
        let shapes = launch.shared.iter();
        let shapes = shapes.map(|shared| shared.shape.dims().to_vec()).collect();
        Ok(Self {
            linked: LinkedCircuit::new(relation, shapes)?,
            completion,
        })
    }

    /// The system with its evaluations.
    pub fn linked(&self) -> &LinkedCircuit {
        &self.linked
    }

    /// The wires of the relation from the elements of the shared tensors, one after the other, and those of the private hints.
    ///
    /// # Errors
    /// [`Groth16ProveError::Shape`] if there are not as many.
    pub fn wires(&self, shared: &[Fr], hints: &[Fr]) -> Result<Vec<Fr>, Groth16ProveError> {
        self.completion.wires(shared, hints)
    }
}
