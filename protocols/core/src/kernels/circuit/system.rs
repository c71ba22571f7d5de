//! How a launch is proved.

use serde::{Deserialize, Serialize};

use super::CircuitLaunch;
use crate::circuit::Circuit;
use crate::kernels::LaunchView;
use crate::program::{GraphError, Range, TensorKind};

/// The proof system of a circuit's launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum ProofSystem {
    /// Sumchecks, layer by layer; hints are advice.
    #[default]
    Gkr,
    /// One proof for all instances, which carries a commitment to inputs and outputs.
    ///
    /// Hints are private to the launch, but for results of lookups: those are virtual, and shared as outputs are.
    Groth16,
}

impl ProofSystem {
    /// The name in options and reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Gkr => "gkr",
            Self::Groth16 => "groth16",
        }
    }

    /// The system of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Gkr, Self::Groth16]
            .into_iter()
            .find(|system| system.name() == name)
    }

    /// What result number `index` of a launch of `circuit` is.
    pub(super) fn output_kind(self, circuit: &Circuit, index: usize) -> TensorKind {
        let Some(hint) = index.checked_sub(circuit.outputs.len()) else {
            return TensorKind::Virtual;
        };
        match self {
            Self::Gkr => TensorKind::Advice,
            Self::Groth16 if is_looked_up(circuit, hint) => TensorKind::Virtual,
            Self::Groth16 => TensorKind::Private,
        }
    }
}

fn is_looked_up(circuit: &Circuit, hint: usize) -> bool {
    let mut lookups = circuit.lookups.iter();
    lookups.any(|lookup| lookup.result.is_some_and(|result| result as usize == hint))
}

impl CircuitLaunch {
    /// What a launch that is proved by Groth16 needs besides.
    pub(super) fn check_system(
        &self,
        view: &LaunchView<'_>,
        circuit: &Circuit,
    ) -> Result<(), GraphError> {
        if self.system == ProofSystem::Gkr {
            return Ok(());
        }
        let is_shared = !circuit.inputs.is_empty() || !circuit.outputs.is_empty();
        view.require("inputs", is_shared, || {
            (
                "an input or an output, to be shared".to_owned(),
                "neither".to_owned(),
            )
        })?;
        // Of advice, the lookup's proof is asked for elsewhere; these are virtual, and proved by the same lookup.
        for lookup in &circuit.lookups {
            let Some(result) = lookup.result else {
                continue;
            };
            let tensor = view.output(circuit.outputs.len() + result as usize)?;
            let table = self.tables.get(lookup.table as usize);
            let image = table
                .and_then(|&id| view.graph.table(id))
                .map_or(Range::FIELD, |table| table.image());
            view.require("hint range", tensor.range.encloses(&image), || {
                (format!("to enclose {image}"), tensor.range.to_string())
            })?;
        }
        Ok(())
    }
}
