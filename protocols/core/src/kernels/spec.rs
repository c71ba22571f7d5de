//! What a kernel asks of the shared lookup argument.

use crate::program::{LinearTerm, Shape, TableId, TensorId};

/// A constant on a box of output indices, zero elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxMask {
    /// The constant.
    pub coefficient: i64,
    /// Half-open index range per axis.
    pub ranges: Vec<(usize, usize)>,
}

/// An integer-linear function of tensors on a domain: `constant + Σ boxes + Σ terms`.
///
/// `constant` also holds on padding, which is harmless where a mask decides what counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinearForm {
    /// Added everywhere.
    pub constant: i64,
    /// Added on boxes.
    pub boxes: Vec<BoxMask>,
    /// Tensors read through index maps.
    pub terms: Vec<(TensorId, LinearTerm)>,
}

impl LinearForm {
    /// The tensor itself.
    pub fn tensor(id: TensorId, rank: usize) -> Self {
        Self {
            terms: vec![(id, LinearTerm::scaled(1, rank))],
            ..Self::default()
        }
    }

    /// The tensor that this form is, if it is nothing else.
    pub fn as_tensor(&self, rank: usize) -> Option<TensorId> {
        match self.terms.as_slice() {
            [(id, term)]
                if self.constant == 0
                    && self.boxes.is_empty()
                    && *term == LinearTerm::scaled(1, rank) =>
            {
                Some(*id)
            }
            _ => None,
        }
    }
}

/// For every index of `domain`, the pair (input, output) is an entry of `table`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookupSpec {
    /// The table.
    pub table: TableId,
    /// Logical index set; padding does not count.
    pub domain: Shape,
    /// What is looked up.
    pub input: LinearForm,
    /// What it must map to; `None` for range tables.
    pub output: Option<LinearForm>,
}
