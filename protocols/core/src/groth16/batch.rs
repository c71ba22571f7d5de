//! One multi-pairing for any number of proofs.
//!
//! With weights `w_i` that depend on everything verified,
//! ```text
//! Π_i e(w_i·A_i, B_i) · Π_k e(−Σw·α, β) · e(−Σw·L, γ) · e(−Σw·D, ε) · e(−Σw·C, δ) = 1
//! ```
//! with the inner sums over the proofs under key `k`. If some equation does not hold, the product does for at most one in
//! 2^128 choices of its weight.

use kernelwise_field::{Bn254, CurveGroup, Fr, G1, G1Affine, G2Affine, Pairing, PrimeField, Zero};

use super::{Groth16Error, Proof, VerifyingKey};
use crate::points::point_bytes;
use crate::program::Digest;

/// A proof with what it proves.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'a> {
    /// The circuit.
    pub key: &'a VerifyingKey,
    /// Its public inputs.
    pub inputs: &'a [Fr],
    /// The commitment to its boundary wires, where it has them: a point of G1.
    pub commitment: Option<G1Affine>,
    /// The proof.
    pub proof: &'a Proof,
}

/// Verifies one plain proof.
///
/// # Errors
/// As [`verify_batch`].
pub fn verify(key: &VerifyingKey, inputs: &[Fr], proof: &Proof) -> Result<(), Groth16Error> {
    verify_batch(&[Statement {
        key,
        inputs,
        commitment: None,
        proof,
    }])
}

/// Sums over the proofs under one key.
struct UnderKey<'a> {
    key: &'a VerifyingKey,
    weight: Fr,
    inputs: G1,
    boundary: G1,
    c: G1,
}

/// Verifies all statements at once; none is valid.
///
/// # Cost
/// One pairing per proof and three per key, four where proofs carry commitments, without final exponentiations but
/// one; a multiplication per public input.
///
/// # Errors
/// [`Groth16Error::InputCount`], [`Groth16Error::Commitment`] or [`Groth16Error::Point`] for a statement that does not fit
/// its key; [`Groth16Error::Pairing`] if some proof is invalid.
pub fn verify_batch(statements: &[Statement<'_>]) -> Result<(), Groth16Error> {
    let seed = seed(statements);
    let mut keys: Vec<UnderKey<'_>> = Vec::new();
    let mut left: Vec<G1> = Vec::new();
    let mut right: Vec<G2Affine> = Vec::new();
    for (index, statement) in statements.iter().enumerate() {
        let Statement {
            key,
            inputs,
            commitment,
            proof,
        } = *statement;
        check_commitment(key, commitment)?;
        let weight = weight(&seed, index);
        let input_sum = key.input_sum(inputs)?;
        left.push(*proof.a() * weight);
        right.push(*proof.b());
        let place = keys
            .iter()
            .position(|under| under.key.digest() == key.digest());
        let place = place.unwrap_or_else(|| {
            keys.push(UnderKey {
                key,
                weight: Fr::zero(),
                inputs: G1::zero(),
                boundary: G1::zero(),
                c: G1::zero(),
            });
            keys.len() - 1
        });
        if let Some(under) = keys.get_mut(place) {
            under.weight += weight;
            under.inputs += input_sum * weight;
            under.c += *proof.c() * weight;
            if let Some(commitment) = commitment {
                under.boundary += commitment * weight;
            }
        }
    }
    for under in &keys {
        left.push(-(*under.key.alpha_g1() * under.weight));
        right.push(*under.key.beta_g2());
        left.push(-under.inputs);
        right.push(*under.key.gamma_g2());
        if let Some(boundary_g2) = under.key.boundary_g2() {
            left.push(-under.boundary);
            right.push(*boundary_g2);
        }
        left.push(-under.c);
        right.push(*under.key.delta_g2());
    }
    let product = Bn254::multi_pairing(G1::normalize_batch(&left), right);
    if product.is_zero() {
        Ok(())
    } else {
        Err(Groth16Error::Pairing)
    }
}

fn check_commitment(key: &VerifyingKey, commitment: Option<G1Affine>) -> Result<(), Groth16Error> {
    let name = |present: bool| if present { "one" } else { "none" };
    if key.has_boundary() != commitment.is_some() {
        return Err(Groth16Error::Commitment {
            expected: name(key.has_boundary()),
            got: name(commitment.is_some()),
        });
    }
    match commitment {
        Some(point) => super::proof::check_g1(&point, "commitment to boundary wires"),
        None => Ok(()),
    }
}

/// Binds everything that is verified: the weights must not be known before it is fixed.
fn seed(statements: &[Statement<'_>]) -> Digest {
    let mut bytes = Vec::new();
    for statement in statements {
        bytes.extend_from_slice(&statement.key.digest().0);
        bytes.extend_from_slice(&(statement.inputs.len() as u64).to_le_bytes());
        for input in statement.inputs {
            for limb in input.into_bigint().0 {
                bytes.extend_from_slice(&limb.to_le_bytes());
            }
        }
        bytes.push(u8::from(statement.commitment.is_some()));
        if let Some(commitment) = &statement.commitment {
            bytes.extend_from_slice(&point_bytes(commitment));
        }
        bytes.extend_from_slice(&statement.proof.to_bytes());
    }
    Digest::of("kernelwise groth16 batch", &bytes)
}

/// 128 bits; the first is one, which saves the only multiplications of a single proof.
fn weight(seed: &Digest, index: usize) -> Fr {
    if index == 0 {
        return Fr::from(1u64);
    }
    let mut bytes = seed.0.to_vec();
    bytes.extend_from_slice(&(index as u64).to_le_bytes());
    let digest = Digest::of("kernelwise groth16 weight", &bytes);
    Fr::from_le_bytes_mod_order(digest.0.get(..16).unwrap_or_default())
}
