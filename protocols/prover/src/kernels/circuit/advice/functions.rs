//! What each hint function computes.

use kernelwise_core::circuit::HintFunction;
use kernelwise_core::field::{Field, Fr};

use super::machine::Machine;
use super::value::Value;
use crate::error::ProveError;
use crate::hints::digits;

impl Machine<'_> {
    /// The results of a hint for one instance, however many they are.
    pub(super) fn hint(
        &self,
        function: &HintFunction,
        arguments: &[Value],
        results: usize,
    ) -> Result<Vec<Value>, ProveError> {
        let argument = |index: usize| arguments.get(index).copied().unwrap_or(Value::Int(0));
        let integer = |index: usize| {
            let value = argument(index).as_int();
            value.ok_or_else(|| self.failed("an integer hint of a field element"))
        };
        Ok(match function {
            HintFunction::Digits { width } => {
                let found = digits(argument(0).lift(), *width as usize, results);
                found.into_iter().map(Value::from).collect()
            }
            HintFunction::Inverse => match argument(0) {
                Value::Int(value @ -1..=1) => vec![Value::Int(value)],
                value => vec![value.lift().inverse().unwrap_or_default().into()],
            },
            HintFunction::Division => {
                let (value, divisor) = (integer(0)?, integer(1)?);
                let quotient = value.checked_div_euclid(divisor).unwrap_or(0);
                let rest = value.checked_rem_euclid(divisor).unwrap_or(0);
                vec![Value::Int(quotient), Value::Int(rest)]
            }
            HintFunction::Lookup { table } => {
                let table = self.tables.get(*table as usize);
                let table = table.ok_or_else(|| self.failed("a lookup without a table"))?;
                let value = integer(0)?;
                let found = table.apply(value).ok_or_else(|| ProveError::OutOfDomain {
                    launch: self.launch.to_owned(),
                    expected: table.domain(),
                    got: value,
                })?;
                vec![Value::Int(found)]
            }
            HintFunction::Custom(name) => {
                let function = self.registry.get(name);
                let function =
                    function.ok_or_else(|| self.failed("a hint that nobody registered"))?;
                let arguments: Vec<Fr> = arguments.iter().map(|value| value.lift()).collect();
                function(&arguments).into_iter().map(Value::from).collect()
            }
            _ => return Err(self.failed("a hint of an unknown kind")),
        })
    }
}
