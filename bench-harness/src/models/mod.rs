//! Whole proofs of models: proved, encoded, decoded and verified.

mod phases;
mod prepare;

use kernelwise_core::wire::{FileKind, ModelProof, decode_file, encode_file};
use kernelwise_core::{VerifierKey, verify};
use kernelwise_cpu::CpuDevice;
use kernelwise_hal::Device;
use kernelwise_prover::{
    Devices, Observer, Peaks, Phase, PhasePeaks, Proved, Quiet, memory, prove,
};

pub use prepare::Prepared;

use crate::case::{Clock, Role};
use crate::clock::{CpuScope, Stopwatch};
use crate::error::BenchError;
use crate::measure::Sampling;
use crate::meter::Metered;
use crate::record::{BenchRecord, PhaseRecord, SCHEMA};
use crate::samples::Samples;
use crate::stats::{Summary, median};
use phases::PhaseClock;

/// Proves and verifies a model `samples` times after one proof to warm up, in the current thread pool.
///
/// Operations that the device lacks are served by the CPU; the record says which.
///
/// # Errors
/// [`BenchError::Proof`] if a proof cannot be made, does not verify after a round trip through bytes, or is of other outputs
/// than the reference executor's.
pub fn measure_model(
    model: &Prepared,
    device: &Metered,
    sampling: Sampling,
) -> Result<BenchRecord, BenchError> {
    let problem = |problem: String| BenchError::Proof {
        model: model.name.clone(),
        problem,
    };
    let host = CpuDevice::optimized();
    let devices = Devices::select(&[device, &host]).map_err(|error| problem(error.to_string()))?;
    let scope = CpuScope::of_threads(sampling.threads);
    let encoded = model.key.verifier().encode();
    let encoded = encoded.map_err(|error| problem(error.to_string()))?;
    let key = VerifierKey::decode(&encoded).map_err(|error| problem(error.to_string()))?;

    let mut proving = Samples::new(1);
    let mut verifying = Samples::new(1);
    let mut phases = Vec::new();
    let mut peaks = Peaks::default();
    let mut proof_bytes = 0;
    let mut peak_memory_bytes = None;
    let meter = device.meter();
    let mut counters = meter.take();
    for round in 0..=sampling.samples {
        if round == 1 {
            memory::reset_peak();
        }
        let (clock, memory_of) = (PhaseClock::start(scope), PhasePeaks::new(&Quiet));
        // Reading the peaks takes time: the warm-up does it, samples do not.
        let observer: &dyn Observer = if round == 0 { &memory_of } else { &clock };
        let watch = Stopwatch::start(scope);
        let proved = prove(&model.key, &model.inputs, devices, observer);
        let proving_lap = watch.lap();
        let laps = clock.finish();
        if round == 0 {
            peaks = memory_of.finish();
        }
        let proved = proved.map_err(|error| problem(error.to_string()))?;
        if round <= 1 {
            // Of the warm-up where nothing follows it.
            peak_memory_bytes = memory::peak_bytes();
        }
        counters = meter.take();
        let file = encode_file(FileKind::Proof, &proved.proof.encode());
        proof_bytes = file.len() as u64;
        let watch = Stopwatch::start(scope);
        check(model, &key, &proved, &file).map_err(problem)?;
        let verifying_lap = watch.lap();
        if round > 0 {
            proving.push(proving_lap);
            verifying.push(verifying_lap);
            phases.push(laps);
        }
    }
    let clock = Clock::of_device(device.info().kind);
    let chosen = Summary::of(proving.on(clock));
    let wall = Summary::of(&proving.wall_ns);
    Ok(BenchRecord {
        schema: SCHEMA,
        workload: format!("prove/{}", model.name),
        op: "prove".to_owned(),
        log_size: None,
        scalar_kind: None,
        shape: model.shape.clone(),
        role: Role::Device,
        device: device.info().name.clone(),
        device_info: served(device),
        threads: sampling.threads,
        commit: None,
        date: String::new(),
        clock,
        iterations: 1,
        samples_ns: proving.on(clock).to_vec(),
        median_ns: chosen.median_ns,
        min_ns: chosen.min_ns,
        stddev_ns: chosen.stddev_ns,
        spread_ns: chosen.spread_ns,
        outliers: chosen.outliers,
        wall_median_ns: wall.median_ns,
        wall_min_ns: wall.min_ns,
        reference: None,
        ratio: None,
        ratios: Vec::new(),
        counters,
        bytes_moved: counters.bytes,
        peak_memory_bytes,
        phases: summarise(&phases, &peaks),
        proof_bytes: Some(proof_bytes),
        verify_ns: Some(median(verifying.on(clock))),
        floor_ns: None,
        verified: true,
    })
}

/// Decodes the proof file and verifies it.
fn check(model: &Prepared, key: &VerifierKey, proved: &Proved, file: &[u8]) -> Result<(), String> {
    let payload = decode_file(FileKind::Proof, file).map_err(|error| error.to_string())?;
    let proof = ModelProof::decode(payload).map_err(|error| error.to_string())?;
    verify(key, &proved.public, &proof).map_err(|error| error.to_string())?;
    if proved.public.inputs != model.inputs {
        return Err("the proof is of other inputs".to_owned());
    }
    if proved.public.outputs != model.outputs {
        return Err("the proof is of other outputs than the executor's".to_owned());
    }
    Ok(())
}

/// Who serves which operation.
fn served(device: &Metered) -> String {
    let able = device.capabilities();
    let lacking: Vec<&str> = [
        (able.msm, "multi-scalar multiplication"),
        (able.sumcheck, "sumcheck"),
        (able.fractions, "trees of fractions"),
        (able.contract, "contraction"),
    ]
    .into_iter()
    .filter_map(|(able, operation)| (!able).then_some(operation))
    .collect();
    let description = &device.info().description;
    if lacking.is_empty() {
        description.clone()
    } else {
        format!("{description}; cpu serves {}", lacking.join(", "))
    }
}

/// Medians of each phase over all samples, and its peak memory.
fn summarise(samples: &[Vec<(Phase, crate::clock::Lap)>], peaks: &Peaks) -> Vec<PhaseRecord> {
    let Some(first) = samples.first() else {
        return Vec::new();
    };
    let of = |index: usize, time: fn(&crate::clock::Lap) -> u64| -> f64 {
        let laps = samples.iter().filter_map(|sample| sample.get(index));
        median(&laps.map(|(_, lap)| time(lap) as f64).collect::<Vec<_>>())
    };
    let names = first.iter().enumerate();
    names
        .map(|(index, (phase, _))| PhaseRecord {
            name: phase.name().to_owned(),
            peak_memory_bytes: peaks.of(*phase),
            cpu_median_ns: of(index, |lap| lap.cpu_ns),
            wall_median_ns: of(index, |lap| lap.wall_ns),
        })
        .collect()
}
