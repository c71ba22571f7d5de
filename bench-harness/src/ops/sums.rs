//! What the cases of sums over points in G1 share: the same bases, a device's answer, and those of two libraries.

use std::sync::Arc;

use halo2curves::msm::msm_best;
use kernelwise_field::{Fr, G1, G1Affine};
use kernelwise_hal::{BaseSet, Device, DeviceError};

use super::{Setting, contenders, offered};
use crate::case::{Case, Contender, task};
use crate::error::BenchError;
use crate::reference::{ARK, HALO, ark, halo};

const OPERATION: &str = "multi-scalar multiplication";

/// What a device is asked for.
type OnDevice =
    dyn Fn(&dyn kernelwise_hal::Msm, &BaseSet) -> Result<Vec<G1>, DeviceError> + Send + Sync;

/// What arkworks makes of bases.
type OnBases = dyn Fn(&[G1Affine]) -> Vec<G1> + Send;

/// Sums of the same scalars over the same bases.
pub(super) struct Sums {
    pub(super) op: &'static str,
    pub(super) log_size: u32,
    pub(super) scalar_kind: &'static str,
    pub(super) shape: String,
    pub(super) bases: Arc<Vec<G1Affine>>,
    pub(super) on_device: Arc<OnDevice>,
    pub(super) ark: Ark,
    pub(super) halo: Option<Halo>,
}

/// How arkworks is used.
pub(super) struct Ark {
    pub(super) description: &'static str,
    pub(super) sums: Box<OnBases>,
}

/// How halo2curves is used, for one sum.
pub(super) struct Halo {
    pub(super) description: &'static str,
    pub(super) scalars: Vec<Fr>,
    pub(super) bases: Vec<G1Affine>,
}

impl Sums {
    /// The case.
    pub(super) fn case(self, setting: &Setting) -> Result<Case, BenchError> {
        let (bases, sums) = (Arc::clone(&self.bases), self.ark.sums);
        let mut references = vec![Contender::reference(
            ARK,
            self.ark.description,
            task(move || Ok(sums(&bases)), |points| ark::point_bytes(&points)),
        )];
        if let Some(halo) = self.halo.filter(|_| halo::is_available()) {
            let (points, coefficients) =
                (halo::points(&halo.bases)?, halo::scalars(&halo.scalars)?);
            references.push(Contender::reference(
                HALO,
                halo.description,
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
                let loaded = offered(&device, OPERATION, Device::msm)?.load(&self.bases)?;
                let on_device = Arc::clone(&self.on_device);
                let run = move || {
                    let msm = offered(&device, OPERATION, Device::msm)?;
                    Ok(on_device(msm, &loaded)?)
                };
                Ok(task(run, |points| ark::point_bytes(&points)))
            },
        )?;
        Ok(Case {
            op: self.op,
            log_size: self.log_size,
            scalar_kind: self.scalar_kind,
            shape: self.shape,
            contenders: contenders(references, devices),
        })
    }
}
