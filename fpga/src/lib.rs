//! The FPGA as a prover device: what its core executes, how to talk to it, and the device they make up.
#![deny(missing_docs)]
#![deny(unsafe_code)]

pub mod device;
pub mod frame;
pub mod isa;
pub mod link;
pub mod model;
pub mod programs;
pub mod transport;
