//! A program of hints made ready for many instances: coefficients found, and steps that cannot leave 64 bits told from others.

use kernelwise_core::circuit::{HintFunction, Step};

use super::block::INTEGERS;
use super::machine::Machine;

/// The bound of a value of which nothing is known: any field element.
pub(super) const ANY: u64 = u64::MAX;

/// Magnitudes beyond this may lie where blocks keep what is no integer.
const LARGEST: u64 = INTEGERS.unsigned_abs();

/// One step.
#[derive(Debug)]
pub(super) enum Op<'a> {
    /// `(constant + Σ factor · value) / divisor` of integers, no sum of which leaves 64 bits.
    Sum {
        constant: i64,
        terms: std::ops::Range<usize>,
        divisor: i64,
        step: &'a Step,
    },
    /// A product of integers that is one.
    Product(u32, u32),
    /// Digits of an integer.
    Digits {
        value: u32,
        width: u32,
        results: u32,
        step: &'a Step,
    },
    /// Whatever it gives.
    Any(&'a Step),
}

/// All steps.
#[derive(Debug)]
pub(super) struct Tape<'a> {
    pub(super) ops: Vec<Op<'a>>,
    /// Factors and places of all sums.
    pub(super) terms: Vec<(i64, u32)>,
    /// The largest magnitude of every value that is known to be an integer, else [`ANY`].
    bounds: Vec<u64>,
}

impl<'a> Tape<'a> {
    /// The program of `machine` on inputs within these bounds.
    pub(super) fn new(machine: &Machine<'a>, inputs: Vec<u64>) -> Self {
        let steps = &machine.circuit.advice.steps;
        let mut tape = Self {
            ops: Vec::with_capacity(steps.len()),
            terms: Vec::new(),
            bounds: inputs,
        };
        for step in steps {
            let op = match step {
                Step::Linear { constant, terms } => tape.sum(machine, step, *constant, terms),
                &Step::Product(a, b) => tape.product(step, a, b),
                Step::Hint {
                    function,
                    arguments,
                    results,
                } => tape.hint(machine, step, function, arguments, *results),
            };
            tape.ops.push(op);
        }
        tape
    }

    fn bound(&self, index: u32) -> u64 {
        let bound = self.bounds.get(index as usize).copied().unwrap_or(0);
        if bound > LARGEST { ANY } else { bound }
    }

    fn any(&mut self, step: &'a Step, results: u32) -> Op<'a> {
        self.bounds.extend((0..results).map(|_| ANY));
        Op::Any(step)
    }

    fn sum(
        &mut self,
        machine: &Machine<'a>,
        step: &'a Step,
        constant: Option<u32>,
        terms: &[(u32, u32)],
    ) -> Op<'a> {
        let start = self.terms.len();
        match self.integer_sum(machine, constant, terms) {
            Some((constant, divisor, bound)) => {
                self.bounds.push(bound);
                Op::Sum {
                    constant,
                    terms: start..self.terms.len(),
                    divisor,
                    step,
                }
            }
            None => {
                self.terms.truncate(start);
                self.any(step, 1)
            }
        }
    }

    /// Constant, divisor and bound of a sum whose terms are appended; `None` if it may leave 64 bits.
    fn integer_sum(
        &mut self,
        machine: &Machine<'a>,
        constant: Option<u32>,
        terms: &[(u32, u32)],
    ) -> Option<(i64, i64, u64)> {
        let ratio = |index: u32| machine.coefficients.get(index as usize)?.ratio;
        let constant = match constant {
            Some(index) => ratio(index)?,
            None => (0, 1),
        };
        let mut common = constant.1;
        for &(coefficient, _) in terms {
            let (_, denominator) = ratio(coefficient)?;
            if common % denominator != 0 {
                common = common.checked_mul(denominator)?;
            }
        }
        let scaled = |(numerator, denominator): (i64, i64)| {
            // A denominator that divides the others' product need not divide it in order.
            (common % denominator == 0)
                .then(|| numerator.checked_mul(common / denominator))
                .flatten()
        };
        let constant = scaled(constant)?;
        let mut reach = u128::from(constant.unsigned_abs());
        for &(coefficient, value) in terms {
            let factor = scaled(ratio(coefficient)?)?;
            let bound = Some(self.bound(value)).filter(|&bound| bound != ANY)?;
            let part = u128::from(factor.unsigned_abs()) * u128::from(bound);
            reach = reach.saturating_add(part);
            self.terms.push((factor, value));
        }
        let reach = u64::try_from(reach).ok()?;
        (reach <= LARGEST).then_some((constant, common, reach / common.unsigned_abs()))
    }

    fn product(&mut self, step: &'a Step, a: u32, b: u32) -> Op<'a> {
        match self.bound(a).checked_mul(self.bound(b)) {
            // A product with a value of which nothing is known is 0 at best.
            Some(bound) if bound <= LARGEST && bound != 0 => {
                self.bounds.push(bound);
                Op::Product(a, b)
            }
            _ => self.any(step, 1),
        }
    }

    fn hint(
        &mut self,
        machine: &Machine<'a>,
        step: &'a Step,
        function: &HintFunction,
        arguments: &[u32],
        results: u32,
    ) -> Op<'a> {
        let bound = |index: usize| arguments.get(index).map_or(0, |&value| self.bound(value));
        let bounds: Vec<u64> = match function {
            &HintFunction::Digits { width } if (1..=62).contains(&width) => {
                let known = bound(0) != ANY;
                let digits = (0..results).map(|_| (1u64 << width) - 1);
                self.bounds.extend(digits);
                return match arguments {
                    &[value] if known => Op::Digits {
                        value,
                        width,
                        results,
                        step,
                    },
                    _ => Op::Any(step),
                };
            }
            HintFunction::Division => vec![bound(0), bound(1)],
            HintFunction::Lookup { table } => {
                let table = machine.tables.get(*table as usize);
                vec![table.map_or(ANY, |table| table.image().magnitude())]
            }
            _ => return self.any(step, results),
        };
        let bounds = bounds.into_iter().chain(std::iter::repeat(ANY));
        self.bounds.extend(bounds.take(results as usize));
        Op::Any(step)
    }
}
