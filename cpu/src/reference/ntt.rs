//! The textbook transform: even and odd coefficients, recursively.

use kernelwise_field::{Field, Fr};
use kernelwise_hal::ntt::check_transform;
use kernelwise_hal::{DeviceError, Ntt};

/// Radix 2, by recursion.
pub(crate) struct ReferenceNtt;

impl Ntt for ReferenceNtt {
    fn forward(&self, values: &mut [Fr], shift: Fr) -> Result<(), DeviceError> {
        let omega = check_transform(values, shift)?;
        scale_by_powers(values, shift);
        values.copy_from_slice(&evaluate(values, omega));
        Ok(())
    }

    fn inverse(&self, values: &mut [Fr], shift: Fr) -> Result<(), DeviceError> {
        let omega = check_transform(values, shift)?;
        values.copy_from_slice(&evaluate(values, invert(omega)));
        let scale = invert(Fr::from(values.len() as u64));
        values.iter_mut().for_each(|value| *value *= scale);
        scale_by_powers(values, invert(shift));
        Ok(())
    }
}

/// The inverse of an element that is not zero.
fn invert(x: Fr) -> Fr {
    x.inverse().unwrap_or(Fr::ONE)
}

/// Multiplies entry `j` by `base^j`.
fn scale_by_powers(values: &mut [Fr], base: Fr) {
    let mut power = Fr::ONE;
    for value in values {
        *value *= power;
        power *= base;
    }
}

/// The values at the powers of `omega`, whose order is the length: `p(x) = even(x²) + x·odd(x²)`.
fn evaluate(coefficients: &[Fr], omega: Fr) -> Vec<Fr> {
    if coefficients.len() == 1 {
        return coefficients.to_vec();
    }
    let part = |first: usize| -> Vec<Fr> {
        coefficients
            .iter()
            .skip(first)
            .step_by(2)
            .copied()
            .collect()
    };
    let (even, odd) = (
        evaluate(&part(0), omega * omega),
        evaluate(&part(1), omega * omega),
    );
    let half = even.len();
    let mut x = Fr::ONE;
    let mut values = vec![Fr::ONE; 2 * half];
    for i in 0..half {
        // ω^(n/2) = −1
        values[i] = even[i] + x * odd[i];
        values[i + half] = even[i] - x * odd[i];
        x *= omega;
    }
    values
}
