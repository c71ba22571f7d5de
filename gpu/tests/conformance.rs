//! The case tables of the hardware abstraction layer on the kernels compiled for the host.
#![cfg(feature = "host-shim")]
#![expect(clippy::panic, reason = "a broken helper must fail the test")]

use std::sync::Arc;

use kernelwise_cpu::CpuDevice;
use kernelwise_gpu::CudaDevice;
use kernelwise_gpu::driver::host::Host;
use kernelwise_hal::{Device, conformance};

fn host(seed: u64, tail: Option<Arc<dyn Device>>) -> CudaDevice {
    CudaDevice::new("cuda-host", Arc::new(Host::new(seed, 1 << 30)), tail)
}

fn passes(device: &dyn Device) -> conformance::Report {
    match conformance::run(device) {
        Ok(report) => report,
        Err(failure) => panic!("{failure}: {:?}", failure.reason),
    }
}

#[test]
fn every_order_of_threads_conforms() {
    for seed in 0..2 {
        passes(&host(seed, None));
    }
}

#[test]
fn handing_over_conforms() {
    passes(&host(0, Some(Arc::new(CpuDevice::reference()))));
}
