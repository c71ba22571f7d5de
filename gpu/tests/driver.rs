//! What the CUDA driver can refuse, played by the stand-in for it that `ci/shim` builds: each in a process of its own, since a process loads one driver.
#![expect(clippy::unwrap_used, reason = "a broken helper must fail the test")]

use std::borrow::Cow;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use kernelwise_cpu::CpuDevice;
use kernelwise_gpu::CudaDevice;
use kernelwise_gpu::driver::cuda::Cuda;
use kernelwise_hal::field::{CurveGroup, Field, Fr, G1, PrimeGroup};
use kernelwise_hal::{
    ContractAxis, Device, DeviceError, IntMatrix, IntSlice, Scalars, SumcheckRequest, Table, Term,
};

/// Names the fault to the stand-in.
const FAULT: &str = "KERNELWISE_STANDIN";

/// Numbers the order in which the stand-in goes on with streams.
const ORDER: &str = "KERNELWISE_STANDIN_ORDER";

/// Opens the card and plays two sumchecks.
fn play() -> Result<(), DeviceError> {
    let device = match std::env::var(FAULT).as_deref() {
        Ok("hang") => {
            let driver = Cuda::open(0, Duration::from_millis(50)).unwrap();
            CudaDevice::new("cuda", Arc::new(driver), None)
        }
        _ => CudaDevice::open(0, None)?,
    };
    // Two multiprocessors at 1.41 GHz, 5120 bits at 1.215 GHz.
    let peak = device.peak().unwrap();
    assert_eq!(peak.multiply_adds_per_second, 180_480_000_000);
    assert_eq!(peak.bytes_per_second, 1_555_200_000_000);
    let mut outcome = Ok(());
    for _ in 0..2 {
        // Whatever fails, what follows fails as well, and ends.
        let again = sumcheck(&device);
        assert!(outcome.is_ok() || again.is_err());
        outcome = outcome.and(again);
    }
    outcome
}

fn sumcheck(device: &CudaDevice) -> Result<(), DeviceError> {
    let values = vec![Fr::from(7u64); 64];
    let terms = vec![Term {
        coefficient: Fr::from(1u64),
        factors: [0, 0].into(),
    }];
    let request = SumcheckRequest::new(6, vec![Table::Fr(Cow::Borrowed(&values))], terms)?;
    let mut prover = device.sumcheck().unwrap().prepare(request)?;
    let mut bind = None;
    for _ in 0..6 {
        prover.prove_round(bind, Fr::from(49u64 * 64))?;
        bind = Some(Fr::from(3u64));
    }
    let finals = prover.finish(bind)?;
    assert_eq!(finals, [Fr::from(7u64)]);
    Ok(())
}

/// Several batches of everything that uploads, on a card with so little memory that there are several; compared with the CPU.
fn batches() -> Result<bool, DeviceError> {
    const LEN: usize = 6000;
    let cuda = CudaDevice::open(0, None)?;
    let cpu = CpuDevice::optimized();
    let points: Vec<G1> = (1..=LEN as u64)
        .map(|i| G1::generator() * Fr::from(i * i))
        .collect();
    let points = G1::normalize_batch(&points);
    let full: Vec<Fr> = (1..=LEN as u64)
        .map(|i| Fr::from(i).inverse().unwrap())
        .collect();
    let small: Vec<i16> = (0..4 * LEN as u64).map(|i| (i * 7919) as i16).collect();
    let matrix = IntMatrix::new(IntSlice::I16(&small), LEN, 4)?;
    let sums = |device: &dyn Device| {
        let (msm, contract) = (device.msm().unwrap(), device.contract().unwrap());
        let bases = msm.load(&points)?;
        let mut sums = msm.msm_rows(&bases, Scalars::Int(IntSlice::I16(&small)), LEN)?;
        sums.push(msm.msm(&bases, Scalars::Fr(&full))?);
        Ok((sums, contract.contract(matrix, ContractAxis::Rows, &full)?))
    };
    let (expected, got): (_, (Vec<G1>, Vec<Fr>)) = (sums(&cpu)?, sums(&cuda)?);
    Ok(got == expected)
}

#[test]
#[ignore = "the other process of streams_wait_for_each_other"]
fn one_order() {
    match batches() {
        Ok(true) => println!("outcome: fine"),
        Ok(false) => println!("outcome: wrong"),
        Err(error) => println!("outcome: {:?}: {error}", error.kind()),
    }
}

#[test]
#[ignore = "the other process of every_refusal_is_typed"]
fn one_driver() {
    match play() {
        Ok(()) => println!("outcome: fine"),
        Err(error) => println!("outcome: {:?}: {error}", error.kind()),
    }
}

/// What `test` says in a process of its own.
fn outcome(test: &str, fault: &str, order: u32) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", test, "--nocapture"])
        .env(FAULT, fault)
        .env(ORDER, order.to_string())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{fault} in order {order}: {text}");
    let line = text.split("outcome: ").nth(1).unwrap();
    line.lines().next().unwrap().to_owned()
}

/// Whatever the order of the streams, results are right; and an order shows where one does not wait for the other.
#[test]
#[ignore = "needs the stand-in for libcuda"]
fn streams_wait_for_each_other() {
    for order in 0..4 {
        assert_eq!(
            outcome("one_order", "small", order),
            "fine",
            "order {order}"
        );
    }
    assert_ne!(outcome("one_order", "small,forgetful", 0), "fine");
}

#[test]
#[ignore = "needs the stand-in for libcuda"]
fn every_refusal_is_typed() {
    for (fault, expected) in [
        ("none", "fine"),
        // Machine code for another generation: the driver compiles the assembly.
        ("assembly", "fine"),
        (
            "old",
            "Unsupported: cuda cannot be opened: the driver is made for CUDA 12.7, 12.8 is needed",
        ),
        (
            "no-device",
            "Unsupported: cuda cannot be opened: starting the driver: status 100 (CUDA_ERROR)",
        ),
        (
            "generation",
            "Unsupported: cuda cannot be opened: stand-in for a card has compute capability 7.0, 8.0 is needed",
        ),
        (
            "image",
            "Unsupported: cuda cannot be opened: kernels of contract: status 218 (CUDA_ERROR)",
        ),
        (
            "resources",
            "InvariantViolation: invariant violated on cuda: launch of kw_sumcheck_round_2: status 701 (CUDA_ERROR)",
        ),
        ("lost", "Lost: cuda was lost: status 700 (CUDA_ERROR)"),
        (
            "hang",
            "Timeout: cuda did not answer within 50 ms while computing",
        ),
    ] {
        assert_eq!(outcome("one_driver", fault, 0), expected, "{fault}");
    }
}
