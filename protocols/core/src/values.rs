//! Values of a tensor as callers pass and receive them.

use kernelwise_field::{CanonicalDeserialize, CanonicalSerialize, FR_BYTES, Fr};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::program::{Range, Tensor};

/// The elements of one tensor, row-major over its logical shape.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Values {
    /// Integers: tensors with a range.
    Int(Vec<i64>),
    /// Field elements: tensors whose range is [`Range::FIELD`].
    Field(#[serde(serialize_with = "write", deserialize_with = "read")] Vec<Fr>),
}

impl Values {
    /// Number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::Int(values) => values.len(),
            Self::Field(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The integers, unless these are field elements.
    pub fn as_integers(&self) -> Option<&[i64]> {
        match self {
            Self::Int(values) => Some(values),
            Self::Field(_) => None,
        }
    }

    /// All elements as field elements.
    pub fn to_field(&self) -> Vec<Fr> {
        match self {
            Self::Int(values) => values.iter().map(|&value| Fr::from(value)).collect(),
            Self::Field(values) => values.clone(),
        }
    }

    /// The same elements as a tensor with this range holds them: integers become field elements for [`Range::FIELD`].
    pub fn for_range(self, range: &Range) -> Self {
        match self {
            Self::Int(_) if *range == Range::FIELD => Self::Field(self.to_field()),
            other => other,
        }
    }

    /// What is wrong with these values for `tensor`: expected and got.
    pub fn problem(&self, tensor: &Tensor) -> Option<(String, String)> {
        if self.len() != tensor.shape.len() {
            return Some((
                format!("{} values", tensor.shape.len()),
                self.len().to_string(),
            ));
        }
        match self {
            Self::Field(_) if tensor.range == Range::FIELD => None,
            Self::Field(_) => Some((
                format!("integers in {}", tensor.range),
                "field elements".to_owned(),
            )),
            Self::Int(_) if tensor.range == Range::FIELD => {
                Some(("field elements".to_owned(), "integers".to_owned()))
            }
            Self::Int(values) => {
                let value = values
                    .iter()
                    .find(|&&value| !tensor.range.contains(value))?;
                Some((format!("values in {}", tensor.range), value.to_string()))
            }
        }
    }

    /// An injective encoding: kind, length, then elements of fixed size.
    pub(crate) fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::from(matches!(self, Self::Field(_))));
        bytes.extend_from_slice(&(self.len() as u64).to_le_bytes());
        match self {
            Self::Int(values) => values
                .iter()
                .for_each(|value| bytes.extend_from_slice(&value.to_le_bytes())),
            Self::Field(values) => values
                .iter()
                .for_each(|value| bytes.extend_from_slice(&field_bytes(value))),
        }
    }
}

impl From<Vec<i64>> for Values {
    fn from(values: Vec<i64>) -> Self {
        Self::Int(values)
    }
}

impl From<Vec<Fr>> for Values {
    fn from(values: Vec<Fr>) -> Self {
        Self::Field(values)
    }
}

fn field_bytes(value: &Fr) -> [u8; FR_BYTES] {
    let mut bytes = [0; FR_BYTES];
    // 32 bytes into 32 bytes cannot fail.
    let written = value.serialize_compressed(&mut bytes[..]);
    debug_assert!(written.is_ok());
    bytes
}

fn write<S: Serializer>(values: &[Fr], serializer: S) -> Result<S::Ok, S::Error> {
    let bytes: Vec<[u8; FR_BYTES]> = values.iter().map(field_bytes).collect();
    bytes.serialize(serializer)
}

fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Fr>, D::Error> {
    let bytes = Vec::<[u8; FR_BYTES]>::deserialize(deserializer)?;
    let element = |bytes: &[u8; FR_BYTES]| {
        Fr::deserialize_compressed(&bytes[..]).map_err(serde::de::Error::custom)
    };
    bytes.iter().map(element).collect()
}
