//! Multilinear building blocks. Points are most significant variable first.

mod eq;

pub use eq::{eq_eval, eq_table, index_eval};
