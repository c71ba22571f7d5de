//! Vector lanes over the fields of BN254, and what is built on them.
//!
//! # Design
//! - **Eight elements at once.** [`LaneOps`] is arithmetic on eight field elements; tables stay in lanes through a
//!   whole computation and are converted at the seam, one multiplication per element.
//! - **Montgomery radix 2^260**, five limbs of 52 bits, the width of AVX-512 IFMA. Arkworks uses 2^256.
//! - **Lazy reduction.** Values stay below `1.75p`; the bounds are stated and proven at each operation of `ifma`.
//! - **One source, every machine.** A [`LaneKernel`] is generic in [`LaneOps`]; [`dispatch`] picks the instruction set
//!   at run time ([`Level`]). Results are canonical, so they have the same bits on all of them.
//!
//! # Example
//! ```text
//! struct Scale<'a> { values: &'a mut [Fr], by: Fr }
//! impl LaneKernel for Scale<'_> {
//!     type Output = ();
//!     #[inline(always)]
//!     fn call<S: LaneOps>(self, ops: S) {
//!         let by = ops.splat(self.by);
//!         for chunk in self.values.as_chunks_mut::<WIDTH>().0 {
//!             *chunk = ops.unpack(ops.mul(ops.pack(chunk), by));
//!         }
//!     }
//! }
//! dispatch(Scale { values, by });
//! ```

#[cfg(target_arch = "x86_64")]
pub mod avx512;
#[cfg(test)]
#[cfg(target_arch = "x86_64")]
mod bounds;
pub mod constants;
#[cfg(target_arch = "x86_64")]
pub mod contract;
#[cfg(target_arch = "x86_64")]
mod ifma;
pub mod level;
#[cfg(target_arch = "x86_64")]
pub mod msm;
pub mod ops;
pub mod pairs;
pub mod portable;
pub mod products;
#[cfg(test)]
mod tests;

#[cfg(target_arch = "x86_64")]
pub use avx512::Avx512;
pub use constants::LaneField;
#[cfg(target_arch = "x86_64")]
pub use ifma::{Lanes, Wide};
pub use level::{Level, LevelError};
pub use ops::{
    LaneKernel, LaneOps, LaneTask, MAX_SIGNED_PRODUCTS, MAX_WIDE_PRODUCTS, SIGNED_BITS, WIDTH,
};
pub use portable::Portable;

/// Runs `kernel` on the [active](Level::active) instruction set.
pub fn dispatch<K: LaneKernel>(kernel: K) -> K::Output {
    dispatch_on(Level::active(), kernel)
}

/// Runs `kernel` on `level`, or on the portable lanes if the CPU does not offer it.
pub fn dispatch_on<K: LaneKernel>(level: Level, kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    if level == Level::Avx512
        && let Some(ops) = Avx512::detect()
    {
        return ops.run(kernel);
    }
    let _ = level;
    Portable.run(kernel)
}
