//! A pool is a device like its members, whatever it divides and whoever fails.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a broken helper must fail the test"
)]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use kernelwise_cpu::CpuDevice;
use kernelwise_hal::field::{AffineRepr, Fr, G1, G1Affine, G2};
use kernelwise_hal::{
    BaseSet, Device, DeviceError, DeviceInfo, Grain, Msm, MsmGroup, Pool, RoundPoly, RoundProver,
    Scalars, SumcheckDevice, SumcheckRequest, Table, Term, conformance,
};

/// Everything is divided.
const FINE: Grain = Grain {
    msm_scalars: 1,
    sumcheck_entries: 1,
};

fn passes(device: &dyn Device) {
    if let Err(failure) = conformance::run(device) {
        panic!("{failure}: {:?}", failure.reason);
    }
}

#[test]
fn a_pool_of_two_passes() {
    let devices: [Arc<dyn Device>; 2] = [
        Arc::new(CpuDevice::optimized()),
        Arc::new(CpuDevice::reference()),
    ];
    passes(&Pool::new(devices.to_vec(), FINE).unwrap());
}

#[test]
fn a_pool_in_a_pool_passes() {
    let cpu = || Arc::new(CpuDevice::reference()) as Arc<dyn Device>;
    let inner = Pool::new(vec![cpu(), cpu(), cpu()], FINE).unwrap();
    passes(&Pool::new(vec![Arc::new(inner), cpu()], FINE).unwrap());
}

#[test]
fn a_pool_without_devices_is_refused() {
    let error = Pool::new(Vec::new(), FINE).err().unwrap();
    assert_eq!(
        error.to_string(),
        "devices of a pool: expected at least one, got none"
    );
}

/// The reference device, which counts what it does and may refuse it.
struct Watched {
    info: DeviceInfo,
    inner: CpuDevice,
    calls: AtomicUsize,
    refusal: Option<DeviceError>,
    /// Calls that must be under way at the same time.
    meeting: Option<Arc<Meeting>>,
}

/// Where calls wait for each other, for a limited time.
struct Meeting {
    expected: usize,
    arrived: Mutex<usize>,
    all: Condvar,
}

impl Meeting {
    fn meet(&self) -> Result<(), DeviceError> {
        let mut arrived = self.arrived.lock().unwrap();
        *arrived += 1;
        self.all.notify_all();
        let limit = Duration::from_secs(20);
        let alone = |arrived: &mut usize| *arrived < self.expected;
        let met = self.all.wait_timeout_while(arrived, limit, alone);
        if met.unwrap().1.timed_out() {
            return Err(DeviceError::Timeout {
                device: "alone".to_owned(),
                operation: "waiting for the others",
                timeout_ms: limit.as_millis() as u64,
            });
        }
        Ok(())
    }
}

fn no_memory() -> DeviceError {
    DeviceError::OutOfMemory {
        device: "cpu-reference".to_owned(),
        asked_bytes: 2,
        free_bytes: 1,
    }
}

fn no_program() -> DeviceError {
    DeviceError::Unsupported {
        device: "cpu-reference".to_owned(),
        operation: "anything",
    }
}

impl Watched {
    fn new(refusal: Option<DeviceError>, meeting: Option<Arc<Meeting>>) -> Arc<Self> {
        let inner = CpuDevice::reference();
        Arc::new(Self {
            info: inner.info().clone(),
            inner,
            calls: AtomicUsize::new(0),
            refusal,
            meeting,
        })
    }

    fn willing() -> Arc<Self> {
        Self::new(None, None)
    }

    fn call<R>(&self, run: impl FnOnce() -> Result<R, DeviceError>) -> Result<R, DeviceError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        if let Some(error) = &self.refusal {
            return Err(error.clone());
        }
        if let Some(meeting) = &self.meeting {
            meeting.meet()?;
        }
        run()
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }
}

impl Device for Watched {
    fn info(&self) -> &DeviceInfo {
        &self.info
    }

    fn msm(&self) -> Option<&dyn Msm> {
        Some(self)
    }

    fn msm_g2(&self) -> Option<&dyn Msm<G2>> {
        Some(self)
    }

    fn sumcheck(&self) -> Option<&dyn SumcheckDevice> {
        Some(self)
    }
}

impl<G: MsmGroup> Msm<G> for Watched {
    fn load(&self, bases: &[G::Affine]) -> Result<BaseSet<G>, DeviceError> {
        G::offered(&self.inner).unwrap().load(bases)
    }

    fn msm(&self, bases: &BaseSet<G>, scalars: Scalars<'_>) -> Result<G, DeviceError> {
        self.call(|| G::offered(&self.inner).unwrap().msm(bases, scalars))
    }
}

