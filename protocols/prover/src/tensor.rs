//! Values of tensors.

use kernelwise_core::Values;
use kernelwise_core::field::{AdditiveGroup, Fr};
use kernelwise_core::program::{Range, Shape};
use kernelwise_hal::{IntSlice, Scalars, Table};

use crate::stored::StoredInts;

/// Integers of one width; the same ones are equal wherever they lie.
#[derive(Debug, Clone)]
pub enum IntData {
    /// 8 bits.
    I8(Vec<i8>),
    /// 16 bits.
    I16(Vec<i16>),
    /// 32 bits.
    I32(Vec<i32>),
    /// 64 bits.
    I64(Vec<i64>),
    /// 8 to 32 bits, in place in memory that others may share.
    Stored(StoredInts),
}

impl PartialEq for IntData {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for IntData {}

impl IntData {
    /// The values in the narrowest width that holds `range`; `None` if one does not fit there.
    pub fn narrow(values: &[i64], range: &Range) -> Option<Self> {
        fn cast<T: TryFrom<i64>>(values: &[i64]) -> Option<Vec<T>> {
            values.iter().map(|&v| T::try_from(v).ok()).collect()
        }
        let fits = |min: i64, max: i64| Range::new(min, max).encloses(range);
        if fits(i8::MIN.into(), i8::MAX.into()) {
            cast(values).map(Self::I8)
        } else if fits(i16::MIN.into(), i16::MAX.into()) {
            cast(values).map(Self::I16)
        } else if fits(i32::MIN.into(), i32::MAX.into()) {
            cast(values).map(Self::I32)
        } else {
            Some(Self::I64(values.to_vec()))
        }
    }

    /// A borrowed view.
    pub fn as_slice(&self) -> IntSlice<'_> {
        match self {
            Self::I8(values) => IntSlice::I8(values),
            Self::I16(values) => IntSlice::I16(values),
            Self::I32(values) => IntSlice::I32(values),
            Self::I64(values) => IntSlice::I64(values),
            Self::Stored(values) => values.as_slice(),
        }
    }

    /// All values, widened.
    pub fn to_vec(&self) -> Vec<i64> {
        match self.as_slice() {
            IntSlice::I8(values) => values.iter().map(|&v| v.into()).collect(),
            IntSlice::I16(values) => values.iter().map(|&v| v.into()).collect(),
            IntSlice::I32(values) => values.iter().map(|&v| v.into()).collect(),
            IntSlice::I64(values) => values.to_vec(),
        }
    }
}

/// A tensor's values, row-major over its logical shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntTensor {
    shape: Shape,
    data: IntData,
}

impl IntTensor {
    /// The values in the narrowest width for `range`, or as wide as needed if some lie outside.
    ///
    /// # Panics
    /// If the number of values is not that of the shape.
    pub fn new(shape: Shape, values: &[i64], range: &Range) -> Self {
        assert_eq!(values.len(), shape.len(), "values must fill the shape");
        let data = IntData::narrow(values, range).unwrap_or_else(|| IntData::I64(values.to_vec()));
        Self { shape, data }
    }

    /// The values in the narrowest width that holds them.
    ///
    /// # Panics
    /// If the number of values is not that of the shape.
    pub fn fitting(shape: Shape, values: &[i64]) -> Self {
        let lo = values.iter().copied().min().unwrap_or(0);
        let hi = values.iter().copied().max().unwrap_or(0);
        Self::new(shape, values, &Range::new(lo, hi))
    }

    /// A tensor of these integers, in the width they have.
    ///
    /// # Panics
    /// If the number of values is not that of the shape.
    pub fn from_data(shape: Shape, data: IntData) -> Self {
        assert_eq!(
            data.as_slice().len(),
            shape.len(),
            "values must fill the shape"
        );
        Self { shape, data }
    }

    /// The logical shape.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// A borrowed view of the values.
    pub fn as_slice(&self) -> IntSlice<'_> {
        self.data.as_slice()
    }

    /// All values, widened.
    pub fn to_vec(&self) -> Vec<i64> {
        self.data.to_vec()
    }

    /// The values in the padded table, zeros elsewhere, in the same width.
    pub fn padded(&self) -> IntData {
        match self.as_slice() {
            IntSlice::I8(values) => IntData::I8(self.shape.pad(values, 0)),
            IntSlice::I16(values) => IntData::I16(self.shape.pad(values, 0)),
            IntSlice::I32(values) => IntData::I32(self.shape.pad(values, 0)),
            IntSlice::I64(values) => IntData::I64(self.shape.pad(values, 0)),
        }
    }
}

