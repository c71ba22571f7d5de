//! What a proof will cost, before it is made.
//!
//! The prover's steps do not depend on values, only on shapes. So a plan is a proof against devices that count what is asked of
//! them and answer with zeros: counts of operations and bytes of the proof are exact, and what the prover does between calls is timed as it
//! is. Counts times [`Rates`], measured once per device, give times.

mod beside;
mod bound;
mod choose;
mod counting;
mod groth16;
mod measure;
mod rates;

pub use beside::{Beside, project};
pub use choose::{Choice, Cost, Objective, choose};
pub use counting::{Operation, Work};
pub use rates::Rates;

use std::sync::Mutex;
use std::time::{Duration, Instant};

use kernelwise_core::Values;
use kernelwise_core::kernels::Kernel;
use kernelwise_core::program::{Program, Range, Segment, TensorId, TensorKind};
use kernelwise_groth16::shape_key;

use self::counting::CountingDevice;
use self::measure::elements;
use crate::devices::Devices;
use crate::error::ProveError;
use crate::groth16::{Groth16Keys, launch_keys};
use crate::hints::HintRegistry;
use crate::kernels::circuit::{adjacent_bytes, held_bytes};
use crate::key::{Parameters, ProverKey, setup_linked};
use crate::observer::{Observer, Phase};
use crate::prove::prove_witness;
use crate::room::Room;
use crate::witness::{Witness, execute};

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
    /// Memory that stays for the whole proof: parameters, the values of all tensors, and the statement.
    pub resident_bytes: u64,
    /// What the proof may hold where it can choose: for [`ProverKey::with_room`](crate::ProverKey::with_room).
    pub room: Room,
    /// Memory of the tables of all segments of the backward pass that are proved at once, at their largest.
    pub segment_bytes: u64,
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
        let steps = self.steps.iter().map(|step| step.table_bytes);
        let largest = steps.fold(self.segment_bytes, u64::max);
        self.resident_bytes + largest
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

/// As [`plan()`], with as much room as a budget of `budget` bytes allows: levels of circuits are kept, or computed again; rows are committed in
/// larger or smaller blocks.
///
/// # Cost
/// That of [`plan()`] for every room that is tried, about ten at most.
///
/// # Errors
/// As [`plan()`], and [`ProveError::MemoryBudget`] that names the launch and the missing bytes if the least room is too much.
pub fn plan_within(
    program: &Program,
    parameters: &Parameters,
    hints: &HintRegistry,
    rates: &Rates,
    budget: u64,
) -> Result<Plan, ProveError> {
    let mut last = None;
    for room in Room::shrinking() {
        let plan = plan_in(program, parameters, hints, rates, room)?;
        if plan.peak_bytes() <= budget {
            return Ok(plan);
        }
        last = Some(plan);
    }
    let last = last.ok_or(ProveError::Internal("no room was tried"))?;
    last.check_memory(program, budget)?;
    Ok(last)
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
    plan_in(program, parameters, hints, rates, Room::default())
}

fn plan_in(
    program: &Program,
    parameters: &Parameters,
    hints: &HintRegistry,
    rates: &Rates,
    room: Room,
) -> Result<Plan, ProveError> {
    // On a thread of the pool, as proofs are made.
    rayon::scope(|_| plan_here(program, parameters, hints, rates, room))
}

fn plan_here(
    program: &Program,
    parameters: &Parameters,
    hints: &HintRegistry,
    rates: &Rates,
    room: Room,
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
    let (key, witness, executed) = rehearse(program, parameters, hints, room, devices)?;
    let mut steps = vec![PlannedStep {
        phase: Phase::Execute,
        launch: None,
        time: executed,
        proof_bytes: 0,
        table_bytes: execution_bytes(program, &witness),
        work: Vec::new(),
    }];
    device.take();
    let log = Log {
        device: &device,
        current: Mutex::new((Phase::Commit, Instant::now())),
        entries: Mutex::default(),
    };
    let proved = prove_witness(&key, &witness, devices, &log)?;
    let entries = log.finish();
    let public = proved.public.inputs.iter().chain(&proved.public.outputs);
    let public: u64 = public.map(value_bytes).sum();
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
            // Steps of other phases are reported as one, and what comes after the last launch with it.
            Some(last) if last.phase == step.phase && step.launch.is_none() => {
                last.time += step.time;
                last.table_bytes = last.table_bytes.max(step.table_bytes);
                last.work.extend(step.work);
            }
            _ => steps.push(step),
        }
    }
    for step in &mut steps {
        if step.phase == Phase::Commit {
            // The statement is encoded to be absorbed.
            step.table_bytes = step.table_bytes.max(public);
        }
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
            step.table_bytes += held_bytes(kernel, widths, room);
        }
    }
    Ok(Plan {
        resident_bytes: witness.bytes() + public,
        segment_bytes: at_once_bytes(program, &steps, room),
        steps,
        room,
        proof_bytes: proved.proof.messages.len(),
    })
}

