//! Signed digits of whole vectors of scalars, one window at a time.
#![expect(
    unsafe_code,
    reason = "the vector store of eight digits has no safe form"
)]

use std::arch::x86_64::*;

use kernelwise_field::Fr;
use kernelwise_hal::{IntSlice, Scalars};
use rayon::prelude::*;

use super::bits;
use super::windows::Windows;
use crate::simd::constants::{LIMB_BITS, LIMBS, LaneField};
use crate::simd::ifma::{self, Lanes};
use crate::simd::ops::WIDTH;

/// Scalars whose digits lie together: the digits of one window are cut in pieces of this length.
const BLOCK: usize = 1 << 12;

/// Digits of all windows of a vector of scalars.
///
/// A stored digit is the digit plus [`Windows::buckets`].
pub(super) struct Digits {
    pub(super) windows: Windows,
    len: usize,
    /// Blocks of [`BLOCK`] scalars; in each, window by window.
    stored: Vec<u16>,
}

/// The cheapest windows for `rows` rows of `scalars`.
pub(super) fn windows(scalars: Scalars<'_>, rows: usize) -> Windows {
    let row_len = scalars.len() / rows.max(1);
    match scalars {
        Scalars::Fr(_) => Windows::for_field(row_len, rows),
        Scalars::Bits(_) => Windows::BIT,
        Scalars::Int(values) => {
            let (min, max) = bits::range(values);
            Windows::for_integers(row_len, rows, min, max)
        }
    }
}

impl Digits {
    /// The digits of `scalars` in `windows`, which hold them.
    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
    pub(super) fn new(scalars: Scalars<'_>, windows: Windows) -> Self {
        match scalars {
            Scalars::Fr(values) => Self::fill(windows, values, |values, out| {
                field_digits(values, windows, out);
            }),
            Scalars::Bits(values) => Self::fill(windows, values, |values, out| {
                for (out, &bit) in out.iter_mut().zip(values) {
                    *out = 1 + u16::from(bit);
                }
            }),
            Scalars::Int(IntSlice::I8(values)) => Self::of_integers(values, windows),
            Scalars::Int(IntSlice::I16(values)) => Self::of_integers(values, windows),
            Scalars::Int(IntSlice::I32(values)) => Self::of_integers(values, windows),
            Scalars::Int(IntSlice::I64(values)) => Self::of_integers(values, windows),
        }
    }

    fn of_integers<T: Copy + Into<i64> + Sync>(values: &[T], windows: Windows) -> Self {
        Self::fill(windows, values, |values, out| {
            integer_digits(values, windows, out);
        })
    }

    fn fill<T: Sync>(
        windows: Windows,
        values: &[T],
        fill: impl Fn(&[T], &mut [u16]) + Sync,
    ) -> Self {
        let mut stored = vec![0; values.len() * windows.count];
        stored
            .par_chunks_mut(BLOCK * windows.count)
            .zip(values.par_chunks(BLOCK))
            .for_each(|(out, values)| fill(values, out));
        Self {
            windows,
            len: values.len(),
            stored,
        }
    }

    /// The stored digits of `window` for the scalars from `start` to `end`, in pieces.
    pub(super) fn pieces(
        &self,
        window: usize,
        start: usize,
        end: usize,
    ) -> impl Iterator<Item = &[u16]> {
        (start / BLOCK..end.div_ceil(BLOCK)).map(move |block| {
            let first = block * BLOCK;
            let block_len = BLOCK.min(self.len - first);
            let base = first * self.windows.count + window * block_len;
            let (from, to) = (start.max(first) - first, end.min(first + block_len) - first);
            &self.stored[base + from..base + to]
        })
    }
}

fn integer_digits<T: Copy + Into<i64>>(values: &[T], windows: Windows, out: &mut [u16]) {
    let offset = windows.offset();
    let mask = (1i128 << windows.bits) - 1;
    for (window, out) in out.chunks_mut(values.len().max(1)).enumerate() {
        let shift = window as u32 * windows.bits;
        for (out, &value) in out.iter_mut().zip(values) {
            *out = ((i128::from(value.into()) + offset) >> shift & mask) as u16;
        }
    }
}

