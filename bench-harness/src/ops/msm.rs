//! Multi-scalar multiplication with full-width scalars, against two libraries.

use std::sync::Arc;

use halo2curves::msm::msm_best;
use kernelwise_hal::{Device, Scalars};

use super::{Setting, contenders, offered};
use crate::case::{Case, Contender, task};
use crate::error::BenchError;
use crate::inputs::Rng;
use crate::reference::{ARK, HALO, ark, halo};

pub(super) const OPERATION: &str = "multi-scalar multiplication";

/// One case: `2^log_size` points.
pub(super) fn case(setting: &Setting, log_size: u32) -> Result<Case, BenchError> {
    let len = 1usize << log_size;
    let bases = setting.bases(len);
    let scalars = Arc::new(Rng::new(2).fields(len));
    let (ark_bases, ark_scalars) = (Arc::clone(&bases), Arc::clone(&scalars));
    let mut references = vec![Contender::reference(
        ARK,
        "arkworks, one thread",
        task(
            move || Ok(ark::msm(&ark_bases, &ark_scalars)),
            |point| ark::point_bytes(&[point]),
        ),
    )];
    if halo::is_available() {
        let (points, coefficients) = (halo::points(&bases)?, halo::scalars(&scalars)?);
        references.push(Contender::reference(
            HALO,
            "halo2curves, all threads",
            task(
                move || Ok(msm_best(&coefficients, &points)),
                |point| halo::point_bytes(&[point]),
            ),
        ));
    }
    let devices = setting.device_contenders(
        OPERATION,
        |device| device.msm().is_some(),
        |device| {
            let loaded = offered(&device, OPERATION, Device::msm)?.load(&bases)?;
            let scalars = Arc::clone(&scalars);
            let run = move || {
                let msm = offered(&device, OPERATION, Device::msm)?;
                Ok(msm.msm(&loaded, Scalars::Fr(&scalars))?)
            };
            Ok(task(run, |point| ark::point_bytes(&[point])))
        },
    )?;
    Ok(Case {
        op: "msm",
        log_size,
        scalar_kind: "fr",
        shape: format!("{len} points"),
        contenders: contenders(references, devices),
    })
}
