//! Adding nodes: constants are folded, equal nodes are one.

use std::hash::{DefaultHasher, Hash, Hasher};

use kernelwise_core::circuit::HintFunction;
use kernelwise_core::field::Fr;
use smallvec::SmallVec;

use super::{Coefficient, HintCall, Ir, Node, NodeId, ONE, Stored, ZERO};

impl Ir {
    /// Adds the next wire of the inputs.
    pub fn input(&mut self, wire: u32) -> NodeId {
        self.push(Stored::Input(wire))
    }

    /// Adds a hint and returns its results; equal hints of one name are one.
    pub fn hint(&mut self, call: HintCall) -> Vec<NodeId> {
        if let Some(known) = self.hinted.get(&call) {
            return known.clone();
        }
        let id = self.hints.len() as u32;
        let nodes: Vec<NodeId> = (0..call.results)
            .map(|index| self.push(Stored::Hint { call: id, index }))
            .collect();
        self.hinted.insert(call.clone(), nodes.clone());
        self.hints.push(call);
        nodes
    }

    /// Requires a node to be zero; once is enough.
    pub fn assert_zero(&mut self, label: String, node: NodeId) {
        if self.asserted.insert(node) {
            self.assertions.push(super::Assertion { label, node });
        }
    }

    /// The looked-up value of `argument`; one lookup for equal arguments.
    pub fn lookup(&mut self, table: u32, argument: NodeId, has_result: bool) -> Option<NodeId> {
        if let Some(&known) = self.looked_up.get(&(table, argument)) {
            return known;
        }
        let result = has_result.then(|| {
            let call = HintCall {
                name: format!("lookup {}", self.lookups.len()),
                function: HintFunction::Lookup { table },
                arguments: vec![argument],
                results: 1,
            };
            self.hint(call)[0]
        });
        self.lookups.push(super::LookupCall {
            table,
            argument,
            result,
        });
        self.looked_up.insert((table, argument), result);
        result
    }

    /// A constant.
    pub fn constant(&mut self, value: Fr) -> NodeId {
        let constant = self.coefficients.intern(value);
        self.intern_linear(constant, &[])
    }

    /// A constant on a wire, which nothing is folded into.
    pub fn wired_constant(&mut self, value: Fr) -> NodeId {
        let constant = self.constant(value);
        let hash = hash_of(&(2u8, constant));
        let id = self.find_or(hash, Node::Product(&[constant]), |ir| {
            ir.store_product(&[constant])
        });
        self.wires.insert(id);
        id
    }

    /// The value of a constant node.
    pub fn as_constant(&self, node: NodeId) -> Option<Coefficient> {
        match self.node(node) {
            Node::Linear(constant, []) => Some(constant),
            _ => None,
        }
    }

    /// `coefficient · node`, seen through a scaling.
    fn as_scaled(&self, node: NodeId) -> (Coefficient, NodeId) {
        match self.node(node) {
            Node::Linear(ZERO, &[(coefficient, inner)]) if !self.wires.contains(&node) => {
                (coefficient, inner)
            }
            _ => (ONE, node),
        }
    }

