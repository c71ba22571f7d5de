//! Launches of circuits as constraint systems.
//!
//! The layered circuit of a launch is its meaning, whichever system proves it; here its gates become rank-1 constraints, once
//! for every instance of the grid. Linear gates cost nothing, and a gate of degree `d` costs `d − 1` constraints per term.
//! Padded instances, which sumchecks need, have none.
//!
//! | wires of the relation | values |
//! |---|---|
//! | boundary | the shared tensors, element by element: inputs, outputs, results of lookups |
//! | private, first | the other hints, port by port, instance by instance |
//! | private, then | products, each the product of two sums of earlier wires |

mod lower;

use kernelwise_core::program::{KernelGraph, LinkedLaunch};
use kernelwise_field::{AdditiveGroup, Field, Fr};

use crate::error::Groth16ProveError;
use crate::linked::LinkedCircuit;
use crate::r1cs::{Matrix, R1cs, WireCounts};
use lower::Lowered;

/// The constraint system of a launch, with the evaluation of its shared tensors.
#[derive(Debug, Clone)]
pub struct LaunchCircuit {
    linked: LinkedCircuit,
    hints: usize,
    /// Row `i` of each defines product `i`.
    products: [Matrix; 2],
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
        let Lowered {
            boundary,
            hints,
            relation,
            products,
        } = lower::lower(graph, launch)?;
        let products = products.map(|matrix| matrix.build());
        let counts = WireCounts {
            public: 0,
            boundary,
            total: 1 + boundary + hints + products[0].rows(),
        };
        let relation = R1cs::new(counts, relation.map(|matrix| matrix.build()))?;
        let shapes = launch.shared.iter();
        let shapes = shapes.map(|shared| shared.shape.dims().to_vec()).collect();
        Ok(Self {
            linked: LinkedCircuit::new(relation, shapes)?,
            hints,
            products,
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
        let counts = self.linked.relation();
        for (what, expected, got) in [
            ("elements of shared tensors", counts.boundary, shared.len()),
            ("elements of hints", self.hints, hints.len()),
        ] {
            if expected != got {
                return Err(Groth16ProveError::Shape {
                    what,
                    expected,
                    got,
                });
            }
        }
        let mut wires = Vec::with_capacity(counts.total);
        wires.push(Fr::ONE);
        wires.extend_from_slice(shared);
        wires.extend_from_slice(hints);
        let first = wires.len();
        wires.resize(counts.total, Fr::ZERO);
        let [a, b] = &self.products;
        for row in 0..a.rows() {
            wires[first + row] = a.row_product(row, &wires) * b.row_product(row, &wires);
        }
        Ok(wires)
    }
}
