//! Every way in which a card can fail, at every call: a typed error, no panic, and nothing left behind.
#![expect(clippy::unwrap_used, reason = "a broken helper must fail the test")]

use std::borrow::Cow;
use std::sync::Arc;

use kernelwise_gpu::driver::fake::Fake;
use kernelwise_gpu::driver::faulty::{Fault, Faulty};
use kernelwise_gpu::{CUDA, CudaDevice, CudaFactory};
use kernelwise_hal::field::{AffineRepr, Fr, G1Affine};
use kernelwise_hal::{
    ContractAxis, Device, DeviceError, DeviceFactory, ErrorKind, IntMatrix, IntSlice, Registry,
    Scalars, SumcheckRequest, Table, Term,
};

const MEMORY: u64 = 1 << 24;

/// A sumcheck with every kind of table, all of whose operations are on the card.
fn sumcheck(device: &dyn Device) -> Result<(), DeviceError> {
    const VARS: usize = 6;
    let values = vec![Fr::from(7u64); 1 << VARS];
    let ints = vec![-3i32; 1 << VARS];
    let point = vec![Fr::from(5u64); VARS];
    let tables = vec![
        Table::Fr(Cow::Borrowed(&values)),
        Table::Int(IntSlice::I32(&ints)),
        Table::Eq(Cow::Borrowed(&point)),
    ];
    let term = |coefficient: u64, factors: &[usize]| Term {
        coefficient: Fr::from(coefficient),
        factors: factors.into(),
    };
    let terms = vec![
        term(2, &[0, 1, 2]),
        term(3, &[2, 2]),
        term(1, &[0, 0, 0, 1]),
    ];
    let request = SumcheckRequest::new(VARS, tables, terms)?;
    let mut prover = device.sumcheck().unwrap().prepare(request)?;
    let mut bind = None;
    for _ in 0..VARS {
        prover.prove_round(bind, Fr::from(1u64))?;
        bind = Some(Fr::from(9u64));
    }
    prover.finish(bind).map(|_| ())
}

/// Sums of every kind of scalars, one by one and in rows.
fn msm(device: &dyn Device) -> Result<(), DeviceError> {
    let msm = device.msm().unwrap();
    let bases = msm.load(&[G1Affine::generator(); 32])?;
    let _ = msm.msm(&bases, Scalars::Fr(&[Fr::from(7u64); 32]))?;
    let _ = msm.msm(&bases, Scalars::Bits(&[true; 9]))?;
    msm.msm_rows(&bases, Scalars::Int(IntSlice::I8(&[-3; 64])), 16)
        .map(|_| ())
}

/// Transforms, there and back.
fn ntt(device: &dyn Device) -> Result<(), DeviceError> {
    let ntt = device.ntt().unwrap();
    let mut values = vec![Fr::from(3u64); 1 << 11];
    ntt.forward(&mut values, Fr::from(5u64))?;
    ntt.inverse(&mut values, Fr::from(5u64))
}

/// Contraction over both axes.
fn contract(device: &dyn Device) -> Result<(), DeviceError> {
    let contract = device.contract().unwrap();
    let matrix = IntMatrix::new(IntSlice::I16(&[-5; 40 * 40]), 40, 40)?;
    let weights = [Fr::from(11u64); 40];
    contract.contract(matrix, ContractAxis::Rows, &weights)?;
    contract.contract(matrix, ContractAxis::Cols, &weights)?;
    let resident = contract.load(matrix)?;
    contract.contract_resident(&resident, matrix, ContractAxis::Rows, &weights)?;
    contract
        .contract_resident(&resident, matrix, ContractAxis::Cols, &weights)
        .map(|_| ())
}

type Operation = fn(&dyn Device) -> Result<(), DeviceError>;

/// Everything that a card is asked to do.
const OPERATIONS: [(&str, Operation); 4] = [
    ("sumcheck", sumcheck),
    ("msm", msm),
    ("ntt", ntt),
    ("contract", contract),
];

fn card() -> (Arc<Faulty>, CudaDevice) {
    let driver = Arc::new(Faulty::new(Arc::new(Fake::new(MEMORY))));
    let device = CudaDevice::new("cuda-fake", driver.clone(), None);
    (driver, device)
}

