//! Verification of Groth16 proofs, plain or carrying a commitment, any number at once.
//!
//! ```text
//! e(A, B) = e(α, β) · e(L, γ) · e(D, ε) · e(C, δ)      L = K₀ + Σ_i input_i·K_i
//! ```
//! | symbol | meaning |
//! |---|---|
//! | `A, B, C` | the proof |
//! | `α, β, γ, δ, K` | the verifying key |
//! | `D` | the commitment to the boundary wires, sent before any challenge; absent from plain proofs |
//! | `ε` | the secret that only `D`'s bases are divided by |
//!
//! `ε` is a secret of its own, where commit-carrying constructions commonly share `γ`. With `γ` shared, a prover could add
//! a multiple of some `K_i` to `D` and so shift a public input by a number fixed in advance: with the value of a
//! claim as that input, a claim about `x` would pass for one about `x` plus a constant. With `ε`, no sum of bases
//! of the public inputs contributes to `e(D, ε)` anything that the other pairings can cancel.
//!
//! # Source
//! [Groth 2016](https://eprint.iacr.org/2016/260); [LegoSNARK](https://eprint.iacr.org/2019/142), section 5.2, for the
//! commitment carried on the side of the statement and blinded against `δ`; batching as in
//! [Bellare, Garay, Rabin 1998](https://doi.org/10.1007/BFb0054130).

mod batch;
mod error;
mod key;
pub mod launches;
pub mod linked;
mod proof;

pub use batch::{Statement, verify, verify_batch};
pub use error::Groth16Error;
pub use key::{KeyPoints, VerifyingKey};
pub use proof::{PROOF_BYTES, Proof};
