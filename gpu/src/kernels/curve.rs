//! Additions of points in every exceptional case, against arkworks.

use kernelwise_field::{AffineRepr, Field, Fq, Fq2, Fr, G1, G2, Zero};
use kernelwise_hal::MsmGroup;

use super::gpu;
use crate::driver::{Args, Element, Grid};
use crate::msm::KernelGroup;

/// Named pairs of points.
fn cases<G: MsmGroup>() -> Vec<(&'static str, G::Affine, G::Affine)> {
    let zero = G::Affine::zero();
    let [a, b] = [5u64, 1 << 40].map(|k| (G::generator() * -Fr::from(k)).into_affine());
    let opposite = (-a.into_group()).into_affine();
    let twice = a.into_group().double();
    let g = G::generator().into_affine();
    vec![
        ("nothing and nothing", zero, zero),
        ("a point and nothing", a, zero),
        ("nothing and a point", zero, a),
        ("different points", a, b),
        ("the same point", a, a),
        ("opposite points", a, opposite),
        ("a point and its double", a, twice.into_affine()),
        (
            "a point and its opposite's double",
            a,
            (-twice).into_affine(),
        ),
        ("the generator and itself", g, g),
    ]
}

fn check<G: KernelGroup, F: Element>(kernel: &str, scales: &[F]) {
    let cases = cases::<G>();
    let len = cases.len();
    let left: Vec<G::Affine> = cases.iter().map(|case| case.1).collect();
    let right: Vec<G::Affine> = cases.iter().map(|case| case.2).collect();
    // Coordinates of the left point that are not those of its affine form, and some that are.
    for &scale in scales {
        for number in 0..5u32 {
            let gpu = gpu(u64::from(number));
            let (a, b) = (gpu.upload(&left).unwrap(), gpu.upload(&right).unwrap());
            let scales = gpu.upload(&vec![scale; len]).unwrap();
            let results = gpu.allocate::<[u64; 4]>(G::SUM_ELEMENTS * len).unwrap();
            let args = Args::new()
                .buffer(&results)
                .buffer(&a)
                .buffer(&b)
                .buffer(&scales)
                .u64(len as u64)
                .u32(number);
            gpu.launch(kernel, Grid::over(len, 32), &args).unwrap();
            let sums = results.read().unwrap();
            let sums = sums.chunks(G::SUM_ELEMENTS).map(G::from_sum);
            for (i, ((name, a, b), sum)) in cases.iter().zip(sums).enumerate() {
                let expected: G = match number {
                    0..=2 => *a + *b,
                    3 => *a + *a,
                    _ => *a * Fr::from(i as u64),
                };
                assert_eq!(sum, expected, "{kernel} {number} on {name}");
            }
        }
    }
}

#[test]
fn every_case_is_right_in_g1() {
    let scales = [Fq::ONE, -Fq::ONE, Fq::from(0xdead_beef_u64)];
    check::<G1, _>("kw_g1_test", &scales);
}

#[test]
fn every_case_is_right_in_g2() {
    let scales = [
        Fq2::ONE,
        Fq2::new(Fq::zero(), -Fq::ONE),
        Fq2::new(Fq::from(3u64), Fq::from(0xdead_beef_u64)),
    ];
    check::<G2, _>("kw_g2_test", &scales);
}
