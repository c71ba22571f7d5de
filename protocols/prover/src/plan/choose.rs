//! Which proof system a plan favours for each circuit.

use std::collections::BTreeMap;

use kernelwise_core::kernels::{Kernel, ProofSystem};
use kernelwise_core::program::{KernelGraph, Program};

use super::{Plan, Rates, plan};
use crate::error::ProveError;
use crate::hints::HintRegistry;
use crate::key::Parameters;
use crate::observer::Phase;

/// What a choice should make small.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// Predicted time, the run of the program left out.
    Time,
    /// Bytes of the proof.
    ProofSize,
    /// Predicted peak memory.
    Memory,
}

/// The proof of a whole program, as planned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cost {
    /// Predicted time in nanoseconds, the run of the program left out: no choice changes it.
    pub time_ns: f64,
    /// Bytes of the proof: exact.
    pub proof_bytes: usize,
    /// Predicted peak memory.
    pub peak_bytes: u64,
}

/// What was chosen for the launches of one circuit over equal grids, which share a constraint system.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Indices of the launches.
    pub launches: Vec<usize>,
    /// Name of the first of them.
    pub name: String,
    /// The system.
    pub system: ProofSystem,
    /// The proof with it.
    pub cost: Cost,
    /// The proof with the other system; `None` where that is out of reach.
    pub other: Option<Cost>,
}

impl Objective {
    fn of(self, cost: &Cost) -> f64 {
        match self {
            Self::Time => cost.time_ns,
            Self::ProofSize => cost.proof_bytes as f64,
            Self::Memory => cost.peak_bytes as f64,
        }
    }
}

impl Cost {
    fn of(plan: &Plan) -> Self {
        let steps = plan.steps.iter();
        let steps = steps.filter(|step| step.phase != Phase::Execute);
        Self {
            time_ns: steps.map(|step| step.time.as_nanos() as f64).sum(),
            proof_bytes: plan.proof_bytes,
            peak_bytes: plan.peak_bytes(),
        }
    }
}

/// Chooses for every circuit of `program`, one after the other, but for the launches in `fixed`: whatever makes `objective` smaller,
/// and sumchecks, which need no setup with secrets, where it makes no difference.
///
/// # Cost
/// One plan, and another per circuit and grid.
///
/// # Errors
/// As [`plan()`].
pub fn choose(
    program: &Program,
    parameters: &Parameters,
    hints: &HintRegistry,
    rates: &Rates,
    objective: Objective,
    fixed: &[usize],
) -> Result<Vec<Choice>, ProveError> {
    let mut graph = program.graph().clone();
    let groups = groups(&graph, fixed);
    for launch in groups.iter().flatten() {
        graph.prove_with(*launch, ProofSystem::Gkr)?;
    }
    let planned = |graph: &KernelGraph| -> Result<Cost, ProveError> {
        let program = graph.clone().validate()?;
        Ok(Cost::of(&plan(&program, parameters, hints, rates)?))
    };
    let mut current = planned(&graph)?;
    let mut choices = Vec::with_capacity(groups.len());
    for launches in groups {
        let mut other = graph.clone();
        for &launch in &launches {
            other.prove_with(launch, ProofSystem::Groth16)?;
        }
        let name = launches
            .first()
            .and_then(|&launch| graph.launches.get(launch));
        let name = name.map_or_else(String::new, |launch| launch.name.clone());
        let cost = match planned(&other) {
            Ok(cost) => Some(cost),
            // Too many constraints for a key.
            Err(ProveError::Groth16(_)) => None,
            Err(error) => return Err(error),
        };
        let wins = cost.filter(|cost| objective.of(cost) < objective.of(&current));
        choices.push(match wins {
            Some(cost) => {
                graph = other;
                Choice {
                    launches,
                    name,
                    system: ProofSystem::Groth16,
                    cost,
                    other: Some(std::mem::replace(&mut current, cost)),
                }
            }
            None => Choice {
                launches,
                name,
                system: ProofSystem::Gkr,
                cost: current,
                other: cost,
            },
        });
    }
    Ok(choices)
}

/// The launches of circuits, those with the same constraints together.
fn groups(graph: &KernelGraph, fixed: &[usize]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut known = BTreeMap::new();
    for (index, launch) in graph.launches.iter().enumerate() {
        let Kernel::Circuit(kernel) = &launch.kernel else {
            continue;
        };
        if fixed.contains(&index) {
            continue;
        }
        let constraints = (kernel.circuit, kernel.grid.dims(), &kernel.axes);
        let place = *known.entry(constraints).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[place].push(index);
    }
    groups
}
