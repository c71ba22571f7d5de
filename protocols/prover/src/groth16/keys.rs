//! One key per distinct constraint system.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernelwise_core::VerifierKey;
use kernelwise_core::groth16::VerifyingKey;
use kernelwise_core::program::{Digest, Program};
use kernelwise_groth16::launch::LaunchCircuit;
use kernelwise_groth16::{ProvingKey, QuotientForm};

use crate::error::ProveError;

/// Proving keys by the digest of the constraint system that they are for.
pub type Groth16Keys = BTreeMap<Digest, Arc<ProvingKey>>;

/// A constraint system with its key.
#[derive(Debug)]
pub(crate) struct LaunchKey {
    pub(crate) circuit: LaunchCircuit,
    pub(crate) digest: Digest,
    pub(crate) key: Arc<ProvingKey>,
}

/// The constraint systems of a program's Groth16 launches, each once, with their digests.
///
/// # Cost
/// Linear in constraints.
///
/// # Errors
/// [`ProveError::Groth16`] for a launch with too many constraints.
pub fn groth16_circuits(program: &Program) -> Result<Vec<(Digest, LaunchCircuit)>, ProveError> {
    let systems = program.linked().systems();
    systems
        .map(|launch| {
            let circuit = LaunchCircuit::new(program.graph(), launch)?;
            Ok((circuit.linked().r1cs().digest(), circuit))
        })
        .collect()
}

/// The systems of a program with keys from `known`, or else from `make`.
pub(crate) fn launch_keys(
    program: &Program,
    known: &Groth16Keys,
    make: impl Fn(&LaunchCircuit) -> Result<ProvingKey, ProveError>,
) -> Result<Vec<LaunchKey>, ProveError> {
    let circuits = groth16_circuits(program)?.into_iter();
    circuits
        .map(|(digest, circuit)| {
            let key = match known.get(&digest) {
                Some(key) => key.clone(),
                None => Arc::new(make(&circuit)?),
            };
            Ok(LaunchKey {
                circuit,
                digest,
                key,
            })
        })
        .collect()
}

/// A key from fresh randomness: whoever runs this could forge proofs of the launch.
pub(crate) fn fresh_key(circuit: &LaunchCircuit) -> Result<ProvingKey, ProveError> {
    let key = kernelwise_groth16::setup(circuit.linked().r1cs(), QuotientForm::OddValues);
    Ok(key?)
}

pub(crate) fn verifying_keys(keys: &[LaunchKey]) -> Vec<VerifyingKey> {
    let keys = keys.iter();
    keys.map(|launch| launch.key.verifying().clone()).collect()
}

/// The systems of a verifier key's program, with `known` keys that are those of the verifier.
pub(crate) fn keys_of(
    verifier: &VerifierKey,
    known: &Groth16Keys,
) -> Result<Vec<LaunchKey>, ProveError> {
    let keys = launch_keys(verifier.program(), known, |_| {
        Err(ProveError::Groth16Key {
            problem: "the key of a launch is missing",
        })
    })?;
    let mut pairs = keys.iter().zip(verifier.linked().keys());
    if pairs.any(|(own, theirs)| own.key.verifying() != theirs.key()) {
        return Err(ProveError::Groth16Key {
            problem: "a key is not that of the verifier",
        });
    }
    Ok(keys)
}
