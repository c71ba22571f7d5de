//! Field operations at their edges, against arkworks.

use kernelwise_field::{BigInteger, Fq, Fr, PrimeField};

use super::gpu;
use crate::driver::{Args, Element, Grid};

/// Zero, the ends, powers of two on both sides of limbs, the Montgomery radix, and what makes long carries.
fn edges<F: PrimeField>() -> Vec<F> {
    let two = F::from(2u64);
    let mut edges = vec![
        F::zero(),
        F::one(),
        F::from(3u64).inverse().unwrap_or_default(),
    ];
    for exponent in [
        1, 31, 32, 33, 63, 64, 127, 128, 223, 224, 252, 253, 256, 512,
    ] {
        let power = two.pow([exponent]);
        edges.extend([power, power - F::one(), -power]);
    }
    // As stored, that is times the radix: ones in all limbs but the top, p - 1, 1.
    let radix = two.pow([256]).inverse().unwrap_or_default();
    edges.extend([two.pow([252]) - F::one(), -F::one(), F::one()].map(|x| x * radix));
    edges
}

type Operation<F> = fn(F, F) -> F;

/// What the kernel computes for each number.
fn operations<F: PrimeField>() -> [Operation<F>; 17] {
    [
        |a, b| a + b,
        |a, b| a - b,
        |a, b| a * b,
        |a, _| -a,
        |a, _| a.double(),
        |a, _| a.square(),
        |a, b| a + b,
        |a, b| a - b,
        |a, b| a * b,
        |a, b| (a + b) * (a - b),
        |a, b| (a + b) * (a - b) - a * b.double(),
        // The integer, as if it were a Montgomery form, and back.
        |a, _| a * radix::<F>().inverse().unwrap_or_default(),
        |a, _| a * radix::<F>(),
        |a, b| (a + b) * (a - b) + a * b.double(),
        |a, b| (a + b).square(),
        |a, _| a.inverse().unwrap_or_default(),
        |a, _| {
            let stored = (a * radix::<F>()).into_bigint();
            let signed = stored.as_ref()[0].cast_signed();
            F::from(signed)
        },
    ]
}

/// The Montgomery radix.
fn radix<F: PrimeField>() -> F {
    F::from(2u64).pow([256])
}

fn check<F: PrimeField + Element>(kernel: &str) {
    let edges = edges::<F>();
    let (left, right): (Vec<F>, Vec<F>) = edges
        .iter()
        .flat_map(|&a| edges.iter().map(move |&b| (a, b)))
        .unzip();
    for (number, operation) in operations::<F>().iter().enumerate() {
        let gpu = gpu(number as u64);
        let (a, b) = (gpu.upload(&left).unwrap(), gpu.upload(&right).unwrap());
        let results = gpu.allocate::<F>(left.len()).unwrap();
        let args = Args::new()
            .buffer(&results)
            .buffer(&a)
            .buffer(&b)
            .u64(left.len() as u64)
            .u32(number as u32);
        gpu.launch(kernel, Grid::over(left.len(), 64), &args)
            .unwrap();
        for ((a, b), result) in left.iter().zip(&right).zip(results.read().unwrap()) {
            assert_eq!(
                result,
                operation(*a, *b),
                "{kernel} {number} of {a} and {b}"
            );
        }
    }
}

#[test]
fn scalars_are_right() {
    check::<Fr>("kw_fr_test");
}

#[test]
fn coordinates_are_right() {
    check::<Fq>("kw_fq_test");
}

/// The kernels compute with integers below 2^256 that are no elements.
#[test]
fn the_moduli_leave_two_bits() {
    for modulus in [Fr::MODULUS, Fq::MODULUS] {
        assert_eq!(modulus.num_bits(), 254);
    }
}
