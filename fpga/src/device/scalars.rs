//! Scalars in the form in which the core takes them.

use kernelwise_hal::field::{BigInteger, Fr, PrimeField};
use kernelwise_hal::{IntSlice, Scalars};

/// Scalars as the core takes them: two's complement numbers of `width` bytes, whose digits need `bits` bits.
///
/// Digits lie between `1 − 2^(c−1)` and `2^(c−1)`. With `n` bits in all windows together they reach from `−2^n/3` to
/// `2^(n−1)` for any `c ≥ 2`, so that signed numbers need one bit more than their two's complement.
pub(super) struct Encoded {
    pub(super) bytes: Vec<u8>,
    pub(super) width: usize,
    pub(super) bits: usize,
}

/// Bits for the digits of a full scalar, which is below `2^254`.
const FULL_BITS: usize = 255;

pub(super) fn encode(scalars: Scalars<'_>) -> Encoded {
    match scalars {
        Scalars::Fr(values) => full(values),
        Scalars::Bits(values) => Encoded {
            bytes: values.iter().map(|&bit| u8::from(bit)).collect(),
            width: 1,
            bits: 2,
        },
        Scalars::Int(values) => {
            let width = match values {
                IntSlice::I8(_) => 1,
                IntSlice::I16(_) => 2,
                IntSlice::I32(_) => 4,
                IntSlice::I64(_) => 8,
            };
            let needed = |value: i64| 65 - (value ^ value >> 63).leading_zeros() as usize;
            Encoded {
                bytes: values
                    .iter()
                    .flat_map(|v| v.to_le_bytes().into_iter().take(width))
                    .collect(),
                width,
                bits: 1 + values.iter().map(needed).max().unwrap_or(1),
            }
        }
    }
}

fn full(values: &[Fr]) -> Encoded {
    Encoded {
        bytes: values
            .iter()
            .flat_map(|value| value.into_bigint().to_bytes_le())
            .collect(),
        width: 32,
        bits: FULL_BITS,
    }
}
