//! Deterministic pseudo-random inputs.

use kernelwise_field::Fr;

use crate::IntSlice;

/// [SplitMix64]: one addition and two multiplications per word; ample for test inputs.
///
/// [SplitMix64]: https://doi.org/10.1145/2714064.2660195
pub(super) struct Inputs {
    state: u64,
}

impl Inputs {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    pub(super) fn word(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn field(&mut self) -> Fr {
        let base = Fr::from(u128::from(u64::MAX) + 1);
        (0..4).fold(Fr::from(0u64), |acc, _| acc * base + Fr::from(self.word()))
    }

    pub(super) fn fields(&mut self, len: usize) -> Vec<Fr> {
        (0..len).map(|_| self.field()).collect()
    }

    pub(super) fn bits(&mut self, len: usize) -> Vec<bool> {
        (0..len).map(|_| self.word() & 1 == 1).collect()
    }

    pub(super) fn ints(&mut self, width: Width, len: usize) -> Ints {
        match width {
            Width::W8 => Ints::I8((0..len).map(|_| self.word() as i8).collect()),
            Width::W16 => Ints::I16((0..len).map(|_| self.word() as i16).collect()),
            Width::W32 => Ints::I32((0..len).map(|_| self.word() as i32).collect()),
            Width::W64 => Ints::I64((0..len).map(|_| self.word() as i64).collect()),
        }
    }
}

/// The width of small integers.
#[derive(Debug, Clone, Copy)]
pub(super) enum Width {
    W8,
    W16,
    W32,
    W64,
}

impl Width {
    pub(super) const ALL: [Self; 4] = [Self::W8, Self::W16, Self::W32, Self::W64];

    /// The smallest and the largest value, and those next to zero.
    pub(super) fn extremes(self) -> Ints {
        match self {
            Self::W8 => Ints::I8(vec![i8::MIN, i8::MAX, -1, 1, 0, i8::MIN + 1]),
            Self::W16 => Ints::I16(vec![i16::MIN, i16::MAX, -1, 1, 0, i16::MIN + 1]),
            Self::W32 => Ints::I32(vec![i32::MIN, i32::MAX, -1, 1, 0, i32::MIN + 1]),
            Self::W64 => Ints::I64(vec![i64::MIN, i64::MAX, -1, 1, 0, i64::MIN + 1]),
        }
    }

    /// `len` ones.
    pub(super) fn ones(self, len: usize) -> Ints {
        match self {
            Self::W8 => Ints::I8(vec![1; len]),
            Self::W16 => Ints::I16(vec![1; len]),
            Self::W32 => Ints::I32(vec![1; len]),
            Self::W64 => Ints::I64(vec![1; len]),
        }
    }

    /// `len` times the smallest value: the worst case for accumulators.
    pub(super) fn minima(self, len: usize) -> Ints {
        match self {
            Self::W8 => Ints::I8(vec![i8::MIN; len]),
            Self::W16 => Ints::I16(vec![i16::MIN; len]),
            Self::W32 => Ints::I32(vec![i32::MIN; len]),
            Self::W64 => Ints::I64(vec![i64::MIN; len]),
        }
    }
}

/// Owned small integers.
#[derive(Debug, Clone)]
pub(super) enum Ints {
    I8(Vec<i8>),
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
}

impl Ints {
    pub(super) fn view(&self) -> IntSlice<'_> {
        match self {
            Self::I8(values) => IntSlice::I8(values),
            Self::I16(values) => IntSlice::I16(values),
            Self::I32(values) => IntSlice::I32(values),
            Self::I64(values) => IntSlice::I64(values),
        }
    }
}
