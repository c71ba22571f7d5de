//! Affine points: packed one to a cache line for random access, and eight at a time in lanes.
#![expect(
    unsafe_code,
    reason = "vector loads and stores of packed points have no safe form"
)]

use std::arch::x86_64::*;

use kernelwise_field::{AdditiveGroup, AffineRepr, Fq, G1Affine};

use crate::simd::constants::LaneField;
use crate::simd::ifma::{self, Lanes};
use crate::simd::ops::WIDTH;

/// A point of G1: four 64-bit limbs of `x` and of `y`, Montgomery radix 2^260, below `1.75p`.
///
/// The identity is all zeros. No other point has `x = 0`: it would have order 3, and the order of G1 is a
/// larger prime.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Packed([u64; 8]);

impl Packed {
    pub(super) const IDENTITY: Self = Self([0; 8]);
}

/// Eight points, limbs across vectors; the identity as in [`Packed`].
#[derive(Debug, Clone, Copy)]
pub(super) struct PointLanes {
    pub(super) x: Lanes<Fq>,
    pub(super) y: Lanes<Fq>,
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
pub(super) fn gather(points: [&Packed; WIDTH]) -> PointLanes {
    let columns = transpose(points.map(|point| {
        // SAFETY: the reference is valid for 64 bytes, aligned to 64.
        unsafe { _mm512_load_si512(point.0.as_ptr().cast()) }
    }));
    PointLanes {
        x: ifma::widen(&columns[..4]),
        y: ifma::widen(&columns[4..]),
    }
}

/// Takes eight points into lanes by their entries, twice the index plus one where the sign is to change;
/// returns also the mask of those lanes.
///
/// # Panics
/// If an index is past the end of `points`.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn gather_entries(points: &[Packed], entries: &[u32; WIDTH]) -> (PointLanes, u8) {
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
pub(super) fn scatter(points: PointLanes, out: &mut [Packed]) {
    let [x0, x1, x2, x3] = ifma::narrow(points.x);
    let [y0, y1, y2, y3] = ifma::narrow(points.y);
    let rows = transpose([x0, x1, x2, x3, y0, y1, y2, y3]);
    for (point, row) in out.iter_mut().zip(rows) {
        // SAFETY: the reference is valid for 64 bytes, aligned to 64.
        unsafe { _mm512_store_si512(point.0.as_mut_ptr().cast(), row) }
    }
}

/// Asks for the cache lines of eight points that will be gathered soon, into the first-level cache.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn prefetch_near(points: &[Packed], entries: &[u32; WIDTH]) {
    // Asking for an address does not access it, so an index past the end does no harm.
    for entry in entries {
        let index = (entry >> 1) as usize;
        _mm_prefetch::<_MM_HINT_T0>(points.as_ptr().wrapping_add(index).cast());
    }
}

/// Asks for the cache lines of eight points that will be gathered later, into the second-level cache.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn prefetch_far(points: &[Packed], entries: &[u32; WIDTH]) {
    for entry in entries {
        let index = (entry >> 1) as usize;
        _mm_prefetch::<_MM_HINT_T1>(points.as_ptr().wrapping_add(index).cast());
    }
}

/// Changes the sign of the points in the lanes of `mask`.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn negate(points: PointLanes, mask: u8) -> PointLanes {
    let negated = ifma::sub(ifma::zero(), points.y);
    // Negating the y = 0 of an identity gives p: keep it.
    let mask = mask & !identity_lanes(points.x);
    PointLanes {
        x: points.x,
        y: ifma::select(mask, points.y, negated),
    }
}

/// Which lanes hold the identity, from their `x`.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn identity_lanes(x: Lanes<Fq>) -> u8 {
    ifma::zero_lanes(x)
}

/// Packs arkworks points into the first entries of `out`.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn pack_points(points: &[G1Affine], out: &mut [Packed]) {
    let enter = ifma::splat(&Fq::LANES.enter);
    for (points, out) in points.chunks(WIDTH).zip(out.chunks_mut(WIDTH)) {
        let coordinates: [(Fq, Fq); WIDTH] = std::array::from_fn(|lane| {
            // Zero limbs stay zero through the multiplication.
            let point = points.get(lane).and_then(|point| point.xy());
            point.unwrap_or((Fq::ZERO, Fq::ZERO))
        });
        let x = ifma::load_words(std::array::from_fn(|lane| coordinates[lane].0.montgomery()));
        let y = ifma::load_words(std::array::from_fn(|lane| coordinates[lane].1.montgomery()));
        let (x, y) = (ifma::mul(x, enter), ifma::mul(y, enter));
        scatter(PointLanes { x, y }, out);
    }
}

/// The arkworks form of packed points.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn unpack_points(points: &[Packed]) -> Vec<G1Affine> {
    let leave = ifma::splat(&Fq::LANES.leave);
    let mut out = Vec::with_capacity(points.len());
    for points in points.chunks(WIDTH) {
        let lanes = gather(std::array::from_fn(|lane| {
            points.get(lane).unwrap_or(&Packed::IDENTITY)
        }));
        let identities = identity_lanes(lanes.x);
        let [x, y] = [lanes.x, lanes.y].map(|coordinate| {
            ifma::store_words::<Fq>(ifma::canonical(ifma::mul(coordinate, leave)))
        });
        out.extend((0..points.len()).map(|lane| {
            if identities >> lane & 1 == 1 {
                return G1Affine::identity();
            }
            G1Affine::new_unchecked(Fq::from_montgomery(x[lane]), Fq::from_montgomery(y[lane]))
        }));
    }
    out
}
