//! Multilinear building blocks. Points are most significant variable first.

mod eq;
mod univariate;

pub use eq::{eq_eval, eq_table, index_eval};
pub use univariate::evaluate_from_points;
