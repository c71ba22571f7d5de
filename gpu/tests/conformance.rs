//! The case tables of the hardware abstraction layer, on the kernels compiled for the host or on a card.
#![expect(clippy::panic, reason = "a broken helper must fail the test")]

mod common;

use std::sync::Arc;

use kernelwise_cpu::CpuDevice;
use kernelwise_gpu::CudaDevice;
use kernelwise_hal::{Device, conformance};

/// What cards leave to the CPU.
const SKIPPED: [&str; 1] = ["fractions"];

fn device(seed: u64, tail: Option<Arc<dyn Device>>) -> CudaDevice {
    CudaDevice::new("cuda-test", common::driver(seed), tail)
}

fn passes(device: &dyn Device) {
    match conformance::run(device) {
        Ok(report) => assert_eq!(report.skipped, SKIPPED),
        Err(failure) => panic!("{failure}: {:?}", failure.reason),
    }
}

#[test]
#[cfg_attr(not(feature = "host-shim"), ignore = "needs a card")]
fn every_order_of_threads_conforms() {
    for seed in 0..2 {
        passes(&device(seed, None));
    }
}

#[test]
#[cfg_attr(not(feature = "host-shim"), ignore = "needs a card")]
fn handing_over_conforms() {
    passes(&device(0, Some(Arc::new(CpuDevice::reference()))));
}
