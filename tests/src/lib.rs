//! Shared by the tests across crates: small programs with every kernel, and a way to run them.

pub mod graphs;
pub mod run;
