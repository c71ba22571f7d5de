//! Number-theoretic transforms: forward over the subgroup, and inverse over a coset.

use std::sync::Arc;

use ark_poly::{EvaluationDomain, Radix2EvaluationDomain};
use kernelwise_field::Fr;
use kernelwise_hal::{Device, DeviceError, Ntt};

use super::{Setting, contenders, offered};
use crate::case::{Case, Contender, task};
use crate::error::BenchError;
use crate::inputs::Rng;
use crate::reference::{ARK, ark};

const OPERATION: &str = "number-theoretic transform";

struct Instance {
    values: Vec<Fr>,
    domain: Radix2EvaluationDomain<Fr>,
    inverse: bool,
}

impl Instance {
    fn new(scalar_kind: &str, log_size: u32) -> Result<(&'static str, Self), BenchError> {
        let mut rng = Rng::new(7);
        let (kind, inverse) = match scalar_kind {
            "inverse-coset" => ("inverse-coset", true),
            _ => ("forward", false),
        };
        let values = rng.fields(1 << log_size);
        let shift = if inverse {
            rng.fields(1)[0]
        } else {
            Fr::from(1u64)
        };
        let domain =
            Radix2EvaluationDomain::new(values.len()).and_then(|domain| domain.get_coset(shift));
        let domain = domain.ok_or(BenchError::Size {
            min: 1,
            max: 28,
            got: log_size,
        })?;
        Ok((
            kind,
            Self {
                values,
                domain,
                inverse,
            },
        ))
    }

    fn transform(&self, device: &dyn Ntt) -> Result<Vec<Fr>, DeviceError> {
        let mut values = self.values.clone();
        let shift = self.domain.coset_offset();
        if self.inverse {
            device.inverse(&mut values, shift)?;
        } else {
            device.forward(&mut values, shift)?;
        }
        Ok(values)
    }

    fn ark(&self) -> Vec<Fr> {
        let mut values = self.values.clone();
        if self.inverse {
            self.domain.ifft_in_place(&mut values);
        } else {
            self.domain.fft_in_place(&mut values);
        }
        values
    }
}

/// One case: a transform of `2^log_size` values, the copy of the operands included on both sides.
pub(super) fn case(setting: &Setting, kind: &str, log_size: u32) -> Result<Case, BenchError> {
    let (scalar_kind, instance) = Instance::new(kind, log_size)?;
    let instance = Arc::new(instance);
    let canonical = |values: Vec<Fr>| ark::field_bytes(&values);
    let own = Arc::clone(&instance);
    let references = vec![Contender::reference(
        ARK,
        "ark-poly, one thread",
        task(move || Ok(own.ark()), canonical),
    )];
    let devices = setting.device_contenders(
        OPERATION,
        |device| Device::ntt(device).is_some(),
        |device| {
            let instance = Arc::clone(&instance);
            let run = move || {
                let ntt = offered(&device, OPERATION, Device::ntt)?;
                Ok(instance.transform(ntt)?)
            };
            Ok(task(run, canonical))
        },
    )?;
    Ok(Case {
        op: "ntt",
        log_size,
        scalar_kind,
        shape: format!("{}", instance.values.len()),
        contenders: contenders(references, devices),
    })
}
