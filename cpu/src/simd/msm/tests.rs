//! Sums in lanes against arkworks, with every exceptional case of affine addition by name.

use kernelwise_field::{AffineRepr, Fr, G1, G2};
use kernelwise_hal::{IntSlice, Scalars};
use proptest::prelude::*;

use super::*;

fn bases<G: LaneGroup<D>, const D: usize>(len: usize) -> Vec<G::Affine> {
    let mut point = G::generator();
    let points: Vec<G> = (0..len)
        .map(|i| {
            point = point.double() + G::generator() * Fr::from(i as u64);
            point
        })
        .collect();
    G::normalize_batch(&points)
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
fn check<G: LaneGroup<D>, const D: usize>(
    bases: &[G::Affine],
    scalars: Scalars<'_>,
    row_len: usize,
) {
    let Some(ops) = Avx512::detect() else { return };
    let got = LaneBases::<G, D>::new(ops, bases).sums(0, scalars, row_len);
    let expected: Vec<G> = scalars
        .to_field()
        .chunks(row_len)
        .map(|row| G::msm_unchecked(&bases[..row.len()], row))
        .collect();
    assert_eq!(got, expected);
}

fn check_all<G: LaneGroup<D>, const D: usize>(bases: &[G::Affine], seed: u64) {
    let len = bases.len();
    let full = random_fields(len, seed);
    check::<G, D>(bases, Scalars::Fr(&full), len);
    let wide: Vec<i64> = full.iter().map(|x| x.montgomery_word() as i64).collect();
    let ints: Vec<i32> = wide.iter().map(|&v| v as i32).collect();
    let shorts: Vec<i16> = wide.iter().map(|&v| v as i16).collect();
    let bytes: Vec<i8> = wide.iter().map(|&v| v as i8).collect();
    let bits: Vec<bool> = wide.iter().map(|&v| v & 1 == 1).collect();
    check::<G, D>(bases, Scalars::Int(IntSlice::I64(&wide)), len);
    check::<G, D>(bases, Scalars::Int(IntSlice::I32(&ints)), len);
    check::<G, D>(bases, Scalars::Int(IntSlice::I16(&shorts)), len);
    check::<G, D>(bases, Scalars::Int(IntSlice::I8(&bytes)), len);
    check::<G, D>(bases, Scalars::Bits(&bits), len);
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

fn lengths_around_lanes_and_batches<G: LaneGroup<D>, const D: usize>() {
    for len in [1, 2, 3, 7, 8, 9, 63, 64, 65, 300, 2049] {
        check_all::<G, D>(&bases::<G, D>(len), len as u64);
    }
}

fn equal_points_are_doubled<G: LaneGroup<D>, const D: usize>() {
    check_all::<G, D>(&[G::Affine::generator(); 200], 1);
    let ones = vec![1i8; 5000];
    check::<G, D>(
        &[G::Affine::generator(); 5000],
        Scalars::Int(IntSlice::I8(&ones)),
        5000,
    );
}

fn opposite_points_cancel<G: LaneGroup<D>, const D: usize>() {
    let point = bases::<G, D>(3)[2];
    let pairs: Vec<G::Affine> = (0..128)
        .map(|i| if i % 2 == 0 { point } else { -point })
        .collect();
    check_all::<G, D>(&pairs, 2);
    check::<G, D>(&pairs, Scalars::Int(IntSlice::I16(&[77; 128])), 128);
    check::<G, D>(&pairs, Scalars::Bits(&[true; 128]), 128);
}

fn identity_bases_add_nothing<G: LaneGroup<D>, const D: usize>() {
    check_all::<G, D>(&[G::Affine::zero(); 100], 3);
    let mut mixed = bases::<G, D>(100);
    for i in (0..100).step_by(3) {
        mixed[i] = G::Affine::zero();
    }
    check_all::<G, D>(&mixed, 4);
}

fn zero_scalars_give_the_identity<G: LaneGroup<D>, const D: usize>() {
    let bases = bases::<G, D>(70);
    check::<G, D>(&bases, Scalars::Fr(&[Fr::from(0u64); 70]), 70);
    check::<G, D>(&bases, Scalars::Int(IntSlice::I32(&[0; 70])), 70);
    check::<G, D>(&bases, Scalars::Bits(&[false; 70]), 70);
}

fn repeated_bases_meet_in_buckets<G: LaneGroup<D>, const D: usize>() {
    let few = bases::<G, D>(4);
    let repeated: Vec<G::Affine> = (0..1000).map(|i| few[i % 4]).collect();
    check_all::<G, D>(&repeated, 5);
}

fn extreme_scalars<G: LaneGroup<D>, const D: usize>() {
    let bases = bases::<G, D>(40);
    let minus_one = -Fr::from(1u64);
    check::<G, D>(&bases, Scalars::Fr(&[minus_one; 40]), 40);
    check::<G, D>(&bases, Scalars::Int(IntSlice::I8(&[i8::MIN; 40])), 40);
    check::<G, D>(&bases, Scalars::Int(IntSlice::I16(&[i16::MIN; 40])), 40);
    check::<G, D>(&bases, Scalars::Int(IntSlice::I32(&[i32::MIN; 40])), 40);
    check::<G, D>(&bases, Scalars::Int(IntSlice::I64(&[i64::MIN; 40])), 40);
    check::<G, D>(&bases, Scalars::Int(IntSlice::I64(&[i64::MAX; 40])), 40);
    check::<G, D>(&bases, Scalars::Int(IntSlice::I32(&[i32::MAX; 40])), 40);
}

fn rows_share_their_bases<G: LaneGroup<D>, const D: usize>() {
    let bases = bases::<G, D>(300);
    for (rows, row_len) in [(1, 300), (5, 20), (100, 33), (7, 257)] {
        let full = random_fields(rows * row_len, 9);
        check::<G, D>(&bases, Scalars::Fr(&full), row_len);
        let bytes: Vec<i8> = full.iter().map(|x| x.montgomery_word() as i8).collect();
        check::<G, D>(&bases, Scalars::Int(IntSlice::I8(&bytes)), row_len);
        let bits: Vec<bool> = bytes.iter().map(|&v| v > 0).collect();
        check::<G, D>(&bases, Scalars::Bits(&bits), row_len);
    }
}

fn many_rows_use_subset_tables<G: LaneGroup<D>, const D: usize>() {
    let bases = bases::<G, D>(150);
    for (rows, row_len) in [(600, 1), (500, 20), (300, 150), (4100, 9)] {
        let bytes: Vec<i8> = (0..rows * row_len)
            .map(|i| (i * i % 257) as u8 as i8)
            .collect();
        check::<G, D>(&bases, Scalars::Int(IntSlice::I8(&bytes)), row_len);
        let positive: Vec<i16> = bytes.iter().map(|&v| i16::from(v as u8)).collect();
        check::<G, D>(&bases, Scalars::Int(IntSlice::I16(&positive)), row_len);
        let bits: Vec<bool> = bytes.iter().map(|&v| v > 0).collect();
        check::<G, D>(&bases, Scalars::Bits(&bits), row_len);
    }
    check::<G, D>(&bases, Scalars::Int(IntSlice::I8(&[0; 900 * 50])), 50);
    check::<G, D>(&bases, Scalars::Int(IntSlice::I8(&[-1; 900 * 50])), 50);
    check::<G, D>(&bases, Scalars::Bits(&[true; 900 * 50]), 50);
}

fn subset_tables_of_awkward_bases<G: LaneGroup<D>, const D: usize>() {
    let point = bases::<G, D>(3)[2];
    let opposite: Vec<G::Affine> = (0..60)
        .map(|i| if i % 2 == 0 { point } else { -point })
        .collect();
    for bases in [
        vec![G::Affine::generator(); 60],
        vec![G::Affine::zero(); 60],
        opposite,
    ] {
        let bytes: Vec<i8> = (0..600 * 60).map(|i| (i * 7 % 251) as u8 as i8).collect();
        check::<G, D>(&bases, Scalars::Int(IntSlice::I8(&bytes)), 60);
        check::<G, D>(&bases, Scalars::Int(IntSlice::I8(&[1; 600 * 60])), 60);
    }
}

/// Every case in both groups.
mod cases {
    use super::*;

    #[test]
    fn lengths_around_lanes_and_batches_in_g1() {
        lengths_around_lanes_and_batches::<G1, 1>();
    }

    #[test]
    fn lengths_around_lanes_and_batches_in_g2() {
        lengths_around_lanes_and_batches::<G2, 2>();
    }

    #[test]
    fn equal_points_are_doubled_in_g1() {
        equal_points_are_doubled::<G1, 1>();
    }

    #[test]
    fn equal_points_are_doubled_in_g2() {
        equal_points_are_doubled::<G2, 2>();
    }

    #[test]
    fn opposite_points_cancel_in_g1() {
        opposite_points_cancel::<G1, 1>();
    }

    #[test]
    fn opposite_points_cancel_in_g2() {
        opposite_points_cancel::<G2, 2>();
    }

    #[test]
    fn identity_bases_add_nothing_in_g1() {
        identity_bases_add_nothing::<G1, 1>();
    }

    #[test]
    fn identity_bases_add_nothing_in_g2() {
        identity_bases_add_nothing::<G2, 2>();
    }

    #[test]
    fn zero_scalars_give_the_identity_in_g1() {
        zero_scalars_give_the_identity::<G1, 1>();
    }

    #[test]
    fn zero_scalars_give_the_identity_in_g2() {
        zero_scalars_give_the_identity::<G2, 2>();
    }

    #[test]
    fn repeated_bases_meet_in_buckets_in_g1() {
        repeated_bases_meet_in_buckets::<G1, 1>();
    }

    #[test]
    fn repeated_bases_meet_in_buckets_in_g2() {
        repeated_bases_meet_in_buckets::<G2, 2>();
    }

    #[test]
    fn extreme_scalars_in_g1() {
        extreme_scalars::<G1, 1>();
    }

    #[test]
    fn extreme_scalars_in_g2() {
        extreme_scalars::<G2, 2>();
    }

    #[test]
    fn rows_share_their_bases_in_g1() {
        rows_share_their_bases::<G1, 1>();
    }

    #[test]
    fn rows_share_their_bases_in_g2() {
        rows_share_their_bases::<G2, 2>();
    }

    #[test]
    fn many_rows_use_subset_tables_in_g1() {
        many_rows_use_subset_tables::<G1, 1>();
    }

    #[test]
    fn many_rows_use_subset_tables_in_g2() {
        many_rows_use_subset_tables::<G2, 2>();
    }

    #[test]
    fn subset_tables_of_awkward_bases_in_g1() {
        subset_tables_of_awkward_bases::<G1, 1>();
    }

    #[test]
    fn subset_tables_of_awkward_bases_in_g2() {
        subset_tables_of_awkward_bases::<G2, 2>();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn random_sums(len in 1usize..400, seed in any::<u32>()) {
        check_all::<G1, 1>(&bases::<G1, 1>(len), u64::from(seed));
        check_all::<G2, 2>(&bases::<G2, 2>(len), u64::from(seed));
    }
}
