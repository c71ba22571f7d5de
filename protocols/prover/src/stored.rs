//! Integers used in the bytes in which they are stored, such as those of a mapped file.

use bytes::Bytes;
use kernelwise_hal::IntSlice;
use zerocopy::FromBytes;

use crate::tensor::IntData;

/// Little-endian integers that lie in memory as this machine has them.
#[derive(Debug, Clone)]
pub struct StoredInts {
    width: Width,
    bytes: Bytes,
}

#[derive(Debug, Clone, Copy)]
enum Width {
    I8,
    I16,
    I32,
}

impl StoredInts {
    /// A borrowed view.
    pub fn as_slice(&self) -> IntSlice<'_> {
        // Length and alignment were checked when this was made, and bytes never move.
        match self.width {
            Width::I8 => IntSlice::I8(<[i8]>::ref_from_bytes(&self.bytes).unwrap_or_default()),
            Width::I16 => IntSlice::I16(<[i16]>::ref_from_bytes(&self.bytes).unwrap_or_default()),
            Width::I32 => IntSlice::I32(<[i32]>::ref_from_bytes(&self.bytes).unwrap_or_default()),
        }
    }
}

impl IntData {
    /// Little-endian integers of `width` bytes each: in place where they are aligned and this machine is little-endian, else copied.
    /// `None` if `width` is not 1, 2 or 4, or the bytes end within an integer.
    pub fn from_le_bytes(width: usize, bytes: Bytes) -> Option<Self> {
        if !bytes.len().is_multiple_of(width.max(1)) {
            return None;
        }
        let native = cfg!(target_endian = "little");
        let place = |width, fits: bool| {
            let bytes = bytes.clone();
            (native && fits).then_some(Self::Stored(StoredInts { width, bytes }))
        };
        match width {
            1 => {
                let copied = || Self::I8(bytes.iter().map(|byte| byte.cast_signed()).collect());
                Some(place(Width::I8, true).unwrap_or_else(copied))
            }
            2 => {
                let fits = <[i16]>::ref_from_bytes(&bytes).is_ok();
                let copied = || Self::I16(words(&bytes, i16::from_le_bytes));
                Some(place(Width::I16, fits).unwrap_or_else(copied))
            }
            4 => {
                let fits = <[i32]>::ref_from_bytes(&bytes).is_ok();
                let copied = || Self::I32(words(&bytes, i32::from_le_bytes));
                Some(place(Width::I32, fits).unwrap_or_else(copied))
            }
            _ => None,
        }
    }
}

fn words<const N: usize, T>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks().0.iter().map(|word| read(*word)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in_place(data: &IntData, bytes: &Bytes) -> bool {
        let start = match data.as_slice() {
            IntSlice::I8(values) => values.as_ptr().cast::<u8>(),
            IntSlice::I16(values) => values.as_ptr().cast(),
            IntSlice::I32(values) => values.as_ptr().cast(),
            IntSlice::I64(_) => return false,
        };
        start == bytes.as_ptr()
    }

    #[test]
    fn aligned_integers_are_not_copied_and_others_are_the_same() {
        let values = [i32::MIN, -2, -1, 0, 1, i32::MAX];
        let mut memory = vec![0; 4];
        memory.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        let memory = Bytes::from(memory);
        // The allocator aligns to 4 at least, so one of two neighbours is and one is not.
        let aligned = memory.slice(4..);
        let data = IntData::from_le_bytes(4, aligned.clone());
        let data = data.filter(|data| data.as_slice() == IntSlice::I32(&values));
        let in_place = data.is_some_and(|data| is_in_place(&data, &aligned));
        assert_eq!(in_place, cfg!(target_endian = "little"));

        let mut shifted = vec![0; 5];
        shifted.extend_from_slice(&aligned);
        let shifted = Bytes::from(shifted).slice(5..);
        let data = IntData::from_le_bytes(4, shifted.clone());
        let data = data.filter(|data| data.as_slice() == IntSlice::I32(&values));
        assert!(data.is_some_and(|data| !is_in_place(&data, &shifted)));
    }

    #[test]
    fn widths_and_ragged_ends() {
        let bytes = Bytes::from_static(&[0xff, 0x7f, 0x01, 0x80, 0x00, 0x00]);
        let data = |width, len| IntData::from_le_bytes(width, bytes.slice(..len));
        let values = |width, len| data(width, len).map(|data| data.to_vec());
        assert_eq!(values(1, 3), Some(vec![-1, 127, 1]));
        assert_eq!(values(2, 4), Some(vec![0x7fff, -0x7fff]));
        assert_eq!(values(4, 4), Some(vec![-0x7ffe_8001]));
        assert_eq!(values(2, 0), Some(vec![]));
        for (width, len) in [(2, 3), (4, 6), (0, 4), (3, 3), (8, 0)] {
            assert!(data(width, len).is_none(), "{width} {len}");
        }
    }
}
