//! The prover's half of the protocol, step by step as the verifier reads it.

use std::time::{Duration, Instant};

use kernelwise_core::program::TensorKind;
use kernelwise_core::transcript::Instance;
use kernelwise_core::wire::ModelProof;
use kernelwise_core::{PublicTensors, Values};

use crate::backward::Backward;
use crate::channel::Channel;
use crate::commit::commit_rows;
use crate::devices::Devices;
use crate::error::ProveError;
use crate::groth16::{LinkedRun, Provers};
use crate::key::ProverKey;
use crate::observer::{Observer, Phase};
use crate::witness::{Witness, execute};

/// A proof and what it took.
#[derive(Debug, Clone)]
pub struct Proved {
    /// The proof.
    pub proof: ModelProof,
    /// The statement: public inputs and outputs.
    pub public: PublicTensors,
    /// Wall time of each phase, in order.
    pub phases: Vec<(Phase, Duration)>,
    /// Bytes of the proof that each phase sent, in order.
    pub bytes: Vec<(Phase, usize)>,
    /// The launches of the backward pass, last first.
    pub launches: Vec<LaunchReport>,
}

/// What one launch took in the backward pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaunchReport {
    /// Index of the launch.
    pub launch: usize,
    /// Wall time, in which its threads may have helped other segments.
    pub time: Duration,
    /// Bytes of the proof.
    pub bytes: usize,
}

impl Proved {
    /// Bytes of the proof that a phase sent.
    pub fn bytes_of(&self, phase: Phase) -> usize {
        let sent = self.bytes.iter().filter(|(own, _)| *own == phase);
        sent.map(|(_, bytes)| bytes).sum()
    }
}

/// Runs the program on `inputs` and proves the run.
///
/// # Errors
/// [`ProveError`]: inputs that do not fit, values outside tables, or a device that fails.
pub fn prove(
    key: &ProverKey,
    inputs: &[Values],
    devices: Devices<'_>,
    observer: &dyn Observer,
) -> Result<Proved, ProveError> {
    // On a thread of the pool: from there, work is shared without waiting for a thread to wake and this one to sleep.
    rayon::scope(|_| {
        let start = Instant::now();
        observer.begin(Phase::Execute, 1);
        let witness = execute(key.program(), key.parameters(), key.hints(), inputs)?;
        observer.step(Phase::Execute);
        let executed = start.elapsed();
        let mut proved = prove_witness(key, &witness, devices, observer)?;
        proved.phases.insert(0, (Phase::Execute, executed));
        Ok(proved)
    })
}

/// Proves a run whose tensors are given. The witness is not checked: a false one gives a proof that does not verify.
///
/// # Errors
/// What the devices report, and [`ProveError::Internal`] if the witness does not belong to the program.
pub fn prove_witness(
    key: &ProverKey,
    witness: &Witness,
    devices: Devices<'_>,
    observer: &dyn Observer,
) -> Result<Proved, ProveError> {
    run(key, witness, devices, observer, |channel| channel)
}

/// As [`prove_witness`], with every message passed through `cheat` before it is bound.
///
/// # Errors
/// As [`prove_witness`].
#[cfg(feature = "cheat")]
pub fn prove_cheating(
    key: &ProverKey,
    witness: &Witness,
    devices: Devices<'_>,
    cheat: crate::channel::Cheat<'_>,
) -> Result<Proved, ProveError> {
    run(key, witness, devices, &crate::observer::Quiet, |channel| {
        channel.with_cheat(cheat)
    })
}

/// As [`prove_witness`], with the commitments that Groth16 proofs carry passed through `cheat` before they are bound.
///
/// # Errors
/// As [`prove_witness`].
#[cfg(feature = "cheat")]
pub fn prove_with_carried(
    key: &ProverKey,
    witness: &Witness,
    devices: Devices<'_>,
    cheat: crate::channel::CarriedCheat<'_>,
) -> Result<Proved, ProveError> {
    run(key, witness, devices, &crate::observer::Quiet, |channel| {
        channel.with_carried(cheat)
    })
}

fn run<'c>(
    key: &ProverKey,
    witness: &Witness,
    devices: Devices<'_>,
    observer: &dyn Observer,
    equip: impl FnOnce(Channel<'c>) -> Channel<'c>,
) -> Result<Proved, ProveError> {
    let program = key.program();
    let mut timed = Timer::start();
    // Missing operations show before anything is proved.
    let provers = match program.linked().is_empty() {
        true => None,
        false => Some(Provers::load(key.linked(), program, devices.groth16()?)?),
    };
    let advice: Vec<_> = program.tensors_of(TensorKind::Advice).collect();
    observer.begin(Phase::Commit, advice.len());
    let public = witness.public(program)?;
    let digest = key.verifier().digest();
    let instance = Instance {
        program: program.digest(),
        key: digest,
        public: &public,
    };
    let mut channel = equip(Channel::new(&instance));
    let (mut phases, mut bytes, mut sent) = (Vec::new(), Vec::new(), 0);
    let mut lap = |phase, timed: &mut Timer, len: usize| {
        phases.push((phase, timed.lap()));
        bytes.push((phase, len - std::mem::replace(&mut sent, len)));
    };
    let max_columns = program.graph().max_columns;
    let bases = devices.msm.load(key.verifier().bases().bases())?;
    for (id, _) in advice {
        let tensor = witness.data(id)?;
        let (shape, scalars) = (tensor.shape(), tensor.scalars());
        let block = key.room().commit_scalars;
        let rows = commit_rows(devices.msm, &bases, shape, scalars, max_columns, block)?;
        channel.send_points(&rows);
        observer.step(Phase::Commit);
    }
    drop(bases);
    let linked = provers
        .as_ref()
        .map(|provers| LinkedRun::commit(provers, program, witness, &mut channel))
        .transpose()?;
    if let Some(linked) = &linked {
        channel.send_carried(linked.commitments());
    }
    lap(Phase::Commit, &mut timed, channel.len());

    let mut pass = Backward::new(key, witness, devices, &mut channel);
    pass.lookups(observer)?;
    lap(Phase::Lookups, &mut timed, pass.channel.len());

    observer.begin(Phase::Backward, program.graph().launches.len());
    pass.outputs(&public);
    let launches = pass.launches(observer)?;
    pass.drop_input_claims();
    lap(Phase::Backward, &mut timed, pass.channel.len());

    let points = std::mem::take(&mut pass.linked);
    pass.open(observer)?;
    lap(Phase::Open, &mut timed, channel.len());

    if let Some(linked) = linked {
        observer.begin(Phase::Groth16, program.linked().launches().len());
        linked.prove(program, witness, &points, &mut channel, || {
            observer.step(Phase::Groth16)
        })?;
        lap(Phase::Groth16, &mut timed, channel.len());
    }
    let proof = ModelProof {
        program: program.digest(),
        key: digest,
        messages: channel.finish(),
    };
    Ok(Proved {
        proof,
        public,
        phases,
        bytes,
        launches,
    })
}

struct Timer(Instant);

impl Timer {
    fn start() -> Self {
        Self(Instant::now())
    }

    fn lap(&mut self) -> Duration {
        let now = Instant::now();
        now.duration_since(std::mem::replace(&mut self.0, now))
    }
}
