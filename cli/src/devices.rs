//! The devices that this program was built with.

use std::sync::Arc;

use kernelwise_cpu::{CpuDevice, CpuFactory};
use kernelwise_fpga::device::FpgaFactory;
use kernelwise_gpu::{CUDA, CudaFactory};
use kernelwise_hal::{
    Device, DeviceError, DeviceInfo, DeviceKind, Fallback, Limits, Registry, Split,
};
use kernelwise_prover::{Devices, ProveError};

/// Every family of devices.
pub fn registry() -> Registry {
    let cpu = Arc::new(CpuDevice::optimized());
    Registry::new()
        .with(CpuFactory)
        .with(CudaFactory::with_tail(cpu))
        .with(FpgaFactory)
}

/// The device that serves what no other device takes.
const CPU: &str = "cpu";

/// What the CPU does sooner than a card has started.
const CARD_LEAVES: Limits = Limits {
    sumcheck_entries: 2048,
    msm_scalars: 128,
    msm_g2_scalars: 64,
};

/// What an FPGA behind a serial line gets where it alone is named: what its line carries in a fraction of a second. Where others are named with it, it
/// gets of that what it estimates to do sooner than they were measured to.
pub const FPGA_LIMITS: Limits = Limits {
    sumcheck_entries: 512,
    msm_scalars: 64,
    // It has no sums in G2.
    msm_g2_scalars: 0,
};

/// Devices in order of preference.
pub struct Chosen {
    preferred: DeviceInfo,
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
        let mut devices = Devices::select(&candidates)?;
        let cpu = candidates.last().and_then(|cpu| cpu.contract());
        if let (DeviceKind::Gpu | DeviceKind::Virtual, Some(contract)) = (self.preferred.kind, cpu)
        {
            // A matrix lies where the caller has it, and copying it to a card takes longer than contracting it on a few cores.
            devices.contract = contract;
        }
        Ok(devices)
    }

    /// The device that was preferred.
    pub fn info(&self) -> &DeviceInfo {
        &self.preferred
    }

    /// For every card, every FPGA and the device behind it: who served how many sumchecks and multi-scalar multiplications.
    pub fn served(&self) -> Vec<(String, kernelwise_hal::Served)> {
        let both = |split: &Arc<Split>| {
            split
                .served()
                .map(|(name, served)| (name.to_owned(), served))
        };
        self.splits.iter().flat_map(both).collect()
    }
}

/// Opens devices by name; the CPU is added behind them. Without names, a card if there is one.
///
/// # Errors
/// [`DeviceError::UnknownDevice`] for names that are not there; whatever the drivers report.
pub fn open(names: &[String]) -> Result<Chosen, DeviceError> {
    let registry = registry();
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    if names.is_empty() && kernelwise_gpu::is_present() {
        names.push(CUDA);
    }
    let alone = names.len() == 1;
    if !names.contains(&CPU) {
        names.push(CPU);
    }
    let cpu = registry.open(CPU)?;
    let mut chosen = Chosen {
        preferred: cpu.info().clone(),
        candidates: Vec::new(),
        splits: Vec::new(),
    };
    for name in names.into_iter().rev() {
        let device = registry.open(name)?;
        chosen.preferred = device.info().clone();
        let split = match (device.info().kind, chosen.candidates.first()) {
            (DeviceKind::Fpga, Some(rest)) if alone => {
                Split::new(device, Arc::clone(rest), FPGA_LIMITS)
            }
            (DeviceKind::Fpga, Some(rest)) => {
                Split::where_worth_it(device, Arc::clone(rest), FPGA_LIMITS)
            }
            (DeviceKind::Gpu | DeviceKind::Virtual, Some(rest)) => {
                let card = Fallback::new(device, Arc::clone(rest));
                Split::new(Arc::clone(&cpu), Arc::new(card), CARD_LEAVES)
            }
            _ => {
                chosen.candidates.insert(0, device);
                continue;
            }
        };
        let split = Arc::new(split);
        chosen.candidates[0] = Arc::clone(&split) as Arc<dyn Device>;
        chosen.splits.insert(0, split);
    }
    Ok(chosen)
}
