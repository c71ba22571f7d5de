//! The libraries that devices are compared with, and how their results read as bytes.
//!
//! | reference | what | threads |
//! |---|---|---|
//! | `ark` | arkworks 0.6, as this workspace builds it | one |
//! | `halo2curves` | assembly for x86-64 with BMI2 and ADX; the pool it runs in | all |
//! | `cpu-reference` | the plain tier of the CPU device | one |

pub mod ark;
pub mod halo;
pub mod textbook;

/// Name of arkworks in records.
pub const ARK: &str = "ark-0.6";
/// Name of halo2curves in records.
pub const HALO: &str = "halo2curves-0.10";
/// Name of the textbook prover in records.
pub const TEXTBOOK: &str = "ark-0.6-textbook";
