//! The kernel compiled for the host passes every case.
use std::sync::Arc;

use kernelwise_cpu::CpuDevice;
use kernelwise_field::{FftField, Field, Fr};
use kernelwise_hal::{Device, DeviceError, DeviceInfo, DeviceKind, Ntt, conformance};

use super::{CudaNtt, MAX_LOG_RADIX, radices};
use crate::driver::Gpu;
use crate::driver::host::Host;

fn ntt(seed: u64, memory_bytes: u64) -> CudaNtt {
    CudaNtt::new(Gpu::new(
        "cuda-host",
        Arc::new(Host::new(seed, memory_bytes)),
    ))
}

struct OnlyNtt(DeviceInfo, CudaNtt);

impl Device for OnlyNtt {
    fn info(&self) -> &DeviceInfo {
        &self.0
    }

    fn ntt(&self) -> Option<&dyn Ntt> {
        Some(&self.1)
    }
}

#[test]
fn every_case_passes() {
    for seed in [1, 2, 3] {
        let info = DeviceInfo {
            name: "cuda-host".to_owned(),
            kind: DeviceKind::Gpu,
            description: String::new(),
            threads: 1,
            memory_bytes: None,
        };
        if let Err(failure) = conformance::run(&OnlyNtt(info, ntt(seed, 1 << 24))) {
            panic!("{failure}: {:?}", failure.reason);
        }
    }
}

/// From one pass to eleven, on the subgroup and on a coset: the values of the CPU, and back.
#[test]
fn passes_follow_one_another() {
    let cpu = CpuDevice::optimized();
    let coefficients: Vec<Fr> =
        std::iter::successors(Some(Fr::from(3u64)), |x| Some(x.square() + Fr::ONE))
            .take(1 << 11)
            .collect();
    for shift in [Fr::ONE, Fr::GENERATOR] {
        let mut expected = coefficients.clone();
        cpu.ntt().unwrap().forward(&mut expected, shift).unwrap();
        for max_log_radix in 1..=MAX_LOG_RADIX {
            let cuda = CudaNtt {
                max_log_radix,
                ..ntt(4, 1 << 24)
            };
            let mut values = coefficients.clone();
            cuda.forward(&mut values, shift).unwrap();
            assert!(values == expected, "2^{max_log_radix}");
            cuda.inverse(&mut values, shift).unwrap();
            assert!(values == coefficients, "2^{max_log_radix}");
        }
    }
}

#[test]
fn radices_are_balanced() {
    for (log_len, expected) in [
        (0, vec![]),
        (1, vec![1]),
        (10, vec![10]),
        (11, vec![5, 6]),
        (20, vec![10, 10]),
        (21, vec![7, 7, 7]),
        (26, vec![8, 9, 9]),
        (28, vec![9, 9, 10]),
    ] {
        assert_eq!(radices(log_len, MAX_LOG_RADIX), expected);
    }
}

#[test]
fn no_memory_is_an_error() {
    let mut values = vec![Fr::ONE; 1 << 12];
    let error = ntt(5, 200 << 10).forward(&mut values, Fr::ONE).unwrap_err();
    assert!(matches!(error, DeviceError::OutOfMemory { .. }), "{error}");
    assert!(values.iter().all(|&value| value == Fr::ONE));
}
