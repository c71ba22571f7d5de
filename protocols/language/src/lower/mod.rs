//! From the intermediate form to a layered circuit.
//!
//! | step | file |
//! |---|---|
//! | which nodes become wires, of which polynomials | `plan` |
//! | level 0: inputs, and hints grouped into ports | `ports` |
//! | levels, relays, equal layers stored once | `layers` |
//! | the program of the hints | `advice` |
//! | which of several strategies is cheapest | `cost` |

mod advice;
mod cost;
mod form;
mod layers;
mod plan;
mod ports;

use kernelwise_core::circuit::{Circuit, Output, Port};

use crate::error::KernelError;
use crate::ir::{Ir, Live, NodeId};
use layers::{Constants, Emitted, Group, emit, reach};
use plan::{Plan, Strategy, plan};
use ports::{Ports, ports};

/// How a kernel is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompileOptions {
    /// How many instances are likely to be proved at once: few favour shallow circuits, many favour few products.
    pub instances: usize,
    /// Most factors of a term, from 2 to 8; `None` to choose by cost.
    pub max_degree: Option<usize>,
}

impl Default for CompileOptions {
    fn default() -> Self {
        Self {
            instances: 64,
            max_degree: None,
        }
    }
}

/// Degrees that are tried where none is asked for.
const DEGREES: [usize; 3] = [3, 2, 5];
/// Expansions and copies that are tried with each.
const SHAPES: [(usize, usize); 3] = [(1, 0), (8, 0), (8, 4)];

/// A circuit, and what is known of its hint ports.
#[derive(Debug, Clone)]
pub(crate) struct Lowered {
    pub circuit: Circuit,
    /// For each hint port, whether assertions make it boolean.
    pub boolean_hints: Vec<bool>,
    /// The nodes of the hint ports, port by port.
    pub hint_nodes: Vec<NodeId>,
}

/// Compiles with several strategies and keeps the cheapest circuit.
///
/// # Errors
/// Unconstrained hints, unused inputs, assertions that cannot hold, and circuits beyond what verifiers accept.
pub(crate) fn lower(
    kernel: &str,
    ir: &Ir,
    options: &CompileOptions,
) -> Result<Lowered, KernelError> {
    let live = Live::new(ir);
    let mut best: Option<(f64, Lowered)> = None;
    let degrees = match options.max_degree {
        Some(degree) => vec![degree],
        None => DEGREES.to_vec(),
    };
    for degree in degrees {
        for (expansion, copies) in SHAPES {
            let strategy = Strategy {
                degree,
                expansion,
                copies,
            };
            let lowered = lower_with(kernel, ir, &live, strategy)?;
            let cost = cost::cost(&lowered.circuit, options.instances);
            if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                best = Some((cost, lowered));
            }
        }
    }
    let (_, lowered) = best.ok_or_else(|| KernelError::Internal {
        kernel: kernel.to_owned(),
        problem: "no strategy was tried",
    })?;
    lowered.circuit.check()?;
    Ok(lowered)
}

/// Compiles with one strategy.
fn lower_with(
    kernel: &str,
    ir: &Ir,
    live: &Live,
    strategy: Strategy,
) -> Result<Lowered, KernelError> {
    let plan = plan(ir, live, strategy);
    if plan.is_broken {
        return Err(KernelError::Internal {
            kernel: kernel.to_owned(),
            problem: "a polynomial is missing",
        });
    }
    check_assertions(kernel, ir, &plan)?;
    let forms: Vec<_> = plan.assertions.iter().map(|(_, form)| form).collect();
    let outputs = plan.outputs.iter().flatten().copied();
    let used = reach(&plan, outputs.chain(plan.lookups.iter().copied()), &forms);
    let constrained = reach(&plan, plan.lookups.iter().copied(), &forms);
    let Ports {
        bottom,
        hint_nodes,
        hints,
        lookups,
        boolean_hints,
    } = ports(kernel, ir, &plan, &used, &constrained)?;
    let own = plan
        .outputs
        .iter()
        .map(|wires| Group::new(wires.clone(), &plan));
    let looked_up = lookups
        .iter()
        .map(|lookup| Group::new(lookup.wires.clone(), &plan));
    let groups: Vec<Group> = own.chain(looked_up).collect();
    let mut constants = Constants::default();
    let Emitted {
        layers,
        sequence,
        positions,
    } = emit(&plan, &used, &bottom, &groups, &mut constants);
    let advice = advice::advice(ir, live, &hint_nodes, &mut constants);
    let names = ir
        .outputs
        .iter()
        .map(|output| (output.name.clone(), output.scalar));
    let names = names.chain(lookups.iter().map(|lookup| (lookup.name.clone(), false)));
    let outputs = names
        .zip(groups.iter().zip(positions))
        .map(|((name, scalar), (group, wires))| Output {
            port: Port {
                name,
                len: wires.len() as u32,
                scalar,
            },
            level: group.level,
            wires,
        })
        .collect();
    let circuit = Circuit {
        name: kernel.to_owned(),
        inputs: ir
            .inputs
            .iter()
            .map(|input| Port {
                name: input.name.clone(),
                len: input.len,
                scalar: input.scalar,
            })
            .collect(),
        hints,
        constants: constants.finish(&plan),
        layers,
        sequence,
        outputs,
        lookups: lookups
            .into_iter()
            .enumerate()
            .map(|(index, lookup)| lookup.into_circuit(ir.outputs.len() + index))
            .collect(),
        advice,
    };
    Ok(Lowered {
        circuit,
        boolean_hints,
        hint_nodes,
    })
}

fn check_assertions(kernel: &str, ir: &Ir, plan: &Plan) -> Result<(), KernelError> {
    match plan
        .assertions
        .iter()
        .find(|(_, form)| form.terms.is_empty())
    {
        Some((index, _)) => Err(KernelError::Unsatisfiable {
            kernel: kernel.to_owned(),
            assertion: ir.assertions[*index].label.clone(),
        }),
        None => Ok(()),
    }
}
