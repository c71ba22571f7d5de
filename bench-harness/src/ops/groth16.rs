//! Groth16 proofs of a chain of products, against arkworks; both verified by arkworks.

use std::sync::Arc;

use ark_groth16::{
    Groth16, PreparedVerifyingKey, Proof as ArkProof, ProvingKey as ArkProvingKey,
    prepare_verifying_key,
};
use kernelwise_field::{Bn254, Field, Fr};
use kernelwise_groth16::r1cs::{Linear, R1csBuilder};
use kernelwise_groth16::{
    Devices, Groth16ProveError, Prover, ProvingKey, QuotientForm, R1cs, ark, setup,
};
use kernelwise_hal::Device;

use super::{Setting, contenders};
use crate::case::{Case, Contender, task};
use crate::error::BenchError;
use crate::inputs::Rng;
use crate::reference::ARK;

const OPERATION: &str = "Groth16 proof";

/// `w_{i+1} = w_i · w_{i-1} + 1` from a public and a private value: full-width wires in every matrix.
pub(crate) fn chain(constraints: usize) -> Result<(R1cs, Vec<Fr>), Groth16ProveError> {
    let mut builder = R1csBuilder::new();
    let mut rng = Rng::new(8);
    let (mut last, mut value) = (builder.public(), rng.field());
    let (mut next, mut next_value) = (builder.private(), rng.field());
    let mut wires = vec![Fr::ONE, value, next_value];
    for _ in 0..constraints {
        let wire = builder.private();
        let product = Linear::from(wire) - Linear::constant(Fr::ONE);
        builder.constrain(last, next, product);
        (value, next_value) = (next_value, value * next_value + Fr::ONE);
        (last, next) = (next, wire);
        wires.push(next_value);
    }
    Ok((builder.build()?, wires))
}

/// A circuit with its witness and everything that is made once per key.
struct Instance {
    r1cs: R1cs,
    wires: Vec<Fr>,
    key: ProvingKey,
    verifying: PreparedVerifyingKey<Bn254>,
}

impl Instance {
    fn new(log_size: u32) -> Result<Self, Groth16ProveError> {
        // The domain also has a point for the constant one and for the public input.
        let (r1cs, wires) = chain((1 << log_size) - 2)?;
        let key = setup(&r1cs, QuotientForm::Powers)?;
        let verifying = prepare_verifying_key(&ark::verifying_to_ark(key.verifying())?);
        Ok(Self {
            r1cs,
            wires,
            key,
            verifying,
        })
    }

    fn inputs(&self) -> &[Fr] {
        &self.wires[1..=self.r1cs.counts().public]
    }

    /// Equal for all valid proofs, of which no two are equal.
    fn verdict(&self, prover: &str, proof: &ArkProof<Bn254>) -> Vec<u8> {
        match Groth16::<Bn254>::verify_proof(&self.verifying, proof, self.inputs()) {
            Ok(true) => b"valid".to_vec(),
            _ => format!("invalid proof by {prover}").into_bytes(),
        }
    }
}

/// The rows of a system as arkworks has them.
pub(crate) type ArkMatrices = [Vec<Vec<(Fr, usize)>>; 3];

/// The matrices of a system for arkworks.
pub(crate) fn matrices_of(system: &R1cs) -> ArkMatrices {
    system.matrices().map(|matrix| {
        let row = |row| matrix.row(row).map(|(wire, c)| (c, wire)).collect();
        (0..matrix.rows()).map(row).collect()
    })
}

/// A proof by arkworks.
pub(crate) fn prove_by_ark(
    key: &ArkProvingKey<Bn254>,
    rng: &mut Rng,
    matrices: &ArkMatrices,
    constraints: usize,
    wires: &[Fr],
) -> Result<ArkProof<Bn254>, BenchError> {
    let proof = Groth16::<Bn254>::create_proof_with_reduction_and_matrices(
        key,
        rng.field(),
        rng.field(),
        matrices,
        key.vk.gamma_abc_g1.len(),
        constraints,
        wires,
    );
    proof.map_err(|error| BenchError::Reference {
        library: ARK,
        problem: error.to_string(),
    })
}

/// arkworks, with its own copies of key and matrices.
fn reference(instance: &Arc<Instance>) -> Result<Contender, BenchError> {
    let key = ark::proving_to_ark(&instance.key)?;
    let matrices = matrices_of(&instance.r1cs);
    let (own, judge) = (Arc::clone(instance), Arc::clone(instance));
    let mut rng = Rng::new(9);
    let run = move || {
        let constraints = own.r1cs.num_constraints();
        prove_by_ark(&key, &mut rng, &matrices, constraints, &own.wires)
    };
    let description = if cfg!(feature = "reference-parallel") {
        "ark-groth16, all threads"
    } else {
        "ark-groth16, one thread"
    };
    let verdict = move |proof| judge.verdict(ARK, &proof);
    Ok(Contender::reference(ARK, description, task(run, verdict)))
}

/// One case: `2^log_size` constraints, less those that the domain takes for itself.
pub(super) fn case(setting: &Setting, log_size: u32) -> Result<Case, BenchError> {
    let able = |device: &dyn Device| {
        device.msm().is_some() && device.msm_g2().is_some() && device.ntt().is_some()
    };
    if !setting.devices.iter().any(|device| able(device)) {
        return Err(setting.unsupported(OPERATION));
    }
    let instance = Arc::new(Instance::new(log_size)?);
    let references = vec![reference(&instance)?];
    let devices = setting.device_contenders(
        OPERATION,
        |device| able(device),
        |device| {
            let prover = Prover::load(&instance.key, Devices::select(&[&device])?)?;
            let (own, judge) = (Arc::clone(&instance), Arc::clone(&instance));
            let name = device.info().name.clone();
            let run = move || {
                let devices = Devices::select(&[&device])?;
                Ok(prover.prove(devices, &own.r1cs, &own.wires)?)
            };
            let verdict = move |proof| judge.verdict(&name, &ark::proof_to_ark(&proof));
            Ok(task(run, verdict))
        },
    )?;
    Ok(Case {
        op: "groth16",
        log_size,
        scalar_kind: "fr",
        shape: format!("{} constraints", instance.r1cs.num_constraints()),
        contenders: contenders(references, devices),
    })
}
