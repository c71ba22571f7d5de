//! The prover's half of data-parallel circuits.

mod advice;
mod bottom;
mod evaluate;
mod forward;
mod levels;
mod phases;
mod prove;
mod schedule;
mod spares;
mod witness;

pub(crate) use forward::{adjacent_bytes, held_bytes};
pub(crate) use prove::prove;
pub(crate) use witness::execute;
