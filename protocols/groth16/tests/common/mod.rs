//! Circuits with witnesses, for tests.
#![allow(dead_code, reason = "each test binary uses a part")]

use kernelwise_field::{AdditiveGroup, Field, Fr, PrimeField};
use kernelwise_groth16::R1cs;
use kernelwise_groth16::r1cs::{Linear, R1csBuilder, Wire};

/// A circuit in the making together with the values of its wires.
#[derive(Default)]
pub struct Assigned {
    pub builder: R1csBuilder,
    pub values: Vec<(Wire, Fr)>,
}

impl Assigned {
    pub fn public(&mut self, value: Fr) -> Wire {
        let wire = self.builder.public();
        self.values.push((wire, value));
        wire
    }

    pub fn private(&mut self, value: Fr) -> Wire {
        let wire = self.builder.private();
        self.values.push((wire, value));
        wire
    }

    pub fn build(self) -> (R1cs, Vec<Fr>) {
        let total = self.values.len() + 1;
        let mut wires = vec![Fr::ONE; total];
        for &(wire, value) in &self.values {
            wires[self.builder.position(wire)] = value;
        }
        (self.builder.build().unwrap(), wires)
    }
}

/// About `constraints` constraints over bits, small integers and full field elements.
///
/// `seed` changes the witness and the two public values, not the system.
pub fn mixed(constraints: usize, seed: u64) -> (R1cs, Vec<Fr>) {
    let mut circuit = Assigned::default();
    let start = Fr::from(seed + 2);
    let mut steps = vec![start];
    while steps.len() + 2 < constraints.max(4) {
        let last = steps[steps.len() - 1];
        steps.push(match steps.len() % 4 {
            // A bit of the last value, its negative, then two full values.
            0 => Fr::from(last.into_bigint().0[0] & 1),
            1 => -Fr::from(last.into_bigint().0[0] & 0xff),
            _ => last * last + Fr::from(steps.len() as u64),
        });
    }
    let first = circuit.public(start);
    let sum = circuit.public(steps.iter().sum());
    let mut total = Linear::from(first);
    let mut previous = first;
    for (index, &value) in steps.iter().enumerate().skip(1) {
        let wire = circuit.private(value);
        total = total + Linear::from(wire);
        match index % 4 {
            0 => circuit.builder.constrain(
                wire,
                Linear::from(wire) - Linear::constant(Fr::ONE),
                Linear::zero(),
            ),
            1 => circuit.builder.constrain(
                Linear::from(wire) * Fr::from(3u64),
                Wire::ONE,
                Linear::from(wire) * Fr::from(3u64),
            ),
            _ => circuit.builder.constrain(
                previous,
                previous,
                Linear::from(wire) - Linear::constant(Fr::from(index as u64)),
            ),
        }
        previous = wire;
    }
    circuit
        .builder
        .constrain(total, Wire::ONE, Linear::from(sum));
    let (r1cs, wires) = circuit.build();
    assert_ne!(wires[1], Fr::ZERO);
    (r1cs, wires)
}