/// Canonical scalars, made signed, offset and cut in lanes.
///
/// A scalar above half the modulus counts as the negative that it also is, so that small negative numbers have as few
/// nonzero digits as small positive ones.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn field_digits(values: &[Fr], windows: Windows, out: &mut [u16]) {
    // Multiplying a representative of radix 2^256 by 2^4/2^260 leaves the integer itself.
    let leave = ifma::splat(&[1 << 4, 0, 0, 0, 0]);
    let offset = ifma::splat::<Fr>(&field_offset(windows));
    let mask = _mm512_set1_epi64((1 << windows.bits) - 1);
    let zero_digit_twice = _mm512_set1_epi64(1 << windows.bits);
    let len = values.len();
    for (index, values) in values.chunks(WIDTH).enumerate() {
        let words = std::array::from_fn(|lane| {
            values.get(lane).map_or(&[0; 4], |value| value.montgomery())
        });
        let integers = ifma::canonical(ifma::mul(ifma::load_words(words), leave));
        let (magnitudes, negative) = ifma::magnitude(integers);
        let shifted = ifma::add_lazy(magnitudes, offset);
        for window in 0..windows.count {
            let digits = bits_at(shifted, window * windows.bits as usize);
            let digits = _mm512_and_si512(digits, mask);
            let digits = _mm512_mask_sub_epi64(digits, negative, zero_digit_twice, digits);
            let digits = _mm512_cvtepi64_epi16(digits);
            let mut eight = [0; WIDTH];
            // SAFETY: the reference is valid for 16 bytes; the store has no alignment requirement.
            unsafe { _mm_storeu_si128(eight.as_mut_ptr().cast(), digits) }
            let out = &mut out[window * len + index * WIDTH..][..values.len()];
            out.copy_from_slice(&eight[..values.len()]);
        }
    }
}

/// `Σ_w 2^(c−1)·2^(c·w)` in limbs, the top one of up to 64 bits.
fn field_offset(windows: Windows) -> [u64; LIMBS] {
    let mut limbs = [0; LIMBS];
    for window in 1..=windows.count {
        let bit = window * windows.bits as usize - 1;
        let limb = (bit / LIMB_BITS).min(LIMBS - 1);
        limbs[limb] |= 1 << (bit - limb * LIMB_BITS);
    }
    limbs
}

/// The bits from `bit` upwards; at least 16 of them.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn bits_at(x: Lanes<Fr>, bit: usize) -> __m512i {
    let limb = (bit / LIMB_BITS).min(LIMBS - 1);
    let within = bit - limb * LIMB_BITS;
    let low = _mm512_srlv_epi64(x.0[limb], _mm512_set1_epi64(within as i64));
    if limb + 1 == LIMBS {
        return low;
    }
    let above = _mm512_set1_epi64((LIMB_BITS - within) as i64);
    _mm512_or_si512(low, _mm512_sllv_epi64(x.0[limb + 1], above))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Avx512;

    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
    fn nonzero(scalar: Fr, windows: Windows) -> usize {
        let digits = Digits::new(Scalars::Fr(&[scalar]), windows);
        (0..windows.count)
            .flat_map(|window| digits.pieces(window, 0, 1))
            .filter(|piece| usize::from(piece[0]) != windows.buckets())
            .count()
    }

    #[test]
    fn small_negative_scalars_have_few_digits() {
        if Avx512::detect().is_none() {
            return;
        }
        for len in [1, 1 << 10, 1 << 20, 1 << 26] {
            let windows = Windows::for_field(len, 1);
            for (scalar, count) in [(0u64, 0), (1, 1), (2, 1)] {
                for scalar in [Fr::from(scalar), -Fr::from(scalar)] {
                    // SAFETY: the features were detected above.
                    assert_eq!(unsafe { nonzero(scalar, windows) }, count, "{windows:?}");
                }
            }
        }
    }
}
