//! Small integers on their way into lanes.

use std::ops::Range;

use kernelwise_hal::IntSlice;

use crate::simd::WIDTH;

/// Bits of the largest magnitude.
pub(super) fn magnitude_bits(values: IntSlice<'_>) -> u32 {
    // In the integers' own width: as many at once as a vector holds.
    let any = match values {
        IntSlice::I8(v) => v.iter().fold(0, |any, x| any | x.unsigned_abs()).into(),
        IntSlice::I16(v) => v.iter().fold(0, |any, x| any | x.unsigned_abs()).into(),
        IntSlice::I32(v) => v.iter().fold(0, |any, x| any | x.unsigned_abs()).into(),
        IntSlice::I64(v) => v.iter().fold(0, |any, x| any | x.unsigned_abs()),
    };
    u64::BITS - any.leading_zeros()
}

/// The vectors of integers in `range`, which lies inside.
pub(super) fn part(values: IntSlice<'_>, range: Range<usize>) -> IntSlice<'_> {
    values
        .slice(range.start * WIDTH..range.end * WIDTH)
        .unwrap_or(IntSlice::I8(&[]))
}

/// Widens a block of integers.
#[inline(always)]
pub(super) fn widen(values: IntSlice<'_>, out: &mut [[i64; WIDTH]]) {
    match values {
        IntSlice::I8(v) => widen_from(v, out),
        IntSlice::I16(v) => widen_from(v, out),
        IntSlice::I32(v) => widen_from(v, out),
        IntSlice::I64(v) => widen_from(v, out),
    }
}

#[inline(always)]
fn widen_from<T: Copy + Into<i64>>(values: &[T], out: &mut [[i64; WIDTH]]) {
    for (out, values) in out.iter_mut().zip(values.as_chunks::<WIDTH>().0) {
        for lane in 0..WIDTH {
            out[lane] = values[lane].into();
        }
    }
}
