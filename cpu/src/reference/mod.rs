//! The plain tier: one obvious way to compute each operation, sequential, never tuned.

pub(crate) mod contract;
pub(crate) mod fractions;
pub(crate) mod msm;
pub(crate) mod ntt;
pub(crate) mod sumcheck;
