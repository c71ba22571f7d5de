//! `kernelwise prove`.

use std::collections::BTreeMap;
use std::time::Instant;

use kernelwise_core::Values;
use kernelwise_core::wire::{FileKind, ModelProof, decode_file, encode_file};
use kernelwise_core::{VerifierKey, verify};
use kernelwise_frontend::inspect::ProgramSummary;
use kernelwise_prover::memory::peak_bytes;
use kernelwise_prover::{Groth16Keys, Phase, PhasePeaks, Proved, prove};
use serde::Serialize;

use super::plan::Planned;
use super::verify::values;
use super::{model, systems};
use crate::args::Prove;
use crate::devices;
use crate::error::Failure;
use crate::files;
use crate::output::{Format, Report, bytes, count, milliseconds, print};
use crate::progress::Progress;
use crate::public::PublicFile;

#[derive(Serialize)]
struct Done {
    verified: bool,
    model_digest: String,
    key_digest: String,
    parameters: u64,
    macs: u64,
    compile_ms: f64,
    setup_ms: f64,
    execute_ms: f64,
    commit_ms: f64,
    lookups_ms: f64,
    backward_ms: f64,
    open_ms: f64,
    groth16_ms: f64,
    prove_ms: f64,
    verify_ms: f64,
    proof_bytes: u64,
    verifier_key_bytes: u64,
    peak_memory_bytes: Option<u64>,
    /// Of each phase; what the process holds of earlier work included.
    phase_peak_bytes: BTreeMap<&'static str, u64>,
    saturated_inputs: usize,
    output: Vec<Vec<f64>>,
    float_output: Option<Vec<Vec<f32>>>,
    max_abs_error: Option<f64>,
    predicted_class: Option<usize>,
    float_class: Option<usize>,
    /// Who served what, where an FPGA shares with another device.
    served: Vec<Served>,
    out: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Planned>,
}

#[derive(Serialize)]
struct Served {
    device: String,
    sumchecks: u64,
    msms: u64,
}

impl Report for Done {
    fn text(&self) -> String {
        let mut lines = vec![format!(
            "proved {} parameters, {} multiply-accumulates; the proof verifies",
            count(self.parameters),
            count(self.macs)
        )];
        for output in &self.output {
            lines.push(format!("  output       {}", values(output)));
        }
        if let Some(class) = self.predicted_class {
            let agreement = match self.float_class {
                Some(float) if float == class => " (as the float model)".to_owned(),
                Some(float) => format!(" (WARNING: the float model predicts {float})"),
                None => String::new(),
            };
            lines.push(format!("  prediction   class {class}{agreement}"));
        }
        if let Some(error) = self.max_abs_error {
            lines.push(format!("  float error  {error:.4} at most"));
        }
        if self.saturated_inputs > 0 {
            lines.push(format!(
                "  saturated    {} input values beyond the calibrated range",
                self.saturated_inputs
            ));
        }
        lines.push(format!(
            "  time         compile {}, setup {}, execute {}, prove {}, verify {}",
            milliseconds(self.compile_ms),
            milliseconds(self.setup_ms),
            milliseconds(self.execute_ms),
            milliseconds(self.prove_ms),
            milliseconds(self.verify_ms)
        ));
        let groth16 = match self.groth16_ms {
            0.0 => String::new(),
            time => format!(", groth16 {}", milliseconds(time)),
        };
        lines.push(format!(
            "  of prove     commit {}, lookups {}, backward {}, open {}{groth16}",
            milliseconds(self.commit_ms),
            milliseconds(self.lookups_ms),
            milliseconds(self.backward_ms),
            milliseconds(self.open_ms)
        ));
        lines.push(format!(
            "  size         proof {}, verifier key {}",
            bytes(self.proof_bytes),
            bytes(self.verifier_key_bytes)
        ));
        if let Some(peak) = self.peak_memory_bytes {
            let phases: Vec<String> = Phase::ALL
                .iter()
                .filter_map(|phase| {
                    let peak = self.phase_peak_bytes.get(phase.name())?;
                    Some(format!("{} {}", phase.name(), bytes(*peak)))
                })
                .collect();
            lines.push(format!(
                "  peak memory  {} ({})",
                bytes(peak),
                phases.join(", ")
            ));
        }
        for by in &self.served {
            lines.push(format!(
                "  served       {} sumchecks, {} multi-scalar multiplications by {}",
                count(by.sumchecks),
                count(by.msms),
                by.device
            ));
        }
        lines.push(format!(
            "  written      {}/{{proof.bin, public.json, verifier.key}}",
            self.out
        ));
        if let Some(plan) = &self.plan {
            lines.push(plan.table());
        }
        lines.join("\n")
    }
}

