//! What a proof will cost, before it is made.
//!
//! The prover's steps do not depend on values, only on shapes. So a plan is a proof against devices that count what is asked of
//! them and answer with zeros: counts of operations and bytes of the proof are exact, and what the prover does between calls is timed as it
//! is. Counts times [`Rates`], measured once per device, give times.

mod choose;
mod counting;
mod groth16;
mod measure;
mod rates;

pub use choose::{Choice, Cost, Objective, choose};
pub use counting::{Operation, Work};
pub use rates::Rates;

use std::sync::Mutex;
use std::time::{Duration, Instant};

use kernelwise_core::Values;
use kernelwise_core::kernels::Kernel;
use kernelwise_core::program::{Program, Range};
use kernelwise_groth16::shape_key;

use self::counting::CountingDevice;
use self::measure::elements;
use crate::devices::Devices;
use crate::error::ProveError;
use crate::groth16::{Groth16Keys, launch_keys};
use crate::hints::HintRegistry;
use crate::kernels::circuit::held_bytes;
use crate::key::{Parameters, setup_linked};
use crate::observer::{Observer, Phase};
use crate::prove::prove_witness;
use crate::witness::execute;

/// One step of a proof: a phase, or one launch of the backward pass.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedStep {
    /// The phase.
    pub phase: Phase,
    /// The launch, in the backward pass.
    pub launch: Option<usize>,
    /// Predicted time.
    pub time: Duration,
    /// Bytes of the proof: exact.
    pub proof_bytes: usize,
    /// Memory of the tables that the step hands to devices, at their largest.
    pub table_bytes: u64,
    /// What devices are asked to do.
    pub work: Vec<Work>,
}

/// The plan of a proof.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Steps in the order in which they take place.
    pub steps: Vec<PlannedStep>,
    /// Memory that stays for the whole proof: parameters and the values of all tensors.
    pub resident_bytes: u64,
    /// Bytes of the whole proof string: exact.
    pub proof_bytes: usize,
}

impl Plan {
    /// Predicted time of the whole proof.
    pub fn time(&self) -> Duration {
        self.steps.iter().map(|step| step.time).sum()
    }

    /// Predicted peak memory of proving, in bytes.
    pub fn peak_bytes(&self) -> u64 {
        let largest = self.steps.iter().map(|step| step.table_bytes).max();
        self.resident_bytes + largest.unwrap_or(0)
    }

    /// The step that needs the most memory.
    pub fn largest_step(&self) -> Option<&PlannedStep> {
        self.steps.iter().max_by_key(|step| step.table_bytes)
    }

    /// Requires the predicted peak to stay within `budget` bytes.
    ///
    /// # Errors
    /// [`ProveError::MemoryBudget`] that names the launch and the missing bytes.
    pub fn check_memory(&self, program: &Program, budget: u64) -> Result<(), ProveError> {
        let Some(missing) = self
            .peak_bytes()
            .checked_sub(budget)
            .filter(|&missing| missing > 0)
        else {
            return Ok(());
        };
        let step = self.largest_step();
        let launch = step.and_then(|step| program.graph().launches.get(step.launch?));
        let phase = step.map_or("proof", |step| step.phase.name());
        Err(ProveError::MemoryBudget {
            step: launch.map_or_else(|| phase.to_owned(), |launch| launch.name.clone()),
            needed: self.peak_bytes(),
            budget,
            missing,
        })
    }
}

