//! The program that finds the hints: only what they need.

use kernelwise_core::circuit::{Advice, Step};

use crate::ir::{Ir, Live, Node, NodeId, ZERO};
use crate::lower::layers::Constants;

/// Steps for all hints that are live; `wires` are the nodes of the hint ports, in order.
///
/// # Cost
/// Linear in what the hints depend on.
pub(crate) fn advice(ir: &Ir, live: &Live, wires: &[NodeId], constants: &mut Constants) -> Advice {
    let needed = live.for_hints(ir);
    let mut values = vec![u32::MAX; ir.len()];
    let mut called = vec![None; ir.hints.len()];
    let mut advice = Advice::default();
    let mut next = ir.input_width();
    for id in (0..ir.len() as NodeId).filter(|&id| needed[id as usize]) {
        let value = |node: NodeId| values[node as usize];
        let own = match ir.node(id) {
            Node::Input(wire) => wire,
            Node::Hint { call, index } => {
                let first = called[call as usize].unwrap_or_else(|| {
                    let hint = &ir.hints[call as usize];
                    advice.steps.push(Step::Hint {
                        function: hint.function.clone(),
                        arguments: hint.arguments.iter().map(|&node| value(node)).collect(),
                        results: hint.results,
                    });
                    let first = next;
                    next += hint.results;
                    first
                });
                called[call as usize] = Some(first);
                first + index
            }
            Node::Linear(constant, terms) => {
                let terms = terms
                    .iter()
                    .map(|&(coefficient, node)| (constants.get(coefficient), value(node)))
                    .collect();
                let constant = (constant != ZERO).then(|| constants.get(constant));
                advice.steps.push(Step::Linear { constant, terms });
                next += 1;
                next - 1
            }
            Node::Product(factors) => {
                let mut product = factors.first().map_or(0, |&first| value(first));
                for &factor in factors.iter().skip(1) {
                    advice.steps.push(Step::Product(product, value(factor)));
                    product = next;
                    next += 1;
                }
                product
            }
        };
        values[id as usize] = own;
    }
    advice.wires = wires.iter().map(|&node| values[node as usize]).collect();
    advice
}
