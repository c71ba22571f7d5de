//! Both tiers pass every case; a broken device does not.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a broken helper must fail the test"
)]

use std::sync::Arc;

use kernelwise_cpu::{CpuDevice, CpuFactory};
use kernelwise_hal::field::{Fr, G1, G2};
use kernelwise_hal::{
    BaseSet, Contract, ContractAxis, Device, DeviceError, DeviceInfo, DualDevice, FractionLayer,
    FractionTree, IntMatrix, IntSlice, Limits, Msm, MsmGroup, Ntt, NullDevice, Registry, RoundPoly,
    RoundProver, Scalars, Split, SumcheckDevice, SumcheckRequest, conformance,
};

fn passes(device: &dyn Device) {
    match conformance::run(device) {
        Ok(report) => assert_eq!(report.skipped, Vec::<&str>::new()),
        Err(failure) => panic!("{failure}: {:?}", failure.reason),
    }
}

#[test]
fn reference_passes() {
    passes(&CpuDevice::reference());
}

#[test]
fn optimized_passes() {
    passes(&CpuDevice::optimized());
}

/// In both groups, what lies within the limits of a split goes to the small device, and everything else does not.
#[test]
fn limits_hold_in_both_groups() {
    let (small, rest) = (CpuDevice::reference(), CpuDevice::optimized());
    let limits = |msm_scalars, msm_g2_scalars| Limits {
        sumcheck_entries: 64,
        msm_scalars,
        msm_g2_scalars,
    };
    let (small, rest) = (Arc::new(small), Arc::new(rest));
    for (g1, g2) in [(4, 0), (0, 4), (4, 4)] {
        let split = Split::new(small.clone(), rest.clone(), limits(g1, g2));
        let served = |split: &Split| split.served().map(|(_, served)| served.msms);
        small_and_larger_sums::<G1>(&split);
        let of_g1 = served(&split);
        assert_eq!(of_g1, if g1 == 4 { [3, 3] } else { [0, 6] });
        small_and_larger_sums::<G2>(&split);
        let [by_small, by_rest] = served(&split);
        let of_g2 = [by_small - of_g1[0], by_rest - of_g1[1]];
        assert_eq!(of_g2, if g2 == 4 { [3, 3] } else { [0, 6] });
    }
}

/// Sums of at most four scalars and of more, and parts of a sum, one of which lies beyond the bases of the small device.
fn small_and_larger_sums<G: MsmGroup>(split: &Split) {
    let msm = G::offered(split).unwrap();
    let bases = msm.load(&[G::generator().into_affine(); 9]).unwrap();
    let times = |k: u64| G::generator() * Fr::from(k);
    let bits = |len| Scalars::Bits(&[true; 9][..len]);
    assert_eq!(msm.msm(&bases, bits(3)).unwrap(), times(3));
    assert_eq!(msm.msm(&bases, bits(5)).unwrap(), times(5));
    assert_eq!(msm.msm_from(&bases, 1, bits(3)).unwrap(), times(3));
    assert_eq!(msm.msm_from(&bases, 6, bits(3)).unwrap(), times(3));
    assert_eq!(msm.msm_rows(&bases, bits(4), 2).unwrap(), [times(2); 2]);
    assert_eq!(msm.msm_rows(&bases, bits(6), 3).unwrap(), [times(3); 2]);
}

#[test]
fn pair_passes() {
    let (left, right) = (CpuDevice::reference(), CpuDevice::optimized());
    passes(&DualDevice::new(Arc::new(left), Arc::new(right)));
}

#[test]
fn null_device_skips_everything() {
    let report = conformance::run(&NullDevice::new()).unwrap();
    assert_eq!(
        report.skipped,
        [
            "msm in G1",
            "msm in G2",
            "sumcheck",
            "fractions",
            "contract",
            "ntt"
        ]
    );
    assert!(report.passed.is_empty());
}

#[test]
fn factory_opens_both_tiers() {
    let registry = Registry::new().with(CpuFactory);
    let names: Vec<String> = registry
        .devices()
        .into_iter()
        .map(|info| info.name)
        .collect();
    assert_eq!(names, ["cpu", "cpu-reference"]);
    for name in names {
        assert_eq!(registry.open(&name).unwrap().info().name, name);
    }
    let error = registry.open("gpu").err().unwrap();
    assert_eq!(
        error.to_string(),
        "unknown device gpu: expected one of [cpu, cpu-reference]"
    );
}

/// Which result is wrong.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    Msm,
    MsmG2,
    MsmRows,
    Round,
    Finish,
    Fractions,
    Contract,
    Ntt,
}

const FAULTS: [Fault; 8] = [
    Fault::Msm,
    Fault::MsmG2,
    Fault::MsmRows,
    Fault::Round,
    Fault::Finish,
    Fault::Fractions,
    Fault::Contract,
    Fault::Ntt,
];

/// Wrong in one rare case of one operation.
struct Faulty {
    inner: CpuDevice,
    fault: Fault,
}

impl Device for Faulty {
    fn info(&self) -> &DeviceInfo {
        self.inner.info()
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

    fn fractions(&self) -> Option<&dyn FractionTree> {
        Some(self)
    }

    fn contract(&self) -> Option<&dyn Contract> {
        Some(self)
    }

    fn ntt(&self) -> Option<&dyn Ntt> {
        Some(self)
    }
}

/// Wrong sums in one group.
trait FaultyGroup: MsmGroup {
    const FAULT: Fault;
}

impl FaultyGroup for G1 {
    const FAULT: Fault = Fault::Msm;
}

impl FaultyGroup for G2 {
    const FAULT: Fault = Fault::MsmG2;
}

impl<G: FaultyGroup> Msm<G> for Faulty {
    fn load(&self, bases: &[G::Affine]) -> Result<BaseSet<G>, DeviceError> {
        G::offered(&self.inner).unwrap().load(bases)
    }

