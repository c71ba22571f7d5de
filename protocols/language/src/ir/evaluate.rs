//! The meaning of a kernel: its nodes, evaluated one after the other.

use kernelwise_core::field::{AdditiveGroup, Field, Fr};
use kernelwise_prover::HintRegistry;

use super::{Ir, Node, NodeId};
use crate::error::KernelError;
use crate::hints::{compute, to_integer};

/// The values of all nodes on the wires of all inputs; assertions and lookups must hold.
///
/// # Errors
/// [`KernelError::Misuse`] if the number of values is wrong or a hint cannot be computed; [`KernelError::Violated`] if an
/// assertion or a lookup fails.
pub(crate) fn evaluate(
    kernel: &str,
    ir: &Ir,
    registry: &HintRegistry,
    inputs: &[Fr],
) -> Result<Vec<Fr>, KernelError> {
    let misuse = |argument: String, expected: String, got: String| KernelError::Misuse {
        kernel: kernel.to_owned(),
        argument,
        expected,
        got,
    };
    if inputs.len() != ir.input_width() as usize {
        return Err(misuse(
            "inputs".to_owned(),
            format!("{} values", ir.input_width()),
            inputs.len().to_string(),
        ));
    }
    let mut values: Vec<Fr> = Vec::with_capacity(ir.len());
    let mut results: Vec<Option<Vec<Fr>>> = vec![None; ir.hints.len()];
    for id in 0..ir.len() as NodeId {
        let value = |node: NodeId| values[node as usize];
        let own = match ir.node(id) {
            Node::Input(wire) => inputs[wire as usize],
            Node::Linear(constant, terms) => {
                let start = ir.coefficients.value(constant);
                let add = |sum, &(coefficient, node): &_| {
                    sum + ir.coefficients.value(coefficient) * value(node)
                };
                terms.iter().fold(start, add)
            }
            Node::Product(factors) => factors
                .iter()
                .fold(Fr::ONE, |product, &node| product * value(node)),
            Node::Hint { call, index } => {
                let hint = &ir.hints[call as usize];
                if results[call as usize].is_none() {
                    let arguments: Vec<Fr> =
                        hint.arguments.iter().map(|&node| value(node)).collect();
                    let found = compute(
                        &hint.function,
                        &arguments,
                        hint.results as usize,
                        &ir.tables,
                        registry,
                    );
                    let found = found.map_err(|got| {
                        misuse(format!("hint `{}`", hint.name), "a value".to_owned(), got)
                    })?;
                    results[call as usize] = Some(found);
                }
                let found = results[call as usize].as_deref().unwrap_or_default();
                found.get(index as usize).copied().unwrap_or(Fr::ZERO)
            }
        };
        values.push(own);
    }
    for assertion in &ir.assertions {
        let got = values[assertion.node as usize];
        if got != Fr::ZERO {
            return Err(KernelError::Violated {
                kernel: kernel.to_owned(),
                assertion: assertion.label.clone(),
                got: got.to_string(),
            });
        }
    }
    for lookup in &ir.lookups {
        let table = &ir.tables[lookup.table as usize];
        let input = to_integer(values[lookup.argument as usize])
            .and_then(|input| i64::try_from(input).ok());
        let entry = input.and_then(|input| table.apply(input)).map(Fr::from);
        let holds = match lookup.result {
            Some(result) => entry == Some(values[result as usize]),
            None => entry.is_some(),
        };
        if !holds {
            return Err(KernelError::Violated {
                kernel: kernel.to_owned(),
                assertion: format!("lookup in `{}`", table.name),
                got: values[lookup.argument as usize].to_string(),
            });
        }
    }
    Ok(values)
}
