//! Everything a verifier needs, and nothing else.
//!
//! | module | what |
//! |---|---|
//! | [`program`] | kernel graphs: tensors, launches, tables; validation and digest |
//! | [`kernels`] | one relation per kernel, and how a claim passes through it |
//! | [`circuit`] | layered circuits: gates, levels, hints, domains of values |
//! | [`claim`] | claims: linear functionals of tensors and their asserted values |
//! | [`transcript`] | Fiat–Shamir: everything a prover says is read from here, and bound by being read |
//! | [`sumcheck`] | round-by-round verification |
//! | [`lookup`] | one LogUp argument for all tables |
//! | [`commitment`] | Pedersen rows and their batch opening |
//! | [`groth16`] | Groth16 proofs, plain or bound to claims |
//! | [`key`], [`wire`] | what travels and how it is encoded |
//! | [`mod@verify`] | the whole verifier |
//!
//! The mathematics is in `docs/protocol.md`. Functions that read a proof are total: any bytes give `Ok` or an error that
//! names the check that failed.
#![forbid(unsafe_code)]
#![deny(missing_docs)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

pub mod circuit;
pub mod claim;
pub mod commitment;
pub mod error;
pub mod groth16;
pub mod kernels;
pub mod key;
pub mod lookup;
mod points;
pub mod poly;
pub mod program;
pub mod sumcheck;
pub mod transcript;
mod values;
pub mod verify;
pub mod wire;

pub use error::VerifyError;
pub use kernelwise_field as field;
pub use key::{PublicTensors, VerifierKey};
pub use values::Values;
pub use verify::verify;
