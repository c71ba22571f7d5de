//! What all examples share: prove, verify, measure, report.
#![allow(clippy::print_stdout, reason = "an example reports on standard output")]

use std::time::{Duration, Instant};

use kernelwise_core::field::{Field, Fr};
use kernelwise_core::wire::ModelProof;
use kernelwise_core::{PublicTensors, Values, verify};
use kernelwise_cpu::CpuDevice;
use kernelwise_language::{CircuitKernel, Compiled};
use kernelwise_prover::memory::{peak_bytes, reset_peak};
use kernelwise_prover::{Devices, ProverKey, Quiet, Rates};

/// Failures are reported as they come.
pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// What every example takes.
#[derive(Debug, Clone, clap::Args)]
pub struct Common {
    /// Instances to prove at once.
    #[arg(long, default_value_t = 64)]
    pub instances: usize,
    /// Proofs to make; the fastest is reported.
    #[arg(long, default_value_t = 3)]
    pub repeat: usize,
    /// Report as JSON.
    #[arg(long)]
    pub json: bool,
    /// Print what kernels were compiled to: gates of each layer, depth, constraints.
    #[arg(long)]
    pub inspect: bool,
    /// Predict time and memory, and print them beside what the first proof took.
    #[arg(long)]
    pub plan: bool,
}

impl Common {
    /// Prints what `kernel` was compiled to, if asked to.
    #[allow(dead_code, reason = "not every example compiles a kernel")]
    pub fn inspect(&self, kernel: &CircuitKernel) {
        if self.inspect {
            eprintln!("{}", kernel.report());
        }
    }
}

/// What one proof took.
#[derive(Debug, Clone)]
struct Measured {
    prove: Duration,
    cpu: Option<Duration>,
    verify: Duration,
    proof_bytes: usize,
    phases: Vec<(String, Duration)>,
}

/// Proves `program`, verifies each proof, hands the outputs to `check`, and reports.
pub fn run(
    name: &str,
    common: &Common,
    program: &Compiled,
    check: impl Fn(&[Values]) -> Outcome<()>,
) -> Outcome<()> {
    let device = CpuDevice::optimized();
    let devices = Devices::select(&[&device])?;
    let start = Instant::now();
    let key = program.setup(devices)?;
    let setup = start.elapsed();
    if common.plan {
        compare(program, &key, devices)?;
    }
    let mut best: Option<Measured> = None;
    for _ in 0..common.repeat.max(1) {
        let (start, cpu) = (Instant::now(), cpu_time());
        let proved = program.prove(&key, devices, &Quiet)?;
        let prove = start.elapsed();
        let cpu = cpu_time()
            .zip(cpu)
            .map(|(end, start)| end.saturating_sub(start));
        let bytes = proved.proof.encode();
        let start = Instant::now();
        verify(key.verifier(), &proved.public, &ModelProof::decode(&bytes)?)?;
        let measured = Measured {
            prove,
            cpu,
            verify: start.elapsed(),
            proof_bytes: bytes.len(),
            phases: proved
                .phases
                .iter()
                .map(|(phase, time)| (phase.name().to_owned(), *time))
                .collect(),
        };
        must_not_verify(&proved.public, |public| {
            verify(key.verifier(), public, &proved.proof).is_ok()
        })?;
        check(&proved.public.outputs)?;
        if best.as_ref().is_none_or(|best| measured.prove < best.prove) {
            best = Some(measured);
        }
    }
    let Some(best) = best else { return Ok(()) };
    report(name, common, setup, &best);
    Ok(())
}

/// Prints what was predicted beside what the first proof takes, with the memory that it adds to the process.
fn compare(program: &Compiled, key: &ProverKey, devices: Devices<'_>) -> Outcome<()> {
    let plan = program.plan(&Rates::measure(devices)?)?;
    reset_peak();
    let before = peak_bytes();
    let proved = program.prove(key, devices, &Quiet)?;
    let added = peak_bytes()
        .zip(before)
        .map(|(peak, own)| peak.saturating_sub(own));
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    eprintln!("{:<12}{:>12}{:>12}", "step", "predicted", "actual");
    for (phase, actual) in &proved.phases {
        let steps = plan.steps.iter().filter(|step| step.phase == *phase);
        let predicted = ms(steps.map(|step| step.time).sum());
        let actual = ms(*actual);
        eprintln!("{:<12}{predicted:>9.1} ms{actual:>9.1} ms", phase.name());
    }
    let actual = ms(proved.phases.iter().map(|(_, time)| *time).sum());
    eprintln!("{:<12}{:>9.1} ms{actual:>9.1} ms", "total", ms(plan.time()));
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    eprintln!(
        "{:<12}{:>8.1} MiB{:>8.1} MiB",
        "memory",
        mib(plan.peak_bytes()),
        added.map_or(f64::NAN, mib)
    );
    Ok(())
}

