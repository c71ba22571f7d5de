//! Affine points: packed one to a cache line for random access, and eight at a time in lanes.
#![expect(
    unsafe_code,
    reason = "vector loads and stores of packed points have no safe form"
)]

use std::arch::x86_64::*;

use kernelwise_field::{AffineRepr, CurveGroup, Fq, Fq2, Fr, G1, G2};

use super::coordinate::{self, Coordinate};
use crate::simd::constants::LaneField;
use crate::simd::ifma;
use crate::simd::ops::WIDTH;

/// A group whose coordinates have degree `D` over Fq.
pub trait LaneGroup<const D: usize>: CurveGroup<ScalarField = Fr> {
    /// The components of a coordinate.
    fn components(coordinate: &Self::BaseField) -> [Fq; D];

    /// The point with these coordinates, which are on the curve.
    fn from_components(x: [Fq; D], y: [Fq; D]) -> Self::Affine;
}

impl LaneGroup<1> for G1 {
    fn components(coordinate: &Fq) -> [Fq; 1] {
        [*coordinate]
    }

    fn from_components([x]: [Fq; 1], [y]: [Fq; 1]) -> Self::Affine {
        Self::Affine::new_unchecked(x, y)
    }
}

impl LaneGroup<2> for G2 {
    fn components(coordinate: &Fq2) -> [Fq; 2] {
        [coordinate.c0, coordinate.c1]
    }

    fn from_components([x0, x1]: [Fq; 2], [y0, y1]: [Fq; 2]) -> Self::Affine {
        Self::Affine::new_unchecked(Fq2::new(x0, x1), Fq2::new(y0, y1))
    }
}

/// A point: the components of `x`, then those of `y`, four 64-bit words each, two to a cache line; Montgomery radix
/// 2^260, below `1.75p`.
///
/// The identity is all zeros. No other point has `x = 0`: it would have order 3, which divides neither the order
/// of G1, a larger prime, nor that of the whole curve over Fq2 on which G2 lies.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Packed<const D: usize>([[u64; 8]; D]);

impl<const D: usize> Packed<D> {
    pub(super) const IDENTITY: Self = Self([[0; 8]; D]);
}

/// Eight points, limbs across vectors; the identity as in [`Packed`].
#[derive(Debug, Clone, Copy)]
pub(super) struct PointLanes<const D: usize> {
    pub(super) x: Coordinate<D>,
    pub(super) y: Coordinate<D>,
}

impl<const D: usize> PointLanes<D> {
    /// The identity in every lane.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
    pub(super) fn identity() -> Self {
        Self {
            x: coordinate::zero(),
            y: coordinate::zero(),
        }
    }

    /// Which lanes hold the identity.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
    pub(super) fn identity_lanes(&self) -> u8 {
        coordinate::blank_lanes(self.x)
    }

    /// `other` in the lanes of `mask`, `self` in the others.
    #[inline]
    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
    pub(super) fn select(&self, mask: u8, other: &Self) -> Self {
        Self {
            x: coordinate::select(mask, self.x, other.x),
            y: coordinate::select(mask, self.y, other.y),
        }
    }
}

/// Rows to columns of an 8 × 8 matrix of words; its own inverse.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn transpose(r: [__m512i; 8]) -> [__m512i; 8] {
    let mut pairs = [r[0]; 8];
    for i in 0..4 {
        pairs[2 * i] = _mm512_unpacklo_epi64(r[2 * i], r[2 * i + 1]);
        pairs[2 * i + 1] = _mm512_unpackhi_epi64(r[2 * i], r[2 * i + 1]);
    }
    let mut out = [r[0]; 8];
    for odd in 0..2 {
        let [a, b, c, d] = [pairs[odd], pairs[odd + 2], pairs[odd + 4], pairs[odd + 6]];
        let (ab, cd) = (
            _mm512_shuffle_i64x2::<0x88>(a, b),
            _mm512_shuffle_i64x2::<0x88>(c, d),
        );
        out[odd] = _mm512_shuffle_i64x2::<0x88>(ab, cd);
        out[odd + 4] = _mm512_shuffle_i64x2::<0xdd>(ab, cd);
        let (ab, cd) = (
            _mm512_shuffle_i64x2::<0xdd>(a, b),
            _mm512_shuffle_i64x2::<0xdd>(c, d),
        );
        out[odd + 2] = _mm512_shuffle_i64x2::<0x88>(ab, cd);
        out[odd + 6] = _mm512_shuffle_i64x2::<0xdd>(ab, cd);
    }
    out
}

/// Takes eight points into lanes.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn gather<const D: usize>(points: [&Packed<D>; WIDTH]) -> PointLanes<D> {
    let mut out = PointLanes::identity();
    for line in 0..D {
        let mut rows = [_mm512_setzero_si512(); WIDTH];
        for (row, point) in rows.iter_mut().zip(points) {
            // SAFETY: the reference is valid for 64 bytes, aligned to 64.
            *row = unsafe { _mm512_load_si512(point.0[line].as_ptr().cast()) };
        }
        let columns = transpose(rows);
        for (half, columns) in columns.chunks(4).enumerate() {
            let place = 2 * line + half;
            let component = if place < D {
                &mut out.x[place]
            } else {
                &mut out.y[place - D]
            };
            *component = ifma::widen(columns);
        }
    }
    out
}

