//! Sums in lanes against arkworks, with every exceptional case of affine addition by name.

use kernelwise_field::{AffineRepr, CurveGroup, Fr, G1, G1Affine, PrimeGroup, VariableBaseMSM};
use kernelwise_hal::{IntSlice, Scalars};
use proptest::prelude::*;

use super::*;

fn bases(len: usize) -> Vec<G1Affine> {
    let mut point = G1::generator();
    let points: Vec<G1> = (0..len)
        .map(|i| {
            point = point.double() + G1::generator() * Fr::from(i as u64);
            point
        })
        .collect();
    G1::normalize_batch(&points)
}

fn random_fields(len: usize, seed: u64) -> Vec<Fr> {
    let mut x = Fr::from(seed + 3);
    (0..len)
        .map(|i| {
            x = x * x + Fr::from(i as u64 + seed);
            x
        })
        .collect()
}

/// Compares with arkworks, row by row; does nothing on a CPU without the instructions.
fn check(bases: &[G1Affine], scalars: Scalars<'_>, row_len: usize) {
    let Some(ops) = Avx512::detect() else { return };
    let got = LaneBases::new(ops, bases).sums(scalars, row_len);
    let expected: Vec<G1> = scalars
        .to_field()
        .chunks(row_len)
        .map(|row| G1::msm_unchecked(&bases[..row.len()], row))
        .collect();
    assert_eq!(got, expected);
}

fn check_all(bases: &[G1Affine], seed: u64) {
    let len = bases.len();
    let full = random_fields(len, seed);
    check(bases, Scalars::Fr(&full), len);
    let wide: Vec<i64> = full.iter().map(|x| x.montgomery_word() as i64).collect();
    let ints: Vec<i32> = wide.iter().map(|&v| v as i32).collect();
    let shorts: Vec<i16> = wide.iter().map(|&v| v as i16).collect();
    let bytes: Vec<i8> = wide.iter().map(|&v| v as i8).collect();
    let bits: Vec<bool> = wide.iter().map(|&v| v & 1 == 1).collect();
    check(bases, Scalars::Int(IntSlice::I64(&wide)), len);
    check(bases, Scalars::Int(IntSlice::I32(&ints)), len);
    check(bases, Scalars::Int(IntSlice::I16(&shorts)), len);
    check(bases, Scalars::Int(IntSlice::I8(&bytes)), len);
    check(bases, Scalars::Bits(&bits), len);
}

trait Word {
    fn montgomery_word(&self) -> u64;
}

impl Word for Fr {
    fn montgomery_word(&self) -> u64 {
        use crate::simd::constants::LaneField;
        self.montgomery()[0]
    }
}

#[test]
fn lengths_around_lanes_and_batches() {
    for len in [1, 2, 3, 7, 8, 9, 63, 64, 65, 300, 2049] {
        check_all(&bases(len), len as u64);
    }
}

#[test]
fn equal_points_are_doubled() {
    check_all(&vec![G1Affine::generator(); 200], 1);
    let ones = vec![1i8; 5000];
    check(
        &vec![G1Affine::generator(); 5000],
        Scalars::Int(IntSlice::I8(&ones)),
        5000,
    );
}

#[test]
fn opposite_points_cancel() {
    let point = bases(3)[2];
    let pairs: Vec<G1Affine> = (0..128)
        .map(|i| if i % 2 == 0 { point } else { -point })
        .collect();
    check_all(&pairs, 2);
    check(&pairs, Scalars::Int(IntSlice::I16(&[77; 128])), 128);
    check(&pairs, Scalars::Bits(&[true; 128]), 128);
}

#[test]
fn identity_bases_add_nothing() {
    check_all(&vec![G1Affine::identity(); 100], 3);
    let mut mixed = bases(100);
    for i in (0..100).step_by(3) {
        mixed[i] = G1Affine::identity();
    }
    check_all(&mixed, 4);
}

