//! Integer parameters in the bytes in which they are stored, and may be mapped.

use bytes::Bytes;
use kernelwise_core::program::Range;
use serde::{Deserialize, Serialize};

/// Bits of every value of one parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum IntWidth {
    /// Weights.
    I8,
    /// Middling constants.
    I16,
    /// Biases.
    I32,
}

impl IntWidth {
    /// Bytes per value.
    pub fn bytes(self) -> usize {
        match self {
            Self::I8 => 1,
            Self::I16 => 2,
            Self::I32 => 4,
        }
    }
}

/// The values of one parameter, little-endian, shared with whatever holds them: a clone copies nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterValues {
    width: IntWidth,
    bytes: Bytes,
}

impl ParameterValues {
    /// The values that `bytes` store; `None` if they end within one.
    pub fn stored(width: IntWidth, bytes: Bytes) -> Option<Self> {
        let whole = bytes.len().is_multiple_of(width.bytes());
        whole.then_some(Self { width, bytes })
    }

    /// Their width.
    pub fn width(&self) -> IntWidth {
        self.width
    }

    /// Their little-endian bytes.
    pub fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.bytes.len() / self.width.bytes()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// The interval of all values; `None` without any.
    pub fn range(&self) -> Option<Range> {
        let first = self.iter().next()?;
        let (lo, hi) = self.iter().fold((first, first), |(lo, hi), value| {
            (lo.min(value), hi.max(value))
        });
        Some(Range::new(lo, hi))
    }

    /// All values in order, each widened as it is reached.
    pub fn iter(&self) -> impl Iterator<Item = i64> {
        self.bytes
            .chunks_exact(self.width.bytes())
            .map(|bytes| match *bytes {
                [a] => i8::from_le_bytes([a]).into(),
                [a, b] => i16::from_le_bytes([a, b]).into(),
                [a, b, c, d] => i32::from_le_bytes([a, b, c, d]).into(),
                // No other width.
                _ => 0,
            })
    }
}

impl From<Vec<i8>> for ParameterValues {
    fn from(values: Vec<i8>) -> Self {
        let bytes: Vec<u8> = values.into_iter().map(i8::cast_unsigned).collect();
        Self {
            width: IntWidth::I8,
            bytes: bytes.into(),
        }
    }
}

impl From<Vec<i32>> for ParameterValues {
    fn from(values: Vec<i32>) -> Self {
        let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        Self {
            width: IntWidth::I32,
            bytes: bytes.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_width_is_read_as_it_was_written() {
        let bytes = ParameterValues::from(vec![i8::MIN, -1, 0, i8::MAX]);
        assert_eq!(bytes.iter().collect::<Vec<_>>(), [-128, -1, 0, 127]);
        assert_eq!(bytes.range(), Some(Range::new(-128, 127)));
        let words = ParameterValues::from(vec![i32::MIN, -1, i32::MAX]);
        let extremes = [i32::MIN.into(), -1, i32::MAX.into()];
        assert_eq!(words.iter().collect::<Vec<_>>(), extremes);
        let halves = Bytes::from_static(&[0x00, 0x80, 0xff, 0x7f]);
        let halves = ParameterValues::stored(IntWidth::I16, halves);
        let halves = halves.map(|values| values.iter().collect::<Vec<_>>());
        assert_eq!(halves, Some(vec![i16::MIN.into(), i16::MAX.into()]));
        assert_eq!(ParameterValues::from(Vec::<i8>::new()).range(), None);
        let cut = Bytes::from_static(&[0; 6]);
        assert_eq!(ParameterValues::stored(IntWidth::I32, cut), None);
    }
}
