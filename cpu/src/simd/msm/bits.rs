//! Matrices of small integers, bit by bit.
#![expect(unsafe_code, reason = "the vector load of 64 bytes has no safe form")]

use std::arch::x86_64::*;

use kernelwise_hal::{IntSlice, Scalars};
use rayon::prelude::*;

/// Bits of a word.
const WORD: usize = 64;

/// The two's complement bits of a row-major matrix: for every row and bit, one word per 64 columns.
pub(super) struct BitPlanes {
    rows: usize,
    row_len: usize,
    bits: usize,
    signed: bool,
    words: Vec<u64>,
}

/// The least number of two's complement bits for a range, and whether the highest is a sign.
pub(super) fn width(scalars: Scalars<'_>) -> Option<(usize, bool)> {
    let (min, max) = match scalars {
        Scalars::Fr(_) => return None,
        Scalars::Bits(_) => (0, 1),
        Scalars::Int(values) => range(values),
    };
    let magnitude = |v: i64| 64 - (v ^ (v >> 63)).leading_zeros() as usize;
    let signed = min < 0;
    let bits = magnitude(min).max(magnitude(max)) + usize::from(signed);
    Some((bits.max(1), signed))
}

/// The smallest and the largest of `values`, or zeros.
pub(super) fn range(values: IntSlice<'_>) -> (i64, i64) {
    fn of<T: Copy + Ord + Into<i64>>(values: &[T]) -> (i64, i64) {
        // Two folds over values, not references: they compile to vector minima.
        let Some(&first) = values.first() else {
            return (0, 0);
        };
        let min = values.iter().fold(first, |min, &v| min.min(v));
        let max = values.iter().fold(first, |max, &v| max.max(v));
        (min.into(), max.into())
    }
    match values {
        IntSlice::I8(values) => of(values),
        IntSlice::I16(values) => of(values),
        IntSlice::I32(values) => of(values),
        IntSlice::I64(values) => of(values),
    }
}

impl BitPlanes {
    /// The bits of rows of `row_len` scalars, of the [`width`] that holds them; `None` if they are full-width.
    #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
    pub(super) fn new(scalars: Scalars<'_>, row_len: usize) -> Option<Self> {
        let (bits, signed) = width(scalars)?;
        let rows = scalars.len() / row_len;
        let mut words = vec![0; rows * bits * row_len.div_ceil(WORD)];
        let planes = (&mut *words, bits, row_len);
        match scalars {
            Scalars::Fr(_) => return None,
            Scalars::Bits(values) => fill(planes, values, u64::from),
            Scalars::Int(IntSlice::I8(values)) => fill(planes, values, |v| v as u64),
            Scalars::Int(IntSlice::I16(values)) => fill(planes, values, |v| v as u64),
            Scalars::Int(IntSlice::I32(values)) => fill(planes, values, |v| v as u64),
            Scalars::Int(IntSlice::I64(values)) => fill(planes, values, |v| v as u64),
        }
        Some(Self {
            rows,
            row_len,
            bits,
            signed,
            words,
        })
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn row_len(&self) -> usize {
        self.row_len
    }

    pub(super) fn bits(&self) -> usize {
        self.bits
    }

    /// Whether the highest bit counts negative.
    pub(super) fn signed(&self) -> bool {
        self.signed
    }

    /// The bits of at least 64 columns from `column` on, in plane `plane = row · bits + bit`; zero past the end.
    pub(super) fn window(&self, plane: usize, column: usize) -> u128 {
        let per_plane = self.row_len.div_ceil(WORD);
        let first = column / WORD;
        let words = self
            .words
            .get(plane * per_plane + first..(plane + 1) * per_plane);
        let word = |index: usize| {
            let word = words.and_then(|words| words.get(index));
            u128::from(word.copied().unwrap_or(0))
        };
        let low = word(0) | word(1) << WORD;
        match column % WORD {
            0 => low,
            shift => low >> shift | word(2) << (2 * WORD - shift),
        }
    }
}

/// Transposes the bits of 64 columns at a time, byte by byte of the values.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn fill<T: Copy + Sync>(
    (words, bits, row_len): (&mut [u64], usize, usize),
    values: &[T],
    lift: impl Fn(T) -> u64 + Sync,
) {
    let per_plane = row_len.div_ceil(WORD);
    let rows = words
        .par_chunks_mut(bits * per_plane)
        .zip(values.par_chunks(row_len));
    rows.with_min_len(16).for_each(|(words, row)| {
        for (index, values) in row.chunks(WORD).enumerate() {
            for first in (0..bits).step_by(8) {
                let mut bytes = [0u8; WORD];
                for (byte, &value) in bytes.iter_mut().zip(values) {
                    *byte = (lift(value) >> first) as u8;
                }
                let mut masks = byte_masks(&bytes);
                for bit in first..bits.min(first + 8) {
                    words[bit * per_plane + index] = masks[7];
                    masks.rotate_right(1);
                }
            }
        }
    });
}

/// For every bit from 7 down to 0, that bit of all bytes.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn byte_masks(bytes: &[u8; WORD]) -> [u64; 8] {
    // SAFETY: the reference is valid for 64 bytes; the load has no alignment requirement.
    let mut bytes = unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) };
    std::array::from_fn(|_| {
        let mask = _mm512_movepi8_mask(bytes);
        // Adding a byte to itself moves its next bit to the top.
        bytes = _mm512_add_epi8(bytes, bytes);
        mask
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_least() {
        let width = |values: &[i16]| width(Scalars::Int(IntSlice::I16(values)));
        assert_eq!(width(&[0, 0]), Some((1, false)));
        assert_eq!(width(&[0, 255]), Some((8, false)));
        assert_eq!(width(&[-128, 127]), Some((8, true)));
        assert_eq!(width(&[-1, 128]), Some((9, true)));
        assert_eq!(width(&[-1, 0]), Some((1, true)));
        assert_eq!(width(&[i16::MIN]), Some((16, true)));
    }

    #[test]
    fn windows_cross_words_and_ends() {
        if crate::simd::Avx512::detect().is_none() {
            return;
        }
        let values: Vec<i16> = (0..2 * 70i16).map(|i| i * 37 % 1024 - 512).collect();
        let scalars = Scalars::Int(IntSlice::I16(&values));
        // SAFETY: the CPU was found to have the features that `new` is compiled for.
        let planes = unsafe { BitPlanes::new(scalars, 70) }.unwrap();
        assert_eq!(planes.bits(), 10);
        for row in 0..2 {
            for bit in 0..10 {
                for column in 0..80 {
                    let expected = (0..70 - column.min(70)).fold(0, |window, i| {
                        let value = values[row * 70 + column + i] as u16;
                        window | u128::from(value >> bit & 1) << i
                    });
                    assert_eq!(planes.window(row * 10 + bit, column), expected);
                }
            }
        }
    }
}
