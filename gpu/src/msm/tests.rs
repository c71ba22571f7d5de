//! The kernels compiled for the host pass every case, whatever the plan.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a broken helper must fail the test"
)]

use std::sync::Arc;

use kernelwise_field::{AffineRepr, CurveGroup, Field, Fr, G1, G1Affine, G2, PrimeGroup, Zero};
use kernelwise_hal::{
    Device, DeviceError, DeviceInfo, DeviceKind, IntSlice, Msm, Scalars, conformance,
};

use super::CudaMsm;
use super::plan::{Pairing, Plan, Windows};
use crate::driver::Gpu;
use crate::driver::host::Host;

const MEMORY_BYTES: u64 = 1 << 30;

fn gpu(seed: u64, memory_bytes: u64) -> Gpu {
    Gpu::new("cuda-host", Arc::new(Host::new(seed, memory_bytes)))
}

struct OnlyMsm(DeviceInfo, CudaMsm);

impl Device for OnlyMsm {
    fn info(&self) -> &DeviceInfo {
        &self.0
    }

    fn msm(&self) -> Option<&dyn Msm> {
        Some(&self.1)
    }

    fn msm_g2(&self) -> Option<&dyn Msm<G2>> {
        Some(&self.1)
    }
}

fn passes(msm: CudaMsm) {
    let info = DeviceInfo {
        name: "cuda-host".to_owned(),
        kind: DeviceKind::Gpu,
        description: String::new(),
        threads: 1,
        memory_bytes: None,
    };
    if let Err(failure) = conformance::run(&OnlyMsm(info, msm)) {
        panic!("{failure}: {:?}", failure.reason);
    }
}

#[test]
fn every_case_passes() {
    passes(CudaMsm::new(gpu(1, MEMORY_BYTES)));
}

#[test]
fn every_case_passes_in_another_order() {
    passes(CudaMsm::new(gpu(0xfeed, MEMORY_BYTES)));
}

/// Short segments, many tiles and single chunks: what only long sums have.
#[test]
fn every_case_passes_cut_finely() {
    passes(CudaMsm {
        gpu: gpu(7, MEMORY_BYTES),
        forced: Some(|plan, _| Plan {
            segment_len: 2,
            tiles: plan.row_len.div_ceil(5).max(1),
            tile_len: 5,
            chunk: plan.buckets.min(3),
            ..plan
        }),
    });
}

/// Two rounds of pairs over buckets of all populations, most of them filled up; several pairs per thread.
#[test]
fn every_case_passes_in_pairs() {
    passes(CudaMsm {
        gpu: gpu(9, MEMORY_BYTES),
        forced: Some(|plan, pairs| in_pairs(plan, pairs, 2)),
    });
}

fn in_pairs(plan: Plan, pairs: Pairing, rounds: u32) -> Plan {
    Plan {
        rounds: if pairs == Pairing::Allowed { rounds } else { 0 },
        segment_len: 3,
        pair_blocks: 1,
        ..plan
    }
}

/// Without pairs, and with three rounds of them.
fn both(seed: u64) -> [CudaMsm; 2] {
    let forced: [fn(Plan, Pairing) -> Plan; 2] = [
        |plan, _| Plan { rounds: 0, ..plan },
        |plan, pairs| in_pairs(plan, pairs, 3),
    ];
    forced.map(|forced| CudaMsm {
        gpu: gpu(seed, MEMORY_BYTES),
        forced: Some(forced),
    })
}

struct Known {
    points: Vec<G1Affine>,
    logarithms: Vec<Fr>,
}

fn known(len: usize) -> Known {
    let logarithms: Vec<Fr> = (0..len as u64)
        .map(|i| Fr::from(i * i % 97) - Fr::from(40u64))
        .collect();
    let points: Vec<G1> = logarithms.iter().map(|&l| G1::generator() * l).collect();
    Known {
        points: G1::normalize_batch(&points),
        logarithms,
    }
}

fn expected(known: &Known, scalars: Scalars<'_>) -> G1 {
    let sum: Fr = scalars
        .to_field()
        .iter()
        .zip(&known.logarithms)
        .map(|(s, l)| *s * l)
        .sum();
    G1::generator() * sum
}

fn check(msm: &CudaMsm, known: &Known, scalars: Scalars<'_>) {
    let bases = msm.load(&known.points).unwrap();
    let sum: G1 = msm.msm(&bases, scalars).unwrap();
    assert_eq!(sum, expected(known, scalars));
}

