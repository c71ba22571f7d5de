//! Additions of points in every exceptional case, against arkworks.

use kernelwise_field::{AffineRepr, Field, Fq, Fr, G1, G1Affine, PrimeGroup};

use super::gpu;
use crate::driver::{Args, Grid};
use crate::msm::point_of_sum;

/// Named pairs of points.
fn cases() -> Vec<(&'static str, G1Affine, G1Affine)> {
    let zero = G1Affine::zero();
    let [a, b] = [5u64, 1 << 40].map(|k| G1Affine::from(G1::generator() * -Fr::from(k)));
    let twice = G1Affine::from(a + a);
    vec![
        ("nothing and nothing", zero, zero),
        ("a point and nothing", a, zero),
        ("nothing and a point", zero, a),
        ("different points", a, b),
        ("the same point", a, a),
        ("opposite points", a, -a),
        ("a point and its double", a, twice),
        ("a point and its opposite's double", a, -twice),
        (
            "the generator and itself",
            G1Affine::generator(),
            G1Affine::generator(),
        ),
    ]
}

#[test]
fn every_case_is_right() {
    let cases = cases();
    let len = cases.len();
    let left: Vec<G1Affine> = cases.iter().map(|case| case.1).collect();
    let right: Vec<G1Affine> = cases.iter().map(|case| case.2).collect();
    // Coordinates of the left point that are not those of its affine form, and some that are.
    for scale in [Fq::ONE, -Fq::ONE, Fq::from(0xdead_beef_u64)] {
        for number in 0..5u32 {
            let gpu = gpu(u64::from(number));
            let (a, b) = (gpu.upload(&left).unwrap(), gpu.upload(&right).unwrap());
            let scales = gpu.upload(&vec![scale; len]).unwrap();
            let results = gpu.allocate::<[u64; 4]>(4 * len).unwrap();
            let args = Args::new()
                .buffer(&results)
                .buffer(&a)
                .buffer(&b)
                .buffer(&scales)
                .u64(len as u64)
                .u32(number);
            gpu.launch("kw_g1_test", Grid::over(len, 32), &args)
                .unwrap();
            let sums = results.read().unwrap();
            for (i, (name, a, b)) in cases.iter().enumerate() {
                let expected: G1 = match number {
                    0..=2 => *a + *b,
                    3 => *a + *a,
                    _ => *a * Fr::from(i as u64),
                };
                let got = point_of_sum(&sums[4 * i..4 * i + 4]);
                assert_eq!(got, expected, "operation {number} on {name}");
            }
        }
    }
}
