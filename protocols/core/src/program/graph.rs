//! The graph as a front end builds it and as keys store it.

use serde::{Deserialize, Serialize};

use super::{Range, Tensor, TensorId};
use crate::circuit::{Circuit, CircuitId};
use crate::kernels::Kernel;

/// Index of a lookup table in its graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableId(pub u32);

/// What a lookup table maps its inputs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TableFunction {
    /// No output: membership in the domain alone.
    Range,
    /// `min(max(in, lo), hi)`; ReLU is a clamp with `lo = 0`.
    Clamp(Range),
    /// One output per input of the domain, in order.
    Values(Vec<i32>),
}

impl TableFunction {
    /// The output for `input`, or `None` outside `domain`. Ranges map to 0.
    pub fn apply(&self, domain: Range, input: i64) -> Option<i64> {
        if !domain.contains(input) {
            return None;
        }
        match self {
            Self::Range => Some(0),
            Self::Clamp(range) => Some(input.clamp(range.lo, range.hi)),
            Self::Values(values) => values
                .get(usize::try_from(input.checked_sub(domain.lo)?).ok()?)
                .map(|&v| i64::from(v)),
        }
    }

    /// The interval of all outputs over `domain`; `0..=0` for a range.
    pub fn image(&self, domain: Range) -> Range {
        match self {
            Self::Range => Range::new(0, 0),
            Self::Clamp(range) => Range::new(
                domain.lo.clamp(range.lo, range.hi),
                domain.hi.clamp(range.lo, range.hi),
            ),
            Self::Values(values) => Range::new(
                values.iter().copied().min().unwrap_or(0).into(),
                values.iter().copied().max().unwrap_or(0).into(),
            ),
        }
    }

    /// The inputs of a table of `2^bits` entries from `lo` on.
    pub fn domain(lo: i64, bits: u32) -> Range {
        Range::new(lo, lo.saturating_add((1i64 << bits.min(62)) - 1))
    }
}

/// A table shared by every launch that looks something up in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LookupTable {
    /// For messages and reports.
    pub name: String,
    /// The domain is `lo .. lo + 2^bits`.
    pub lo: i64,
    /// Binary logarithm of the number of entries.
    pub bits: u32,
    /// What inputs map to.
    pub function: TableFunction,
    /// How often each entry is looked up: an advice tensor of `2^bits` elements.
    pub multiplicities: TensorId,
}

impl LookupTable {
    /// All inputs.
    pub fn domain(&self) -> Range {
        TableFunction::domain(self.lo, self.bits)
    }

    /// The output for `input`, or `None` outside the domain. Range tables map to 0.
    pub fn apply(&self, input: i64) -> Option<i64> {
        self.function.apply(self.domain(), input)
    }

    /// The interval of all outputs; `0..=0` for a range table.
    pub fn image(&self) -> Range {
        self.function.image(self.domain())
    }
}

/// One kernel applied to tensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Launch {
    /// For messages and reports, usually the name of the model's node.
    pub name: String,
    /// What is computed.
    pub kernel: Kernel,
    /// Arguments, in the order that the kernel documents.
    pub inputs: Vec<TensorId>,
    /// Results, in the order that the kernel documents; each tensor is the result of one launch at most.
    pub outputs: Vec<TensorId>,
}

/// A program before validation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Default)]
pub struct KernelGraph {
    /// All tensors.
    pub tensors: Vec<Tensor>,
    /// All launches, in topological order.
    pub launches: Vec<Launch>,
    /// All lookup tables.
    pub tables: Vec<LookupTable>,
    /// All circuits; several launches may share one.
    pub circuits: Vec<Circuit>,
    /// Public inputs, in the order that callers pass them.
    pub inputs: Vec<TensorId>,
    /// Public outputs, in the order that callers receive them.
    pub outputs: Vec<TensorId>,
    /// Commitment rows have at most this many columns where an axis boundary allows it.
    pub max_columns: usize,
}

impl KernelGraph {
    /// Adds a tensor and returns its index.
    pub fn add_tensor(&mut self, tensor: Tensor) -> TensorId {
        self.tensors.push(tensor);
        TensorId((self.tensors.len() - 1) as u32)
    }

    /// The tensor at `id`.
    pub fn tensor(&self, id: TensorId) -> Option<&Tensor> {
        self.tensors.get(id.0 as usize)
    }

    /// The circuit at `id`.
    pub fn circuit(&self, id: CircuitId) -> Option<&Circuit> {
        self.circuits.get(id.0 as usize)
    }

    /// The table at `id`.
    pub fn table(&self, id: TableId) -> Option<&LookupTable> {
        self.tables.get(id.0 as usize)
    }
}
