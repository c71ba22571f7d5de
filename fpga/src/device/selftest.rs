//! A check that a user can run: one sumcheck and one multi-scalar multiplication whose answers the host knows.

use std::borrow::Cow;

use kernelwise_hal::field::{AffineRepr, CurveGroup, Field, Fr, G1, G1Affine};
use kernelwise_hal::{DeviceError, Msm, Scalars, SumcheckDevice, SumcheckRequest, Table, Term};

use super::FpgaDevice;

/// Variables of the sumcheck.
const VARIABLES: usize = 6;

/// Points of the multiplication.
const POINTS: u64 = 24;

/// Runs both, and compares with what the host computes.
///
/// # Errors
/// [`DeviceError::InvariantViolation`] if the core is wrong; whatever the link reports.
pub fn selftest(device: &FpgaDevice) -> Result<(), DeviceError> {
    sumcheck(device)?;
    multiplication(device)
}

fn wrong(device: &FpgaDevice, what: &str) -> DeviceError {
    DeviceError::InvariantViolation {
        device: device.info.name.clone(),
        reason: format!("self-test: wrong {what}"),
    }
}

fn value(seed: u64) -> Fr {
    Fr::from(seed + 2).pow([0x0123_4567_89ab_cdef])
}

/// Plays verifier: the last claim must be the product of the final evaluations, and these those of the tables.
fn sumcheck(device: &FpgaDevice) -> Result<(), DeviceError> {
    let len = 1u64 << VARIABLES;
    let tables: Vec<Vec<Fr>> = (0..2)
        .map(|table| (0..len).map(|i| value(len * table + i)).collect())
        .collect();
    let views = tables
        .iter()
        .map(|table| Table::Fr(Cow::Borrowed(table)))
        .collect();
    let term = Term {
        coefficient: Fr::from(1u64),
        factors: [0, 1].into(),
    };
    let mut prover = device.prepare(SumcheckRequest::new(VARIABLES, views, vec![term])?)?;
    let mut bound = tables.clone();
    let mut claim: Fr = product(&bound).into_iter().sum();
    let mut challenge = None;
    for round in 0..VARIABLES {
        let poly = prover.prove_round(challenge, claim)?;
        let [at0, at1, at2] = poly.0[..] else {
            return Err(wrong(device, "degree"));
        };
        let r = value(1000 + round as u64);
        // Through (0, at0), (1, at1), (2, at2), by differences.
        let (first, second) = (at1 - at0, at2 - at1 - (at1 - at0));
        let half = Fr::from(2u64).inverse().unwrap_or_default();
        claim = at0 + first * r + second * half * r * (r - Fr::from(1u64));
        for table in &mut bound {
            let (low, high) = table.split_at(table.len() / 2);
            *table = low
                .iter()
                .zip(high)
                .map(|(l, h)| *l + r * (*h - l))
                .collect();
        }
        challenge = Some(r);
    }
    let expected: Vec<Fr> = bound.iter().flatten().copied().collect();
    if prover.finish(challenge)? != expected {
        return Err(wrong(device, "final evaluations"));
    }
    if product(&bound) != [claim] {
        return Err(wrong(device, "round polynomials"));
    }
    Ok(())
}

fn product(tables: &[Vec<Fr>]) -> Vec<Fr> {
    match tables {
        [left, right] => left.iter().zip(right).map(|(l, r)| *l * r).collect(),
        _ => Vec::new(),
    }
}

fn multiplication(device: &FpgaDevice) -> Result<(), DeviceError> {
    let logs: Vec<Fr> = (0..POINTS).map(|i| value(2000 + i)).collect();
    let points: Vec<G1Affine> = logs
        .iter()
        .map(|log| (G1Affine::generator() * log).into_affine())
        .collect();
    let scalars: Vec<Fr> = (0..POINTS).map(|i| value(3000 + i)).collect();
    let total: Fr = logs.iter().zip(&scalars).map(|(l, s)| *l * s).sum();
    let expected: G1 = G1Affine::generator() * total;
    let bases = device.load(&points)?;
    if device.msm(&bases, Scalars::Fr(&scalars))? != expected {
        return Err(wrong(device, "sum of points"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::Direct;

    #[test]
    fn model_passes() {
        selftest(&FpgaDevice::open("model", Box::new(Direct::new())).unwrap()).unwrap();
    }
}
