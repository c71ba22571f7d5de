//! Coefficients of gates.

use kernelwise_field::{AdditiveGroup, CanonicalDeserialize, Field, Fr, PrimeField};
use serde::{Deserialize, Serialize};

/// A coefficient: a small fraction, with which integers can stay integers, or any field element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Constant {
    /// `numerator / denominator`; the denominator is positive.
    Ratio(i64, i64),
    /// Canonical little-endian bytes.
    Field([u8; 32]),
}

impl Constant {
    /// An integer.
    pub const fn int(value: i64) -> Self {
        Self::Ratio(value, 1)
    }

    /// A field element, as an integer where it is a small one.
    pub fn from_field(value: Fr) -> Self {
        let small = |value: Fr| match value.into_bigint().0 {
            [low, 0, 0, 0] if low < 1 << 62 => Some(low as i64),
            _ => None,
        };
        if let Some(value) = small(value) {
            return Self::int(value);
        }
        if let Some(value) = small(-value) {
            return Self::int(-value);
        }
        let mut bytes = [0; 32];
        for (chunk, limb) in bytes.chunks_exact_mut(8).zip(value.into_bigint().0) {
            chunk.copy_from_slice(&limb.to_le_bytes());
        }
        Self::Field(bytes)
    }

    /// The field element; `None` for a denominator that is not positive, or bytes that are not canonical.
    pub fn to_field(&self) -> Option<Fr> {
        match *self {
            Self::Ratio(numerator, 1) => Some(Fr::from(numerator)),
            Self::Ratio(numerator, denominator) if denominator > 0 => {
                Some(Fr::from(numerator) * Fr::from(denominator).inverse()?)
            }
            Self::Ratio(..) => None,
            Self::Field(bytes) => Fr::deserialize_compressed(&bytes[..]).ok(),
        }
    }

    /// Numerator and denominator, for a fraction.
    pub fn ratio(&self) -> Option<(i64, i64)> {
        match *self {
            Self::Ratio(numerator, denominator) if denominator > 0 => {
                Some((numerator, denominator))
            }
            _ => None,
        }
    }

    /// Whether this is zero.
    pub fn is_zero(&self) -> bool {
        self.to_field() == Some(Fr::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_elements_round_trip() {
        let big = Fr::from(7u64).inverse().unwrap();
        for value in [Fr::ZERO, Fr::ONE, -Fr::ONE, Fr::from(1u64 << 61), big, -big] {
            assert_eq!(Constant::from_field(value).to_field(), Some(value));
        }
        assert_eq!(Constant::from_field(-Fr::from(5u64)), Constant::int(-5));
        assert_eq!(
            Constant::Ratio(3, 2).to_field().unwrap().double(),
            Fr::from(3u64)
        );
        assert_eq!(Constant::Ratio(3, 0).to_field(), None);
        assert_eq!(Constant::Field([255; 32]).to_field(), None);
    }
}
