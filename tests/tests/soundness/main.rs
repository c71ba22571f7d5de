//! Cheating provers: each alters something before it proves, so that the proof is consistent but false, and is rejected
//! by the check that stands for that obligation.
#![expect(clippy::expect_used, reason = "a broken helper must fail the test")]

mod binding;
mod circuits;
mod encoding;
mod fractions;
mod groth16;
mod messages;
mod opening;
mod segments;
mod witness;
