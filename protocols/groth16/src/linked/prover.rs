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
pub struct LinkedProver<'c> {
    circuit: &'c LinkedCircuit,
    prover: Prover,
}

impl<'c> LinkedProver<'c> {
    /// Makes the key of a circuit resident: for several launches.
    ///
    /// # Errors
    /// [`Groth16ProveError::Shape`] if the key is for another circuit; as [`Prover::load`].
    pub fn load(
        circuit: &'c LinkedCircuit,
        key: &ProvingKey,
        devices: Devices<'_>,
    ) -> Result<Self, Groth16ProveError> {
        check_counts(circuit, key)?;
        let prover = Prover::load(key, devices)?;
        Ok(Self { circuit, prover })
    }

    /// Reads the points of the key where they are: for one launch. See [`Prover::streamed`].
    ///
    /// # Errors
    /// [`Groth16ProveError::Shape`] if the key is for another circuit.
    pub fn streamed(
        circuit: &'c LinkedCircuit,
        key: &ProvingKey,
    ) -> Result<Self, Groth16ProveError> {
        check_counts(circuit, key)?;
        let prover = Prover::streamed(key);
        Ok(Self { circuit, prover })
    }

    /// Commits to the shared vectors of a launch, one after the other.
    ///
    /// The commitment MUST be absorbed before a point is drawn; the opening goes into the launch's one proof.
    ///
    /// # Errors
    /// As [`Prover::commit`].
    pub fn commit(
        &self,
        devices: Devices<'_>,
        shared: &[Fr],
    ) -> Result<(G1Affine, BoundaryOpening), Groth16ProveError> {
        self.prover.commit(devices, shared)
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

    /// As [`prove`](Self::prove), whether the wires satisfy the relation or not: if they do not, the proof does not verify.
    ///
    /// # Errors
    /// As [`prove`](Self::prove), but for [`Groth16ProveError::Unsatisfied`].
    pub fn prove_unchecked(
        &self,
        devices: Devices<'_>,
        relation: &[Fr],
        points: &[Vec<Fr>],
        opening: BoundaryOpening,
    ) -> Result<Proof, Groth16ProveError> {
        let (wires, _) = self.circuit.assign(relation, points)?;
        let r1cs = self.circuit.r1cs();
        self.prover.prove_unchecked(devices, r1cs, &wires, opening)
    }
}

fn check_counts(circuit: &LinkedCircuit, key: &ProvingKey) -> Result<(), Groth16ProveError> {
    let (expected, got) = (circuit.r1cs().counts(), key.counts());
    if expected == got {
        return Ok(());
    }
    Err(Groth16ProveError::Shape {
        what: "wires of the key",
        expected: expected.total,
        got: got.total,
    })
}
