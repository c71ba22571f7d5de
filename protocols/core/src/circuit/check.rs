//! Whether a circuit is well formed.

use super::{Circuit, Port};

/// Why a circuit is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("circuit `{circuit}`: {part}: {problem}")]
pub struct CircuitError {
    /// Name of the circuit.
    pub circuit: String,
    /// Which part.
    pub part: &'static str,
    /// What is wrong.
    pub problem: String,
}

/// Most wires of one level, gates of one layer and terms of one layer: the verifier holds a few field elements for each.
const MAX_WIDTH: usize = 1 << 24;
/// Most levels.
const MAX_LEVELS: usize = 1 << 16;
/// Most factors of one term.
const MAX_DEGREE: usize = 8;

impl Circuit {
    /// Checks every index, so that nothing that walks the circuit can go astray.
    ///
    /// # Errors
    /// [`CircuitError`] that names the part and the problem.
    pub fn check(&self) -> Result<(), CircuitError> {
        let wrong = |part, problem: String| CircuitError {
            circuit: self.name.clone(),
            part,
            problem,
        };
        let require = |part, holds: bool, problem: &dyn Fn() -> String| {
            if holds {
                Ok(())
            } else {
                Err(wrong(part, problem()))
            }
        };
        require("levels", self.levels() <= MAX_LEVELS, &|| {
            format!("{}, expected at most {MAX_LEVELS}", self.levels())
        })?;
        let width = self
            .ports()
            .try_fold(0usize, |sum, port| sum.checked_add(port.len as usize));
        require(
            "level 0",
            width.is_some_and(|w| (1..=MAX_WIDTH).contains(&w)),
            &|| format!("{width:?} wires, expected 1 to {MAX_WIDTH}"),
        )?;
        let outputs = self.outputs.iter().map(|output| &output.port);
        for port in self.ports().chain(outputs) {
            require("port", valid(port), &|| {
                format!("`{}` of {} wires", port.name, port.len)
            })?;
        }
        for constant in &self.constants {
            require("constants", constant.to_field().is_some(), &|| {
                format!("{constant:?}")
            })?;
        }
        for level in 1..self.levels() {
            let Some(layer) = self.producer(level) else {
                return Err(wrong("sequence", format!("no layer for level {level}")));
            };
            if let Some(problem) = layer.problem(self.width(level - 1), self.constants.len()) {
                return Err(wrong("layer", format!("level {level}: {problem}")));
            }
            let size = (layer.gates() as usize + layer.asserts() as usize).max(layer.len());
            require(
                "layer",
                size <= MAX_WIDTH && layer.degree() <= MAX_DEGREE,
                &|| {
                    format!(
                        "level {level}: {size} gates or terms of degree {}, expected at most {MAX_WIDTH} of degree {MAX_DEGREE}",
                        layer.degree()
                    )
                },
            )?;
            require(
                "layer",
                layer.gates() > 0 || level + 1 == self.levels(),
                &|| format!("level {level} is empty"),
            )?;
        }
        for output in &self.outputs {
            let width = self.width(output.level as usize);
            let fits = (output.level as usize) < self.levels()
                && output.wires.len() == output.port.len as usize
                && output.wires.iter().all(|&wire| (wire as usize) < width);
            require("output", fits, &|| {
                format!("`{}` at level {}", output.port.name, output.level)
            })?;
        }
        for lookup in &self.lookups {
            let output = self
                .outputs
                .get(lookup.output as usize)
                .map(|output| output.port.len);
            let result = lookup
                .result
                .map(|index| self.hints.get(index as usize).map(|port| port.len));
            let fits = output.is_some() && result.is_none_or(|result| result == output);
            require("lookup", fits, &|| format!("{lookup:?}"))?;
        }
        self.advice
            .problem(self)
            .map_or(Ok(()), |problem| Err(wrong("advice", problem)))
    }
}

fn valid(port: &Port) -> bool {
    port.len > 0 && port.len as usize <= MAX_WIDTH && (!port.scalar || port.len == 1)
}
