//! Multi-scalar multiplication with bits and small integers.

use std::sync::Arc;

use kernelwise_field::{Fr, G1, G1Affine};
use kernelwise_hal::{IntSlice, Scalars};

use super::Setting;
use super::sums::{Ark, Halo, Sums};
use crate::case::Case;
use crate::error::BenchError;
use crate::inputs::Rng;
use crate::reference::ark;

/// Small scalars of one kind.
enum Values {
    Bits(Vec<bool>),
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
}

impl Values {
    fn new(kind: &str, len: usize) -> (&'static str, Self) {
        let mut rng = Rng::new(3);
        match kind {
            "bits" => (
                "bits",
                Self::Bits(rng.integers(len, |bits| bits >> 63 == 1)),
            ),
            "i16" => (
                "i16",
                Self::I16(rng.integers(len, |bits| (bits >> 48) as i16)),
            ),
            "i32" => (
                "i32",
                Self::I32(rng.integers(len, |bits| (bits >> 32) as i32)),
            ),
            _ => ("i8", Self::I8(rng.integers(len, |bits| (bits >> 56) as i8))),
        }
    }

    fn scalars(&self) -> Scalars<'_> {
        match self {
            Self::Bits(values) => Scalars::Bits(values),
            Self::I8(values) => Scalars::Int(IntSlice::I8(values)),
            Self::I16(values) => Scalars::Int(IntSlice::I16(values)),
            Self::I32(values) => Scalars::Int(IntSlice::I32(values)),
        }
    }

    fn ark(&self, bases: &[G1Affine]) -> G1 {
        match self.scalars() {
            Scalars::Bits(bits) => ark::msm_bits(bases, bits),
            Scalars::Int(ints) => ark::msm_ints(bases, ints),
            Scalars::Fr(values) => ark::msm(bases, values),
        }
    }

    /// Magnitudes over bases of the right sign: small scalars are cheap for the library, negative ones are not.
    fn magnitudes(&self, bases: &[G1Affine]) -> (Vec<Fr>, Vec<G1Affine>) {
        let values: Vec<i64> = match self.scalars() {
            Scalars::Int(ints) => ints.iter().collect(),
            Scalars::Bits(bits) => bits.iter().map(|&bit| bit.into()).collect(),
            Scalars::Fr(_) => Vec::new(),
        };
        let signed = |(&base, &value): (&G1Affine, &i64)| {
            if value < 0 { -base } else { base }
        };
        let magnitudes = values.iter().map(|v| Fr::from(v.unsigned_abs())).collect();
        (magnitudes, bases.iter().zip(&values).map(signed).collect())
    }
}

/// One case: `2^log_size` points, scalars of `kind`.
pub(super) fn case(setting: &Setting, kind: &str, log_size: u32) -> Result<Case, BenchError> {
    let len = 1usize << log_size;
    let bases = setting.bases(len);
    let (scalar_kind, values) = Values::new(kind, len);
    let values = Arc::new(values);
    let (magnitudes, signed) = values.magnitudes(&bases);
    let halo = Halo {
        description: "halo2curves on magnitudes, all threads",
        scalars: magnitudes,
        bases: signed,
    };
    let ark_values = Arc::clone(&values);
    let ark = Ark {
        description: "arkworks' routine of the same width, one thread",
        sums: Box::new(move |bases| vec![ark_values.ark(bases)]),
    };
    Sums {
        op: "msm-small",
        log_size,
        scalar_kind,
        shape: format!("{len} points"),
        bases,
        on_device: Arc::new(move |msm, bases| Ok(vec![msm.msm(bases, values.scalars())?])),
        ark,
        halo: Some(halo),
    }
    .case(setting)
}
