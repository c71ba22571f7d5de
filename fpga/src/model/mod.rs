//! The core in software: bit-exact in memory and exact in cycles.
//!
//! [`Machine`] is memory and sequencer, [`Core`] is a machine behind the frames of the link. What the hardware computes
//! is defined by the Verilog; tests hold the two together.

mod arithmetic;
mod core;
mod machine;
mod recoder;

pub use arithmetic::{Modulus, add, mul, sub};
pub use core::Core;
pub use machine::{Counters, Machine};
