//! Level 0: inputs as they are declared, hints in as few ports as their proofs of range allow.

use std::collections::{BTreeMap, BTreeSet};

use kernelwise_core::circuit::{CircuitLookup, Port};

use crate::error::KernelError;
use crate::ir::{Ir, Node, NodeId};
use crate::lower::form::WireId;
use crate::lower::plan::{Definition, Plan};

/// Longest port of hints: each port is a committed tensor, whose last axis is the shortest row that a commitment can have.
const MAX_PORT: usize = 512;

/// All lookups in one table from one level.
#[derive(Debug, Clone)]
pub(crate) struct LookupGroup {
    pub name: String,
    pub wires: Vec<WireId>,
    table: u32,
    result: Option<u32>,
}

impl LookupGroup {
    pub fn into_circuit(self, output: usize) -> CircuitLookup {
        CircuitLookup {
            table: self.table,
            output: output as u32,
            result: self.result,
        }
    }
}

/// The order of level 0.
pub(crate) struct Ports {
    pub bottom: Vec<WireId>,
    /// The nodes of the hint ports, in order.
    pub hint_nodes: Vec<NodeId>,
    pub hints: Vec<Port>,
    pub lookups: Vec<LookupGroup>,
    /// For each hint port, whether assertions make it boolean.
    pub boolean_hints: Vec<bool>,
}

/// Where a hint belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Boolean,
    Any,
    /// Results of a group of lookups.
    Result(usize),
}

/// Orders level 0 and groups lookups.
///
/// # Errors
/// An input or a declared hint that nothing uses, or a hint that nothing constrains and nobody waived.
pub(crate) fn ports(
    kernel: &str,
    ir: &Ir,
    plan: &Plan,
    used: &[bool],
    constrained: &[bool],
) -> Result<Ports, KernelError> {
    check_hints(kernel, ir, plan, constrained)?;
    let (inputs, mut bottom) = input_wires(ir, plan);
    check_inputs(kernel, ir, used, &inputs)?;
    let mut kinds: BTreeMap<WireId, Kind> = BTreeMap::new();
    for (_, form) in &plan.assertions {
        if let Some(wire) = form
            .as_boolean(&plan.coefficients)
            .filter(|&wire| is_bottom(plan, wire))
        {
            kinds.insert(wire, Kind::Boolean);
        }
    }
    let mut groups: BTreeMap<(u32, bool, u32), (usize, LookupGroup)> = BTreeMap::new();
    let mut results: Vec<Vec<WireId>> = Vec::new();
    for (call, &wire) in ir.lookups.iter().zip(&plan.lookups) {
        let key = (
            call.table,
            call.result.is_some(),
            plan.levels[wire as usize],
        );
        let next = groups.len();
        let (index, group) = groups.entry(key).or_insert_with(|| {
            let table = &ir.tables[call.table as usize].name;
            let group = LookupGroup {
                name: format!("looked up in {table} at level {}", key.2),
                wires: Vec::new(),
                table: call.table,
                result: None,
            };
            (next, group)
        });
        group.wires.push(wire);
        results.resize(results.len().max(*index + 1), Vec::new());
        if let Some(result) = call.result.and_then(|node| plan.wire_of[node as usize]) {
            kinds.insert(result, Kind::Result(*index));
            results[*index].push(result);
        }
    }
    let mut by_kind: BTreeMap<Kind, Vec<WireId>> = BTreeMap::new();
    for (wire, definition) in plan.wires.iter().enumerate() {
        let Definition::Bottom(node) = definition else {
            continue;
        };
        let kind = kinds.get(&(wire as WireId)).copied().unwrap_or(Kind::Any);
        let is_hint = matches!(ir.node(*node), Node::Hint { .. });
        if is_hint && used[wire] && !matches!(kind, Kind::Result(_)) {
            by_kind.entry(kind).or_default().push(wire as WireId);
        }
    }
    // Results stand in the order of what is looked up.
    for (index, wires) in results
        .into_iter()
        .enumerate()
        .filter(|(_, wires)| !wires.is_empty())
    {
        by_kind.insert(Kind::Result(index), wires);
    }
    let mut lookups: Vec<(usize, LookupGroup)> = groups.into_values().collect();
    lookups.sort_by_key(|(index, _)| *index);
    let (mut hints, mut hint_nodes, mut boolean_hints) = (Vec::new(), Vec::new(), Vec::new());
    let chunks = by_kind.into_iter().flat_map(|(kind, wires)| {
        // What a table gives stands beside what is looked up, in one piece.
        let len = if matches!(kind, Kind::Result(_)) {
            wires.len()
        } else {
            MAX_PORT
        };
        let chunks: Vec<Vec<WireId>> = wires.chunks(len).map(<[WireId]>::to_vec).collect();
        chunks.into_iter().map(move |wires| (kind, wires))
    });
    for (kind, wires) in chunks {
        let name = match kind {
            Kind::Boolean => format!("bits {}", hints.len()),
            Kind::Any => format!("hints {}", hints.len()),
            Kind::Result(index) => {
                lookups[index].1.result = Some(hints.len() as u32);
                lookups[index].1.name.replace("looked up in", "found in")
            }
        };
        hints.push(Port {
            name,
            len: wires.len() as u32,
            scalar: false,
        });
        boolean_hints.push(kind == Kind::Boolean);
        for wire in wires {
            bottom.push(wire);
            if let Definition::Bottom(node) = plan.wires[wire as usize] {
                hint_nodes.push(node);
            }
        }
    }
    Ok(Ports {
        bottom,
        hint_nodes,
        hints,
        lookups: lookups.into_iter().map(|(_, group)| group).collect(),
        boolean_hints,
    })
}

