//! Random programs against plain field arithmetic.

use kernelwise_core::circuit::{Advice, Circuit, CircuitId, Constant, HintFunction, Port, Step};
use kernelwise_core::field::{AdditiveGroup, Field, Fr};
use kernelwise_core::kernels::ProofSystem;

use super::super::witness::coefficients;
use super::*;
use crate::hints::{HintRegistry, digits};

/// Numbers that decide what is built.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

const INPUTS: usize = 3;

/// A program of every kind of step, on values that leave 64 bits sooner or later.
fn program(random: &mut Random) -> Circuit {
    let constants = vec![
        Constant::int(1),
        Constant::int(-1),
        Constant::int(5),
        Constant::int(1 << 31),
        Constant::Ratio(1, 2),
        Constant::Ratio(-3, 4),
        Constant::from_field(Fr::from(3u64).inverse().unwrap()),
    ];
    let mut steps = Vec::new();
    let mut known = INPUTS;
    for _ in 0..24 {
        let mut any = |limit: usize| random.below(limit) as u32;
        let (kind, a, b) = (any(7), any(known), any(known));
        let (step, results) = match kind {
            0..=2 => {
                // Fractions rarely, field elements hardly ever.
                let coefficients = [4, 4, 6, 7][any(4) as usize];
                let terms = (0..any(4) + 1).map(|_| (any(coefficients), any(known)));
                let terms = terms.collect();
                let constant = (any(2) == 0).then(|| any(coefficients));
                (Step::Linear { constant, terms }, 1)
            }
            3 => (Step::Product(a, b), 1),
            4 | 5 => {
                let (width, results) = (1 + any(9), 1 + any(7));
                let function = HintFunction::Digits { width };
                (hint(function, vec![a], results), results)
            }
            _ => (hint(HintFunction::Inverse, vec![a], 1), 1),
        };
        steps.push(step);
        known += results as usize;
    }
    let wires: Vec<u32> = (0..9).map(|_| random.below(known) as u32).collect();
    Circuit {
        inputs: vec![port("x", INPUTS as u32)],
        hints: vec![port("a", 4), port("b", 5)],
        constants,
        advice: Advice { steps, wires },
        ..Circuit::default()
    }
}

fn hint(function: HintFunction, arguments: Vec<u32>, results: u32) -> Step {
    Step::Hint {
        function,
        arguments,
        results,
    }
}

fn port(name: &str, len: u32) -> Port {
    Port {
        name: name.to_owned(),
        len,
        scalar: false,
    }
}

/// The values of the hint wires of one instance.
fn plain(circuit: &Circuit, inputs: &[Fr]) -> Vec<Fr> {
    let mut values = inputs.to_vec();
    let constant = |index: u32| circuit.constants[index as usize].to_field().unwrap();
    for step in &circuit.advice.steps {
        let at = |index: u32| values[index as usize];
        let found = match step {
            Step::Linear { constant: c, terms } => {
                let start = c.map_or(Fr::ZERO, constant);
                let terms = terms.iter().map(|&(c, value)| constant(c) * at(value));
                vec![start + terms.sum::<Fr>()]
            }
            &Step::Product(a, b) => vec![at(a) * at(b)],
            Step::Hint {
                function,
                arguments,
                results,
            } => match function {
                HintFunction::Digits { width } => {
                    digits(at(arguments[0]), *width as usize, *results as usize)
                }
                HintFunction::Inverse => vec![at(arguments[0]).inverse().unwrap_or(Fr::ZERO)],
                other => panic!("{other:?}"),
            },
        };
        values.extend(found);
    }
    let wires = circuit.advice.wires.iter();
    wires.map(|&wire| values[wire as usize]).collect()
}

#[test]
fn programs_give_what_field_arithmetic_gives() {
    let mut random = Random(1);
    for round in 0..400 {
        let circuit = program(&mut random);
        let instances = 1 + random.below(19);
        let kernel = CircuitLaunch {
            circuit: CircuitId(0),
            grid: Shape::new([instances]),
            axes: vec![vec![true]],
            tables: Vec::new(),
            system: ProofSystem::Gkr,
        };
        // Bits, words, anything that has 64 bits, or field elements.
        let shape = Shape::new([instances, INPUTS]);
        let mut integer = || {
            let bits = [1, 32, 63][round % 3];
            let value = (random.0 >> (64 - bits)) as i64;
            random.below(2);
            if round % 2 == 0 { value } else { -value }
        };
        let values = match round % 7 {
            0 => Values::Field(
                (0..shape.len())
                    .map(|_| Fr::from(integer()).square())
                    .collect(),
            ),
            _ => Values::Int((0..shape.len()).map(|_| integer()).collect()),
        };
        let elements = values.to_field();
        let x = TensorData::new(shape, values, &Range::FIELD);
        let coefficients = coefficients(&circuit);
        let machine = Machine {
            launch: "test",
            circuit: &circuit,
            coefficients: &coefficients,
            tables: &[],
            registry: &HintRegistry::default(),
        };
        let found = hints(&kernel, &machine, &[&x]).unwrap();
        let [a, b] = &found[..] else {
            panic!("two ports");
        };
        let (a, b) = (a.to_values(), b.to_values());
        // Integers wherever all of a port are.
        for port in [&a, &b] {
            let whole = port
                .to_field()
                .iter()
                .all(|&value| to_integer(value).is_some());
            assert_eq!(port.as_integers().is_some(), whole, "{round}");
        }
        let (a, b) = (a.to_field(), b.to_field());
        for n in 0..instances {
            let expected = plain(&circuit, &elements[n * INPUTS..(n + 1) * INPUTS]);
            let got = [&a[n * 4..(n + 1) * 4], &b[n * 5..(n + 1) * 5]].concat();
            assert_eq!(got, expected, "{round}: {:?}", circuit.advice);
        }
    }
}
