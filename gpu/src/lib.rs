//! NVIDIA GPUs as prover devices.
//!
//! - **One source of kernels**, `kernels/*.cu`: compiled ahead of time for cards, and by a C++ compiler for the host, where the whole
//!   device is tested against the same case tables as every other.
//! - **Loaded at run time.** The crate builds and tests without CUDA; without a driver, opening says so ([`CudaFactory`]).
//! - **One seam.** Everything but the driver itself is written against [`driver::Driver`], whose implementations are the CUDA driver,
//!   the host, and a fake for the paths that fail.
//! - **Ark's layout.** Field elements lie on the device as they lie on the host, so that nothing is converted on the way.
#![deny(missing_docs)]
#![deny(unsafe_code)]

mod contract;
mod device;
pub mod driver;
mod factory;
#[cfg(all(test, feature = "host-shim"))]
mod kernels;
mod msm;
mod ntt;
mod overlap;
mod sumcheck;

pub use device::CudaDevice;
#[cfg(feature = "host-shim")]
pub use factory::HOST;
pub use factory::{CUDA, CudaFactory, is_present};
