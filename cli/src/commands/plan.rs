//! `kernelwise plan`, and the table that `prove --plan` compares with what happened.

use std::collections::BTreeMap;

use kernelwise_core::kernels::{Kernel, ProofSystem};
use kernelwise_core::program::{Launch, Program};
use kernelwise_fpga::device::is_core;
use kernelwise_prover::{Beside, HintRegistry, Plan, Proved, plan, plan_within, project};
use serde::Serialize;

use super::systems::Chosen;
use super::{model, systems};
use crate::args;
use crate::devices;
use crate::error::Failure;
use crate::output::{Format, Report, bytes, milliseconds, print};
use crate::rates::rates;

/// One line of a plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Line {
    step: String,
    kernel: &'static str,
    predicted_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    actual_ms: Option<f64>,
    table_bytes: u64,
    proof_bytes: usize,
}

/// What an FPGA would take for the requests that are small enough for it, with its line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Projected {
    device: String,
    requests: u64,
    projected_ms: f64,
    /// What they take on the devices that were planned for.
    instead_ms: f64,
    worth_it: bool,
}

impl Projected {
    fn new(device: &str, beside: &Beside) -> Self {
        Self {
            device: device.to_owned(),
            requests: beside.requests,
            projected_ms: beside.time.as_secs_f64() * 1e3,
            instead_ms: beside.instead.as_secs_f64() * 1e3,
            worth_it: beside.is_worth_it(),
        }
    }

    fn text(&self, instead: &str) -> String {
        if self.requests == 0 {
            return format!("{}: no request is small enough", self.device);
        }
        format!(
            "{}: {} requests are small enough; {} for them with its line, {} on {instead}: {}",
            self.device,
            self.requests,
            milliseconds(self.projected_ms),
            milliseconds(self.instead_ms),
            if self.worth_it {
                "worth it"
            } else {
                "not worth it"
            }
        )
    }
}

/// A plan for people and programs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Planned {
    predicted_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    actual_ms: Option<f64>,
    predicted_peak_bytes: u64,
    proof_bytes: usize,
    /// The device that serves each operation.
    device: String,
    steps: Vec<Line>,
    /// Nanoseconds per unit of each operation on the device.
    rates: BTreeMap<String, f64>,
    /// What was planned for an objective.
    choices: Vec<Chosen>,
    /// The FPGAs that were named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    beside: Vec<Projected>,
}

impl Planned {
    /// Plans a proof on the devices of these names, FPGAs beside the others, within a budget of memory if there is one.
    pub fn new(
        program: &Program,
        parameters: &kernelwise_prover::key::Parameters,
        budget: Option<u64>,
        names: &[String],
    ) -> Result<(Self, Plan), Failure> {
        let (cores, others): (Vec<_>, Vec<_>) =
            names.iter().cloned().partition(|name| is_core(name));
        let chosen = devices::open(&others)?;
        let rates = rates(chosen.info(), chosen.select()?)?;
        let hints = HintRegistry::default();
        let plan = match budget {
            Some(budget) => plan_within(program, parameters, &hints, &rates, budget)?,
            None => plan(program, parameters, &hints, &rates)?,
        };
        let mut beside = Vec::new();
        for name in &cores {
            let core = devices::registry().open(name)?;
            let limits = devices::FPGA_LIMITS;
            let projected = project(program, parameters, &hints, &rates, &*core, limits)?;
            beside.push(Projected::new(name, &projected));
        }
        let steps = plan.steps.iter().map(|step| {
            let launch = step
                .launch
                .and_then(|index| program.graph().launches.get(index));
            Line {
                step: launch.map_or_else(
                    || step.phase.name().to_owned(),
                    |launch| launch.name.clone(),
                ),
                kernel: launch.map_or("", kernel_name),
                predicted_ms: step.time.as_secs_f64() * 1e3,
                actual_ms: None,
                table_bytes: step.table_bytes,
                proof_bytes: step.proof_bytes,
            }
        });
        let planned = Self {
            predicted_ms: plan.time().as_secs_f64() * 1e3,
            actual_ms: None,
            predicted_peak_bytes: plan.peak_bytes(),
            proof_bytes: plan.proof_bytes,
            device: chosen.info().name.clone(),
            steps: steps.collect(),
            rates: rates.entries().collect(),
            choices: Vec::new(),
            beside,
        };
        Ok((planned, plan))
    }

