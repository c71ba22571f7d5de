//! Proofs and keys in the types of `ark-groth16`.

use ark_groth16::{
    Proof as ArkProof, ProvingKey as ArkProvingKey, VerifyingKey as ArkVerifyingKey,
};
use kernelwise_core::groth16::{Groth16Error, KeyPoints, Proof, VerifyingKey};
use kernelwise_field::Bn254;

use crate::error::Groth16ProveError;
use crate::key::{ProvingKey, ProvingPoints, Quotient};

/// The proof as arkworks has it.
pub fn proof_to_ark(proof: &Proof) -> ArkProof<Bn254> {
    ArkProof {
        a: *proof.a(),
        b: *proof.b(),
        c: *proof.c(),
    }
}

/// A proof that arkworks made.
///
/// # Errors
/// As [`Proof::new`].
pub fn proof_from_ark(proof: &ArkProof<Bn254>) -> Result<Proof, Groth16Error> {
    Proof::new(proof.a, proof.b, proof.c)
}

/// The verifying key as arkworks has it.
///
/// # Errors
/// [`Groth16ProveError::Unsupported`] for a key with boundary wires, which arkworks has no place for.
pub fn verifying_to_ark(key: &VerifyingKey) -> Result<ArkVerifyingKey<Bn254>, Groth16ProveError> {
    let points = key.points();
    if points.boundary_g2.is_some() {
        return Err(unsupported("circuits with boundary wires"));
    }
    Ok(ArkVerifyingKey {
        alpha_g1: points.alpha_g1,
        beta_g2: points.beta_g2,
        gamma_g2: points.gamma_g2,
        delta_g2: points.delta_g2,
        gamma_abc_g1: points.input_bases,
    })
}

/// A verifying key that arkworks made.
///
/// # Errors
/// As [`VerifyingKey::new`].
pub fn verifying_from_ark(key: &ArkVerifyingKey<Bn254>) -> Result<VerifyingKey, Groth16Error> {
    VerifyingKey::new(KeyPoints {
        alpha_g1: key.alpha_g1,
        beta_g2: key.beta_g2,
        gamma_g2: key.gamma_g2,
        delta_g2: key.delta_g2,
        boundary_g2: None,
        input_bases: key.gamma_abc_g1.clone(),
    })
}

/// The proving key as arkworks has it.
///
/// # Errors
/// [`Groth16ProveError::Unsupported`] for a key with boundary wires, or with bases of the quotient's values; as
/// [`ProvingKey::points`].
pub fn proving_to_ark(key: &ProvingKey) -> Result<ArkProvingKey<Bn254>, Groth16ProveError> {
    let points = key.points()?;
    let Quotient::Powers(h_query) = points.quotient else {
        return Err(unsupported("keys with bases of the quotient's values"));
    };
    Ok(ArkProvingKey {
        vk: verifying_to_ark(key.verifying())?,
        beta_g1: points.beta_g1,
        delta_g1: points.delta_g1,
        a_query: points.a,
        b_g1_query: points.b_g1,
        b_g2_query: points.b_g2,
        h_query,
        l_query: points.private,
    })
}

/// A proving key that arkworks made.
///
/// # Errors
/// As [`ProvingKey::new`] and [`VerifyingKey::new`].
pub fn proving_from_ark(key: &ArkProvingKey<Bn254>) -> Result<ProvingKey, Groth16ProveError> {
    ProvingKey::new(
        verifying_from_ark(&key.vk)?,
        ProvingPoints {
            beta_g1: key.beta_g1,
            delta_g1: key.delta_g1,
            a: key.a_query.clone(),
            b_g1: key.b_g1_query.clone(),
            b_g2: key.b_g2_query.clone(),
            private: key.l_query.clone(),
            quotient: Quotient::Powers(key.h_query.clone()),
            boundary: None,
        },
    )
}

fn unsupported(what: &'static str) -> Groth16ProveError {
    Groth16ProveError::Unsupported {
        operation: "conversion to arkworks",
        what,
    }
}
