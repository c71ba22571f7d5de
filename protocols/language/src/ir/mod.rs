//! The intermediate form of a kernel: an arena of nodes, each stored once.
//!
//! | node | value |
//! |---|---|
//! | input | a wire of an input port |
//! | hint | a result of a hint |
//! | linear | `constant + Σ coefficient · node` |
//! | product | `Π node`, of two nodes or more |
//!
//! A constant is a linear node without terms. Nodes refer to earlier nodes only, so that the order of the arena is a topological one.
//! Operands lie in pools; no node owns memory of its own.

mod build;
mod coefficients;
mod evaluate;
mod live;

use std::collections::{HashMap, HashSet};

use kernelwise_core::circuit::HintFunction;
use kernelwise_core::program::Range;

pub(crate) use coefficients::{Coefficient, Coefficients, ONE, ZERO};
pub(crate) use evaluate::evaluate;
pub(crate) use live::Live;

use crate::table::Table;

/// Index of a node.
pub(crate) type NodeId = u32;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stored {
    Input(u32),
    Hint {
        call: u32,
        index: u32,
    },
    Linear {
        constant: Coefficient,
        start: u32,
        end: u32,
    },
    Product {
        start: u32,
        end: u32,
    },
}

/// A node with its operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Node<'a> {
    /// Index among the wires of all inputs.
    Input(u32),
    /// Result `index` of a hint.
    Hint { call: u32, index: u32 },
    /// Terms are sorted by node, each node once, no coefficient zero.
    Linear(Coefficient, &'a [(Coefficient, NodeId)]),
    /// Factors are sorted.
    Product(&'a [NodeId]),
}

/// A named input.
#[derive(Debug, Clone)]
pub(crate) struct InputPort {
    pub name: String,
    pub len: u32,
    pub scalar: bool,
    pub range: Range,
}

/// A named output.
#[derive(Debug, Clone)]
pub(crate) struct OutputPort {
    pub name: String,
    pub nodes: Vec<NodeId>,
    pub scalar: bool,
    pub range: Option<Range>,
}

/// One hint: several results from one function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HintCall {
    pub name: String,
    pub function: HintFunction,
    pub arguments: Vec<NodeId>,
    pub results: u32,
}

impl std::hash::Hash for HintCall {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        // Functions rarely differ where arguments are the same.
        (&self.name, &self.arguments, self.results).hash(state);
    }
}

/// Something that must be zero.
#[derive(Debug, Clone)]
pub(crate) struct Assertion {
    pub label: String,
    pub node: NodeId,
}

/// Something that must be an entry of a table.
#[derive(Debug, Clone)]
pub(crate) struct LookupCall {
    pub table: u32,
    pub argument: NodeId,
    /// The node of the entry's output; `None` for range tables.
    pub result: Option<NodeId>,
}

/// A kernel.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ir {
    nodes: Vec<Stored>,
    terms: Vec<(Coefficient, NodeId)>,
    factors: Vec<NodeId>,
    /// From the hash of a node's content to the node.
    index: HashMap<u64, NodeId>,
    hinted: HashMap<HintCall, Vec<NodeId>>,
    asserted: HashSet<NodeId>,
    looked_up: HashMap<(u32, NodeId), Option<NodeId>>,
    pub coefficients: Coefficients,
    pub inputs: Vec<InputPort>,
    pub outputs: Vec<OutputPort>,
    pub hints: Vec<HintCall>,
    pub assertions: Vec<Assertion>,
    pub lookups: Vec<LookupCall>,
    pub tables: Vec<Table>,
    /// Nodes that get a wire of their own.
    pub wires: HashSet<NodeId>,
    /// Hints that may stay unconstrained.
    pub waived: Vec<String>,
}

impl Ir {
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn node(&self, id: NodeId) -> Node<'_> {
        match self.nodes[id as usize] {
            Stored::Input(wire) => Node::Input(wire),
            Stored::Hint { call, index } => Node::Hint { call, index },
            Stored::Linear {
                constant,
                start,
                end,
            } => Node::Linear(constant, &self.terms[start as usize..end as usize]),
            Stored::Product { start, end } => {
                Node::Product(&self.factors[start as usize..end as usize])
            }
        }
    }

    pub fn input_width(&self) -> u32 {
        self.inputs.iter().map(|port| port.len).sum()
    }

    /// Calls `visit` with each operand of a node.
    pub fn operands(&self, id: NodeId, mut visit: impl FnMut(NodeId)) {
        match self.node(id) {
            Node::Input(_) | Node::Hint { .. } => {}
            Node::Linear(_, terms) => terms.iter().for_each(|&(_, node)| visit(node)),
            Node::Product(factors) => factors.iter().copied().for_each(visit),
        }
    }
}