    /// Puts what a proof took beside what was predicted.
    pub fn compare(&mut self, plan: &Plan, proved: &Proved) {
        let ms = |time: std::time::Duration| time.as_secs_f64() * 1e3;
        for (line, step) in self.steps.iter_mut().zip(&plan.steps) {
            line.actual_ms = match step.launch {
                Some(launch) => proved
                    .launches
                    .iter()
                    .find(|report| report.launch == launch)
                    .map(|report| ms(report.time)),
                None => proved
                    .phases
                    .iter()
                    .find(|(phase, _)| *phase == step.phase)
                    .map(|(_, time)| ms(*time)),
            };
        }
        let phases = proved.phases.iter().map(|(_, time)| ms(*time));
        self.actual_ms = Some(phases.sum());
    }

    /// The table.
    pub fn table(&self) -> String {
        let width = self
            .steps
            .iter()
            .map(|line| line.step.len())
            .max()
            .unwrap_or(0)
            .max(4);
        let actual = self.actual_ms.is_some();
        let mut lines = vec![format!(
            "{:<width$}  {:<9} {:>12} {}{:>12} {:>12}",
            "step",
            "kernel",
            "predicted",
            if actual {
                format!("{:>12} ", "actual")
            } else {
                String::new()
            },
            "tables",
            "proof"
        )];
        for line in &self.steps {
            lines.push(format!(
                "{:<width$}  {:<9} {:>12} {}{:>12} {:>12}",
                line.step,
                line.kernel,
                milliseconds(line.predicted_ms),
                line.actual_ms
                    .map_or(String::new(), |ms| format!("{:>12} ", milliseconds(ms))),
                bytes(line.table_bytes),
                bytes(line.proof_bytes as u64)
            ));
        }
        lines.push(format!(
            "{:<width$}  {:<9} {:>12} {}{:>12} {:>12}",
            "total",
            "",
            milliseconds(self.predicted_ms),
            self.actual_ms
                .map_or(String::new(), |ms| format!("{:>12} ", milliseconds(ms))),
            bytes(self.predicted_peak_bytes),
            bytes(self.proof_bytes as u64)
        ));
        lines.join("\n")
    }
}

/// The kernel of a launch, or the system that proves it where that is not its own.
fn kernel_name(launch: &Launch) -> &'static str {
    match &launch.kernel {
        Kernel::Circuit(kernel) if kernel.system == ProofSystem::Groth16 => kernel.system.name(),
        kernel => kernel.relation().name(),
    }
}

impl Report for Planned {
    fn text(&self) -> String {
        let mut text = format!("{}\non {}; nothing was proved", self.table(), self.device);
        for choice in &self.choices {
            text.push_str(&format!("\nchosen: {choice}"));
        }
        for core in &self.beside {
            text.push_str(&format!("\n{}", core.text(&self.device)));
        }
        text
    }
}

/// Predicts time, memory and size of a proof.
pub fn run(args: &args::Plan, format: Format) -> Result<(), Failure> {
    let (quantised, choices) = if args.model.is_dir() {
        systems::refuse(&args.systems)?;
        (model::load(&args.model)?.0, Vec::new())
    } else {
        let model = model::quantised(&model::import(&args.model)?, &args.quantisation, None)?;
        systems::apply(model, &args.systems)?
    };
    let parameters = model::parameters(&quantised);
    let names = &args.devices.devices;
    let budget = args.memory_budget;
    let (mut planned, _) = Planned::new(quantised.program(), &parameters, budget, names)?;
    planned.choices = choices;
    print(format, &planned);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_one_line_per_step_and_a_total() {
        let line = |step: &str| Line {
            step: step.to_owned(),
            kernel: "matmul",
            predicted_ms: 1.5,
            actual_ms: Some(2.0),
            table_bytes: 2048,
            proof_bytes: 96,
        };
        let planned = Planned {
            predicted_ms: 3.0,
            actual_ms: Some(4.0),
            predicted_peak_bytes: 1 << 20,
            proof_bytes: 192,
            device: "cpu".to_owned(),
            steps: vec![line("first"), line("a longer name")],
            rates: BTreeMap::new(),
            choices: Vec::new(),
            beside: Vec::new(),
        };
        let table = planned.table();
        assert_eq!(table.lines().count(), 4);
        let widths: Vec<usize> = table.lines().map(str::len).collect();
        assert!(widths.iter().all(|&width| width == widths[0]), "{table}");
    }
}
