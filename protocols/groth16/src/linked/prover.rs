//! Commitment, challenge, proof.

use kernelwise_core::groth16::Proof;
use kernelwise_core::groth16::linked::{LinkedKey, VectorClaim};
use kernelwise_field::{Fr, G1Affine};

use super::LinkedCircuit;
use crate::error::Groth16ProveError;
use crate::key::ProvingKey;
use crate::prove::{BoundaryOpening, Devices, Prover};
use crate::setup::{QuotientForm, setup};

/// Makes keys for a linked circuit: a local setup, see [`setup`](mod@crate::setup).
///
/// # Errors
/// As [`setup`].
pub fn linked_setup(circuit: &LinkedCircuit) -> Result<(ProvingKey, LinkedKey), Groth16ProveError> {
    let key = setup(circuit.r1cs(), QuotientForm::OddValues)?;
    let linked = LinkedKey::new(
        key.verifying().clone(),
        circuit.relation().public,
        circuit.num_vars(),
    )?;
    Ok((key, linked))
}

/// Proves launches of one kernel.
pub struct LinkedProver {
    circuit: LinkedCircuit,
    prover: Prover,
}

impl LinkedProver {
    /// Makes the key of a circuit resident.
    ///
    /// # Errors
    /// [`Groth16ProveError::Shape`] if the key is for another circuit; what a device reports.
    pub fn load(
        circuit: LinkedCircuit,
        key: &ProvingKey,
        devices: Devices<'_>,
    ) -> Result<Self, Groth16ProveError> {
        let (expected, got) = (circuit.r1cs().counts(), key.counts());
        if expected != got {
            return Err(Groth16ProveError::Shape {
                what: "wires of the key",
                expected: expected.total,
                got: got.total,
            });
        }
        Ok(Self {
            prover: Prover::load(key, devices)?,
            circuit,
        })
    }

    /// Commits to the shared vectors of a launch, given the wires of its relation.
    ///
    /// The commitment MUST be absorbed before a point is drawn; the opening goes into the launch's one proof.
    ///
    /// # Errors
    /// As [`Prover::commit`].
    pub fn commit(
        &self,
        devices: Devices<'_>,
        relation: &[Fr],
    ) -> Result<(G1Affine, BoundaryOpening), Groth16ProveError> {
        let counts = self.circuit.relation();
        let first = 1 + counts.public;
        let boundary = relation.get(first..first + counts.boundary);
        let boundary = boundary.ok_or(Groth16ProveError::Shape {
            what: "values of wires",
            expected: counts.total,
            got: relation.len(),
        })?;
        self.prover.commit(devices, boundary)
    }

    /// Proves the relation and the value of every shared vector at its point; returns the claims with the proof.
    ///
    /// # Errors
    /// As [`LinkedCircuit::assign`] and [`Prover::prove_committed`].
    pub fn prove(
        &self,
        devices: Devices<'_>,
        relation: &[Fr],
        points: &[Vec<Fr>],
        opening: BoundaryOpening,
    ) -> Result<(Vec<VectorClaim>, Proof), Groth16ProveError> {
        let (wires, claims) = self.circuit.assign(relation, points)?;
        let proof = self
            .prover
            .prove_committed(devices, self.circuit.r1cs(), &wires, opening)?;
        Ok((claims, proof))
    }
}
