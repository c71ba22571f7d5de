//! The devices that this program was built with.

use std::sync::Arc;

use kernelwise_cpu::CpuFactory;
use kernelwise_fpga::device::FpgaFactory;
use kernelwise_hal::{Device, DeviceError, DeviceKind, Limits, Registry, Split};
use kernelwise_prover::{Devices, ProveError};

/// Every family of devices.
pub fn registry() -> Registry {
    Registry::new().with(CpuFactory).with(FpgaFactory)
}

/// The device that proves unless another is chosen, and serves what no other device takes.
pub const DEFAULT: &str = "cpu";

/// What an FPGA behind a serial line gets: beyond this the line alone takes longer than the CPU needs.
const FPGA_LIMITS: Limits = Limits {
    sumcheck_entries: 512,
    msm_scalars: 64,
};

/// Devices in order of preference.
pub struct Chosen {
    candidates: Vec<Arc<dyn Device>>,
    splits: Vec<Arc<Split>>,
}

impl Chosen {
    /// The device for each operation.
    ///
    /// # Errors
    /// [`ProveError::Unsupported`] if none offers one.
    pub fn select(&self) -> Result<Devices<'_>, ProveError> {
        let candidates: Vec<&dyn Device> = self.candidates.iter().map(AsRef::as_ref).collect();
        Devices::select(&candidates)
    }

    /// For every FPGA and the device behind it: who served how many sumchecks and multi-scalar multiplications.
    pub fn served(&self) -> Vec<(String, kernelwise_hal::Served)> {
        let both = |split: &Arc<Split>| {
            split
                .served()
                .map(|(name, served)| (name.to_owned(), served))
        };
        self.splits.iter().flat_map(both).collect()
    }
}

/// Opens devices by name; the CPU is added behind them.
///
/// # Errors
/// [`DeviceError::UnknownDevice`] for names that are not there; whatever the drivers report.
pub fn open(names: &[String]) -> Result<Chosen, DeviceError> {
    let registry = registry();
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    if !names.contains(&DEFAULT) {
        names.push(DEFAULT);
    }
    let mut chosen = Chosen {
        candidates: Vec::new(),
        splits: Vec::new(),
    };
    for name in names.into_iter().rev() {
        let device = registry.open(name)?;
        match chosen.candidates.first_mut() {
            Some(rest) if device.info().kind == DeviceKind::Fpga => {
                let split = Arc::new(Split::new(device, Arc::clone(rest), FPGA_LIMITS));
                *rest = Arc::clone(&split) as Arc<dyn Device>;
                chosen.splits.insert(0, split);
            }
            _ => chosen.candidates.insert(0, device),
        }
    }
    Ok(chosen)
}