/// Takes eight points into lanes by their entries, twice the index plus one where the sign is to change;
/// returns also the mask of those lanes.
///
/// # Panics
/// If an index is past the end of `points`.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn gather_entries<const D: usize>(
    points: &[Packed<D>],
    entries: &[u32; WIDTH],
) -> (PointLanes<D>, u8) {
    // SAFETY: the reference is valid for 32 bytes; the load has no alignment requirement.
    let wide = unsafe { _mm256_loadu_si256(entries.as_ptr().cast()) };
    let end = _mm256_set1_epi32(points.len().min(1 << 31) as i32);
    let inside = _mm256_cmplt_epu32_mask(_mm256_srli_epi32::<1>(wide), end);
    assert!(inside == u8::MAX, "entries past the end of the points");
    let points = entries.map(|entry| {
        // SAFETY: the comparison above found every index inside the slice.
        unsafe { points.get_unchecked((entry >> 1) as usize) }
    });
    let negative = _mm256_movepi32_mask(_mm256_slli_epi32::<31>(wide));
    (gather(points), negative)
}

/// Packs eight points.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn scatter<const D: usize>(points: PointLanes<D>, out: &mut [Packed<D>]) {
    for line in 0..D {
        let mut columns = [_mm512_setzero_si512(); WIDTH];
        for (half, columns) in columns.chunks_mut(4).enumerate() {
            let place = 2 * line + half;
            columns.copy_from_slice(&ifma::narrow(if place < D {
                points.x[place]
            } else {
                points.y[place - D]
            }));
        }
        let rows = transpose(columns);
        for (point, row) in out.iter_mut().zip(rows) {
            // SAFETY: the reference is valid for 64 bytes, aligned to 64.
            unsafe { _mm512_store_si512(point.0[line].as_mut_ptr().cast(), row) }
        }
    }
}

/// Asks for the cache lines of eight points that will be gathered soon, into the first-level cache.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn prefetch_near<const D: usize>(points: &[Packed<D>], entries: &[u32; WIDTH]) {
    // Asking for an address does not access it, so an index past the end does no harm.
    for entry in entries {
        let lines = points
            .as_ptr()
            .wrapping_add((entry >> 1) as usize)
            .cast::<[u64; 8]>();
        for line in 0..D {
            _mm_prefetch::<_MM_HINT_T0>(lines.wrapping_add(line).cast());
        }
    }
}

/// Asks for the cache lines of eight points that will be gathered later, into the second-level cache.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn prefetch_far<const D: usize>(points: &[Packed<D>], entries: &[u32; WIDTH]) {
    for entry in entries {
        let lines = points
            .as_ptr()
            .wrapping_add((entry >> 1) as usize)
            .cast::<[u64; 8]>();
        for line in 0..D {
            _mm_prefetch::<_MM_HINT_T1>(lines.wrapping_add(line).cast());
        }
    }
}

/// Changes the sign of the points in the lanes of `mask`.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn negate<const D: usize>(points: PointLanes<D>, mask: u8) -> PointLanes<D> {
    let negated = coordinate::sub(coordinate::zero(), points.y);
    // Negating the y = 0 of an identity gives p: keep it.
    let mask = mask & !points.identity_lanes();
    PointLanes {
        x: points.x,
        y: coordinate::select(mask, points.y, negated),
    }
}

/// Packs arkworks points into the first entries of `out`.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn pack_points<G: LaneGroup<D>, const D: usize>(
    points: &[G::Affine],
    out: &mut [Packed<D>],
) {
    let enter = ifma::splat(&Fq::LANES.enter);
    let zero = [Fq::from(0u64); D];
    for (points, out) in points.chunks(WIDTH).zip(out.chunks_mut(WIDTH)) {
        let coordinates: [([Fq; D], [Fq; D]); WIDTH] = std::array::from_fn(|lane| {
            // Zero limbs stay zero through the multiplication.
            let point = points.get(lane).and_then(|point| point.xy());
            point.map_or((zero, zero), |(x, y)| {
                (G::components(&x), G::components(&y))
            })
        });
        let load = |component: [&Fq; WIDTH]| {
            ifma::mul(ifma::load_words(component.map(Fq::montgomery)), enter)
        };
        let x = std::array::from_fn(|i| load(coordinates.each_ref().map(|(x, _)| &x[i])));
        let y = std::array::from_fn(|i| load(coordinates.each_ref().map(|(_, y)| &y[i])));
        scatter(PointLanes { x, y }, out);
    }
}

/// The arkworks form of packed points.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn unpack_points<G: LaneGroup<D>, const D: usize>(
    points: &[Packed<D>],
) -> Vec<G::Affine> {
    let leave = ifma::splat(&Fq::LANES.leave);
    let mut out = Vec::with_capacity(points.len());
    for points in points.chunks(WIDTH) {
        let lanes = gather(std::array::from_fn(|lane| {
            points.get(lane).unwrap_or(&Packed::IDENTITY)
        }));
        let identities = lanes.identity_lanes();
        let [x, y] = [lanes.x, lanes.y].map(|coordinate| {
            coordinate.map(|component| {
                ifma::store_words::<Fq>(ifma::canonical(ifma::mul(component, leave)))
            })
        });
        out.extend((0..points.len()).map(|lane| {
            if identities >> lane & 1 == 1 {
                return G::Affine::zero();
            }
            let [x, y] =
                [&x, &y].map(|words| std::array::from_fn(|i| Fq::from_montgomery(words[i][lane])));
            G::from_components(x, y)
        }));
    }
    out
}
