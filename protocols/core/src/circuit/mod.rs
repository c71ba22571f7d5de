//! Circuits: what a kernel of gates computes for each instance of its grid.
//!
//! A [`Circuit`] is layered. Level 0 holds the wires of inputs and hints; level `i` holds the gates of layer `i`, each a polynomial in
//! the wires of level `i − 1`:
//!
//! ```text
//! V_i(g) = Σ_t coefficient_t · Π_{x ∈ wires_t} V_{i−1}(x)
//! ```
//! The wiring is that of one instance; instances differ in values only. Besides gates a layer has assertions: polynomials of the same
//! form that must vanish. Outputs may leave at any level, so that nothing is relayed upwards; what a later layer needs of an
//! earlier level is relayed by a gate of one linear term, and linear terms cost next to nothing.

mod advice;
mod check;
mod constant;
mod domain;
mod layer;

pub use advice::{Advice, HintFunction, Step};
pub use check::CircuitError;
pub use constant::Constant;
pub use domain::{Domain, Width, bottom_domains, domains};
pub use layer::{Layer, TermRef};

use serde::{Deserialize, Serialize};

/// Index of a circuit in its graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CircuitId(pub u32);

/// A named run of wires of level 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Port {
    /// For messages and reports.
    pub name: String,
    /// Number of wires.
    pub len: u32,
    /// Whether tensors bound to it have no axis of their own for the port (then `len` is 1).
    pub scalar: bool,
}

/// Named wires of one level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Name and number of wires.
    pub port: Port,
    /// The level where the wires are.
    pub level: u32,
    /// Which wires, in the order of the port.
    pub wires: Vec<u32>,
}

/// Element by element, an output is looked up in a table, with the result in a hint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CircuitLookup {
    /// Which of the launch's tables.
    pub table: u32,
    /// Index of the output whose wires are looked up.
    pub output: u32,
    /// Index of the hint port that holds the results; `None` for range tables.
    pub result: Option<u32>,
}

/// A layered circuit and the program of its hints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Circuit {
    /// For messages and reports.
    pub name: String,
    /// Inputs, in the order of the launch's arguments: the first wires of level 0.
    pub inputs: Vec<Port>,
    /// Hints: the remaining wires of level 0, one advice tensor per port.
    pub hints: Vec<Port>,
    /// Coefficients, by index.
    pub constants: Vec<Constant>,
    /// The distinct layers.
    pub layers: Vec<Layer>,
    /// Which layer lies between level `i` and level `i + 1`.
    pub sequence: Vec<u32>,
    /// Results.
    pub outputs: Vec<Output>,
    /// What is looked up.
    pub lookups: Vec<CircuitLookup>,
    /// How an honest prover finds the hints; verifiers ignore it.
    pub advice: Advice,
}

impl Circuit {
    /// Number of levels, the one of the inputs included.
    pub fn levels(&self) -> usize {
        self.sequence.len() + 1
    }

    /// The layer that produces `level`; `None` for level 0.
    pub fn producer(&self, level: usize) -> Option<&Layer> {
        let index = *self.sequence.get(level.checked_sub(1)?)?;
        self.layers.get(index as usize)
    }

    /// Number of wires of `level`.
    pub fn width(&self, level: usize) -> usize {
        match self.producer(level) {
            Some(layer) => layer.gates() as usize,
            None if level == 0 => self.ports().map(|port| port.len as usize).sum(),
            None => 0,
        }
    }

    /// All ports of level 0: inputs, then hints.
    pub fn ports(&self) -> impl Iterator<Item = &Port> {
        self.inputs.iter().chain(&self.hints)
    }

    /// Wires of all inputs.
    pub fn input_width(&self) -> usize {
        self.inputs.iter().map(|port| port.len as usize).sum()
    }

    /// Gates of all layers that multiply, by number of factors beyond the first: field products of one instance.
    pub fn products(&self) -> u64 {
        let layers = self
            .sequence
            .iter()
            .filter_map(|&index| self.layers.get(index as usize));
        layers
            .flat_map(Layer::terms)
            .map(|term| term.wires.len().saturating_sub(1) as u64)
            .sum()
    }
}
