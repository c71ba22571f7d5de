//! Circuits, instance by instance: hints by the circuit's own program, then level by level.

use kernelwise_core::circuit::{Circuit, HintFunction, Step, TermRef};
use kernelwise_core::kernels::CircuitLaunch;

use super::kernels::Run;
use crate::error::ExecuteError;

/// Numbers stay far below this in programs over integers; beyond it, sums could leave 128 bits.
const MAX_MAGNITUDE: i128 = 1 << 100;

impl Run<'_> {
    /// Values of all outputs, then of all hint ports.
    pub(super) fn circuit(&self, launch: &CircuitLaunch) -> Result<Vec<Vec<i64>>, ExecuteError> {
        let Some(circuit) = self.graph().circuit(launch.circuit) else {
            return Err(self.malformed("no circuit"));
        };
        let constants: Option<Vec<i128>> = circuit
            .constants
            .iter()
            .map(|constant| match constant.ratio() {
                Some((value, 1)) => Some(value.into()),
                _ => None,
            })
            .collect();
        let Some(constants) = constants else {
            return Err(self.malformed("coefficients that are no integers"));
        };
        let mut outputs: Vec<Vec<i64>> =
            vec![Vec::new(); circuit.outputs.len() + circuit.hints.len()];
        for instance in 0..launch.grid.len() {
            let mut inputs = Vec::new();
            for (index, (port, kept)) in circuit.inputs.iter().zip(&launch.axes).enumerate() {
                let start = launch.grid().place(kept, instance) * port.len as usize;
                let values = self.input(index)?.values;
                let wires = values.get(start..start + port.len as usize);
                let wires = wires.ok_or_else(|| self.malformed("an input of another shape"))?;
                inputs.extend(wires.iter().map(|&value| i128::from(value)));
            }
            let hints = self.hints(circuit, &constants, &inputs)?;
            let (own, ports) = outputs.split_at_mut(circuit.outputs.len());
            let mut rest = hints.as_slice();
            for (port, values) in circuit.hints.iter().zip(ports) {
                let (wires, after) = rest.split_at(rest.len().min(port.len as usize));
                rest = after;
                for &value in wires {
                    values.push(self.narrow(value)?);
                }
            }
            let mut level = [inputs, hints].concat();
            for height in 0..circuit.levels() {
                if let Some(layer) = circuit.producer(height) {
                    let mut above = vec![0; layer.gates() as usize];
                    for term in layer.terms() {
                        if let Some(gate) = above.get_mut(term.gate as usize) {
                            *gate += self.product(&constants, &term, &level)?;
                        }
                    }
                    level = above;
                }
                for (output, values) in circuit.outputs.iter().zip(&mut *own) {
                    let leaving = output
                        .wires
                        .iter()
                        .filter(|_| output.level as usize == height);
                    for &wire in leaving {
                        let value = level.get(wire as usize).copied().unwrap_or(0);
                        values.push(self.narrow(value)?);
                    }
                }
            }
        }
        Ok(outputs)
    }

    fn hints(
        &self,
        circuit: &Circuit,
        constants: &[i128],
        inputs: &[i128],
    ) -> Result<Vec<i128>, ExecuteError> {
        let constant = |index: u32| constants.get(index as usize).copied().unwrap_or(0);
        let mut values = inputs.to_vec();
        for step in &circuit.advice.steps {
            let value = |index: &u32| values.get(*index as usize).copied().unwrap_or(0);
            let found = match step {
                Step::Linear { constant: c, terms } => {
                    let mut sum = c.map_or(0, constant);
                    for (coefficient, index) in terms {
                        sum += self.times(constant(*coefficient), value(index))?;
                    }
                    vec![sum]
                }
                Step::Product(a, b) => vec![self.times(value(a), value(b))?],
                Step::Hint {
                    function: HintFunction::Digits { width },
                    arguments,
                    results,
                } => {
                    let number = arguments.first().map_or(0, value);
                    let digit = |index: u32| match index.checked_mul(*width) {
                        Some(low) if low < 127 => number >> low & ((1 << width.min(&64)) - 1),
                        _ => 0,
                    };
                    (0..*results).map(digit).collect()
                }
                Step::Hint { .. } => {
                    return Err(self.malformed("a hint that this executor does not know"));
                }
            };
            values.extend(found);
        }
        let wires = circuit.advice.wires.iter();
        let value = |&index: &u32| values.get(index as usize).copied().unwrap_or(0);
        Ok(wires.map(value).collect())
    }

    fn product(
        &self,
        constants: &[i128],
        term: &TermRef<'_>,
        level: &[i128],
    ) -> Result<i128, ExecuteError> {
        let mut product = constants
            .get(term.coefficient as usize)
            .copied()
            .unwrap_or(0);
        for &wire in term.wires {
            product = self.times(product, level.get(wire as usize).copied().unwrap_or(0))?;
        }
        Ok(product)
    }

    fn times(&self, a: i128, b: i128) -> Result<i128, ExecuteError> {
        let product = a.checked_mul(b);
        product
            .filter(|product| product.abs() < MAX_MAGNITUDE)
            .ok_or_else(|| self.malformed("a value beyond 100 bits"))
    }

    fn narrow(&self, value: i128) -> Result<i64, ExecuteError> {
        i64::try_from(value).map_err(|_| self.malformed("a value beyond 64 bits"))
    }
}
