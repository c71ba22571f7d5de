//! Which launches are proved by which system: as asked, or as planned for an objective.

use kernelwise_core::kernels::ProofSystem;
use kernelwise_core::program::KernelGraph;
use kernelwise_frontend::QuantisedModel;
use kernelwise_prover::HintRegistry;
use kernelwise_prover::plan::{Choice, Cost, Objective, choose};
use serde::Serialize;

use super::model;
use crate::args::{Goal, Systems};
use crate::devices;
use crate::error::Failure;
use crate::output::{bytes, milliseconds};
use crate::rates::rates;

/// What was chosen for the launches of one circuit, for people and programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chosen {
    kernel: String,
    launches: usize,
    system: &'static str,
    predicted: Prediction,
    other: Option<Prediction>,
}

/// A whole proof as planned.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Prediction {
    time_ms: f64,
    proof_bytes: usize,
    peak_bytes: u64,
}

impl From<Cost> for Prediction {
    fn from(cost: Cost) -> Self {
        Self {
            time_ms: cost.time_ns / 1e6,
            proof_bytes: cost.proof_bytes,
            peak_bytes: cost.peak_bytes,
        }
    }
}

impl std::fmt::Display for Prediction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (time, proof) = (milliseconds(self.time_ms), bytes(self.proof_bytes as u64));
        write!(f, "{time}, proof {proof}, peak {}", bytes(self.peak_bytes))
    }
}

impl std::fmt::Display for Chosen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} by {}: {}", self.kernel, self.system, self.predicted)?;
        match &self.other {
            Some(other) => write!(f, "; otherwise {other}"),
            None => write!(f, "; too large for groth16"),
        }
    }
}

impl From<Choice> for Chosen {
    fn from(choice: Choice) -> Self {
        Self {
            launches: choice.launches.len(),
            system: choice.system.name(),
            predicted: choice.cost.into(),
            other: choice.other.map(Prediction::from),
            kernel: choice.name,
        }
    }
}

/// The model with its circuits proved as `systems` says; what was planned for, with it.
pub fn apply(
    model: QuantisedModel,
    systems: &Systems,
) -> Result<(QuantisedModel, Vec<Chosen>), Failure> {
    let graph = model.program().graph();
    let mut choices: Vec<(usize, ProofSystem)> = Vec::new();
    for (kernel, system) in &systems.prove_with {
        let launches = graph.launches_called(kernel);
        if launches.is_empty() {
            return Err(unknown(graph, kernel));
        }
        choices.extend(launches.into_iter().map(|launch| (launch, *system)));
    }
    let mut model = model.prove_with(&choices)?;
    let Some(goal) = systems.objective else {
        return Ok((model, Vec::new()));
    };
    let objective = match goal {
        Goal::Time => Objective::Time,
        Goal::ProofSize => Objective::ProofSize,
        Goal::Memory => Objective::Memory,
    };
    let fixed: Vec<usize> = choices.iter().map(|&(launch, _)| launch).collect();
    let device = devices::open(&[])?;
    let rates = rates(device.info(), device.select()?)?;
    let chosen = choose(
        model.program(),
        &model::parameters(&model),
        &HintRegistry::default(),
        &rates,
        objective,
        &fixed,
    )?;
    let planned = chosen.iter().flat_map(|choice| {
        let launches = choice.launches.iter();
        launches.map(|&launch| (launch, choice.system))
    });
    model = model.prove_with(&planned.collect::<Vec<_>>())?;
    Ok((model, chosen.into_iter().map(Chosen::from).collect()))
}

/// Refuses choices where a folder of keys has made them.
pub fn refuse(systems: &Systems) -> Result<(), Failure> {
    if systems.prove_with.is_empty() && systems.objective.is_none() {
        return Ok(());
    }
    Err(Failure::Mismatch {
        problem: "--prove-with and --objective are for ONNX models: the keys of a folder fix how its launches are proved"
            .to_owned(),
    })
}

fn unknown(graph: &KernelGraph, kernel: &str) -> Failure {
    let circuits = graph
        .launches
        .iter()
        .filter(|launch| matches!(launch.kernel, kernelwise_core::kernels::Kernel::Circuit(_)));
    let names: Vec<&str> = circuits.map(|launch| launch.name.as_str()).collect();
    let known = match names.as_slice() {
        [] => "this model launches no circuits".to_owned(),
        names => format!("circuits are {}", names.join(", ")),
    };
    Failure::Mismatch {
        problem: format!("--prove-with {kernel}: no launch of a circuit is called so; {known}"),
    }
}
