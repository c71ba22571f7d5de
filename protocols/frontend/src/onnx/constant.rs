//! Constant tensors of the model file.

use tract_onnx::pb::TensorProto;
use tract_onnx::pb::tensor_proto::{DataLocation, DataType};

use crate::error::ImportError;

/// Constants beyond this many elements are refused: the executor would need gigabytes.
const MAX_CONSTANT: usize = 1 << 28;

/// Activations beyond this many elements are refused; a file of a few bytes can ask for any number.
pub(crate) const MAX_ELEMENTS: usize = 1 << 24;

/// Values of a constant.
#[derive(Debug, Clone)]
pub(crate) enum Data {
    /// Weights.
    Float(Vec<f32>),
    /// Shapes, axes, indices.
    Int(Vec<i64>),
}

/// A constant tensor.
#[derive(Debug, Clone)]
pub(crate) struct Constant {
    /// Axis lengths.
    pub shape: Vec<usize>,
    /// Row-major values.
    pub data: Data,
}

/// The number of elements of a shape, if it is at most [`MAX_ELEMENTS`] and no axis is empty.
pub(crate) fn element_count(shape: &[usize]) -> Option<usize> {
    product(shape).filter(|count| (1..=MAX_ELEMENTS).contains(count))
}

fn product(shape: &[usize]) -> Option<usize> {
    shape
        .iter()
        .try_fold(1usize, |product, &dim| product.checked_mul(dim))
}

impl Constant {
    /// Reads a tensor, checking type, length and that floats are finite.
    ///
    /// # Errors
    /// [`ImportError::Tensor`] that names the tensor.
    pub fn read(name: &str, proto: &TensorProto) -> Result<Self, ImportError> {
        let wrong = |what, expected: String, got: String| ImportError::Tensor {
            tensor: name.to_owned(),
            what,
            expected,
            got,
        };
        if proto.data_location.unwrap_or(0) == DataLocation::External as i32 {
            return Err(wrong(
                "data",
                "values inside the file".to_owned(),
                "an external file".to_owned(),
            ));
        }
        let shape: Option<Vec<usize>> = proto
            .dims
            .iter()
            .map(|&dim| usize::try_from(dim).ok())
            .collect();
        // Empty integer tensors occur as "no axes".
        let count = shape.as_deref().and_then(product);
        let count = count.filter(|&count| count <= MAX_CONSTANT);
        let (Some(shape), Some(count)) = (shape, count) else {
            return Err(wrong(
                "shape",
                format!("at most {MAX_CONSTANT} elements"),
                format!("{:?}", proto.dims),
            ));
        };
        let data = decode(proto).ok_or_else(|| {
            let got = DataType::try_from(proto.data_type)
                .map_or("an unknown type", |data_type| data_type.as_str_name());
            wrong(
                "type",
                "FLOAT, DOUBLE, INT32 or INT64".to_owned(),
                got.to_owned(),
            )
        })?;
        let got = match &data {
            Data::Float(values) => values.len(),
            Data::Int(values) => values.len(),
        };
        if got != count {
            return Err(wrong(
                "values",
                format!("{count} for shape {shape:?}"),
                got.to_string(),
            ));
        }
        if let Data::Float(values) = &data
            && let Some(value) = values.iter().find(|value| !value.is_finite())
        {
            return Err(wrong(
                "values",
                "finite numbers".to_owned(),
                value.to_string(),
            ));
        }
        Ok(Self { shape, data })
    }
}

/// The values in whichever field they are; `None` for types that are not handled.
fn decode(proto: &TensorProto) -> Option<Data> {
    let raw = &proto.raw_data;
    Some(match DataType::try_from(proto.data_type).ok()? {
        DataType::Float if raw.is_empty() => Data::Float(proto.float_data.clone()),
        DataType::Float => Data::Float(chunks(raw, f32::from_le_bytes)),
        DataType::Double if raw.is_empty() => {
            Data::Float(proto.double_data.iter().map(|&v| v as f32).collect())
        }
        DataType::Double => Data::Float(chunks(raw, |bytes| f64::from_le_bytes(bytes) as f32)),
        DataType::Int64 if raw.is_empty() => Data::Int(proto.int64_data.clone()),
        DataType::Int64 => Data::Int(chunks(raw, i64::from_le_bytes)),
        DataType::Int32 if raw.is_empty() => {
            Data::Int(proto.int32_data.iter().map(|&v| v.into()).collect())
        }
        DataType::Int32 => Data::Int(chunks(raw, |bytes| i32::from_le_bytes(bytes).into())),
        _ => return None,
    })
}

/// Whole groups of `N` bytes; a partial group shows in the length check.
fn chunks<const N: usize, T>(raw: &[u8], read: impl Fn([u8; N]) -> T) -> Vec<T> {
    let (groups, _) = raw.as_chunks::<N>();
    groups.iter().map(|&bytes| read(bytes)).collect()
}