impl SumcheckDevice for Watched {
    fn prepare<'a>(
        &self,
        request: SumcheckRequest<'a>,
    ) -> Result<Box<dyn RoundProver + 'a>, DeviceError> {
        self.call(|| self.inner.sumcheck().unwrap().prepare(request))
    }

    fn opens(&self) -> bool {
        true
    }
}

fn points(len: u64) -> Vec<G1Affine> {
    let multiples = (1..=len).map(|i| G1Affine::generator() * Fr::from(i));
    multiples.map(G1Affine::from).collect()
}

#[test]
fn large_sums_are_divided_and_small_ones_are_not() {
    let (first, second) = (Watched::willing(), Watched::willing());
    let grain = Grain {
        msm_scalars: 50,
        ..FINE
    };
    let pool = Pool::new(vec![first.clone(), second.clone()], grain).unwrap();
    let msm: &dyn Msm<G1> = Device::msm(&pool).unwrap();
    let bases = msm.load(&points(200)).unwrap();
    let expected = |len: u64| G1::from(G1Affine::generator()) * Fr::from(len * (len + 1) / 2);
    let sum = |len: usize| msm.msm(&bases, Scalars::Bits(&vec![true; len])).unwrap();
    assert_eq!(sum(60), expected(60));
    assert_eq!((first.calls(), second.calls()), (1, 0));
    assert_eq!(sum(200), expected(200));
    assert!(first.calls() > 1 && second.calls() > 0);
}

#[test]
fn who_refuses_is_replaced() {
    let expected = G1::from(G1Affine::generator()) * Fr::from(21u64);
    for refusal in [no_memory(), no_program()] {
        let refusing = || Watched::new(Some(refusal.clone()), None);
        for devices in [
            [refusing(), Watched::willing()],
            [Watched::willing(), refusing()],
        ] {
            let devices = devices.map(|device| device as Arc<dyn Device>);
            let pool = Pool::new(devices.to_vec(), FINE).unwrap();
            let msm: &dyn Msm<G1> = Device::msm(&pool).unwrap();
            let bases = msm.load(&points(6)).unwrap();
            let sum = msm.msm(&bases, Scalars::Bits(&[true; 6]));
            assert_eq!(sum.unwrap(), expected);
            let mut prover = pool.sumcheck().unwrap().prepare(request()).unwrap();
            assert_eq!(prover.open().unwrap(), first_round());
        }
        let pool = Pool::new(vec![refusing(), refusing()], FINE).unwrap();
        let msm: &dyn Msm<G1> = Device::msm(&pool).unwrap();
        let bases = msm.load(&points(2)).unwrap();
        let error = msm.msm(&bases, Scalars::Bits(&[true; 2])).err();
        assert_eq!(error.as_ref(), Some(&refusal));
        let error = pool.sumcheck().unwrap().prepare(request()).err();
        assert_eq!(error, Some(refusal));
    }
}

/// Whoever waits for a slow line must not keep the others waiting.
#[test]
fn devices_get_ready_side_by_side() {
    let meeting = Arc::new(Meeting {
        expected: 2,
        arrived: Mutex::default(),
        all: Condvar::new(),
    });
    let device = || Watched::new(None, Some(Arc::clone(&meeting))) as Arc<dyn Device>;
    let pool = Pool::new(vec![device(), device()], FINE).unwrap();
    let mut prover = pool.sumcheck().unwrap().prepare(request()).unwrap();
    assert_eq!(prover.open().unwrap(), first_round());
}

/// A table by an `eq` factor, in six variables.
fn request() -> SumcheckRequest<'static> {
    let table: Vec<Fr> = (0..64u64).map(Fr::from).collect();
    let term = Term {
        coefficient: Fr::from(1u64),
        factors: [0, 1].as_slice().into(),
    };
    let tables = vec![
        Table::Fr(table.into()),
        Table::Eq(vec![Fr::from(5u64); 6].into()),
    ];
    SumcheckRequest::new(6, tables, vec![term]).unwrap()
}

/// Its first round, played by one device.
fn first_round() -> RoundPoly {
    let cpu = CpuDevice::reference();
    let mut prover = cpu.sumcheck().unwrap().prepare(request()).unwrap();
    prover.open().unwrap()
}

#[test]
fn a_divided_sumcheck_is_played_on_every_device() {
    let (first, second) = (Watched::willing(), Watched::willing());
    let pool = Pool::new(vec![first.clone(), second.clone()], FINE).unwrap();
    let mut prover = pool.sumcheck().unwrap().prepare(request()).unwrap();
    assert!(first.calls() > 0 && second.calls() > 0);
    assert_eq!(prover.open().unwrap(), first_round());
}
