//! Kernels that are ready to use, and the functions that they are written with, to build others from.

pub mod arg_max;
mod grain;
pub mod keccak;
pub mod merkle;
pub mod poseidon2;
pub mod sha256;
pub mod words;

use kernelwise_core::field::Fr;

use crate::builder::{BIT, BYTE, KernelBuilder, Var};

/// How a message enters a kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// One value per bit, the least significant of each byte first.
    Bits,
    /// One value per byte; the prover commits to the bits.
    Bytes,
}

impl Encoding {
    /// Values for a message of `bytes` bytes.
    pub fn len(self, bytes: usize) -> usize {
        match self {
            Self::Bits => 8 * bytes,
            Self::Bytes => bytes,
        }
    }

    /// The values of a message.
    pub fn encode(self, message: &[u8]) -> Vec<i64> {
        match self {
            Self::Bytes => message.iter().map(|&byte| byte.into()).collect(),
            Self::Bits => message
                .iter()
                .flat_map(|&byte| (0..8).map(move |i| i64::from(byte >> i & 1)))
                .collect(),
        }
    }

    /// Declares the input `message`; returns its bits.
    fn input(self, k: &KernelBuilder, bytes: usize) -> Vec<Var<'_>> {
        match self {
            // An empty message has no values; kernels need none of it.
            _ if bytes == 0 => Vec::new(),
            Self::Bits => k.input("message", 8 * bytes, BIT),
            Self::Bytes => k.bytes_to_bits(&k.input("message", bytes, BYTE)),
        }
    }
}

/// The bits of known bytes.
fn constant_bits<'k>(k: &'k KernelBuilder, bytes: &[u8]) -> Vec<Var<'k>> {
    let bits = Encoding::Bits.encode(bytes);
    bits.into_iter()
        .map(|bit| k.constant(Fr::from(bit)))
        .collect()
}
