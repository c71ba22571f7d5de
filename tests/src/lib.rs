//! Shared by the tests across crates: small programs with every kernel, a way to run them, and ways to cheat.
#![expect(clippy::expect_used, reason = "a broken helper must fail the test")]

pub mod cheats;
pub mod checks;
pub mod circuits;
pub mod graphs;
pub mod run;
pub mod small;
pub mod sumcheck;
