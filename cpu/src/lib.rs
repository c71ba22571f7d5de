//! The host CPU as a prover device.
//!
//! Two tiers fill the same slots and return the same values:
//! - [`CpuDevice::reference`]: plain, obviously right, sequential;
//! - [`CpuDevice::optimized`]: arithmetic in vector lanes, lazy reduction, tables and transforms bound to caches, rayon.
#![deny(missing_docs)]
#![deny(unsafe_code)]

mod device;
mod factory;
mod optimized;
mod reference;
pub mod simd;

pub use device::CpuDevice;
pub use factory::CpuFactory;
