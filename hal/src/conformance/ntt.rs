//! Cases for number-theoretic transforms.

use kernelwise_field::{FftField, Field, Fr};

use super::inputs::Inputs;
use super::{Cases, Failure, Reason, expect_equal, expect_error};
use crate::ntt::generator;
use crate::{DeviceError, Ntt};

/// Logarithms of lengths whose values are all checked.
const SMALL: std::ops::RangeInclusive<u32> = 0..=8;

/// Logarithms of lengths of which some values are checked: even and odd ones, around blocks of common sizes.
const LARGE: [u32; 5] = [9, 10, 11, 12, 13];

/// Values checked of a large transform.
const SAMPLES: usize = 9;

/// The value of the polynomial with the given coefficients at `x`, by Horner's rule.
fn evaluate(coefficients: &[Fr], x: Fr) -> Fr {
    coefficients
        .iter()
        .rev()
        .fold(Fr::from(0u64), |value, a| value * x + a)
}

fn check(
    ntt: &dyn Ntt,
    coefficients: &[Fr],
    shift: Fr,
    indices: impl Iterator<Item = usize>,
) -> Result<(), Reason> {
    let omega = generator(coefficients.len())?;
    let mut values = coefficients.to_vec();
    ntt.forward(&mut values, shift)?;
    for index in indices {
        let x = shift * omega.pow([index as u64]);
        expect_equal(
            format!("value {index}"),
            &evaluate(coefficients, x),
            &values[index],
        )?;
    }
    ntt.inverse(&mut values, shift)?;
    expect_equal("coefficients", &coefficients, &&values[..])
}

pub(super) fn run(ntt: &dyn Ntt, cases: &mut Cases) -> Result<(), Failure> {
    let mut inputs = Inputs::new(0x6e74_7400);
    let shifts = [
        ("subgroup", Fr::from(1u64)),
        ("coset of the generator", Fr::GENERATOR),
        ("another coset", inputs.field()),
    ];
    for (name, shift) in shifts {
        for log_len in SMALL {
            let coefficients = inputs.fields(1 << log_len);
            cases.case(format!("ntt: 2^{log_len} values on the {name}"), || {
                check(ntt, &coefficients, shift, 0..1 << log_len)
            })?;
        }
        for log_len in LARGE {
            let coefficients = inputs.fields(1 << log_len);
            let indices: Vec<usize> = (0..SAMPLES)
                .map(|_| inputs.word() as usize % (1 << log_len))
                .chain([0, 1, (1 << log_len) - 1])
                .collect();
            cases.case(format!("ntt: 2^{log_len} values on the {name}"), || {
                check(ntt, &coefficients, shift, indices.into_iter())
            })?;
        }
    }
    for (name, value) in [("zeros", Fr::from(0u64)), ("maxima", -Fr::from(1u64))] {
        cases.case(format!("ntt: 2^7 {name}"), || {
            check(ntt, &[value; 128], Fr::GENERATOR, 0..128)
        })?;
    }
    refusals(ntt, cases)
}

fn refusals(ntt: &dyn Ntt, cases: &mut Cases) -> Result<(), Failure> {
    let invalid = |error: &DeviceError| matches!(error, DeviceError::InvalidArgument { .. });
    for len in [0, 3, 12, 100] {
        cases.case(format!("ntt: length {len}"), || {
            let mut values = vec![Fr::from(1u64); len];
            let one = Fr::from(1u64);
            expect_error("InvalidArgument", ntt.forward(&mut values, one), invalid)?;
            expect_error("InvalidArgument", ntt.inverse(&mut values, one), invalid)
        })?;
    }
    cases.case("ntt: shift of zero".into(), || {
        let (mut values, zero) = ([Fr::from(1u64); 4], Fr::from(0u64));
        expect_error("InvalidArgument", ntt.forward(&mut values, zero), invalid)?;
        expect_error("InvalidArgument", ntt.inverse(&mut values, zero), invalid)
    })
}
