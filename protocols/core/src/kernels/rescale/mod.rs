//! Multiplication by a fixed-point number, with rounding to nearest.

mod relation;

pub use relation::Rescale;
