//! Multi-scalar multiplication in G2 with full-width scalars.

use std::sync::Arc;

use kernelwise_field::{G2, VariableBaseMSM};
use kernelwise_hal::{Device, Scalars};

use super::{BASE_SEED, Setting, contenders, offered};
use crate::case::{Case, Contender, task};
use crate::error::BenchError;
use crate::inputs::{self, Rng};
use crate::reference::{ARK, ark};

const OPERATION: &str = "multi-scalar multiplication in G2";

/// One case: `2^log_size` points.
pub(super) fn case(setting: &Setting, log_size: u32) -> Result<Case, BenchError> {
    let len = 1usize << log_size;
    let bases = Arc::new(inputs::points::<G2>(BASE_SEED, len));
    let scalars = Arc::new(Rng::new(2).fields(len));
    let (ark_bases, ark_scalars) = (Arc::clone(&bases), Arc::clone(&scalars));
    let references = vec![Contender::reference(
        ARK,
        "arkworks, one thread",
        task(
            move || Ok(G2::msm_unchecked(&ark_bases, &ark_scalars)),
            |point| ark::point_g2_bytes(&point),
        ),
    )];
    let devices = setting.device_contenders(
        OPERATION,
        |device| device.msm_g2().is_some(),
        |device| {
            let loaded = offered(&device, OPERATION, Device::msm_g2)?.load(&bases)?;
            let scalars = Arc::clone(&scalars);
            let run = move || {
                let msm = offered(&device, OPERATION, Device::msm_g2)?;
                Ok(msm.msm(&loaded, Scalars::Fr(&scalars))?)
            };
            Ok(task(run, |point| ark::point_g2_bytes(&point)))
        },
    )?;
    Ok(Case {
        op: "msm-g2",
        log_size,
        scalar_kind: "fr",
        shape: format!("{len} points"),
        contenders: contenders(references, devices),
    })
}
