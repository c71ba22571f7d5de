//! Running the program of a circuit's hints.

use kernelwise_core::Values;
use kernelwise_core::circuit::{Circuit, Step};
use kernelwise_core::field::{Fr, PrimeField};
use kernelwise_core::program::LookupTable;

use super::evaluate::Coefficient;
use crate::error::ProveError;
use crate::hints::HintRegistry;

/// What the program of hints runs on.
pub(super) struct Machine<'a> {
    pub(super) launch: &'a str,
    pub(super) circuit: &'a Circuit,
    pub(super) coefficients: &'a [Coefficient],
    pub(super) tables: &'a [&'a LookupTable],
    pub(super) registry: &'a HintRegistry,
}

impl Machine<'_> {
    /// Finds all hints of one instance from the values of its inputs; returns one value per hint wire.
    ///
    /// Values are computed as integers; where one is no 64-bit integer, everything is computed in the field instead.
    pub(super) fn run(&self, inputs: &[Fr]) -> Result<Values, ProveError> {
        let integers: Option<Vec<i64>> = inputs.iter().map(|&value| to_integer(value)).collect();
        if let Some(integers) = integers
            && let Some(values) = self.run_integers(&integers)?
        {
            return Ok(Values::Int(values));
        }
        let values = self.run_field(inputs)?;
        // Hints are bits and words, as a rule, whatever they were computed from.
        let integers: Option<Vec<i64>> = values.iter().map(|&value| to_integer(value)).collect();
        Ok(integers.map_or(Values::Field(values), Values::Int))
    }

    pub(super) fn failed(&self, problem: &'static str) -> ProveError {
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
                    let Some(sum) = self.integer_sum(*constant, terms, &values) else {
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

    /// `constant + Σ coefficient · value`; `None` if a coefficient is no fraction, or the sum no 64-bit integer.
    fn integer_sum(
        &self,
        constant: Option<u32>,
        terms: &[(u32, u32)],
        values: &[i64],
    ) -> Option<i64> {
        let ratio = |index: u32| self.coefficients.get(index as usize)?.ratio;
        let (mut sum, mut common) = match constant {
            Some(index) => ratio(index).map(|(n, d)| (i128::from(n), i128::from(d)))?,
            None => (0, 1),
        };
        for &(coefficient, value) in terms {
            let (numerator, denominator) = ratio(coefficient)?;
            let denominator = i128::from(denominator);
            let mut term = i128::from(numerator) * i128::from(*values.get(value as usize)?);
            if denominator != common {
                // Both over their product: denominators are few and small.
                sum = sum.checked_mul(denominator)?;
                term = term.checked_mul(common)?;
                common = common.checked_mul(denominator)?;
            }
            sum = sum.checked_add(term)?;
        }
        let whole = sum % common == 0;
        whole.then(|| i64::try_from(sum / common).ok()).flatten()
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
                    function,
                    arguments,
                    results,
                } => {
                    let arguments: Vec<Fr> =
                        arguments.iter().map(|&index| at(&values, index)).collect();
                    let found = self.field_hint(function, &arguments, *results as usize)?;
                    values.extend(found);
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
