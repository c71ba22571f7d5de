//! What is used, and how often.

use super::{Ir, Node, NodeId};

/// Uses of each node by live nodes, outputs, assertions and lookups; 0 for dead ones.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    uses: Vec<u32>,
}

impl Live {
    /// Marks everything that outputs, assertions and lookups need. Arguments of hints are not among it: they are computed beside the
    /// circuit.
    pub fn new(ir: &Ir) -> Self {
        let mut uses = vec![0u32; ir.len()];
        let outputs = ir.outputs.iter().flat_map(|output| output.nodes.iter());
        let assertions = ir.assertions.iter().map(|assertion| &assertion.node);
        let lookups = ir
            .lookups
            .iter()
            .flat_map(|call| std::iter::once(&call.argument).chain(&call.result));
        for &node in outputs.chain(assertions).chain(lookups) {
            uses[node as usize] += 1;
        }
        for id in (0..ir.len() as NodeId).rev() {
            if uses[id as usize] > 0 {
                ir.operands(id, |operand| uses[operand as usize] += 1);
            }
        }
        Self { uses }
    }

    pub fn uses(&self, node: NodeId) -> u32 {
        self.uses[node as usize]
    }

    pub fn is_live(&self, node: NodeId) -> bool {
        self.uses(node) > 0
    }

    /// Products that are a factor of one product and nothing else, and sums within sums likewise: chains of operators, to be
    /// flattened by whoever uses them.
    pub fn nested(&self, ir: &Ir) -> Vec<bool> {
        let mut nested = vec![false; ir.len()];
        for id in (0..ir.len() as NodeId).filter(|&id| self.is_live(id)) {
            let is_product = matches!(ir.node(id), Node::Product(_));
            ir.operands(id, |operand| {
                let same = match ir.node(operand) {
                    Node::Product(_) => is_product,
                    Node::Linear(..) => !is_product,
                    _ => false,
                };
                let alone = self.uses(operand) == 1 && !ir.wires.contains(&operand);
                nested[operand as usize] = same && alone;
            });
        }
        nested
    }

    /// Which nodes must be computed to find the results of hints that are live.
    pub fn for_hints(&self, ir: &Ir) -> Vec<bool> {
        let mut called = vec![false; ir.hints.len()];
        let mut needed = vec![false; ir.len()];
        for id in (0..ir.len() as NodeId).rev() {
            if let Node::Hint { call, .. } = ir.node(id)
                && (self.is_live(id) || needed[id as usize])
            {
                needed[id as usize] = true;
                if !std::mem::replace(&mut called[call as usize], true) {
                    for &argument in &ir.hints[call as usize].arguments {
                        needed[argument as usize] = true;
                    }
                }
            } else if needed[id as usize] {
                ir.operands(id, |operand| needed[operand as usize] = true);
            }
        }
        needed
    }
}
