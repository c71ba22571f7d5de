//! Multi-scalar multiplication with full-width scalars, against two libraries.

use std::sync::Arc;

use kernelwise_hal::Scalars;

use super::Setting;
use super::sums::{Ark, Halo, Sums};
use crate::case::Case;
use crate::error::BenchError;
use crate::inputs::Rng;
use crate::reference::ark;

/// One case: `2^log_size` points.
pub(super) fn case(setting: &Setting, log_size: u32) -> Result<Case, BenchError> {
    let len = 1usize << log_size;
    let bases = setting.bases(len);
    let scalars = Arc::new(Rng::new(2).fields(len));
    let halo = Halo {
        description: "halo2curves, all threads",
        scalars: scalars.to_vec(),
        bases: bases.to_vec(),
    };
    let ark_scalars = Arc::clone(&scalars);
    let ark = Ark {
        description: "arkworks, one thread",
        sums: Box::new(move |bases| vec![ark::msm(bases, &ark_scalars)]),
    };
    Sums {
        op: "msm",
        log_size,
        scalar_kind: "fr",
        shape: format!("{len} points"),
        bases,
        on_device: Arc::new(move |msm, bases| Ok(vec![msm.msm(bases, Scalars::Fr(&scalars))?])),
        ark,
        halo: Some(halo),
    }
    .case(setting)
}
