//! 32-bit words, kept as bits.

use kernelwise_core::field::Fr;

use super::{KernelBuilder, Operand, Var};

/// A word of 32 bits, least significant first. Rotations and shifts are free, sums and products cost a decomposition.
#[derive(Debug, Clone, Copy)]
pub struct U32<'k> {
    bits: [Var<'k>; 32],
}

impl<'k> U32<'k> {
    /// The word of these bits, which must be 32 and known to be bits.
    pub fn from_bits(k: &'k KernelBuilder, bits: &[Var<'k>]) -> Self {
        match <[Var<'k>; 32]>::try_from(bits) {
            Ok(bits) => Self { bits },
            Err(_) => {
                k.misuse("u32", "32 bits", bits.len());
                Self::constant(k, 0)
            }
        }
    }

    /// A constant word.
    pub fn constant(k: &'k KernelBuilder, value: u32) -> Self {
        Self {
            bits: std::array::from_fn(|i| k.constant(Fr::from(value >> i & 1))),
        }
    }

    /// The word of a value; requires it to be below `2^32`.
    pub fn decompose(k: &'k KernelBuilder, value: Var<'k>) -> Self {
        Self::from_bits(k, &k.to_bits(value, 32))
    }

    /// `Σ bits[i]·2^i`.
    pub fn value(&self) -> Var<'k> {
        self.builder().from_bits(&self.bits)
    }

    /// The bits, least significant first.
    pub fn bits(&self) -> &[Var<'k>; 32] {
        &self.bits
    }

    fn builder(&self) -> &'k KernelBuilder {
        self.bits[0].builder
    }

    fn zip(&self, other: &Self, f: impl Fn(Var<'k>, Var<'k>) -> Var<'k>) -> Self {
        Self {
            bits: std::array::from_fn(|i| f(self.bits[i], other.bits[i])),
        }
    }

    /// Bitwise and.
    pub fn and(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a * b)
    }

    /// Bitwise or.
    pub fn or(&self, other: &Self) -> Self {
        self.zip(other, |a, b| a + b - a * b)
    }

    /// Bitwise exclusive or.
    pub fn xor(&self, other: &Self) -> Self {
        self.zip(other, |a, b| self.builder().xor(&[a, b]))
    }

    /// Bitwise exclusive or of three: cheaper than two of two.
    pub fn xor3(&self, b: &Self, c: &Self) -> Self {
        Self {
            bits: std::array::from_fn(|i| {
                self.builder().xor(&[self.bits[i], b.bits[i], c.bits[i]])
            }),
        }
    }

    /// Bitwise complement.
    #[must_use]
    pub fn not(&self) -> Self {
        Self {
            bits: self.bits.map(|bit| 1 - bit),
        }
    }

    /// Rotation towards the least significant bit.
    #[must_use]
    pub fn rotate_right(&self, by: usize) -> Self {
        Self {
            bits: std::array::from_fn(|i| self.bits[(i + by) % 32]),
        }
    }

    /// Shift towards the least significant bit, zeros from above.
    #[must_use]
    pub fn shift_right(&self, by: usize) -> Self {
        let zero = self.builder().constant(0);
        Self {
            bits: std::array::from_fn(|i| {
                self.bits.get(i.saturating_add(by)).copied().unwrap_or(zero)
            }),
        }
    }

    /// Shift towards the most significant bit, zeros from below.
    #[must_use]
    pub fn shift_left(&self, by: usize) -> Self {
        let zero = self.builder().constant(0);
        Self {
            bits: std::array::from_fn(|i| i.checked_sub(by).map_or(zero, |i| self.bits[i])),
        }
    }

    /// `Σ values mod 2^32` of up to `2^16` values, each known to be in `0 .. 2^32`.
    pub fn wrapping_sum(k: &'k KernelBuilder, values: &[Var<'k>]) -> Self {
        if values.len() > 1 << 16 {
            k.misuse(
                "wrapping_sum",
                format!("at most {} values", 1 << 16),
                values.len(),
            );
        }
        let carries = values.len().max(2).next_power_of_two().ilog2() as usize;
        let bits = k.to_bits(k.sum(values), 32 + carries);
        Self::from_bits(k, &bits[..32])
    }

    /// `self + other mod 2^32`.
    pub fn wrapping_add(&self, other: &Self) -> Self {
        Self::wrapping_sum(self.builder(), &[self.value(), other.value()])
    }

    /// `self − other mod 2^32`.
    pub fn wrapping_sub(&self, other: &Self) -> Self {
        let k = self.builder();
        let bits = k.to_bits(self.value() - other.value() + (1i64 << 32), 33);
        Self::from_bits(k, &bits[..32])
    }

    /// `self · other mod 2^32`.
    pub fn wrapping_mul(&self, other: &Self) -> Self {
        let k = self.builder();
        let bits = k.to_bits(self.value() * other.value(), 64);
        Self::from_bits(k, &bits[..32])
    }

    /// 1 if `self < other`, else 0.
    pub fn less_than(&self, other: &Self) -> Var<'k> {
        let k = self.builder();
        // 2^32 + a − b has bit 32 exactly if a ≥ b.
        let bits = k.to_bits(self.value() - other.value() + (1i64 << 32), 33);
        1 - bits[32]
    }

    /// 1 if `self = other`, else 0.
    pub fn equals(&self, other: &Self) -> Var<'k> {
        self.builder().is_zero(self.value() - other.value())
    }

    /// `a` where `condition` is 1, `self` where it is 0.
    pub fn or_if(&self, condition: Var<'k>, a: &Self) -> Self {
        self.zip(a, |own, other| self.builder().select(condition, other, own))
    }
}

impl<'k> Operand<'k> for U32<'k> {
    fn var(self, _builder: &'k KernelBuilder) -> Var<'k> {
        self.value()
    }
}
