//! Row-major relabelling.

mod relation;
mod verify;

pub use relation::Reshape;