    fn msm(&self, bases: &BaseSet<G>, scalars: Scalars<'_>) -> Result<G, DeviceError> {
        let right = G::offered(&self.inner).unwrap().msm(bases, scalars)?;
        let hit = self.fault == G::FAULT && scalars.len() == 33;
        Ok(if hit { right + G::generator() } else { right })
    }

    fn msm_rows(
        &self,
        bases: &BaseSet<G>,
        scalars: Scalars<'_>,
        len: usize,
    ) -> Result<Vec<G>, DeviceError> {
        let mut right = G::offered(&self.inner)
            .unwrap()
            .msm_rows(bases, scalars, len)?;
        if self.fault == Fault::MsmRows && right.len() > 1 {
            right.swap(0, 1);
        }
        Ok(right)
    }
}

impl SumcheckDevice for Faulty {
    fn prepare<'a>(
        &self,
        request: SumcheckRequest<'a>,
    ) -> Result<Box<dyn RoundProver + 'a>, DeviceError> {
        let inner = self.inner.sumcheck().unwrap().prepare(request)?;
        Ok(Box::new(FaultyRounds {
            inner,
            fault: self.fault,
            round: 0,
        }))
    }
}

struct FaultyRounds<'a> {
    inner: Box<dyn RoundProver + 'a>,
    fault: Fault,
    round: usize,
}

impl RoundProver for FaultyRounds<'_> {
    fn prove_round(&mut self, bind: Option<Fr>, claim: Fr) -> Result<RoundPoly, DeviceError> {
        let mut right = self.inner.prove_round(bind, claim)?;
        self.round += 1;
        if self.fault == Fault::Round && self.round == 3 {
            *right.0.last_mut().unwrap() += Fr::from(1u64);
        }
        Ok(right)
    }

    fn finish(self: Box<Self>, bind: Option<Fr>) -> Result<Vec<Fr>, DeviceError> {
        let mut right = self.inner.finish(bind)?;
        if self.fault == Fault::Finish {
            right.reverse();
        }
        Ok(right)
    }
}

impl FractionTree for Faulty {
    fn layers(
        &self,
        numerators: IntSlice<'_>,
        denominators: &[Fr],
    ) -> Result<Vec<FractionLayer>, DeviceError> {
        let inner = self.inner.fractions().unwrap();
        let mut right = inner.layers(numerators, denominators)?;
        // As if a carry were lost in one node near the root.
        if self.fault == Fault::Fractions && right.len() > 3 {
            right[3].numerators[0] += Fr::from(1u64);
        }
        Ok(right)
    }
}

impl Contract for Faulty {
    fn contract(
        &self,
        matrix: IntMatrix<'_>,
        axis: ContractAxis,
        w: &[Fr],
    ) -> Result<Vec<Fr>, DeviceError> {
        let mut right = self.inner.contract().unwrap().contract(matrix, axis, w)?;
        // As if the most negative entry lost its sign.
        if let (Fault::Contract, IntSlice::I8([i8::MIN, ..]), Some(first)) =
            (self.fault, matrix.data(), right.first_mut())
        {
            *first = -*first;
        }
        Ok(right)
    }
}

impl Ntt for Faulty {
    fn forward(&self, values: &mut [Fr], shift: Fr) -> Result<(), DeviceError> {
        self.inner.ntt().unwrap().forward(values, shift)?;
        // As if two values of a longer transform were stored in the wrong order.
        if self.fault == Fault::Ntt && values.len() >= 64 {
            values.swap(8, 16);
        }
        Ok(())
    }

    fn inverse(&self, values: &mut [Fr], shift: Fr) -> Result<(), DeviceError> {
        self.inner.ntt().unwrap().inverse(values, shift)
    }
}

#[test]
fn faults_fail_the_cases() {
    for fault in FAULTS {
        let faulty = Faulty {
            inner: CpuDevice::optimized(),
            fault,
        };
        let failure = conformance::run(&faulty).unwrap_err();
        assert!(
            matches!(*failure.reason, conformance::Reason::WrongValue { .. }),
            "{failure}"
        );
    }
}

#[test]
fn faults_are_disagreements_of_a_pair() {
    for fault in FAULTS {
        let faulty = Faulty {
            inner: CpuDevice::optimized(),
            fault,
        };
        let dual = DualDevice::new(Arc::new(CpuDevice::optimized()), Arc::new(faulty));
        let failure = conformance::run(&dual).unwrap_err();
        let refused = conformance::Reason::Refused(DeviceError::Disagreement {
            left: "cpu".to_owned(),
            right: "cpu".to_owned(),
            operation: match fault {
                Fault::Msm | Fault::MsmG2 => "msm",
                Fault::MsmRows => "msm_rows",
                Fault::Round => "sumcheck round",
                Fault::Finish => "sumcheck final evaluations",
                Fault::Fractions => "tree of fractions",
                Fault::Contract => "contract",
                Fault::Ntt => "forward transform",
            },
        });
        assert_eq!(*failure.reason, refused);
    }
}
