//! The programs that the driver runs.

pub mod curve;
pub mod sumcheck;
