//! Integers of every width as signed bytes.

use crate::simd::contract::{Quad, Vnni};

/// Integers as signed bytes: all but the highest are unsigned and come less 128.
pub(super) trait Small: Copy + Default + Sync + 'static {
    /// Bytes of one integer.
    const BYTES: usize;

    /// The integers themselves if they are bytes.
    fn as_bytes(_data: &[Self]) -> Option<&[i8]> {
        None
    }

    /// The bytes of `row` in order; `bytes` holds zeros beyond.
    fn spread(row: &[Self], bytes: &mut [i8]);

    /// Four bytes of each column, from byte `first` of the column on; `row` gives the rows.
    fn gather<'a>(vnni: Vnni, row: impl Fn(usize) -> &'a [Self], first: usize, quads: &mut [Quad]);
}

#[inline(always)]
fn signed<const N: usize>(bytes: [u8; N]) -> [i8; N] {
    bytes.map(|byte| byte as i8)
}

impl Small for i8 {
    const BYTES: usize = 1;

    fn as_bytes(data: &[Self]) -> Option<&[i8]> {
        Some(data)
    }

    #[inline(always)]
    fn spread(row: &[Self], bytes: &mut [i8]) {
        bytes[..row.len()].copy_from_slice(row);
    }

    #[inline(always)]
    fn gather<'a>(vnni: Vnni, row: impl Fn(usize) -> &'a [Self], first: usize, quads: &mut [Quad]) {
        vnni.interleave([0, 1, 2, 3].map(|i| row(first + i)), quads);
    }
}

impl Small for i16 {
    const BYTES: usize = 2;

    #[inline(always)]
    fn spread(row: &[Self], bytes: &mut [i8]) {
        for (bytes, value) in bytes.as_chunks_mut().0.iter_mut().zip(row) {
            *bytes = signed((value ^ 0x80).to_le_bytes());
        }
    }

    #[inline(always)]
    fn gather<'a>(_: Vnni, row: impl Fn(usize) -> &'a [Self], first: usize, quads: &mut [Quad]) {
        let pairs = row(first / 2).iter().zip(row(first / 2 + 1));
        for (quad, (low, high)) in quads.iter_mut().zip(pairs) {
            let joined = u32::from(*low as u16) | u32::from(*high as u16) << 16;
            *quad = signed((joined ^ 0x0080_0080).to_le_bytes());
        }
    }
}

impl Small for i32 {
    const BYTES: usize = 4;

    #[inline(always)]
    fn spread(row: &[Self], bytes: &mut [i8]) {
        for (bytes, value) in bytes.as_chunks_mut().0.iter_mut().zip(row) {
            *bytes = signed((value ^ 0x0080_8080).to_le_bytes());
        }
    }

    #[inline(always)]
    fn gather<'a>(_: Vnni, row: impl Fn(usize) -> &'a [Self], first: usize, quads: &mut [Quad]) {
        Self::spread(row(first / 4), quads.as_flattened_mut());
    }
}

impl Small for i64 {
    const BYTES: usize = 8;

    #[inline(always)]
    fn spread(row: &[Self], bytes: &mut [i8]) {
        for (bytes, value) in bytes.as_chunks_mut().0.iter_mut().zip(row) {
            *bytes = signed((value ^ 0x0080_8080_8080_8080).to_le_bytes());
        }
    }

    #[inline(always)]
    fn gather<'a>(_: Vnni, row: impl Fn(usize) -> &'a [Self], first: usize, quads: &mut [Quad]) {
        for (quad, value) in quads.iter_mut().zip(row(first / 8)) {
            let half = (value ^ 0x0080_8080_8080_8080) >> (8 * (first % 8));
            *quad = signed((half as u32).to_le_bytes());
        }
    }
}
