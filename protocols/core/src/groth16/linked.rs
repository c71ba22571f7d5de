//! Commit-carrying proofs about vectors that other proofs speak of too.
//!
//! A kernel proved this way shares its input and output vectors with its neighbours by claims: values of their
//! multilinear extensions at points. The order of messages makes them binding:
//! 1. the prover sends `D`, the commitment to the boundary wires, which hold all shared vectors;
//! 2. points `r` are drawn after `D` is absorbed, values `v` are stated;
//! 3. one proof shows `y = f(x)` and, for every shared vector `t`, `t~(r) = v`, with `r` and `v` as public inputs.
//!
//! Without `D`, a prover would choose `x` after seeing `r`: so there is no way to build a linked key or statement
//! without it.
//!
//! # Public inputs
//! The kernel's own, then for every shared vector, in order, the coordinates of its point (most significant variable
//! first) and the value.

use kernelwise_field::{Fr, G1Affine};

use super::{Groth16Error, Proof, Statement, VerifyingKey, verify_batch};

/// The verifying key of a kernel with shared vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedKey {
    key: VerifyingKey,
    num_public: usize,
    num_vars: Vec<usize>,
}

/// The claim that a vector's multilinear extension has `value` at `point`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VectorClaim {
    /// One coordinate per variable, most significant first.
    pub point: Vec<Fr>,
    /// The value there.
    pub value: Fr,
}

/// A proof of one launch with what it proves.
#[derive(Debug, Clone, Copy)]
pub struct LinkedStatement<'a> {
    /// The kernel.
    pub key: &'a LinkedKey,
    /// The commitment to the shared vectors.
    ///
    /// # Soundness
    /// The caller MUST have absorbed it before it drew any coordinate of `claims`.
    pub commitment: G1Affine,
    /// The kernel's own public inputs.
    pub public: &'a [Fr],
    /// One claim per shared vector, in order.
    pub claims: &'a [VectorClaim],
    /// The proof.
    pub proof: &'a Proof,
}

impl LinkedKey {
    /// A key for `num_public` inputs of the kernel's own and shared vectors of `num_vars` variables each.
    ///
    /// # Errors
    /// [`Groth16Error::Commitment`] if the key has no boundary wires; [`Groth16Error::InputCount`] if it is not for
    /// that many inputs.
    pub fn new(
        key: VerifyingKey,
        num_public: usize,
        num_vars: Vec<usize>,
    ) -> Result<Self, Groth16Error> {
        if !key.has_boundary() {
            return Err(Groth16Error::Commitment {
                expected: "one",
                got: "none",
            });
        }
        let inputs = num_vars
            .iter()
            .try_fold(num_public, |sum, n| sum.checked_add(n.checked_add(1)?));
        if inputs != Some(key.num_inputs()) {
            return Err(Groth16Error::InputCount {
                expected: key.num_inputs(),
                got: inputs.unwrap_or(usize::MAX),
            });
        }
        Ok(Self {
            key,
            num_public,
            num_vars,
        })
    }

    /// The key of the circuit.
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Variables of each shared vector.
    pub fn num_vars(&self) -> &[usize] {
        &self.num_vars
    }

    /// The public inputs that say `public` and `claims`.
    ///
    /// # Errors
    /// [`Groth16Error::InputCount`] or [`Groth16Error::ClaimShape`] if there are not as many, or a point has another
    /// number of coordinates than its vector has variables.
    pub fn inputs(&self, public: &[Fr], claims: &[VectorClaim]) -> Result<Vec<Fr>, Groth16Error> {
        for (expected, got) in [
            (self.num_public, public.len()),
            (self.num_vars.len(), claims.len()),
        ] {
            if expected != got {
                return Err(Groth16Error::InputCount { expected, got });
            }
        }
        let mut inputs = public.to_vec();
        for (index, (claim, &expected)) in claims.iter().zip(&self.num_vars).enumerate() {
            let got = claim.point.len();
            if got != expected {
                return Err(Groth16Error::ClaimShape {
                    index,
                    expected,
                    got,
                });
            }
            inputs.extend_from_slice(&claim.point);
            inputs.push(claim.value);
        }
        Ok(inputs)
    }
}

/// Verifies the proofs of any number of launches with one multi-pairing.
///
/// # Errors
/// As [`LinkedKey::inputs`] and [`verify_batch`].
pub fn verify_linked(statements: &[LinkedStatement<'_>]) -> Result<(), Groth16Error> {
    let inputs = statements
        .iter()
        .map(|statement| statement.key.inputs(statement.public, statement.claims))
        .collect::<Result<Vec<_>, _>>()?;
    let plain: Vec<Statement<'_>> = statements
        .iter()
        .zip(&inputs)
        .map(|(statement, inputs)| Statement {
            key: &statement.key.key,
            inputs,
            commitment: Some(statement.commitment),
            proof: statement.proof,
        })
        .collect();
    verify_batch(&plain)
}
