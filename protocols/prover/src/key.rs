//! Setup: parameters are checked and committed once.

use std::collections::BTreeMap;
use std::sync::Arc;

use kernelwise_core::VerifierKey;
use kernelwise_core::commitment::{CommitmentKey, Commitments, widest_row};
use kernelwise_core::program::{Program, Tensor, TensorId, TensorKind};
use kernelwise_hal::Scalars;

use crate::commit::commit_rows;
use crate::devices::Devices;
use crate::error::ProveError;
use crate::groth16::{Groth16Keys, LaunchKey, fresh_key, keys_of, launch_keys, verifying_keys};
use crate::hints::HintRegistry;
use crate::room::Room;
use crate::tensor::IntTensor;

/// Parameter values by tensor.
pub type Parameters = BTreeMap<TensorId, IntTensor>;

/// What a prover holds: the verifier's key and the parameters behind it.
#[derive(Debug, Clone)]
pub struct ProverKey {
    verifier: VerifierKey,
    parameters: Parameters,
    hints: HintRegistry,
    linked: Arc<[LaunchKey]>,
    room: Room,
}

impl ProverKey {
    /// Joins a verifier key with parameter values and the proving keys of its Groth16 launches, without recomputing the
    /// commitments: a mismatch shows as a proof that does not verify.
    ///
    /// # Errors
    /// [`ProveError::Interface`], [`ProveError::Length`] or [`ProveError::OutOfRange`] if the values do not fit the program;
    /// [`ProveError::Groth16Key`] if a key is missing or is not that of the verifier.
    pub fn new(
        verifier: VerifierKey,
        parameters: Parameters,
        groth16: &Groth16Keys,
    ) -> Result<Self, ProveError> {
        check_parameters(verifier.program(), &parameters)?;
        Ok(Self {
            linked: keys_of(&verifier, groth16)?.into(),
            verifier,
            parameters,
            hints: HintRegistry::default(),
            room: Room::default(),
        })
    }

    pub(crate) fn linked(&self) -> &[LaunchKey] {
        &self.linked
    }

    /// The proving keys of the Groth16 launches.
    pub fn groth16(&self) -> Groth16Keys {
        let keys = self.linked.iter();
        keys.map(|own| (own.digest, own.key.clone())).collect()
    }

    /// The same key with functions for the hints that its circuits name.
    pub fn with_hints(self, hints: HintRegistry) -> Self {
        Self { hints, ..self }
    }

    /// The same key for proofs that hold no more than this in memory where they can choose.
    pub fn with_room(self, room: Room) -> Self {
        Self { room, ..self }
    }

    /// What proofs with this key may hold in memory.
    pub fn room(&self) -> Room {
        self.room
    }

    /// Functions for hints.
    pub fn hints(&self) -> &HintRegistry {
        &self.hints
    }

    /// The key to give to verifiers.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The program.
    pub fn program(&self) -> &Program {
        self.verifier.program()
    }

    /// The parameters.
    pub fn parameters(&self) -> &Parameters {
        &self.parameters
    }
}

/// Commits to the parameters of a program. Transparent: there is no secret to keep or destroy.
///
/// Launches proved by Groth16 are the exception: their keys come from secrets, which are drawn and overwritten here. Whoever runs
/// this could keep them, and forge proofs of those launches.
///
/// # Cost
/// One multi-scalar multiplication per row of each parameter, over one block of rows at a time: parameters in a mapped file are
/// neither copied nor widened.
///
/// # Errors
/// As [`ProverKey::new`], and what the device reports; [`ProveError::Groth16`] for a launch that is too large for Groth16.
pub fn setup(
    program: Program,
    parameters: Parameters,
    devices: Devices<'_>,
) -> Result<ProverKey, ProveError> {
    setup_with(program, parameters, &Groth16Keys::new(), devices)
}

/// As [`setup`], with keys of Groth16 launches that are there already: only others are made.
///
/// # Errors
/// As [`setup`].
pub fn setup_with(
    program: Program,
    parameters: Parameters,
    groth16: &Groth16Keys,
    devices: Devices<'_>,
) -> Result<ProverKey, ProveError> {
    let linked = launch_keys(&program, groth16, fresh_key)?;
    setup_linked(program, parameters, linked, devices)
}

pub(crate) fn setup_linked(
    program: Program,
    parameters: Parameters,
    linked: Vec<LaunchKey>,
    devices: Devices<'_>,
) -> Result<ProverKey, ProveError> {
    check_parameters(&program, &parameters)?;
    let max_columns = program.graph().max_columns;
    let bases = CommitmentKey::derive(widest_row(&program));
    let resident = devices.msm.load(bases.bases())?;
    let mut commitments = Commitments::new();
    for (&id, tensor) in &parameters {
        let scalars = Scalars::Int(tensor.as_slice());
        let rows = commit_rows(
            devices.msm,
            &resident,
            tensor.shape(),
            scalars,
            max_columns,
            Room::default().commit_scalars,
        )?;
        commitments.insert(id, rows);
    }
    let verifier = VerifierKey::new(program, commitments, bases, verifying_keys(&linked))?;
    Ok(ProverKey {
        verifier,
        parameters,
        hints: HintRegistry::default(),
        linked: linked.into(),
        room: Room::default(),
    })
}

fn check_parameters(program: &Program, parameters: &Parameters) -> Result<(), ProveError> {
    let expected = program.tensors_of(TensorKind::Parameter).count();
    if parameters.len() != expected {
        return Err(ProveError::Interface {
            what: "parameters",
            expected,
            got: parameters.len(),
        });
    }
    for (id, tensor) in program.tensors_of(TensorKind::Parameter) {
        let Some(values) = parameters
            .get(&id)
            .filter(|values| *values.shape() == tensor.shape)
        else {
            let got = parameters.get(&id).map_or(0, |values| values.shape().len());
            return Err(ProveError::Length {
                tensor: tensor.name.clone(),
                expected: tensor.shape.len(),
                got,
            });
        };
        check_range(tensor, values)?;
    }
    Ok(())
}

/// Requires every value to lie in the tensor's range.
pub(crate) fn check_range(tensor: &Tensor, values: &IntTensor) -> Result<(), ProveError> {
    match values
        .as_slice()
        .iter()
        .find(|&value| !tensor.range.contains(value))
    {
        Some(got) => Err(ProveError::OutOfRange {
            tensor: tensor.name.clone(),
            expected: tensor.range,
            got,
        }),
        None => Ok(()),
    }
}
