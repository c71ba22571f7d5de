//! Circuits as constraint systems, and their wires.

use kernelwise_core::circuit::Circuit;
use kernelwise_core::program::{KernelGraph, LinkedLaunch};
use kernelwise_field::{AdditiveGroup, Field, Fr};

use super::layout::Layout;
use crate::error::Groth16ProveError;
use crate::r1cs::{Matrix, MatrixBuilder, R1cs, WireCounts};

/// The constraint system of a circuit's instances.
#[derive(Debug, Clone)]
pub struct CircuitRelation {
    r1cs: R1cs,
    completion: Completion,
}

/// How the wires of a [`CircuitRelation`] follow from those that are known.
#[derive(Debug, Clone)]
pub(super) struct Completion {
    shared: usize,
    hints: usize,
    /// Row `i` of each defines product `i`.
    products: [Matrix; 2],
}

impl CircuitRelation {
    /// One instance of a circuit on its own, for a plain proof or a `.r1cs` file: inputs, then outputs, port by port, are public.
    ///
    /// # Cost
    /// As [`LaunchCircuit::new`](super::LaunchCircuit::new), without shared elements.
    ///
    /// # Errors
    /// [`Groth16ProveError::Unsupported`] for circuits with lookups; [`Groth16ProveError::TooLarge`] for more constraints than are
    /// sensible.
    pub fn of_circuit(circuit: &Circuit) -> Result<Self, Groth16ProveError> {
        Self::new(&Layout::of_circuit(circuit)?, false)
    }

    /// A launch, whose shared tensors are boundary wires.
    pub(super) fn of_launch(
        graph: &KernelGraph,
        launch: &LinkedLaunch,
    ) -> Result<Self, Groth16ProveError> {
        Self::new(&Layout::of_launch(graph, launch)?, true)
    }

    fn new(layout: &Layout<'_>, is_committed: bool) -> Result<Self, Groth16ProveError> {
        let writer = layout.write();
        let products = writer.products.map(MatrixBuilder::build);
        let (shared, hints) = (layout.shared, layout.hints);
        let counts = WireCounts {
            public: if is_committed { 0 } else { shared },
            boundary: if is_committed { shared } else { 0 },
            total: 1 + shared + hints + products[0].rows(),
        };
        Ok(Self {
            r1cs: R1cs::new(counts, writer.relation.map(MatrixBuilder::build))?,
            completion: Completion {
                shared,
                hints,
                products,
            },
        })
    }

    /// The system.
    pub fn r1cs(&self) -> &R1cs {
        &self.r1cs
    }

    /// All wires from those of inputs and outputs, port by port, and those of hints.
    ///
    /// # Errors
    /// [`Groth16ProveError::Shape`] if there are not as many.
    pub fn wires(&self, known: &[Fr], hints: &[Fr]) -> Result<Vec<Fr>, Groth16ProveError> {
        self.completion.wires(known, hints)
    }

    pub(super) fn into_parts(self) -> (R1cs, Completion) {
        (self.r1cs, self.completion)
    }
}

impl Completion {
    /// All wires from the elements of shared tensors, one after the other, and those of the private hints.
    pub(super) fn wires(&self, shared: &[Fr], hints: &[Fr]) -> Result<Vec<Fr>, Groth16ProveError> {
        for (what, expected, got) in [
            ("elements of shared tensors", self.shared, shared.len()),
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
        let [a, b] = &self.products;
        let mut wires = Vec::with_capacity(1 + shared.len() + hints.len() + a.rows());
        wires.push(Fr::ONE);
        wires.extend_from_slice(shared);
        wires.extend_from_slice(hints);
        let first = wires.len();
        wires.resize(first + a.rows(), Fr::ZERO);
        for row in 0..a.rows() {
            wires[first + row] = a.row_product(row, &wires) * b.row_product(row, &wires);
        }
        Ok(wires)
    }
}
