//! Tests of what the kernels are made of, compiled for the host: fields, the curve, and the launcher itself.
#![expect(clippy::unwrap_used, reason = "a broken helper must fail the test")]

mod curve;
mod field;
mod launcher;

use std::sync::Arc;

use crate::driver::Gpu;
use crate::driver::host::Host;

fn gpu(seed: u64) -> Gpu {
    Gpu::new("cuda-host", Arc::new(Host::new(seed, 1 << 26)))
}
