//! The prover's side of each kernel: `witness.rs` runs it, `prove.rs` passes claims through it.

pub(crate) mod circuit;
pub(crate) mod conv2d;
pub(crate) mod linear;
pub(crate) mod lookup;
pub(crate) mod matmul;
pub(crate) mod max_pool;
pub(crate) mod rescale;
pub(crate) mod reshape;