/// Runs a model on an input, proves the run, verifies the proof, and only then writes it.
pub fn run(args: &Prove, format: Format, quiet: bool) -> Result<(), Failure> {
    let progress = Progress::new(quiet);
    let input = model::sample(&args.input)?;
    let chosen = devices::open(&args.devices.devices)?;
    let devices = chosen.select()?;

    progress.announce("compile");
    let start = Instant::now();
    let (float_output, quantised, mut key, compile_ms, setup_ms);
    if args.model.is_dir() {
        systems::refuse(&args.systems)?;
        let (loaded, loaded_key) = model::load(&args.model)?;
        (float_output, quantised, key) = (None, loaded, loaded_key);
        (compile_ms, setup_ms) = (elapsed(start), 0.0);
    } else {
        let imported = model::import(&args.model)?;
        float_output = Some(imported.float_run(&input)?);
        let model = model::quantised(&imported, &args.quantisation, Some(&input))?;
        quantised = systems::apply(model, &args.systems)?.0;
        drop(imported);
        compile_ms = elapsed(start);
        progress.announce("set up");
        let start = Instant::now();
        key = model::prover_key(&quantised, &Groth16Keys::new(), devices)?;
        setup_ms = elapsed(start);
    }
    let integers = quantised.quantise_inputs(&input)?;
    let mut planned = None;
    if args.plan || args.memory_budget.is_some() {
        progress.announce("plan");
        let (budget, names) = (args.memory_budget, &args.devices.devices);
        let (table, plan) = Planned::new(key.program(), key.parameters(), budget, names)?;
        key = key.with_room(plan.room);
        planned = Some((table, plan));
    }

    let start = Instant::now();
    let inputs: Vec<Values> = integers.values.into_iter().map(Values::Int).collect();
    let observer = PhasePeaks::new(&progress);
    let proved = prove(&key, &inputs, devices, &observer)?;
    let total_ms = elapsed(start);
    let peaks = observer.finish();
    let phase = |phase: Phase| {
        let time = proved.phases.iter().find(|(name, _)| *name == phase);
        time.map_or(0.0, |(_, duration)| duration.as_secs_f64() * 1e3)
    };
    progress.finish();
    let planned = planned.map(|(mut table, plan)| {
        table.compare(&plan, &proved);
        table
    });

    // As a stranger would: from the bytes that are about to be written.
    let proof_file = encode_file(FileKind::Proof, &proved.proof.encode());
    let start = Instant::now();
    let key_bytes = verify_bytes(args, &key, &proved, &proof_file)?;
    let verify_ms = elapsed(start);

    files::create_folder(&args.out)?;
    model::save_verifier_key(&args.out, key.verifier())?;
    let public = PublicFile::new(key.program(), &proved.public)?;
    public.write(&args.out.join("public.json"))?;
    files::write(&args.out.join("proof.bin"), &proof_file)?;

    let output: Vec<Vec<f64>> = public
        .outputs
        .iter()
        .map(|tensor| tensor.values.clone())
        .collect();
    let single = output.len() == 1;
    let class = |values: Option<&[f64]>| {
        values
            .filter(|values| single && values.len() > 1)
            .and_then(arg_max)
    };
    let floats = float_output.as_ref().and_then(|outputs| outputs.first());
    let floats: Option<Vec<f64>> =
        floats.map(|values| values.iter().map(|&value| value.into()).collect());
    let done = Done {
        verified: true,
        model_digest: key.program().digest().to_string(),
        key_digest: key.verifier().digest().to_string(),
        parameters: quantised
            .parameters()
            .values()
            .map(|values| values.len() as u64)
            .sum(),
        macs: ProgramSummary::of(key.program()).macs,
        compile_ms,
        setup_ms,
        execute_ms: phase(Phase::Execute),
        commit_ms: phase(Phase::Commit),
        lookups_ms: phase(Phase::Lookups),
        backward_ms: phase(Phase::Backward),
        open_ms: phase(Phase::Open),
        groth16_ms: phase(Phase::Groth16),
        prove_ms: total_ms - phase(Phase::Execute),
        verify_ms,
        proof_bytes: proof_file.len() as u64,
        verifier_key_bytes: key_bytes,
        peak_memory_bytes: peaks.whole().max(peak_bytes()),
        phase_peak_bytes: peaks
            .phases
            .iter()
            .filter_map(|(phase, peak)| Some((phase.name(), (*peak)?)))
            .collect(),
        saturated_inputs: integers.saturated,
        predicted_class: class(output.first().map(Vec::as_slice)),
        float_class: class(floats.as_deref()),
        max_abs_error: float_output
            .as_ref()
            .map(|floats| max_abs_error(&output, floats)),
        output,
        float_output,
        served: served(&chosen),
        out: args.out.display().to_string(),
        plan: planned,
    };
    print(format, &done);
    Ok(())
}

fn served(chosen: &devices::Chosen) -> Vec<Served> {
    let served = |(device, by): (String, kernelwise_hal::Served)| Served {
        device,
        sumchecks: by.sumchecks,
        msms: by.msms,
    };
    chosen.served().into_iter().map(served).collect()
}

/// Decodes key and proof anew and verifies; returns the size of the key.
fn verify_bytes(
    args: &Prove,
    key: &kernelwise_prover::ProverKey,
    proved: &Proved,
    proof_file: &[u8],
) -> Result<u64, Failure> {
    let at = |source| Failure::Format {
        path: args.out.clone(),
        source,
    };
    let bytes = key.verifier().encode().map_err(at)?;
    let decoded = VerifierKey::decode(&bytes).map_err(at)?;
    let payload = decode_file(FileKind::Proof, proof_file).map_err(at)?;
    let proof = ModelProof::decode(payload).map_err(at)?;
    verify(&decoded, &proved.public, &proof).map_err(Failure::Invalid)?;
    Ok(bytes.len() as u64)
}

fn elapsed(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}

fn arg_max(values: &[f64]) -> Option<usize> {
    values
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.total_cmp(b.1))
        .map(|(index, _)| index)
}

fn max_abs_error(output: &[Vec<f64>], floats: &[Vec<f32>]) -> f64 {
    let pairs = output.iter().flatten().zip(floats.iter().flatten());
    pairs
        .map(|(&ours, &theirs)| (ours - f64::from(theirs)).abs())
        .fold(0.0, f64::max)
}
