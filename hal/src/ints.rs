//! Small integers as models have them, borrowed in the width they are stored in.

use kernelwise_field::Fr;

/// A borrowed slice of signed integers of one width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntSlice<'a> {
    /// 8-bit integers: weights and most activations.
    I8(&'a [i8]),
    /// 16-bit integers: wide activations, range-checked limbs.
    I16(&'a [i16]),
    /// 32-bit integers: accumulators, biases.
    I32(&'a [i32]),
    /// 64-bit integers: accumulators that 32 bits cannot hold.
    I64(&'a [i64]),
}

impl<'a> IntSlice<'a> {
    /// Number of integers.
    pub fn len(&self) -> usize {
        match self {
            Self::I8(values) => values.len(),
            Self::I16(values) => values.len(),
            Self::I32(values) => values.len(),
            Self::I64(values) => values.len(),
        }
    }

    /// Bytes of one integer.
    pub fn value_bytes(&self) -> usize {
        match self {
            Self::I8(_) => 1,
            Self::I16(_) => 2,
            Self::I32(_) => 4,
            Self::I64(_) => 8,
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The integer at `index`, or `None` past the end.
    pub fn get(&self, index: usize) -> Option<i64> {
        match self {
            Self::I8(values) => values.get(index).map(|&v| i64::from(v)),
            Self::I16(values) => values.get(index).map(|&v| i64::from(v)),
            Self::I32(values) => values.get(index).map(|&v| i64::from(v)),
            Self::I64(values) => values.get(index).copied(),
        }
    }

    /// All integers in order, widened.
    pub fn iter(self) -> impl Iterator<Item = i64> + 'a {
        (0..self.len()).filter_map(move |index| self.get(index))
    }

    /// The part in `range`, or `None` if it does not lie inside.
    pub fn slice(&self, range: std::ops::Range<usize>) -> Option<Self> {
        Some(match self {
            Self::I8(values) => Self::I8(values.get(range)?),
            Self::I16(values) => Self::I16(values.get(range)?),
            Self::I32(values) => Self::I32(values.get(range)?),
            Self::I64(values) => Self::I64(values.get(range)?),
        })
    }

    /// All integers in order, lifted to the field.
    pub fn to_field(self) -> Vec<Fr> {
        self.iter().map(Fr::from).collect()
    }
}
