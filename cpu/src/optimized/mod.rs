//! The fast tier: the right algorithms, on every core of the current rayon pool.

pub(crate) mod contract;
pub(crate) mod fractions;
mod ints;
pub(crate) mod msm;
pub(crate) mod ntt;
pub(crate) mod sumcheck;
