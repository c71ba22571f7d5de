//! The hardware of Kernelwise: a lane that multiplies and adds over BN254, its sequencer and its serial link.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod add_sub;
mod assign;
pub mod constants;
pub mod core;
pub mod crc;
pub mod emit;
pub mod executor;
pub mod framer;
pub mod host;
pub mod items;
pub mod lane;
pub mod lanes;
pub mod leaves;
pub mod lint;
pub mod memory;
pub mod montgomery;
pub mod operands;
pub mod recoder;
pub mod sequencer;
pub mod trace;
pub mod uart;
pub mod waveform;
pub mod waves;
