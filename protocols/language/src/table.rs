//! Tables that kernels look things up in.

use kernelwise_core::program::{Range, TableFunction};

/// A function on `lo .. lo + 2^bits`, or that interval alone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Table {
    /// For messages and reports; equal tables are shared whatever their names.
    pub name: String,
    /// The least input.
    pub lo: i64,
    /// Binary logarithm of the number of entries.
    pub bits: u32,
    /// What inputs map to.
    pub function: TableFunction,
}

impl Table {
    /// The integers below `2^bits`.
    pub fn range(bits: u32) -> Self {
        Self {
            name: format!("range {bits}"),
            lo: 0,
            bits,
            function: TableFunction::Range,
        }
    }

    /// `values[x]` for `x` from 0 on. The number of values must be a power of two; compiling checks it.
    pub fn values(name: impl Into<String>, values: Vec<i32>) -> Self {
        Self {
            name: name.into(),
            lo: 0,
            bits: values.len().max(1).ilog2(),
            function: TableFunction::Values(values),
        }
    }

    /// `min(max(x, to.lo), to.hi)` for `x` in `lo .. lo + 2^bits`.
    pub fn clamp(lo: i64, bits: u32, to: Range) -> Self {
        Self {
            name: format!("clamp {to}"),
            lo,
            bits,
            function: TableFunction::Clamp(to),
        }
    }

    /// Whether this is an interval without outputs.
    pub fn is_range(&self) -> bool {
        self.function == TableFunction::Range
    }

    /// Whether both are the same whatever their names.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (self.lo, self.bits, &self.function) == (other.lo, other.bits, &other.function)
    }

    /// All inputs.
    pub fn domain(&self) -> Range {
        TableFunction::domain(self.lo, self.bits)
    }

    /// The interval of all outputs; `0..=0` for a range table.
    pub fn image(&self) -> Range {
        self.function.image(self.domain())
    }

    /// What is wrong, in words: expected and got.
    pub(crate) fn problem(&self) -> Option<(String, String)> {
        match &self.function {
            TableFunction::Values(values) if values.len() != 1 << self.bits.min(30) => Some((
                "a power of two of values".to_owned(),
                format!("{} values", values.len()),
            )),
            _ if self.bits > 24 => Some(("at most 24 bits".to_owned(), self.bits.to_string())),
            _ => None,
        }
    }

    /// The entry at `input`; `None` outside the domain. Range tables map to 0.
    pub fn apply(&self, input: i64) -> Option<i64> {
        self.function.apply(self.domain(), input)
    }
}