#[test]
fn every_call_may_fail() {
    let expected = [
        (Fault::OutOfMemory, ErrorKind::OutOfMemory),
        (Fault::Launch, ErrorKind::InvariantViolation),
        (Fault::Timeout, ErrorKind::Timeout),
        (Fault::Lost, ErrorKind::Lost),
    ];
    for (name, operation) in OPERATIONS {
        let (driver, device) = card();
        operation(&device).unwrap();
        let calls = driver.counts().calls;
        assert!(calls > 10);
        // Roots of unity stay for the next transform.
        let kept = driver.counts().live_buffers;
        assert!(kept == 0 || name == "ntt");
        for (fault, kind) in expected {
            let mut failures = 0;
            for call in 0..calls {
                let (driver, device) = card();
                driver.fail_after(call, fault);
                if let Err(error) = operation(&device) {
                    assert_eq!(error.kind(), kind, "{error} at call {call}");
                    failures += 1;
                }
                let left = driver.counts().live_buffers;
                assert!(left <= kept, "{name}: {fault:?} at call {call}");
                if fault != Fault::Lost {
                    // The card itself is as good as before.
                    driver.fail_after(u64::MAX / 2, fault);
                    operation(&device).unwrap();
                }
                drop(device);
                assert_eq!(driver.counts().live_buffers, 0, "{name} at call {call}");
            }
            // A fault of a kind that some later call can have is met.
            assert!(
                failures * 2 > calls,
                "{name}: {fault:?}: {failures} of {calls}"
            );
        }
    }
}

#[test]
fn a_small_card_says_what_it_lacks() {
    for memory_bytes in [0, 1 << 10, 1 << 13] {
        let driver = Arc::new(Faulty::new(Arc::new(Fake::new(memory_bytes))));
        let device = CudaDevice::new("cuda-fake", driver.clone(), None);
        match sumcheck(&device) {
            Err(DeviceError::OutOfMemory {
                device,
                asked_bytes,
                free_bytes,
            }) => {
                assert_eq!(device, "cuda-fake");
                assert!(asked_bytes > free_bytes && free_bytes <= memory_bytes);
            }
            other => assert_eq!(other, Ok(()), "{memory_bytes} bytes"),
        }
        assert_eq!(driver.counts().live_buffers, 0);
    }
}

#[test]
fn failed_rounds_are_not_played_again() {
    let (driver, device) = card();
    let values = vec![Fr::from(7u64); 16];
    let terms = vec![Term {
        coefficient: Fr::from(1u64),
        factors: [0].into(),
    }];
    let tables = vec![Table::Fr(Cow::Borrowed(&values))];
    let request = SumcheckRequest::new(4, tables, terms).unwrap();
    let mut prover = device.sumcheck().unwrap().prepare(request).unwrap();
    driver.fail_after(0, Fault::Timeout);
    let r = Some(Fr::from(2u64));
    let kind = |error: DeviceError| error.kind();
    assert_eq!(
        prover.prove_round(None, Fr::from(0u64)).map_err(kind),
        Err(ErrorKind::Timeout)
    );
    assert_eq!(
        prover.prove_round(r, Fr::from(0u64)).map_err(kind),
        Err(ErrorKind::InvariantViolation)
    );
}

#[test]
fn without_a_driver_there_is_an_error_and_no_panic() {
    let registry = Registry::new().with(CudaFactory::default());
    let found = registry.devices().iter().any(|info| info.name == CUDA);
    match registry.open(CUDA) {
        Ok(device) => assert!(found && device.info().name == CUDA),
        Err(error) => {
            assert!(!found);
            assert!(
                matches!(&error, DeviceError::Unavailable { device, .. } if device == CUDA),
                "{error}"
            );
            assert_eq!(registry.unavailable(), [error]);
        }
    }
    for name in [
        "cuda:",
        "cuda:x",
        "cuda:-1",
        "cuda:99999999999",
        "cudac",
        "",
    ] {
        assert!(
            matches!(registry.open(name), Err(DeviceError::UnknownDevice { .. })),
            "{name}"
        );
        assert!(
            matches!(
                CudaFactory::default().open(name),
                Err(DeviceError::UnknownDevice { .. })
            ),
            "{name}"
        );
    }
    assert!(CudaFactory::default().open("cuda:77").is_err());
}
