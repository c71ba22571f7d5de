//! What one step of a program of hints gives: a 64-bit integer wherever it is one.

use kernelwise_core::field::{Fr, PrimeField};

/// A field element; integers are never [`Field`](Self::Field).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Int(i64),
    Field(Fr),
}

impl Value {
    pub(super) fn lift(self) -> Fr {
        match self {
            Self::Int(value) => value.into(),
            Self::Field(value) => value,
        }
    }

    pub(super) fn as_int(self) -> Option<i64> {
        match self {
            Self::Int(value) => Some(value),
            Self::Field(_) => None,
        }
    }
}

impl From<Fr> for Value {
    fn from(value: Fr) -> Self {
        to_integer(value).map_or(Self::Field(value), Self::Int)
    }
}

/// The 64-bit integer that a field element is, if it is one.
pub(in super::super) fn to_integer(value: Fr) -> Option<i64> {
    let small = |value: Fr| match value.into_bigint().0 {
        [low, 0, 0, 0] => i64::try_from(low).ok(),
        _ => None,
    };
    small(value).or_else(|| small(-value).map(|value| -value))
}