    /// `constant + Σ coefficient · node`.
    ///
    /// # Cost
    /// `n log n` in the number of terms.
    pub fn linear(&mut self, constant: Coefficient, terms: &[(Coefficient, NodeId)]) -> NodeId {
        let mut constant = constant;
        let mut flat: SmallVec<[(Coefficient, NodeId); 8]> = SmallVec::with_capacity(terms.len());
        for &(coefficient, node) in terms {
            // Constants, and affine images of one node, are seen through.
            let inner = match self.node(node) {
                Node::Linear(added, &[]) => Some((added, None)),
                Node::Linear(added, &[term]) if !self.wires.contains(&node) => {
                    Some((added, Some(term)))
                }
                _ => None,
            };
            let Some((added, term)) = inner else {
                flat.push((coefficient, node));
                continue;
            };
            let added = self.coefficients.product(coefficient, added);
            constant = self.coefficients.sum(constant, added);
            if let Some((factor, node)) = term {
                flat.push((self.coefficients.product(coefficient, factor), node));
            }
        }
        flat.sort_unstable_by_key(|&(_, node)| node);
        let mut merged: SmallVec<[(Coefficient, NodeId); 8]> = SmallVec::with_capacity(flat.len());
        for (coefficient, node) in flat {
            match merged.last_mut() {
                Some((sum, last)) if *last == node => {
                    *sum = self.coefficients.sum(*sum, coefficient);
                }
                _ => merged.push((coefficient, node)),
            }
        }
        merged.retain(|&mut (coefficient, _)| coefficient != ZERO);
        match *merged.as_slice() {
            [(ONE, node)] if constant == ZERO => node,
            _ => self.intern_linear(constant, &merged),
        }
    }

    /// `Π node`.
    pub fn product(&mut self, nodes: &[NodeId]) -> NodeId {
        self.scaled_product(nodes, Self::intern_product)
    }

    /// `Π node`, a node of its own even where there is an equal one.
    pub fn unshared_product(&mut self, nodes: &[NodeId]) -> NodeId {
        self.scaled_product(nodes, |ir, factors| {
            let stored = ir.store_product(factors);
            ir.push(stored)
        })
    }

    fn scaled_product(
        &mut self,
        nodes: &[NodeId],
        add: impl FnOnce(&mut Self, &[NodeId]) -> NodeId,
    ) -> NodeId {
        let mut scale = ONE;
        let mut factors: SmallVec<[NodeId; 8]> = SmallVec::with_capacity(nodes.len());
        for &node in nodes {
            if let Some(constant) = self.as_constant(node) {
                scale = self.coefficients.product(scale, constant);
            } else {
                let (coefficient, inner) = self.as_scaled(node);
                scale = self.coefficients.product(scale, coefficient);
                factors.push(inner);
            }
        }
        factors.sort_unstable();
        let product = match (scale, factors.as_slice()) {
            (ZERO, _) | (_, []) => return self.intern_linear(scale, &[]),
            (_, &[factor]) => factor,
            (_, factors) => add(self, factors),
        };
        if scale == ONE {
            product
        } else {
            self.linear(ZERO, &[(scale, product)])
        }
    }

    fn intern_linear(&mut self, constant: Coefficient, terms: &[(Coefficient, NodeId)]) -> NodeId {
        let hash = hash_of(&(0u8, constant, terms));
        self.find_or(hash, Node::Linear(constant, terms), |ir| {
            let start = ir.terms.len() as u32;
            ir.terms.extend_from_slice(terms);
            Stored::Linear {
                constant,
                start,
                end: ir.terms.len() as u32,
            }
        })
    }

    fn intern_product(&mut self, factors: &[NodeId]) -> NodeId {
        let hash = hash_of(&(1u8, factors));
        self.find_or(hash, Node::Product(factors), |ir| ir.store_product(factors))
    }

    fn store_product(&mut self, factors: &[NodeId]) -> Stored {
        let start = self.factors.len() as u32;
        self.factors.extend_from_slice(factors);
        Stored::Product {
            start,
            end: self.factors.len() as u32,
        }
    }

    fn find_or(
        &mut self,
        hash: u64,
        node: Node<'_>,
        store: impl FnOnce(&mut Self) -> Stored,
    ) -> NodeId {
        let mut slot = hash;
        while let Some(&known) = self.index.get(&slot) {
            if self.node(known) == node {
                return known;
            }
            slot = slot.wrapping_add(1);
        }
        let stored = store(self);
        let id = self.push(stored);
        self.index.insert(slot, id);
        id
    }

    fn push(&mut self, node: Stored) -> NodeId {
        self.nodes.push(node);
        (self.nodes.len() - 1) as NodeId
    }
}

fn hash_of(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
