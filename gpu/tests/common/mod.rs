//! Where the tests run: on the kernels compiled for the host where those are in the build, on the first card otherwise.

use std::sync::Arc;

use kernelwise_gpu::driver::Driver;

/// A driver of memory to spare; `seed` gives the order of threads on the host.
#[cfg(feature = "host-shim")]
pub fn driver(seed: u64) -> Arc<dyn Driver> {
    Arc::new(kernelwise_gpu::driver::host::Host::new(seed, 1 << 30))
}

/// A driver of the first card.
#[cfg(not(feature = "host-shim"))]
#[expect(clippy::panic, reason = "a broken helper must fail the test")]
pub fn driver(_seed: u64) -> Arc<dyn Driver> {
    use kernelwise_gpu::driver::cuda::{Cuda, TIMEOUT};

    match Cuda::open(0, TIMEOUT) {
        Ok(driver) => Arc::new(driver),
        Err(error) => panic!("no card to test: {error}"),
    }
}
