//! How an honest prover finds the hints of one instance: a straight-line program.

use serde::{Deserialize, Serialize};

use super::Circuit;

/// What a hint computes from its arguments. Nothing of it is proved: the circuit's own assertions are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum HintFunction {
    /// The digits of a non-negative integer in base `2^width`, least significant first.
    Digits {
        /// Bits per digit.
        width: u32,
    },
    /// The multiplicative inverse in the field, 0 for 0.
    Inverse,
    /// Quotient and remainder of two integers, the remainder in `0 .. |divisor|`; `(0, 0)` for divisor 0.
    Division,
    /// The entry of one of the launch's tables.
    Lookup {
        /// Which of the launch's tables.
        table: u32,
    },
    /// A function that the host registers under this name.
    Custom(String),
}

/// One step: it appends its results to the list of values, which starts with the wires of the inputs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Step {
    /// `constant + Σ coefficient · value`.
    Linear {
        /// Index of the constant; `None` for zero.
        constant: Option<u32>,
        /// `(index of coefficient, index of value)`.
        terms: Vec<(u32, u32)>,
    },
    /// The product of two values.
    Product(u32, u32),
    /// A function with several results.
    Hint {
        /// What is computed.
        function: HintFunction,
        /// Indices of values.
        arguments: Vec<u32>,
        /// Number of results.
        results: u32,
    },
}

/// The program of all hints.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Advice {
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// For each wire of the hint ports, the value that it takes.
    pub wires: Vec<u32>,
}

impl Advice {
    pub(super) fn problem(&self, circuit: &Circuit) -> Option<String> {
        let constants = circuit.constants.len() as u64;
        let mut known = circuit.input_width() as u64;
        for (index, step) in self.steps.iter().enumerate() {
            let value = |&value: &u32| u64::from(value) < known;
            let constant = |&constant: &u32| u64::from(constant) < constants;
            let (fits, results) = match step {
                Step::Linear { constant: c, terms } => {
                    let terms = terms.iter().all(|(c, v)| constant(c) && value(v));
                    (terms && c.as_ref().is_none_or(constant), 1)
                }
                Step::Product(a, b) => (value(a) && value(b), 1),
                Step::Hint {
                    arguments, results, ..
                } => (arguments.iter().all(value), u64::from(*results)),
            };
            if !fits {
                return Some(format!("step {index} reads what is not there"));
            }
            known += results;
        }
        let expected: usize = circuit.hints.iter().map(|port| port.len as usize).sum();
        if self.wires.len() != expected {
            return Some(format!("{} values for {expected} wires", self.wires.len()));
        }
        let unknown = self
            .wires
            .iter()
            .find(|&&value| u64::from(value) >= known)?;
        Some(format!("value {unknown} of {known}"))
    }
}
