//! What a kernel was compiled to.

use kernelwise_core::circuit::Circuit;
use kernelwise_groth16::R1cs;

/// One level above the inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LevelReport {
    /// Wires of the level.
    pub gates: usize,
    /// Assertions of its layer.
    pub asserts: usize,
    /// Terms by number of factors: constants, linear terms, products of two, and so on.
    pub terms: Vec<usize>,
    /// Which of the distinct layers it is.
    pub layer: usize,
}

/// Counts of one instance of a kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The kernel's name.
    pub name: String,
    /// Wires of inputs.
    pub inputs: usize,
    /// Wires of hints.
    pub hints: usize,
    /// Levels above the inputs.
    pub levels: Vec<LevelReport>,
    /// Distinct layers.
    pub layers: usize,
    /// Field products of one instance: factors beyond the first of every term.
    pub products: u64,
    /// Values looked up in tables.
    pub lookups: usize,
    /// Rank-one constraints, their variables and entries; `None` for kernels that have no such form.
    pub r1cs: Option<(usize, usize, usize)>,
}

impl Report {
    /// Counts a circuit.
    pub fn new(circuit: &Circuit, r1cs: Option<&R1cs>) -> Self {
        let level = |&index: &u32| {
            let Some(layer) = circuit.layers.get(index as usize) else {
                return LevelReport {
                    gates: 0,
                    asserts: 0,
                    terms: Vec::new(),
                    layer: index as usize,
                };
            };
            let mut terms = vec![0; layer.degree() + 1];
            layer.terms().for_each(|term| terms[term.wires.len()] += 1);
            LevelReport {
                gates: layer.gates() as usize,
                asserts: layer.asserts() as usize,
                terms,
                layer: index as usize,
            }
        };
        Self {
            name: circuit.name.clone(),
            inputs: circuit.input_width(),
            hints: circuit.hints.iter().map(|port| port.len as usize).sum(),
            levels: circuit.sequence.iter().map(level).collect(),
            layers: circuit.layers.len(),
            products: circuit.products(),
            lookups: circuit
                .lookups
                .iter()
                .filter_map(|lookup| circuit.outputs.get(lookup.output as usize))
                .map(|output| output.wires.len())
                .sum(),
            r1cs: r1cs.map(|r1cs| {
                let entries = r1cs.matrices().into_iter().map(|matrix| matrix.len());
                (r1cs.num_constraints(), r1cs.counts().total, entries.sum())
            }),
        }
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "kernel `{}`", self.name)?;
        writeln!(
            f,
            "  inputs {}, hints {}, lookups {}",
            self.inputs, self.hints, self.lookups
        )?;
        writeln!(
            f,
            "  levels {}, distinct layers {}, products {}",
            self.levels.len(),
            self.layers,
            self.products
        )?;
        if let Some((constraints, variables, entries)) = self.r1cs {
            writeln!(
                f,
                "  rank-one constraints {constraints}, variables {variables}, entries {entries}"
            )?;
        }
        writeln!(
            f,
            "  {:>5} {:>5} {:>8} {:>8}  terms by degree",
            "level", "layer", "gates", "asserts"
        )?;
        for (index, level) in self.levels.iter().enumerate() {
            let terms: Vec<String> = level.terms.iter().map(usize::to_string).collect();
            writeln!(
                f,
                "  {:>5} {:>5} {:>8} {:>8}  {}",
                index + 1,
                level.layer,
                level.gates,
                level.asserts,
                terms.join(" ")
            )?;
        }
        Ok(())
    }
}
