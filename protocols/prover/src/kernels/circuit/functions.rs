//! What each hint function computes.

use kernelwise_core::circuit::HintFunction;
use kernelwise_core::field::{AdditiveGroup, Field, Fr};

use super::advice::{Machine, to_integer};
use crate::error::ProveError;
use crate::hints::digits;

impl Machine<'_> {
    /// A hint over 64-bit integers; `None` if it needs the field.
    pub(super) fn integer_hint(
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
                    return Ok(None);
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
            _ => {
                let arguments: Vec<Fr> = arguments.iter().map(|&value| value.into()).collect();
                let found = self.field_hint(function, &arguments, results)?;
                return Ok(found.into_iter().map(to_integer).collect());
            }
        };
        self.counted(found, results).map(Some)
    }

    /// A hint over field elements.
    pub(super) fn field_hint(
        &self,
        function: &HintFunction,
        arguments: &[Fr],
        results: usize,
    ) -> Result<Vec<Fr>, ProveError> {
        let first = arguments.first().copied().unwrap_or(Fr::ZERO);
        match function {
            HintFunction::Digits { width } => Ok(digits(first, *width as usize, results)),
            HintFunction::Inverse => {
                let inverse = first.inverse().unwrap_or(Fr::ZERO);
                self.counted(vec![inverse], results)
            }
            HintFunction::Custom(name) => {
                let function = self.registry.get(name);
                let function =
                    function.ok_or_else(|| self.failed("a hint that nobody registered"))?;
                self.counted(function(arguments), results)
            }
            _ => {
                let integers: Option<Vec<i64>> =
                    arguments.iter().map(|&value| to_integer(value)).collect();
                let found = match integers {
                    Some(integers) => self.integer_hint(function, &integers, results)?,
                    None => None,
                };
                let found =
                    found.ok_or_else(|| self.failed("an integer hint of a field element"))?;
                Ok(found.into_iter().map(Fr::from).collect())
            }
        }
    }

    fn counted<T>(&self, found: Vec<T>, results: usize) -> Result<Vec<T>, ProveError> {
        if found.len() == results {
            Ok(found)
        } else {
            Err(self.failed("a hint with the wrong number of results"))
        }
    }
}