/// Bytes of the largest segments, as many as are proved at once.
fn at_once_bytes(program: &Program, steps: &[PlannedStep], room: Room) -> u64 {
    let largest_of = |segment: &Segment| {
        let own = steps.iter().filter(|step| {
            let launch = step.launch;
            launch.is_some_and(|launch| segment.launches().contains(&launch))
        });
        own.map(|step| step.table_bytes).max().unwrap_or(0)
    };
    let mut bytes: Vec<u64> = program.segments().apart().iter().map(largest_of).collect();
    bytes.sort_unstable_by(|a, b| b.cmp(a));
    let at_once = room.segments.min(rayon::current_num_threads());
    bytes.iter().take(at_once).sum()
}

/// What a proof needs, set up on `devices` that only count, and how long it took to run the program.
fn rehearse(
    program: &Program,
    parameters: &Parameters,
    hints: &HintRegistry,
    room: Room,
    devices: Devices<'_>,
) -> Result<(ProverKey, Witness, Duration), ProveError> {
    let linked = launch_keys(program, &Groth16Keys::new(), |circuit| {
        Ok(shape_key(circuit.linked().r1cs())?)
    })?;
    let key = setup_linked(program.clone(), parameters.clone(), linked, devices)?;
    // Counts are those of one step at a time.
    let key = key.with_hints(hints.clone()).with_room(Room {
        segments: 1,
        ..room
    });
    // Any inputs have the same shapes; mixed ones show better how wide hints are, plain ones leave no table that others stay in.
    let run = |mixed| {
        let inputs = inputs(program, mixed);
        let start = Instant::now();
        let witness = execute(program, parameters, hints, &inputs)?;
        Ok::<_, ProveError>((witness, start.elapsed()))
    };
    let (witness, executed) = run(true).or_else(|_| run(false))?;
    Ok((key, witness, executed))
}

fn value_bytes(values: &Values) -> u64 {
    match values {
        Values::Int(values) => 8 * values.len() as u64,
        Values::Field(values) => 32 * values.len() as u64,
    }
}

/// Bytes that the run of a program takes beside the values of its tensors: those of one launch, widened, or the two levels of a circuit at
/// which it is.
fn execution_bytes(program: &Program, witness: &Witness) -> u64 {
    let graph = program.graph();
    let len = |id: &TensorId| {
        witness
            .data(*id)
            .map_or(0, |data| data.shape().len() as u64)
    };
    // Parameters are read as they are.
    let is_widened = |id: &&TensorId| {
        let tensor = graph.tensor(**id);
        tensor.is_some_and(|tensor| tensor.kind != TensorKind::Parameter)
    };
    let launches = graph.launches.iter().enumerate().map(|(index, launch)| {
        match &launch.kernel {
            // Its advice is found in blocks and joined.
            Kernel::Circuit(kernel) => {
                let hints: u64 = launch.outputs.iter().map(len).sum();
                adjacent_bytes(kernel, program.wire_widths(index)) + hints
            }
            _ => {
                let widened = launch.inputs.iter().chain(&launch.outputs);
                8 * widened.filter(is_widened).map(len).sum::<u64>()
            }
        }
    });
    launches.max().unwrap_or(0)
}

/// Inputs of a program: mixed, or as near to zero as their ranges allow.
fn inputs(program: &Program, mixed: bool) -> Vec<Values> {
    let graph = program.graph();
    let tensors = graph.inputs.iter().filter_map(|&id| graph.tensor(id));
    let values = tensors.enumerate().map(|(place, tensor)| {
        let (range, len) = (tensor.range, tensor.shape.len());
        // No input is like another.
        let first = place << 32;
        match (mixed, range == Range::FIELD) {
            (true, true) => Values::Field(elements(len)),
            (true, false) => {
                let span = i128::from(range.hi) - i128::from(range.lo) + 1;
                let value = |i| {
                    i128::from(range.lo) + i128::from(measure::mixed(first + i)).rem_euclid(span)
                };
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
    /// The phase, and when what is under way began.
    current: Mutex<(Phase, Instant)>,
    entries: Mutex<Vec<Entry>>,
}

impl Log<'_> {
    /// Ends what is under way.
    fn note(&self, next: Option<Phase>) {
        let now = Instant::now();
        let (Ok(mut current), Ok(mut entries)) = (self.current.lock(), self.entries.lock()) else {
            return;
        };
        let (phase, begun) = *current;
        let taken = self.device.take();
        entries.push(Entry {
            phase,
            host: now.duration_since(begun).saturating_sub(taken.spent),
            table_bytes: taken.table_bytes,
            work: taken.work,
        });
        *current = (next.unwrap_or(phase), Instant::now());
    }

    fn finish(self) -> Vec<Entry> {
        self.note(None);
        self.entries.into_inner().unwrap_or_default()
    }
}

impl Observer for Log<'_> {
    fn begin(&self, phase: Phase, _steps: usize) {
        self.note(Some(phase));
    }

    fn step(&self, _phase: Phase) {
        self.note(None);
    }
}