/// A tensor of field elements, row-major over its logical shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldTensor {
    shape: Shape,
    values: Vec<Fr>,
}

/// A tensor's values, of either kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TensorData {
    /// Small integers.
    Int(IntTensor),
    /// Field elements.
    Field(FieldTensor),
}

/// The padded table of a tensor.
pub(crate) enum Padded {
    Int(IntData),
    Field(Vec<Fr>),
}

impl TensorData {
    /// The values of a tensor with this shape and range: as narrow as the range, or as the values where the range says nothing.
    ///
    /// # Panics
    /// If the number of values is not that of the shape.
    pub fn new(shape: Shape, values: Values, range: &Range) -> Self {
        assert_eq!(values.len(), shape.len(), "values must fill the shape");
        match values {
            Values::Int(values) if *range == Range::FIELD => {
                Self::Int(IntTensor::fitting(shape, &values))
            }
            Values::Int(values) => Self::Int(IntTensor::new(shape, &values, range)),
            Values::Field(values) => Self::Field(FieldTensor { shape, values }),
        }
    }

    /// The values of all parts one after the other: integers in the widest width of a part if all parts are, or else field elements.
    ///
    /// # Panics
    /// If the number of values is not that of the shape.
    pub(crate) fn concat(shape: Shape, parts: &[&Self]) -> Self {
        fn join<T: TryFrom<i64> + Default>(parts: &[&IntTensor]) -> Vec<T> {
            let values = parts.iter().flat_map(|part| part.as_slice().iter());
            // Every width here holds the values of the widest part.
            values.map(|v| T::try_from(v).unwrap_or_default()).collect()
        }
        let Some(integers) = parts
            .iter()
            .map(|part| part.as_int())
            .collect::<Option<Vec<_>>>()
        else {
            let values: Vec<Fr> = parts
                .iter()
                .flat_map(|part| part.to_values().to_field())
                .collect();
            assert_eq!(values.len(), shape.len(), "values must fill the shape");
            return Self::Field(FieldTensor { shape, values });
        };
        let bytes = integers.iter().map(|part| part.as_slice().value_bytes());
        let data = match bytes.max().unwrap_or(1) {
            1 => IntData::I8(join(&integers)),
            2 => IntData::I16(join(&integers)),
            4 => IntData::I32(join(&integers)),
            _ => IntData::I64(join(&integers)),
        };
        Self::Int(IntTensor::from_data(shape, data))
    }

    /// The logical shape.
    pub fn shape(&self) -> &Shape {
        match self {
            Self::Int(tensor) => tensor.shape(),
            Self::Field(tensor) => &tensor.shape,
        }
    }

    /// All values.
    pub fn to_values(&self) -> Values {
        match self {
            Self::Int(tensor) => Values::Int(tensor.to_vec()),
            Self::Field(tensor) => Values::Field(tensor.values.clone()),
        }
    }

    /// The integers, if they are.
    pub fn as_int(&self) -> Option<&IntTensor> {
        match self {
            Self::Int(tensor) => Some(tensor),
            Self::Field(_) => None,
        }
    }

    /// The element at a row-major index.
    pub fn element(&self, index: usize) -> Option<Fr> {
        match self {
            Self::Int(tensor) => tensor.as_slice().get(index).map(Fr::from),
            Self::Field(tensor) => tensor.values.get(index).copied(),
        }
    }

    /// The values as scalars of a commitment.
    pub(crate) fn scalars(&self) -> Scalars<'_> {
        match self {
            Self::Int(tensor) => Scalars::Int(tensor.as_slice()),
            Self::Field(tensor) => Scalars::Fr(&tensor.values),
        }
    }

    /// The values in the padded table, zeros elsewhere.
    pub(crate) fn padded(&self) -> Padded {
        match self {
            Self::Int(tensor) => Padded::Int(tensor.padded()),
            Self::Field(tensor) => Padded::Field(tensor.shape.pad(&tensor.values, Fr::ZERO)),
        }
    }
}

impl From<IntTensor> for TensorData {
    fn from(tensor: IntTensor) -> Self {
        Self::Int(tensor)
    }
}

impl Padded {
    /// The table as a sumcheck reads it.
    pub(crate) fn table(&self) -> Table<'_> {
        match self {
            Self::Int(values) => Table::Int(values.as_slice()),
            Self::Field(values) => Table::Fr(values.as_slice().into()),
        }
    }
}
