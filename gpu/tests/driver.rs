//! What the CUDA driver can refuse, played by the stand-in for it that `ci/shim` builds: each in a process of its own, since a process loads one driver.
#![expect(clippy::unwrap_used, reason = "a broken helper must fail the test")]

use std::borrow::Cow;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use kernelwise_gpu::CudaDevice;
use kernelwise_gpu::driver::cuda::Cuda;
use kernelwise_hal::field::Fr;
use kernelwise_hal::{Device, DeviceError, SumcheckRequest, Table, Term};

/// Names the fault to the stand-in.
const FAULT: &str = "KERNELWISE_STANDIN";

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

#[test]
#[ignore = "the other process of every_refusal_is_typed"]
fn one_driver() {
    match play() {
        Ok(()) => println!("outcome: fine"),
        Err(error) => println!("outcome: {:?}: {error}", error.kind()),
    }
}

#[test]
#[ignore = "needs the stand-in for libcuda"]
fn every_refusal_is_typed() {
    let outcome = |fault: &str| -> String {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "one_driver", "--nocapture"])
            .env(FAULT, fault)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{fault}: {text}");
        let line = text.split("outcome: ").nth(1).unwrap();
        line.lines().next().unwrap().to_owned()
    };
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
        assert_eq!(outcome(fault), expected, "{fault}");
    }
}
