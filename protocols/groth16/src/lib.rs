//! Groth16 over the devices of Kernelwise.
//!
//! | module | what |
//! |---|---|
//! | [`circom`] | files of circom and snarkjs |
//! | [`r1cs`] | constraint systems: sparse matrices, a builder |
//! | [`setup`](mod@setup) | proving and verifying keys from fresh randomness |
//! | [`key`] | the proving key |
//! | [`launch`] | launches of circuits as constraint systems |
//! | [`linked`] | kernels that share vectors with other proofs |
//! | [`prove`](mod@prove) | the prover: transforms and sums on devices |
//!
//! # Example
//! ```text
//! let key = setup(&r1cs, QuotientForm::OddValues)?;             // a local setup: whoever runs it could forge
//! let devices = Devices::select(&[&device])?;
//! let prover = Prover::load(&key, devices)?;
//! let proof = prover.prove(devices, &r1cs, &wires)?;
//! verify(key.verifying(), &inputs, &proof)?;
//! ```
//! Verification is in [`kernelwise_core::groth16`], which depends on no device.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

#[cfg(feature = "ark")]
pub mod ark;
pub mod circom;
pub mod error;
pub mod key;
pub mod launch;
pub mod linked;
mod points;
pub mod prove;
mod query;
mod quotient;
pub mod r1cs;
mod random;
pub mod setup;
mod shape;
mod stored;

pub use error::Groth16ProveError;
pub use kernelwise_core::groth16::{Proof, VerifyingKey, verify, verify_batch};
pub use key::ProvingKey;
pub use prove::{Devices, Prover};
pub use r1cs::R1cs;
pub use setup::{QuotientForm, setup};
pub use shape::shape_key;
