//! Groth16 over the devices of Kernelwise.
//!
//! | module | what |
//! |---|---|
//! | [`r1cs`] | constraint systems: sparse matrices, a builder |
//! | [`setup`](mod@setup) | proving and verifying keys from fresh randomness |
//! | [`key`] | the proving key |
//! | [`prove`](mod@prove) | the prover: transforms and sums on devices |
//!
//! Verification is in [`kernelwise_core::groth16`], which depends on no device.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(feature = "ark")]
pub mod ark;
pub mod error;
pub mod key;
pub mod prove;
mod quotient;
pub mod r1cs;
mod random;
pub mod setup;

pub use error::Groth16ProveError;
pub use kernelwise_core::groth16::{Proof, VerifyingKey, verify, verify_batch};
pub use key::ProvingKey;
pub use prove::{Devices, Prover};
pub use r1cs::R1cs;
pub use setup::setup;
