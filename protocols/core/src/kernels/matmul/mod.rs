//! Matrix product with a constant right side: `y[o…, n] = Σ_{k…} x[o…, k…] · w[k…, n]`.

mod relation;
mod verify;

pub(super) use relation::product_range;
pub use relation::{MatMul, MatMulShape};