#[test]
fn zero_scalars_give_the_identity() {
    let bases = bases(70);
    check(&bases, Scalars::Fr(&[Fr::from(0u64); 70]), 70);
    check(&bases, Scalars::Int(IntSlice::I32(&[0; 70])), 70);
    check(&bases, Scalars::Bits(&[false; 70]), 70);
}

#[test]
fn repeated_bases_meet_in_buckets() {
    let few = bases(4);
    let repeated: Vec<G1Affine> = (0..1000).map(|i| few[i % 4]).collect();
    check_all(&repeated, 5);
}

#[test]
fn extreme_scalars() {
    let bases = bases(40);
    let minus_one = -Fr::from(1u64);
    check(&bases, Scalars::Fr(&[minus_one; 40]), 40);
    check(&bases, Scalars::Int(IntSlice::I8(&[i8::MIN; 40])), 40);
    check(&bases, Scalars::Int(IntSlice::I16(&[i16::MIN; 40])), 40);
    check(&bases, Scalars::Int(IntSlice::I32(&[i32::MIN; 40])), 40);
    check(&bases, Scalars::Int(IntSlice::I64(&[i64::MIN; 40])), 40);
    check(&bases, Scalars::Int(IntSlice::I64(&[i64::MAX; 40])), 40);
    check(&bases, Scalars::Int(IntSlice::I32(&[i32::MAX; 40])), 40);
}

#[test]
fn rows_share_their_bases() {
    let bases = bases(300);
    for (rows, row_len) in [(1, 300), (5, 20), (100, 33), (7, 257)] {
        let full = random_fields(rows * row_len, 9);
        check(&bases, Scalars::Fr(&full), row_len);
        let bytes: Vec<i8> = full.iter().map(|x| x.montgomery_word() as i8).collect();
        check(&bases, Scalars::Int(IntSlice::I8(&bytes)), row_len);
        let bits: Vec<bool> = bytes.iter().map(|&v| v > 0).collect();
        check(&bases, Scalars::Bits(&bits), row_len);
    }
}

#[test]
fn many_rows_use_subset_tables() {
    let bases = bases(150);
    for (rows, row_len) in [(600, 1), (500, 20), (300, 150), (4100, 9)] {
        let bytes: Vec<i8> = (0..rows * row_len)
            .map(|i| (i * i % 257) as u8 as i8)
            .collect();
        check(&bases, Scalars::Int(IntSlice::I8(&bytes)), row_len);
        let positive: Vec<i16> = bytes.iter().map(|&v| i16::from(v as u8)).collect();
        check(&bases, Scalars::Int(IntSlice::I16(&positive)), row_len);
        let bits: Vec<bool> = bytes.iter().map(|&v| v > 0).collect();
        check(&bases, Scalars::Bits(&bits), row_len);
    }
    check(&bases, Scalars::Int(IntSlice::I8(&[0; 900 * 50])), 50);
    check(&bases, Scalars::Int(IntSlice::I8(&[-1; 900 * 50])), 50);
    check(&bases, Scalars::Bits(&[true; 900 * 50]), 50);
}

#[test]
fn subset_tables_of_awkward_bases() {
    let point = bases(3)[2];
    let opposite: Vec<G1Affine> = (0..60)
        .map(|i| if i % 2 == 0 { point } else { -point })
        .collect();
    for bases in [
        vec![G1Affine::generator(); 60],
        vec![G1Affine::identity(); 60],
        opposite,
    ] {
        let bytes: Vec<i8> = (0..600 * 60).map(|i| (i * 7 % 251) as u8 as i8).collect();
        check(&bases, Scalars::Int(IntSlice::I8(&bytes)), 60);
        check(&bases, Scalars::Int(IntSlice::I8(&[1; 600 * 60])), 60);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn random_sums(len in 1usize..400, seed in any::<u32>()) {
        check_all(&bases(len), u64::from(seed));
    }
}
