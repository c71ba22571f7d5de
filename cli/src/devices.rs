//! The devices that this program was built with.

use kernelwise_cpu::CpuFactory;
use kernelwise_hal::Registry;

/// Every family of devices.
pub fn registry() -> Registry {
    Registry::new().with(CpuFactory)
}

/// The device that proves unless another is chosen.
pub const DEFAULT: &str = "cpu";