/// Digits of every width, at the places where they carry.
#[test]
fn every_window_is_right() {
    let known = known(300);
    let mut scalars: Vec<Fr> = (0..300u64)
        .map(|i| Fr::from(i + 1).inverse().unwrap_or_default())
        .collect();
    scalars[1] = -Fr::from(1u64);
    scalars[2] = Fr::from(2u64).pow([253]);
    for (i, exponent) in (1..250u64).enumerate() {
        if i % 3 == 0 {
            // All digits below are as large as they get.
            scalars[i + 3] = Fr::from(2u64).pow([exponent]) - Fr::from(1u64);
        }
    }
    for bits in 2..=16 {
        let gpu = gpu(u64::from(bits), MEMORY_BYTES);
        let card = crate::driver::Properties {
            shared_bytes_per_block: 163 << 10,
            ..gpu.properties().clone()
        };
        assert!(Plan::allowed(&card, 255, bits));
        let plan = Plan::cut(&card, (1, 300), Windows::signed(255, bits), bits % 4);
        let bases = gpu.upload(&known.points).unwrap();
        let scalars = Scalars::Fr(&scalars);
        let started = super::batch::start::<G1>(&gpu, plan, &bases, 0, scalars).unwrap();
        let sums = started.finish().unwrap();
        assert_eq!(sums, [expected(&known, scalars)], "{bits} bits");
    }
}

/// All entries meet in one bucket per window, or nearly all, or there is none.
#[test]
fn skewed_scalars_are_right() {
    let known = known(5000);
    let mut one = vec![0i8; 5000];
    one[4999] = -1;
    for msm in both(3) {
        check(&msm, &known, Scalars::Fr(&vec![-Fr::from(1u64); 5000]));
        check(&msm, &known, Scalars::Bits(&vec![true; 5000]));
        let least = vec![i16::MIN; 5000];
        check(&msm, &known, Scalars::Int(IntSlice::I16(&least)));
        check(&msm, &known, Scalars::Int(IntSlice::I64(&vec![0; 5000])));
        check(&msm, &known, Scalars::Int(IntSlice::I8(&one)));
    }
}

/// The same point in every base: every addition but the first is a doubling or cancels.
#[test]
fn repeated_points_are_right() {
    let known = Known {
        points: vec![G1Affine::generator(); 600],
        logarithms: vec![Fr::from(1u64); 600],
    };
    let signs: Vec<i8> = (0..600).map(|i| if i % 2 == 0 { 1 } else { -1 }).collect();
    for msm in both(4) {
        check(&msm, &known, Scalars::Int(IntSlice::I8(&signs)));
        check(&msm, &known, Scalars::Bits(&[true; 600]));
        let third = Fr::from(3u64).inverse().unwrap();
        check(&msm, &known, Scalars::Fr(&[third; 600]));
    }
}

/// What does not fit is done in batches of rows, then in parts of rows.
#[test]
fn little_memory_makes_batches() {
    let known = known(3000);
    let scalars: Vec<i16> = (0..9000).map(|i: i32| (i * 7919) as i16).collect();
    let rows: Vec<G1> = scalars
        .chunks(3000)
        .map(|row| expected(&known, Scalars::Int(IntSlice::I16(row))))
        .collect();
    for kilobytes in [2000, 900] {
        let msm = CudaMsm::new(gpu(5, kilobytes << 10));
        let bases = msm.load(&known.points).unwrap();
        let scalars = Scalars::Int(IntSlice::I16(&scalars));
        let sums: Vec<G1> = msm.msm_rows(&bases, scalars, 3000).unwrap();
        assert_eq!(sums, rows, "{kilobytes} KiB");
    }
    let msm = CudaMsm::new(gpu(6, 200 << 10));
    let bases = msm.load(&known.points).unwrap();
    let error = Msm::<G1>::msm(&msm, &bases, Scalars::Fr(&[Fr::from(5u64); 3000])).unwrap_err();
    assert!(matches!(error, DeviceError::OutOfMemory { .. }), "{error}");
}

/// Enough rows for their windows to be joined on the device.
#[test]
fn many_rows_are_right() {
    let known = known(3);
    let msm = CudaMsm::new(gpu(8, MEMORY_BYTES));
    let bases = msm.load(&known.points).unwrap();
    let scalars: Vec<i64> = (0..300)
        .map(|i: i64| i.wrapping_mul(i64::MAX / 77))
        .collect();
    let sums: Vec<G1> = msm
        .msm_rows(&bases, Scalars::Int(IntSlice::I64(&scalars)), 3)
        .unwrap();
    for (row, sum) in scalars.chunks(3).zip(sums) {
        assert_eq!(sum, expected(&known, Scalars::Int(IntSlice::I64(row))));
    }
    let zeros: Vec<G1> = msm
        .msm_rows(&bases, Scalars::Int(IntSlice::I32(&[0; 300])), 3)
        .unwrap();
    assert!(zeros.len() == 100 && zeros.iter().all(Zero::is_zero));
}
