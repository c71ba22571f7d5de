//! Running the program of a circuit's hints.

use kernelwise_core::circuit::{Circuit, HintFunction, Step};
use kernelwise_core::field::Fr;
use kernelwise_core::program::LookupTable;

use super::block::{Block, Cell, LANES};
use super::tape::{Op, Tape};
use super::value::Value;
use crate::error::ProveError;
use crate::hints::HintRegistry;
use crate::kernels::circuit::evaluate::Coefficient;

/// What the program of hints runs on.
pub(in super::super) struct Machine<'a> {
    pub(in super::super) launch: &'a str,
    pub(in super::super) circuit: &'a Circuit,
    pub(in super::super) coefficients: &'a [Coefficient],
    pub(in super::super) tables: &'a [&'a LookupTable],
    pub(in super::super) registry: &'a HintRegistry,
}

impl<'a> Machine<'a> {
    /// Appends the values of all steps to those of the inputs, which lie within the bounds that the tape was made for.
    pub(super) fn run(&self, tape: &Tape<'a>, block: &mut Block) -> Result<(), ProveError> {
        for op in &tape.ops {
            match op {
                Op::Sum {
                    constant,
                    terms,
                    divisor,
                    step,
                } => {
                    let terms = tape.terms.get(terms.clone()).unwrap_or_default();
                    let sum = sum(block, *constant, terms);
                    let fits = |sum: &i64| *divisor == 1 || sum % divisor == 0;
                    if block.is_irregular || !sum.iter().all(fits) {
                        // A fraction, where integers were expected.
                        block.is_irregular = true;
                        self.step(step, block)?;
                    } else if *divisor == 1 {
                        block.cells.push(sum);
                    } else {
                        block.cells.push(sum.map(|sum| sum / divisor));
                    }
                }
                Op::Product(a, b) if !block.is_irregular => {
                    let (a, b) = (block.cell(*a), block.cell(*b));
                    let product = std::array::from_fn(|lane| a[lane].wrapping_mul(b[lane]));
                    block.cells.push(product);
                }
                &Op::Product(a, b) => self.step(&Step::Product(a, b), block)?,
                Op::Digits {
                    value,
                    width,
                    results,
                    step,
                } => {
                    let value = block.cell(*value);
                    if block.is_irregular || value.iter().any(|&value| value < 0) {
                        self.step(step, block)?;
                        continue;
                    }
                    let mask = (1 << width) - 1;
                    block.cells.extend((0..*results).map(|index| {
                        let shift = index.saturating_mul(*width).min(63);
                        value.map(|value| value >> shift & mask)
                    }));
                }
                Op::Any(step) => self.step(step, block)?,
            }
        }
        Ok(())
    }

    pub(super) fn failed(&self, problem: &'static str) -> ProveError {
        ProveError::Hint {
            launch: self.launch.to_owned(),
            problem,
        }
    }

    /// One step, whatever its values are, instance by instance.
    fn step(&self, step: &Step, block: &mut Block) -> Result<(), ProveError> {
        let mut results: [Vec<Value>; LANES] = Default::default();
        for (lane, results) in results.iter_mut().enumerate() {
            let at = |index: u32| block.get(index, lane);
            *results = match step {
                Step::Linear { constant, terms } => {
                    let integer = self.integer_sum(*constant, terms, at);
                    vec![integer.unwrap_or_else(|| self.field_sum(*constant, terms, at))]
                }
                &Step::Product(a, b) => vec![product(at(a), at(b))],
                Step::Hint {
                    function,
                    arguments,
                    results,
                } => {
                    let arguments: Vec<Value> = arguments.iter().map(|&index| at(index)).collect();
                    self.counted(function, &arguments, *results as usize)?
                }
            };
        }
        block.push(results.each_ref().map(Vec::as_slice));
        Ok(())
    }

    fn counted(
        &self,
        function: &HintFunction,
        arguments: &[Value],
        results: usize,
    ) -> Result<Vec<Value>, ProveError> {
        let found = self.hint(function, arguments, results)?;
        if found.len() == results {
            Ok(found)
        } else {
            Err(self.failed("a hint with the wrong number of results"))
        }
    }

    /// `constant + Σ coefficient · value`; `None` if a coefficient is no fraction, or a value or the sum no 64-bit integer.
    fn integer_sum(
        &self,
        constant: Option<u32>,
        terms: &[(u32, u32)],
        at: impl Fn(u32) -> Value,
    ) -> Option<Value> {
        let ratio = |index: u32| self.coefficients.get(index as usize)?.ratio;
        let (mut sum, mut common) = match constant {
            Some(index) => ratio(index).map(|(n, d)| (i128::from(n), i128::from(d)))?,
            None => (0, 1),
        };
        for &(coefficient, value) in terms {
            let (numerator, denominator) = ratio(coefficient)?;
            let denominator = i128::from(denominator);
            let mut term = i128::from(numerator) * i128::from(at(value).as_int()?);
            if denominator != common {
                // Both over their product: denominators are few and small.
                sum = sum.checked_mul(denominator)?;
                term = term.checked_mul(common)?;
                common = common.checked_mul(denominator)?;
            }
            sum = sum.checked_add(term)?;
        }
        let whole = sum % common == 0;
        let value = whole.then(|| i64::try_from(sum / common).ok()).flatten();
        value.map(Value::Int)
    }

    fn field_sum(
        &self,
        constant: Option<u32>,
        terms: &[(u32, u32)],
        at: impl Fn(u32) -> Value,
    ) -> Value {
        let coefficient = |index: u32| {
            let known = self.coefficients.get(index as usize);
            known.map_or(Fr::default(), |known| known.field)
        };
        let start = constant.map(coefficient).unwrap_or_default();
        let sum = terms.iter().fold(start, |sum, &(c, value)| {
            sum + coefficient(c) * at(value).lift()
        });
        sum.into()
    }
}

/// `constant + Σ factor · value`, which does not overflow for values within their bounds.
fn sum(block: &Block, constant: i64, terms: &[(i64, u32)]) -> Cell {
    let mut sum = [constant; LANES];
    for &(factor, value) in terms {
        let Some(values) = block.cells.get(value as usize) else {
            continue;
        };
        let pairs = sum.iter_mut().zip(values);
        match factor {
            1 => pairs.for_each(|(sum, value)| *sum = sum.wrapping_add(*value)),
            -1 => pairs.for_each(|(sum, value)| *sum = sum.wrapping_sub(*value)),
            _ => pairs.for_each(|(sum, value)| {
                *sum = sum.wrapping_add(factor.wrapping_mul(*value));
            }),
        }
    }
    sum
}

fn product(a: Value, b: Value) -> Value {
    let integers = a.as_int().zip(b.as_int());
    match integers.and_then(|(a, b)| a.checked_mul(b)) {
        Some(product) => Value::Int(product),
        None => (a.lift() * b.lift()).into(),
    }
}
