//! The case tables of the hardware abstraction layer on the compiled Verilog, as far as they are short.
#![cfg(feature = "hdl-sim")]
#![allow(clippy::unwrap_used, reason = "a broken helper must fail the test")]

mod common;

use std::sync::Arc;

use common::{FINE, Sum, pool};
use kernelwise_cpu::CpuDevice;
use kernelwise_fpga::device::FpgaDevice;
use kernelwise_fpga::transport::{Sim, verilated::Verilated};
use kernelwise_hal::{Device, DeviceInfo, Limits, Msm, Split, SumcheckDevice, conformance};

const DIVIDER: u16 = 4;

fn compiled(seed: u32) -> Arc<FpgaDevice> {
    let sim = Sim::start(Verilated::new(DIVIDER, seed), DIVIDER).unwrap();
    Arc::new(FpgaDevice::open("fpga-sim", Box::new(sim)).unwrap())
}

/// What a core offers, and nothing of what is behind it in a split.
struct Core(Split);

impl Device for Core {
    fn info(&self) -> &DeviceInfo {
        self.0.info()
    }

    fn msm(&self) -> Option<&dyn Msm> {
        Device::msm(&self.0)
    }

    fn sumcheck(&self) -> Option<&dyn SumcheckDevice> {
        Device::sumcheck(&self.0)
    }
}

#[test]
fn short_cases_conform() {
    let limits = Limits {
        sumcheck_entries: 16,
        msm_scalars: 4,
        msm_g2_scalars: 0,
    };
    let split = Split::new(compiled(3), Arc::new(CpuDevice::optimized()), limits);
    let split = Core(split);
    conformance::run(&split).unwrap();
    let [(_, core), _] = split.0.served();
    assert!(core.sumchecks > 150 && core.msms > 30, "{core:?}");
}

#[test]
fn two_cores_share_sumchecks() {
    let cores = [5, 6].map(compiled);
    let devices = cores.clone().map(|core| core as Arc<dyn Device>);
    let both = pool(devices, FINE);
    let forms: [(usize, &[&[usize]]); 3] = [(1, &[&[0]]), (2, &[&[0, 1]]), (2, &[&[0, 1, 1]])];
    for (tables, terms) in forms {
        let sum = Sum::new(5, tables, terms);
        let expected = sum.play(&CpuDevice::reference(), false).unwrap();
        for opened in [false, true] {
            assert_eq!(sum.play(&both, opened).unwrap(), expected, "{terms:?}");
        }
    }
    for core in cores {
        assert!(core.counters().unwrap().items > 50);
    }
}
