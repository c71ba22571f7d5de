//! What Groth16 launches add to a proof: commitments first, claims in the backward pass, proofs last.

use std::collections::BTreeMap;

use kernelwise_core::claim::{Functional, as_point};
use kernelwise_core::field::{Fr, G1Affine};
use kernelwise_core::program::{LinkedLaunch, Program, SharedTensor, TensorId, TensorKind};
use kernelwise_groth16::Devices as Groth16Devices;
use kernelwise_groth16::linked::LinkedProver;
use kernelwise_groth16::prove::BoundaryOpening;

use super::LaunchKey;
use crate::backward::Backward;
use crate::channel::Channel;
use crate::error::ProveError;
use crate::evaluate::evaluate;
use crate::witness::Witness;

/// The provers of all constraint systems: resident where several launches share one.
pub(crate) struct Provers<'k> {
    devices: Groth16Devices<'k>,
    launches: Vec<(&'k LaunchKey, LinkedProver<'k>)>,
}

/// A launch between its commitment and its proof.
struct Committed<'k> {
    launch: &'k LinkedLaunch,
    opening: BoundaryOpening,
}

/// The Groth16 launches of one proof.
pub(crate) struct LinkedRun<'k> {
    provers: &'k Provers<'k>,
    committed: Vec<Committed<'k>>,
    commitments: Vec<G1Affine>,
}

impl<'k> Provers<'k> {
    pub(crate) fn load(
        keys: &'k [LaunchKey],
        program: &Program,
        devices: Groth16Devices<'k>,
    ) -> Result<Self, ProveError> {
        let launches = keys.iter().enumerate().map(|(system, own)| {
            let launches = program.linked().launches().iter();
            let users = launches.filter(|launch| launch.system == system).count();
            let circuit = own.circuit.linked();
            let prover = match users {
                0 | 1 => LinkedProver::streamed(circuit, &own.key)?,
                _ => LinkedProver::load(circuit, &own.key, devices)?,
            };
            Ok((own, prover))
        });
        Ok(Self {
            devices,
            launches: launches.collect::<Result<_, ProveError>>()?,
        })
    }

    fn of(&self, launch: &LinkedLaunch) -> Result<&(&'k LaunchKey, LinkedProver<'k>), ProveError> {
        let prover = self.launches.get(launch.system);
        prover.ok_or(ProveError::Internal("a launch without a Groth16 key"))
    }
}

impl<'k> LinkedRun<'k> {
    /// Commits to the shared tensors of every launch.
    pub(crate) fn commit(
        provers: &'k Provers<'k>,
        program: &'k Program,
        witness: &Witness,
        channel: &mut Channel<'_>,
    ) -> Result<Self, ProveError> {
        let mut run = Self {
            provers,
            committed: Vec::new(),
            commitments: Vec::new(),
        };
        for launch in program.linked().launches() {
            let (_, prover) = provers.of(launch)?;
            let shared = channel.altered("groth16 committed", shared(launch, witness)?);
            let (commitment, opening) = prover.commit(provers.devices, &shared)?;
            run.committed.push(Committed { launch, opening });
            run.commitments.push(commitment);
        }
        Ok(run)
    }

    /// The commitments, in launch order.
    pub(crate) fn commitments(&self) -> &[G1Affine] {
        &self.commitments
    }

    /// Proves every launch, at the points that the backward pass has left; the witness is not checked.
    pub(crate) fn prove(
        self,
        program: &Program,
        witness: &Witness,
        points: &BTreeMap<usize, Vec<Vec<Fr>>>,
        channel: &mut Channel<'_>,
        mut step: impl FnMut(),
    ) -> Result<(), ProveError> {
        let devices = self.provers.devices;
        for Committed { launch, opening } in self.committed {
            let (key, prover) = self.provers.of(launch)?;
            let points = points.get(&launch.launch);
            let points = points.ok_or(ProveError::Internal("a launch without claims"))?;
            let shared = channel.altered("groth16 proved", shared(launch, witness)?);
            let wires = key
                .circuit
                .wires(&shared, &hints(launch, program, witness)?)?;
            let proof = prover.prove_unchecked(devices, &wires, points, opening)?;
            channel.send_groth16(&proof);
            step();
        }
        Ok(())
    }
}

/// The elements of the shared tensors, one after the other.
fn shared(launch: &LinkedLaunch, witness: &Witness) -> Result<Vec<Fr>, ProveError> {
    elements(launch.shared.iter().map(|shared| shared.tensor), witness)
}

/// The elements of the hints that no other launch knows.
fn hints(
    linked: &LinkedLaunch,
    program: &Program,
    witness: &Witness,
) -> Result<Vec<Fr>, ProveError> {
    let graph = program.graph();
    let launch = graph.launches.get(linked.launch);
    let launch = launch.ok_or(ProveError::Internal("a launch that is not there"))?;
    let is_private = |id: &TensorId| {
        let tensor = graph.tensor(*id);
        tensor.is_some_and(|tensor| tensor.kind == TensorKind::Private)
    };
    elements(launch.outputs.iter().copied().filter(is_private), witness)
}

fn elements(
    tensors: impl Iterator<Item = TensorId>,
    witness: &Witness,
) -> Result<Vec<Fr>, ProveError> {
    let mut elements = Vec::new();
    for id in tensors {
        elements.extend(witness.data(id)?.to_values().to_field());
    }
    Ok(elements)
}

impl Backward<'_, '_> {
    /// The claims of one launch, as the verifier takes them: the points are noted for its proof.
    pub(crate) fn link(&mut self, index: usize) -> Result<(), ProveError> {
        let program = self.program;
        let launch = program.linked().launch(index);
        let launch = launch.ok_or(ProveError::Internal("a launch that is not linked"))?;
        let mut points = Vec::with_capacity(launch.shared.len());
        for shared in &launch.shared {
            points.push(self.shared_point(shared)?);
        }
        self.linked.insert(index, points);
        Ok(())
    }

    fn shared_point(&mut self, shared: &SharedTensor) -> Result<Vec<Fr>, ProveError> {
        let id = shared.tensor;
        if shared.is_result {
            let outstanding = self.claims.take_at_point(id);
            if let Some((weights, _)) = self.merge_claims(id, outstanding)?
                && let Some(point) = as_point(&weights)
            {
                return Ok(point);
            }
        } else if let Some((point, _)) = self.claims.find_at_point(id) {
            return Ok(point);
        }
        let point = self.channel.challenges(shared.shape.num_vars());
        let functional = Functional::at_point(&shared.shape, &point);
        if shared.is_result {
            let data = self.witness.data(id)?;
            let value = evaluate(self.devices.contract, data, &functional)?;
            self.channel.send_one("groth16 value", value);
        } else {
            self.claim_on("groth16 value", id, functional)?;
        }
        Ok(point)
    }
}
