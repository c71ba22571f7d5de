//! Kernels proved by Groth16 that share vectors with other proofs.
//!
//! A relation is a constraint system whose boundary wires are its shared vectors, one after the other. [`LinkedCircuit`]
//! extends it by the evaluation of every vector at a public point; [`LinkedProver`] follows the order of messages that
//! makes claims binding: commitment, challenge, proof ([`kernelwise_core::groth16::linked`]).

mod circuit;
mod fold;
mod prover;

pub use circuit::LinkedCircuit;
pub use prover::{LinkedProver, linked_setup};
