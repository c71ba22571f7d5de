//! Sum of separable index maps.

mod relation;
mod verify;

pub use relation::Linear;