/// The same proof for another output must fail.
fn must_not_verify(
    public: &PublicTensors,
    verifies: impl Fn(&PublicTensors) -> bool,
) -> Outcome<()> {
    let mut other = public.clone();
    match other.outputs.first_mut() {
        Some(Values::Int(values)) => values.iter_mut().take(1).for_each(|value| *value ^= 1),
        Some(Values::Field(values)) => values
            .iter_mut()
            .take(1)
            .for_each(|value| *value += Fr::ONE),
        None => {}
    }
    if other != *public && verifies(&other) {
        return Err("a proof verifies for another output".into());
    }
    Ok(())
}

fn report(name: &str, common: &Common, setup: Duration, best: &Measured) {
    let per_second = common.instances as f64 / best.prove.as_secs_f64();
    let per_core = best
        .cpu
        .map(|cpu| common.instances as f64 / cpu.as_secs_f64());
    if common.json {
        let phases: serde_json::Map<_, _> = best
            .phases
            .iter()
            .map(|(phase, time)| (phase.clone(), (time.as_nanos() as u64).into()))
            .collect();
        let record = serde_json::json!({
            "example": name,
            "instances": common.instances,
            "setup_ns": setup.as_nanos() as u64,
            "prove_ns": best.prove.as_nanos() as u64,
            "prove_cpu_ns": best.cpu.map(|cpu| cpu.as_nanos() as u64),
            "verify_ns": best.verify.as_nanos() as u64,
            "phases_ns": phases,
            "proof_bytes": best.proof_bytes,
            "instances_per_s": per_second,
            "instances_per_cpu_s": per_core,
            "peak_memory_bytes": peak_bytes(),
            "verified": true,
        });
        println!("{record}");
        return;
    }
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!("{name}: {} instances, verified", common.instances);
    println!("  setup   {:10.1} ms", ms(setup));
    println!(
        "  prove   {:10.1} ms  ({per_second:.1} instances/s)",
        ms(best.prove)
    );
    if let (Some(cpu), Some(per_core)) = (best.cpu, per_core) {
        println!(
            "  cpu     {:10.1} ms  ({per_core:.1} instances/s per thread)",
            ms(cpu)
        );
    }
    for (phase, time) in &best.phases {
        println!("    {phase:8}{:8.1} ms", ms(*time));
    }
    println!("  verify  {:10.1} ms", ms(best.verify));
    println!("  proof   {:10} bytes", best.proof_bytes);
    if let Some(peak) = peak_bytes() {
        println!(
            "  memory  {:10.1} MiB at most",
            peak as f64 / f64::from(1 << 20)
        );
    }
}

/// Processor time of this process so far, where the system tells.
fn cpu_time() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(Duration::new(
        u64::try_from(time.tv_sec).ok()?,
        u32::try_from(time.tv_nsec).ok()?,
    ))
}

/// Bytes that differ from instance to instance.
#[allow(dead_code, reason = "not every example hashes")]
pub fn messages(instances: usize, bytes: usize) -> Vec<Vec<u8>> {
    let byte = |instance: usize, i: usize| (instance * 131 + i * 29 + 7) as u8;
    (0..instances)
        .map(|instance| (0..bytes).map(|i| byte(instance, i)).collect())
        .collect()
}

/// Compares the digests of all messages with those of a plain implementation.
#[allow(dead_code, reason = "not every example hashes")]
pub fn check_digests(
    outputs: &[Values],
    messages: &[Vec<u8>],
    plain: impl Fn(&[u8]) -> Vec<u8>,
) -> Outcome<()> {
    let expected: Vec<i64> = messages
        .iter()
        .flat_map(|message| plain(message))
        .map(i64::from)
        .collect();
    match outputs.first().and_then(Values::as_integers) {
        Some(digests) if digests == expected => Ok(()),
        _ => Err("a digest differs from the plain implementation's".into()),
    }
}