fn is_bottom(plan: &Plan, wire: WireId) -> bool {
    matches!(plan.wires[wire as usize], Definition::Bottom(_))
}

/// The wire of each input, and the wires of level 0 so far: unused inputs have no wire of the plan and get fresh ones.
fn input_wires(ir: &Ir, plan: &Plan) -> (Vec<Option<WireId>>, Vec<WireId>) {
    let mut inputs = vec![None; ir.input_width() as usize];
    for (wire, definition) in plan.wires.iter().enumerate() {
        if let Definition::Bottom(node) = definition
            && let Node::Input(index) = ir.node(*node)
        {
            inputs[index as usize] = Some(wire as WireId);
        }
    }
    let bottom = inputs.iter().map(|wire| wire.unwrap_or(UNUSED)).collect();
    (inputs, bottom)
}

/// Stands for a wire of level 0 that no gate reads.
pub(crate) const UNUSED: WireId = WireId::MAX;

fn check_inputs(
    kernel: &str,
    ir: &Ir,
    used: &[bool],
    inputs: &[Option<WireId>],
) -> Result<(), KernelError> {
    let mut start = 0;
    for port in &ir.inputs {
        let end = start + port.len as usize;
        let is_used = inputs[start..end]
            .iter()
            .flatten()
            .any(|&wire| used[wire as usize]);
        if !is_used {
            return Err(KernelError::Misuse {
                kernel: kernel.to_owned(),
                argument: format!("input `{}`", port.name),
                expected: "an output, assertion or lookup that depends on it".to_owned(),
                got: "none".to_owned(),
            });
        }
        start = end;
    }
    Ok(())
}

fn check_hints(
    kernel: &str,
    ir: &Ir,
    plan: &Plan,
    constrained: &[bool],
) -> Result<(), KernelError> {
    // What a lookup gives, the lookup constrains.
    let results: BTreeSet<NodeId> = ir.lookups.iter().filter_map(|call| call.result).collect();
    for id in 0..ir.len() as NodeId {
        let Node::Hint { call, index } = ir.node(id) else {
            continue;
        };
        let is_constrained =
            plan.wire_of[id as usize].is_some_and(|wire| constrained[wire as usize]);
        let hint = &ir.hints[call as usize];
        if !is_constrained && !results.contains(&id) && !ir.waived.contains(&hint.name) {
            return Err(KernelError::UnconstrainedHint {
                kernel: kernel.to_owned(),
                hint: hint.name.clone(),
                index: index as usize,
            });
        }
    }
    Ok(())
}
