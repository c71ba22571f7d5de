//! A plain evaluator of circuits: the oracle for everything that compiles to one.
#![allow(dead_code)]

use kernelwise_core::circuit::{Circuit, HintFunction, Step};
use kernelwise_core::field::{AdditiveGroup, BigInteger, Field, Fr, PrimeField};
use kernelwise_language::CircuitKernel;

/// All levels of one instance, and the assertions that fail: `(level, index)`.
pub struct Evaluated {
    pub levels: Vec<Vec<Fr>>,
    pub failed: Vec<(usize, u32)>,
}

pub fn fr(value: i64) -> Fr {
    Fr::from(value)
}

/// Hints of one instance, by the circuit's own advice.
pub fn advise(kernel: &CircuitKernel, inputs: &[Fr]) -> Vec<Fr> {
    let circuit = kernel.circuit();
    let constants: Vec<Fr> = circuit
        .constants
        .iter()
        .map(|c| c.to_field().unwrap())
        .collect();
    let mut values = inputs.to_vec();
    for step in &circuit.advice.steps {
        match step {
            Step::Linear { constant, terms } => {
                let start = constant.map_or(Fr::ZERO, |c| constants[c as usize]);
                let sum = terms.iter().fold(start, |sum, &(c, v)| {
                    sum + constants[c as usize] * values[v as usize]
                });
                values.push(sum);
            }
            Step::Product(a, b) => values.push(values[*a as usize] * values[*b as usize]),
            Step::Hint {
                function,
                arguments,
                results,
            } => {
                let arguments: Vec<Fr> = arguments.iter().map(|&v| values[v as usize]).collect();
                values.extend(hint(kernel, function, &arguments, *results as usize));
            }
        }
    }
    circuit
        .advice
        .wires
        .iter()
        .map(|&v| values[v as usize])
        .collect()
}

fn hint(
    kernel: &CircuitKernel,
    function: &HintFunction,
    arguments: &[Fr],
    results: usize,
) -> Vec<Fr> {
    match function {
        HintFunction::Digits { width } => {
            let bits = arguments[0].into_bigint().to_bits_le();
            (0..results)
                .map(|i| {
                    let digit = bits.iter().skip(i * *width as usize).take(*width as usize);
                    digit
                        .rev()
                        .fold(Fr::ZERO, |sum, &bit| sum.double() + Fr::from(bit))
                })
                .collect()
        }
        HintFunction::Inverse => vec![arguments[0].inverse().unwrap_or(Fr::ZERO)],
        HintFunction::Lookup { table } => {
            let input = arguments[0].into_bigint().0[0] as i64;
            vec![Fr::from(
                kernel.tables()[*table as usize].apply(input).unwrap(),
            )]
        }
        HintFunction::Custom(name) => kernel.hints().get(name).unwrap()(arguments),
        other => panic!("{other:?}"),
    }
}

/// Evaluates all levels over the wires of level 0.
pub fn evaluate(circuit: &Circuit, bottom: Vec<Fr>) -> Evaluated {
    assert_eq!(bottom.len(), circuit.width(0));
    let mut levels = vec![bottom];
    let mut failed = Vec::new();
    for level in 1..circuit.levels() {
        let layer = circuit.producer(level).unwrap();
        let below = levels.last().unwrap();
        let mut gates = vec![Fr::ZERO; layer.gates() as usize + layer.asserts() as usize];
        for term in layer.terms() {
            let coefficient = circuit.constants[term.coefficient as usize]
                .to_field()
                .unwrap();
            gates[term.gate as usize] += term
                .wires
                .iter()
                .fold(coefficient, |product, &wire| product * below[wire as usize]);
        }
        let asserts = gates.split_off(layer.gates() as usize);
        let wrong = (0u32..)
            .zip(asserts)
            .filter(|(_, value)| *value != Fr::ZERO);
        failed.extend(wrong.map(|(index, _)| (level, index)));
        levels.push(gates);
    }
    Evaluated { levels, failed }
}

/// The values of one output.
pub fn output(circuit: &Circuit, evaluated: &Evaluated, index: usize) -> Vec<Fr> {
    let output = &circuit.outputs[index];
    let level = &evaluated.levels[output.level as usize];
    output
        .wires
        .iter()
        .map(|&wire| level[wire as usize])
        .collect()
}

/// Whether every looked-up value is in its table, with the result that the hint holds.
pub fn lookups_hold(kernel: &CircuitKernel, evaluated: &Evaluated) -> bool {
    let circuit = kernel.circuit();
    circuit.lookups.iter().all(|lookup| {
        let table = &kernel.tables()[lookup.table as usize];
        let inputs = output(circuit, evaluated, lookup.output as usize);
        let results = lookup.result.map(|index| {
            let ports = circuit.hints.iter().take(index as usize);
            let start = circuit.input_width() + ports.map(|port| port.len as usize).sum::<usize>();
            &evaluated.levels[0][start..start + inputs.len()]
        });
        inputs.iter().enumerate().all(|(i, input)| {
            let limbs = input.into_bigint().0;
            let entry = if limbs[1..] == [0, 0, 0] {
                table.apply(limbs[0] as i64)
            } else {
                None
            };
            entry.is_some_and(|entry| results.is_none_or(|results| results[i] == Fr::from(entry)))
        })
    })
}

/// Runs a kernel through its layered circuit; all assertions and lookups must hold.
pub fn run_circuit(kernel: &CircuitKernel, inputs: &[Vec<Fr>]) -> Vec<Vec<Fr>> {
    let circuit = kernel.circuit();
    let mut bottom = inputs.concat();
    bottom.extend(advise(kernel, &inputs.concat()));
    let evaluated = evaluate(circuit, bottom);
    assert_eq!(evaluated.failed, [], "kernel `{}`", kernel.name());
    assert!(
        lookups_hold(kernel, &evaluated),
        "kernel `{}`",
        kernel.name()
    );
    (0..kernel.outputs().count())
        .map(|index| output(circuit, &evaluated, index))
        .collect()
}