/// Plans a proof of `program` with these parameters, whatever the inputs.
///
/// # Cost
/// That of a proof without the devices' share, and one run of the program.
///
/// # Errors
/// What execution reports for inputs as near to zero as they can be.
pub fn plan(
    program: &Program,
    parameters: &Parameters,
    hints: &HintRegistry,
    rates: &Rates,
) -> Result<Plan, ProveError> {
    let device = CountingDevice::default();
    let devices = Devices {
        msm: &device,
        sumcheck: &device,
        fractions: &device,
        contract: &device,
        msm_g2: Some(&device),
        ntt: Some(&device),
    };
    let linked = launch_keys(program, &Groth16Keys::new(), |circuit| {
        Ok(shape_key(circuit.linked().r1cs())?)
    })?;
    let key = setup_linked(program.clone(), parameters.clone(), linked, devices)?;
    let key = key.with_hints(hints.clone());
    // Any inputs have the same shapes; mixed ones show better how wide hints are, plain ones leave no table that others stay in.
    let run = |mixed| {
        let inputs = inputs(program, mixed);
        let start = Instant::now();
        let witness = execute(program, parameters, hints, &inputs)?;
        Ok::<_, ProveError>((witness, start.elapsed()))
    };
    let (witness, executed) = run(true).or_else(|_| run(false))?;
    let mut steps = vec![PlannedStep {
        phase: Phase::Execute,
        launch: None,
        time: executed,
        proof_bytes: 0,
        table_bytes: 0,
        work: Vec::new(),
    }];
    device.take();
    let log = Log {
        device: &device,
        begun: Mutex::new(Instant::now()),
        entries: Mutex::default(),
    };
    let proved = prove_witness(&key, &witness, devices, &log)?;
    let entries = log.entries.into_inner().unwrap_or_default();
    let launches = proved
        .launches
        .iter()
        .map(|report| (Some(report.launch), report.bytes));
    let mut backward = launches.collect::<Vec<_>>().into_iter();
    for entry in entries {
        let own = (entry.phase == Phase::Backward)
            .then(|| backward.next())
            .flatten();
        let step = PlannedStep {
            phase: entry.phase,
            launch: own.and_then(|own| own.0),
            time: entry.host + rates.time(&entry.work),
            proof_bytes: own.map_or(0, |own| own.1),
            table_bytes: entry.table_bytes,
            work: entry.work,
        };
        match steps.last_mut() {
            // Steps of other phases are reported as one.
            Some(last) if last.phase == step.phase && step.phase != Phase::Backward => {
                last.time += step.time;
                last.table_bytes = last.table_bytes.max(step.table_bytes);
                last.work.extend(step.work);
            }
            _ => steps.push(step),
        }
    }
    for step in &mut steps {
        if step.phase != Phase::Backward {
            step.proof_bytes = proved.bytes_of(step.phase);
        }
        let launch = step.launch.and_then(|index| {
            let launch = program.graph().launches.get(index)?;
            Some((launch, program.wire_widths(index)))
        });
        if let Some((launch, widths)) = launch
            && let Kernel::Circuit(kernel) = &launch.kernel
        {
            step.table_bytes += held_bytes(kernel, widths);
        }
    }
    Ok(Plan {
        steps,
        resident_bytes: witness.bytes(),
        proof_bytes: proved.proof.messages.len(),
    })
}

/// Inputs of a program: mixed, or as near to zero as their ranges allow.
fn inputs(program: &Program, mixed: bool) -> Vec<Values> {
    let graph = program.graph();
    let tensors = graph.inputs.iter().filter_map(|&id| graph.tensor(id));
    let values = tensors.map(|tensor| {
        let (range, len) = (tensor.range, tensor.shape.len());
        match (mixed, range == Range::FIELD) {
            (true, true) => Values::Field(elements(len)),
            (true, false) => {
                let span = i128::from(range.hi) - i128::from(range.lo) + 1;
                let value =
                    |i| i128::from(range.lo) + i128::from(measure::mixed(i)).rem_euclid(span);
                Values::Int((0..len).map(|i| value(i) as i64).collect())
            }
            (false, _) => Values::Int(vec![0i64.clamp(range.lo, range.hi); len]),
        }
    });
    values.collect()
}

/// What was asked between two steps of the prover.
struct Entry {
    phase: Phase,
    host: Duration,
    table_bytes: u64,
    work: Vec<Work>,
}

/// Notes what devices were asked since the last step.
struct Log<'a> {
    device: &'a CountingDevice,
    begun: Mutex<Instant>,
    entries: Mutex<Vec<Entry>>,
}

impl Observer for Log<'_> {
    fn begin(&self, _phase: Phase, _steps: usize) {
        if let Ok(mut begun) = self.begun.lock() {
            *begun = Instant::now();
        }
    }

    fn step(&self, phase: Phase) {
        let now = Instant::now();
        let (Ok(mut begun), Ok(mut entries)) = (self.begun.lock(), self.entries.lock()) else {
            return;
        };
        let taken = self.device.take();
        entries.push(Entry {
            phase,
            host: now.duration_since(*begun).saturating_sub(taken.spent),
            table_bytes: taken.table_bytes,
            work: taken.work,
        });
        *begun = Instant::now();
    }
}
