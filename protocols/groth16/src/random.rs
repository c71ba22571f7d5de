//! Secrets from the operating system.

use kernelwise_field::{Fr, PrimeField};
use zeroize::Zeroize;

use crate::error::Groth16ProveError;

/// A uniform field element, but for a bias of 2^-258.
pub(crate) fn field() -> Result<Fr, Groth16ProveError> {
    let mut bytes = [0; 64];
    getrandom::fill(&mut bytes).map_err(|error| Groth16ProveError::Randomness {
        problem: error.to_string(),
    })?;
    let value = Fr::from_le_bytes_mod_order(&bytes);
    bytes.zeroize();
    Ok(value)
}
