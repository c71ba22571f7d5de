//! What hints compute, in the field: the meaning that provers follow.

use kernelwise_core::circuit::HintFunction;
use kernelwise_core::field::{AdditiveGroup, Field, Fr, PrimeField};
use kernelwise_prover::{HintRegistry, digits};

use crate::table::Table;

/// Computes a hint in the field; the problem in words if it cannot be.
pub(crate) fn compute(
    function: &HintFunction,
    arguments: &[Fr],
    results: usize,
    tables: &[Table],
    registry: &HintRegistry,
) -> Result<Vec<Fr>, String> {
    let argument = |index: usize| arguments.get(index).copied().unwrap_or(Fr::ZERO);
    let integer = |index: usize| {
        to_integer(argument(index)).ok_or_else(|| format!("argument {index} is no 128-bit integer"))
    };
    let found = match function {
        HintFunction::Digits { width } => digits(argument(0), *width as usize, results),
        HintFunction::Inverse => vec![argument(0).inverse().unwrap_or(Fr::ZERO)],
        HintFunction::Division => {
            let (value, divisor) = (integer(0)?, integer(1)?);
            let quotient = value.checked_div_euclid(divisor).unwrap_or(0);
            let remainder = value.checked_rem_euclid(divisor).unwrap_or(0);
            vec![Fr::from(quotient), Fr::from(remainder)]
        }
        HintFunction::Lookup { table } => {
            let table = tables.get(*table as usize).ok_or("no such table")?;
            let entry = i64::try_from(integer(0)?)
                .ok()
                .and_then(|input| table.apply(input));
            vec![Fr::from(
                entry.ok_or_else(|| format!("outside table `{}`", table.name))?,
            )]
        }
        HintFunction::Custom(name) => {
            let function = registry.get(name).ok_or("no such function")?;
            function(arguments)
        }
        _ => return Err("no such function".to_owned()),
    };
    if found.len() == results {
        Ok(found)
    } else {
        Err(format!("{} results, expected {results}", found.len()))
    }
}

/// The integer of least magnitude that a field element stands for, if it fits 127 bits.
pub(crate) fn to_integer(value: Fr) -> Option<i128> {
    let small = |value: Fr| match value.into_bigint().0 {
        [low, high, 0, 0] => i128::try_from(u128::from(high) << 64 | u128::from(low)).ok(),
        _ => None,
    };
    small(value).or_else(|| small(-value).map(|value| -value))
}
