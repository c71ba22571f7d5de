//! Bits and bytes.

use kernelwise_core::circuit::HintFunction;
use kernelwise_core::field::{AdditiveGroup, Field, Fr};

use super::{KernelBuilder, Var};

/// Sums of this many bits are below the field's characteristic.
const MAX_BITS: usize = 253;

/// Arguments and results of these functions on bits MUST be known to be 0 or 1: inputs declared so, results of [`to_bits`](KernelBuilder::to_bits),
/// or values under [`assert_bool`](KernelBuilder::assert_bool).
impl KernelBuilder {
    /// The `n` lowest bits of `x`, least significant first; requires `x` to be an integer below `2^n`.
    pub fn to_bits<'k>(&'k self, x: Var<'k>, n: usize) -> Vec<Var<'k>> {
        if !(1..=MAX_BITS).contains(&n) {
            self.misuse("to_bits", format!("1 to {MAX_BITS} bits"), n);
            return vec![self.constant(Fr::ZERO); n.clamp(1, MAX_BITS)];
        }
        let bits = self.hint("to_bits", HintFunction::Digits { width: 1 }, &[x], n);
        bits.iter().for_each(|&bit| self.assert_bool(bit));
        self.assert_eq(self.from_bits(&bits), x);
        bits
    }

    /// `Σ bits[i]·2^i`.
    pub fn from_bits<'k>(&'k self, bits: &[Var<'k>]) -> Var<'k> {
        if bits.len() > MAX_BITS {
            self.misuse("from_bits", format!("at most {MAX_BITS} bits"), bits.len());
        }
        let powers = std::iter::successors(Some(Fr::ONE), |power| Some(power.double()));
        let terms: Vec<_> = powers.zip(bits.iter().copied()).collect();
        self.linear(0, &terms)
    }

    /// The bits of each byte, least significant first.
    pub fn bytes_to_bits<'k>(&'k self, bytes: &[Var<'k>]) -> Vec<Var<'k>> {
        bytes
            .iter()
            .flat_map(|&byte| self.to_bits(byte, 8))
            .collect()
    }

    /// One byte for every eight bits, least significant first.
    pub fn bits_to_bytes<'k>(&'k self, bits: &[Var<'k>]) -> Vec<Var<'k>> {
        if !bits.len().is_multiple_of(8) {
            self.misuse("bits_to_bytes", "a multiple of 8 bits", bits.len());
        }
        bits.chunks(8).map(|byte| self.from_bits(byte)).collect()
    }

    /// 1 if `x` is 0, and the other way round.
    pub fn not<'k>(&'k self, x: Var<'k>) -> Var<'k> {
        1 - x
    }

    /// 1 if all are.
    pub fn and<'k>(&'k self, bits: &[Var<'k>]) -> Var<'k> {
        self.product(bits)
    }

    /// 1 if any is.
    pub fn or<'k>(&'k self, bits: &[Var<'k>]) -> Var<'k> {
        let none: Vec<_> = bits.iter().map(|&bit| 1 - bit).collect();
        1 - self.product(&none)
    }

    /// 1 if an odd number is.
    pub fn xor<'k>(&'k self, bits: &[Var<'k>]) -> Var<'k> {
        let signs: Vec<_> = bits.iter().map(|&bit| self.sign(bit)).collect();
        self.unsign(self.product(&signs))
    }

    /// `1 − 2·bit`: for signs, exclusive or is the product.
    pub fn sign<'k>(&'k self, bit: Var<'k>) -> Var<'k> {
        1 - bit * 2
    }

    /// The bit of a sign.
    pub fn unsign<'k>(&'k self, sign: Var<'k>) -> Var<'k> {
        let half = self.half();
        self.linear(half, &[(-half, sign)])
    }

    /// One half.
    pub(crate) fn half(&self) -> Fr {
        Fr::from(2u64).inverse().unwrap_or(Fr::ZERO)
    }
}
