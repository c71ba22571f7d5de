//! Who proves, and how what it made is verified.

use std::path::Path;

use ark_groth16::{
    Groth16, PreparedVerifyingKey, Proof as ArkProof, VerifyingKey, prepare_verifying_key,
};
use clap::ValueEnum;
use kernelwise_cpu::CpuDevice;
use kernelwise_field::{Bn254, Fr};
use kernelwise_groth16::circom::{r1cs, wtns, zkey};
use kernelwise_groth16::{Devices, Prover as Groth16Prover, ark};
use kernelwise_hal::Device;

use super::files;
use crate::case::{Case, Clock, Contender, Role, Task};
use crate::error::BenchError;
use crate::inputs::Rng;
use crate::ops::groth16::{matrices_of, prove_by_ark};
use crate::reference::ARK;

/// A contender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Prover {
    /// ark-groth16.
    Ark,
    /// The CPU device, with the key resident.
    Resident,
    /// The CPU device, with the key in its file.
    Streamed,
}

impl Prover {
    /// All, the reference first.
    pub const ALL: [Self; 3] = [Self::Ark, Self::Resident, Self::Streamed];

    /// The name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ark => ARK,
            Self::Resident => "cpu",
            Self::Streamed => "cpu-streamed",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::Ark => "ark-groth16, key and matrices in memory",
            Self::Resident => "bases resident",
            Self::Streamed => "bases read from the .zkey for every proof",
        }
    }
}

/// Judges proofs by arkworks.
struct Judge {
    key: PreparedVerifyingKey<Bn254>,
    inputs: Vec<Fr>,
    name: &'static str,
}

impl Judge {
    fn new(prover: Prover, key: &VerifyingKey<Bn254>, wires: &[Fr]) -> Self {
        Self {
            key: prepare_verifying_key(key),
            inputs: wires[1..key.gamma_abc_g1.len()].to_vec(),
            name: prover.name(),
        }
    }

    fn verdict(&self, proof: &ArkProof<Bn254>) -> Result<Vec<u8>, BenchError> {
        match Groth16::<Bn254>::verify_proof(&self.key, proof, &self.inputs) {
            Ok(true) => Ok(b"valid".to_vec()),
            _ => Err(BenchError::Proof {
                model: self.name.to_owned(),
                problem: "an invalid Groth16 proof".to_owned(),
            }),
        }
    }
}

pub(super) fn case(prover: Prover, folder: &Path, log_size: u32) -> Result<Case, BenchError> {
    let task = match prover {
        Prover::Ark => by_ark(folder)?,
        Prover::Resident | Prover::Streamed => by_device(prover, folder)?,
    };
    let contender = Contender {
        name: prover.name().to_owned(),
        description: prover.description().to_owned(),
        role: match prover {
            Prover::Ark => Role::Reference,
            Prover::Resident | Prover::Streamed => Role::Device,
        },
        clock: Clock::Cpu,
        peak: None,
        meter: None,
        task,
    };
    Ok(Case {
        op: "groth16-process",
        log_size,
        scalar_kind: "fr",
        shape: format!("{} constraints", (1u64 << log_size) - 2),
        contenders: vec![contender],
    })
}

fn by_ark(folder: &Path) -> Result<Box<dyn Task>, BenchError> {
    let key = files::ark_key(folder)?;
    let (matrices, constraints, wires) = {
        let system = r1cs::read(files::open(folder, files::R1CS)?)?;
        let wires = wtns::read(files::open(folder, files::WTNS)?)?;
        let matrices = matrices_of(&system);
        (matrices, system.num_constraints(), wires)
    };
    let judge = Judge::new(Prover::Ark, &key.vk, &wires);
    let mut rng = Rng::new(9);
    let run = move || prove_by_ark(&key, &mut rng, &matrices, constraints, &wires);
    Ok(checked(run, judge))
}

fn by_device(prover: Prover, folder: &Path) -> Result<Box<dyn Task>, BenchError> {
    let wires = wtns::read(files::open(folder, files::WTNS)?)?;
    let (key, circuit) = zkey::open(files::open(folder, files::ZKEY)?)?;
    let judge = Judge::new(prover, &ark::verifying_to_ark(key.verifying())?, &wires);
    let device = CpuDevice::optimized();
    let ready = match prover {
        Prover::Streamed => Groth16Prover::streamed(&key),
        _ => Groth16Prover::load(&key, Devices::select(&[&device as &dyn Device])?)?,
    };
    drop(key);
    let run = move || {
        let devices = Devices::select(&[&device as &dyn Device])?;
        let proof = ready.prove_keyed(devices, &circuit, &wires)?;
        Ok(ark::proof_to_ark(&proof))
    };
    Ok(checked(run, judge))
}

/// A task whose result is the verdict on its proof.
fn checked(
    run: impl FnMut() -> Result<ArkProof<Bn254>, BenchError> + Send + 'static,
    judge: Judge,
) -> Box<dyn Task> {
    Box::new(Checked {
        run,
        judge,
        last: None,
    })
}

struct Checked<R> {
    run: R,
    judge: Judge,
    last: Option<ArkProof<Bn254>>,
}

impl<R: FnMut() -> Result<ArkProof<Bn254>, BenchError> + Send> Task for Checked<R> {
    fn run(&mut self) -> Result<(), BenchError> {
        self.last = Some((self.run)()?);
        Ok(())
    }

    fn output(&mut self) -> Result<Vec<u8>, BenchError> {
        let proof = self.last.take().ok_or_else(|| BenchError::NotRun {
            contender: self.judge.name.to_owned(),
        })?;
        self.judge.verdict(&proof)
    }
}
