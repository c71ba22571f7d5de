//! Equal points as arkworks for equal randomness.
#![expect(clippy::unwrap_used, reason = "a failure fails the test")]

use ark_groth16::Groth16;
use kernelwise_cpu::CpuDevice;
use kernelwise_field::{AdditiveGroup, Bn254, Field};

use super::*;
use crate::ark;
use crate::r1cs::{Linear, R1csBuilder, Wire};

/// `x³ + x + 5 = y`, `y` public, with a bit and an unused wire.
fn cubic() -> (R1cs, Vec<Fr>) {
    let mut builder = R1csBuilder::new();
    let y = builder.public();
    let [x, square, cube, bit, _unused] = std::array::from_fn(|_| builder.private());
    builder.constrain(x, x, square);
    builder.constrain(square, x, cube);
    let sum = Linear::from(cube) + x.into() + Linear::constant(Fr::from(5u64));
    builder.constrain(sum, Wire::ONE, y);
    builder.constrain(
        bit,
        Linear::from(bit) - Linear::constant(Fr::ONE),
        Linear::zero(),
    );
    let values = [1, 35, 3, 9, 27, 1, 77].map(|v: u64| Fr::from(v));
    (builder.build().unwrap(), values.to_vec())
}

#[test]
fn equal_randomness_gives_the_proof_of_arkworks() {
    let (r1cs, wires) = cubic();
    let key = crate::setup(&r1cs, crate::QuotientForm::Powers).unwrap();
    let device = CpuDevice::optimized();
    let devices = Devices::select(&[&device]).unwrap();
    let prover = Prover::load(&key, devices).unwrap();
    let matrices = r1cs.matrices().map(|matrix| {
        (0..matrix.rows())
            .map(|row| matrix.row(row).map(|(wire, c)| (c, wire)).collect())
            .collect::<Vec<Vec<(Fr, usize)>>>()
    });
    for (r, s) in [(0, 0), (1, 0), (12345, 6789)] {
        let (r, s) = (Fr::from(r as u64), Fr::from(s as u64));
        let rows = prover.rows(&r1cs).unwrap();
        let ours = prover
            .prove_rows(devices, rows, &wires, &Blinds { r, s }, None)
            .unwrap();
        let theirs = Groth16::<Bn254>::create_proof_with_reduction_and_matrices(
            &ark::proving_to_ark(&key).unwrap(),
            r,
            s,
            &matrices,
            2,
            r1cs.num_constraints(),
            &wires,
        )
        .unwrap();
        assert_eq!(ark::proof_to_ark(&ours), theirs);
    }
    assert_ne!(wires[6], Fr::ZERO);
}
