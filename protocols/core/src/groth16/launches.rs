//! The Groth16 launches of a program: their keys, and the verification of all their proofs together.

use std::collections::BTreeMap;

use kernelwise_field::G1Affine;

use super::linked::{LinkedKey, LinkedStatement, VectorClaim, verify_linked};
use super::{Proof, VerifyingKey};
use crate::error::VerifyError;
use crate::program::LinkedLaunches;

/// One key per distinct constraint system of a program's launches.
///
/// # Soundness
/// Whoever made a key and kept its secrets can prove anything of the launches under it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LinkedKeys(Vec<LinkedKey>);

impl LinkedKeys {
    /// Keys for `launches`, in the order of their constraint systems.
    ///
    /// # Errors
    /// [`VerifyError::Key`] for too many or too few; [`VerifyError::Groth16`] for a key of another shape.
    pub(crate) fn new(
        launches: &LinkedLaunches,
        keys: Vec<VerifyingKey>,
    ) -> Result<Self, VerifyError> {
        let (expected, got) = (launches.systems().count(), keys.len());
        if expected != got {
            return Err(VerifyError::Key {
                problem: format!("{got} Groth16 keys for {expected} constraint systems"),
            });
        }
        let keys = launches.systems().zip(keys).map(|(launch, key)| {
            let shared = launch.shared.iter();
            let num_vars = shared.map(|shared| shared.shape.num_vars()).collect();
            LinkedKey::new(key, 0, num_vars)
        });
        Ok(Self(keys.collect::<Result<_, _>>()?))
    }

    /// The keys, by constraint system.
    pub fn keys(&self) -> &[LinkedKey] {
        &self.0
    }

    pub(crate) fn encode(&self) -> Vec<Vec<u8>> {
        self.0.iter().map(|key| key.key().encode()).collect()
    }

    /// Verifies one proof per launch with one product of pairings: `carried` are the commitments, `claims` what each proof must
    /// show of the shared tensors, by launch.
    pub(crate) fn verify(
        &self,
        launches: &LinkedLaunches,
        carried: &[G1Affine],
        claims: &BTreeMap<usize, Vec<VectorClaim>>,
        proofs: &[Proof],
    ) -> Result<(), VerifyError> {
        if launches.is_empty() {
            return Ok(());
        }
        let mut statements = Vec::with_capacity(proofs.len());
        for (linked, (&commitment, proof)) in
            launches.launches().iter().zip(carried.iter().zip(proofs))
        {
            let (Some(key), Some(claims)) = (self.0.get(linked.system), claims.get(&linked.launch))
            else {
                return Err(VerifyError::Key {
                    problem: format!("nothing is known of launch {}", linked.launch),
                });
            };
            statements.push(LinkedStatement {
                key,
                commitment,
                public: &[],
                claims,
                proof,
            });
        }
        // A launch without a statement would go unproved.
        if statements.len() != launches.launches().len() {
            return Err(VerifyError::Key {
                problem: "launches without commitments or proofs".to_owned(),
            });
        }
        Ok(verify_linked(&statements)?)
    }
}
