//! The groups in which sums are computed.

use kernelwise_field::{G1, G1Affine, G2, G2Affine};
use kernelwise_hal::MsmGroup;
#[cfg(target_arch = "x86_64")]
use kernelwise_hal::Scalars;

#[cfg(target_arch = "x86_64")]
use crate::simd::{Avx512, msm::LaneBases};

/// A curve `y² = x³ + b` with scalars in `Fr`.
pub(crate) trait SumGroup: MsmGroup {
    /// Bases in the layout of the lanes.
    #[cfg(target_arch = "x86_64")]
    type LaneBases: Send + Sync + 'static;

    /// The point with these coordinates, which are on the curve.
    fn point(x: Self::BaseField, y: Self::BaseField) -> Self::Affine;

    /// Takes bases into lanes.
    #[cfg(target_arch = "x86_64")]
    fn lane_bases(ops: Avx512, bases: &[Self::Affine]) -> Self::LaneBases;

    /// One sum per row, over the bases from `start` on.
    #[cfg(target_arch = "x86_64")]
    fn lane_sums(
        bases: &Self::LaneBases,
        start: usize,
        scalars: Scalars<'_>,
        row_len: usize,
    ) -> Vec<Self>;
}

impl SumGroup for G1 {
    #[cfg(target_arch = "x86_64")]
    type LaneBases = LaneBases<Self, 1>;

    fn point(x: Self::BaseField, y: Self::BaseField) -> G1Affine {
        G1Affine::new_unchecked(x, y)
    }

    #[cfg(target_arch = "x86_64")]
    fn lane_bases(ops: Avx512, bases: &[G1Affine]) -> Self::LaneBases {
        LaneBases::new(ops, bases)
    }

    #[cfg(target_arch = "x86_64")]
    fn lane_sums(
        bases: &Self::LaneBases,
        start: usize,
        scalars: Scalars<'_>,
        row_len: usize,
    ) -> Vec<Self> {
        bases.sums(start, scalars, row_len)
    }
}

impl SumGroup for G2 {
    #[cfg(target_arch = "x86_64")]
    type LaneBases = LaneBases<Self, 2>;

    fn point(x: Self::BaseField, y: Self::BaseField) -> G2Affine {
        G2Affine::new_unchecked(x, y)
    }

    #[cfg(target_arch = "x86_64")]
    fn lane_bases(ops: Avx512, bases: &[G2Affine]) -> Self::LaneBases {
        LaneBases::new(ops, bases)
    }

    #[cfg(target_arch = "x86_64")]
    fn lane_sums(
        bases: &Self::LaneBases,
        start: usize,
        scalars: Scalars<'_>,
        row_len: usize,
    ) -> Vec<Self> {
        bases.sums(start, scalars, row_len)
    }
}
