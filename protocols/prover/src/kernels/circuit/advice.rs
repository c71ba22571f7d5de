//! Running the program of a circuit's hints.

use kernelwise_core::Values;
use kernelwise_core::circuit::{Circuit, HintFunction, Step};
use kernelwise_core::field::{Field, Fr, PrimeField};
use kernelwise_core::program::LookupTable;

use super::evaluate::Coefficient;
use crate::error::ProveError;

/// Finds all hints of one instance from the values of its inputs; returns one value per hint wire.
///
/// Values are computed as integers; where one is no 64-bit integer, everything is computed in the field instead.
pub(super) fn hints(
    launch: &str,
    circuit: &Circuit,
    coefficients: &[Coefficient],
    tables: &[&LookupTable],
    inputs: &[Fr],
) -> Result<Values, ProveError> {
    let machine = Machine {
        launch,
        circuit,
        coefficients,
        tables,
    };
    let integers: Option<Vec<i64>> = inputs.iter().map(|&value| to_integer(value)).collect();
    if let Some(integers) = integers
        && let Some(values) = machine.run_integers(&integers)?
    {
        return Ok(Values::Int(values));
    }
    Ok(Values::Field(machine.run_field(inputs)?))
}

struct Machine<'a> {
    launch: &'a str,
    circuit: &'a Circuit,
    coefficients: &'a [Coefficient],
    tables: &'a [&'a LookupTable],
}

impl Machine<'_> {
    fn failed(&self, problem: &'static str) -> ProveError {
        ProveError::Hint {
            launch: self.launch.to_owned(),
            problem,
        }
    }

    /// `None` if a value leaves 64 bits.
    fn run_integers(&self, inputs: &[i64]) -> Result<Option<Vec<i64>>, ProveError> {
        let advice = &self.circuit.advice;
        let mut values = Vec::with_capacity(inputs.len() + advice.steps.len());
        values.extend_from_slice(inputs);
        let at = |values: &[i64], index: u32| values.get(index as usize).copied().unwrap_or(0);
        for step in &advice.steps {
            match step {
                Step::Linear { constant, terms } => {
                    let mut sum = match constant {
                        Some(index) => self.integer(*index).map(i128::from),
                        None => Some(0),
                    };
                    for &(coefficient, value) in terms {
                        let product = self
                            .integer(coefficient)
                            .map(|c| i128::from(c) * i128::from(at(&values, value)));
                        sum = sum
                            .zip(product)
                            .and_then(|(sum, product)| sum.checked_add(product));
                    }
                    let Some(sum) = sum.and_then(|sum| i64::try_from(sum).ok()) else {
                        return Ok(None);
                    };
                    values.push(sum);
                }
                Step::Product(a, b) => {
                    let Some(product) = at(&values, *a).checked_mul(at(&values, *b)) else {
                        return Ok(None);
                    };
                    values.push(product);
                }
                Step::Hint {
                    function,
                    arguments,
                    results,
                } => {
                    let arguments: Vec<i64> =
                        arguments.iter().map(|&index| at(&values, index)).collect();
                    let Some(found) = self.integer_hint(function, &arguments, *results as usize)?
                    else {
                        return Ok(None);
                    };
                    values.extend(found);
                }
            }
        }
        Ok(Some(
            advice.wires.iter().map(|&wire| at(&values, wire)).collect(),
        ))
    }

    fn integer(&self, index: u32) -> Option<i64> {
        match self.coefficients.get(index as usize)?.ratio {
            Some((numerator, 1)) => Some(numerator),
            _ => None,
        }
    }

    fn integer_hint(
        &self,
        function: &HintFunction,
        arguments: &[i64],
        results: usize,
    ) -> Result<Option<Vec<i64>>, ProveError> {
        let argument = |index: usize| arguments.get(index).copied().unwrap_or(0);
        let found = match function {
            HintFunction::Digits { width } => {
                let (value, width) = (argument(0), (*width).clamp(1, 62));
                if value < 0 {
                    return Err(self.failed("digits of a negative number"));
                }
                let digit = |index: usize| {
                    let shift = index as u64 * u64::from(width);
                    if shift > 62 {
                        0
                    } else {
                        value >> shift & ((1 << width) - 1)
                    }
                };
                (0..results).map(digit).collect()
            }
            HintFunction::Division => {
                let (value, divisor) = (argument(0), argument(1));
                vec![
                    value.checked_div_euclid(divisor).unwrap_or(0),
                    value.checked_rem_euclid(divisor).unwrap_or(0),
                ]
            }
            HintFunction::Lookup { table } => {
                let table = self
                    .tables
                    .get(*table as usize)
                    .ok_or_else(|| self.failed("a lookup without a table"))?;
                let value = table
                    .apply(argument(0))
                    .ok_or_else(|| ProveError::OutOfDomain {
                        launch: self.launch.to_owned(),
                        expected: table.domain(),
                        got: argument(0),
                    })?;
                vec![value]
            }
            HintFunction::Inverse if matches!(argument(0), -1..=1) => vec![argument(0)],
            HintFunction::Inverse => return Ok(None),
            _ => return Err(self.failed("a hint that nobody computes")),
        };
        if found.len() == results {
            Ok(Some(found))
        } else {
            Err(self.failed("a hint with the wrong number of results"))
        }
    }

    fn run_field(&self, inputs: &[Fr]) -> Result<Vec<Fr>, ProveError> {
        let advice = &self.circuit.advice;
        let mut values = Vec::with_capacity(inputs.len() + advice.steps.len());
        values.extend_from_slice(inputs);
        let at =
            |values: &[Fr], index: u32| values.get(index as usize).copied().unwrap_or_default();
        let coefficient = |index: u32| {
            self.coefficients
                .get(index as usize)
                .map(|c| c.field)
                .unwrap_or_default()
        };
        for step in &advice.steps {
            match step {
                Step::Linear { constant, terms } => {
                    let start = constant.map(coefficient).unwrap_or_default();
                    let sum = terms
                        .iter()
                        .fold(start, |sum, &(c, v)| sum + coefficient(c) * at(&values, v));
                    values.push(sum);
                }
                Step::Product(a, b) => values.push(at(&values, *a) * at(&values, *b)),
                Step::Hint {
                    function: HintFunction::Inverse,
                    arguments,
                    ..
                } => {
                    let value = arguments
                        .first()
                        .map(|&index| at(&values, index))
                        .unwrap_or_default();
                    values.push(value.inverse().unwrap_or_default());
                }
                Step::Hint {
                    function,
                    arguments,
                    results,
                } => {
                    let arguments: Option<Vec<i64>> = arguments
                        .iter()
                        .map(|&index| to_integer(at(&values, index)))
                        .collect();
                    let arguments = arguments
                        .ok_or_else(|| self.failed("an integer hint of a field element"))?;
                    let found = self.integer_hint(function, &arguments, *results as usize)?;
                    let found =
                        found.ok_or_else(|| self.failed("an integer hint of a field element"))?;
                    values.extend(found.into_iter().map(Fr::from));
                }
            }
        }
        Ok(advice.wires.iter().map(|&wire| at(&values, wire)).collect())
    }
}

/// The 64-bit integer that a field element is, if it is one.
pub(super) fn to_integer(value: Fr) -> Option<i64> {
    let small = |value: Fr| match value.into_bigint().0 {
        [low, 0, 0, 0] => i64::try_from(low).ok(),
        _ => None,
    };
    small(value).or_else(|| small(-value).map(|value| -value))
}
