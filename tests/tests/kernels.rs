//! Each kernel on random shapes, and a network of all of them: honest proofs verify.
#![expect(clippy::expect_used, reason = "a broken helper must fail the test")]

use kernelwise_core::kernels::{Conv2d, PoolAxis};
use kernelwise_core::program::{AxisMap, AxisMultiplier, IndexMap, LinearTerm, Program};
use kernelwise_tests::graphs::{Builder, Numbers, network};
use kernelwise_tests::run::Case;

/// Axis lengths with 1, primes, powers of two and others.
const LENGTHS: [usize; 9] = [1, 2, 3, 4, 5, 6, 7, 8, 13];

fn proves(program: Program, seed: u64) {
    let case = Case::new(program, seed);
    let proved = case.prove(&case.witness());
    case.verify(&proved).expect("an honest proof verifies");
}

#[test]
fn network_of_all_kernels() {
    for seed in 0..3 {
        proves(network(seed), seed);
    }
}

#[test]
fn matmul_on_random_shapes() {
    for seed in 0..12 {
        let mut numbers = Numbers::new(seed);
        let mut length = || LENGTHS[numbers.below(LENGTHS.len())];
        let mut builder = Builder::new();
        let dims = [length(), length(), length()];
        let contracted = 1 + seed as usize % 3;
        let columns = length();
        let x = builder.input(&dims);
        let y = builder.matmul(x, contracted, columns);
        let y = builder.requantise(y, &mut numbers);
        proves(builder.finish(&[y]), seed);
    }
}

#[test]
fn convolution_on_random_shapes() {
    for seed in 0..16 {
        let mut numbers = Numbers::new(seed + 100);
        let groups = [1, 1, 2, 3][numbers.below(4)];
        let mut pick = |from: &[usize]| from[numbers.below(from.len())];
        let dims = [
            pick(&[1, 1, 2]),
            groups * pick(&[1, 2, 3]),
            pick(&[5, 6, 7, 8]),
            pick(&[5, 6, 9]),
        ];
        let kernel = Conv2d {
            strides: [pick(&[1, 2, 3]), pick(&[1, 2])],
            pads: [pick(&[0, 1, 2]), pick(&[0, 1])],
            dilations: [pick(&[1, 2]), pick(&[1, 1, 2])],
            groups,
        };
        let size = [pick(&[1, 2, 3]), pick(&[1, 2, 3])];
        let filters = groups * pick(&[1, 2, 3]);
        let mut builder = Builder::new();
        let x = builder.input(&dims);
        let y = builder.conv2d(x, kernel, filters, size);
        let y = builder.bias(y, 1);
        let y = builder.requantise(y, &mut numbers);
        proves(builder.finish(&[y]), seed);
    }
}

#[test]
fn max_pool_on_random_shapes() {
    for seed in 0..12 {
        let mut numbers = Numbers::new(seed + 200);
        let mut pick = |from: &[usize]| from[numbers.below(from.len())];
        let mut axis = || PoolAxis {
            size: pick(&[1, 2, 3]),
            stride: pick(&[1, 2, 3]),
            pad: pick(&[0, 0, 1]),
            dilation: pick(&[1, 1, 2]),
        };
        let axes = [PoolAxis::NONE, axis(), axis()].map(|a| {
            if a.size == 1 {
                PoolAxis { pad: 0, ..a }
            } else {
                a
            }
        });
        let mut builder = Builder::new();
        let x = builder.input(&[pick(&[1, 2, 3]), pick(&[5, 6, 7, 8]), pick(&[5, 8, 9])]);
        let y = builder.max_pool(x, &axes);
        proves(builder.finish(&[y]), seed);
    }
}

#[test]
fn linear_maps() {
    let mut builder = Builder::new();
    let x = builder.input(&[3, 5]);
    let z = builder.input(&[4]);
    let term = |coefficient, maps: Vec<AxisMap>| LinearTerm {
        coefficient,
        multipliers: Vec::new(),
        map: IndexMap(maps),
    };
    // Transpose, with factors along one axis.
    let mut transpose = term(1, vec![AxisMap::identity(1), AxisMap::identity(0)]);
    transpose.multipliers = vec![AxisMultiplier {
        axis: 0,
        values: vec![1, -2, 3, 0, 5],
    }];
    let transposed = builder.linear(&[(x, transpose)], &[5, 3]);
    // Concatenation of x and a shifted, padded copy of itself, plus a broadcast sum of z.
    let concat = builder.linear(
        &[
            (x, term(1, vec![AxisMap::identity(0), AxisMap::identity(1)])),
            (
                x,
                term(2, vec![AxisMap::identity(0), AxisMap::strided(1, 1, -6)]),
            ),
            (z, term(-1, vec![AxisMap::sum(4)])),
        ],
        &[3, 11],
    );
    // Strided slice and window sums, one reading over the edge.
    let windows = builder.linear(
        &[
            (
                x,
                term(1, vec![AxisMap::fixed(2), AxisMap::window(0, 2, -1, 3, 1)]),
            ),
            (z, term(7, vec![AxisMap::strided(0, -1, 3)])),
        ],
        &[4],
    );
    // The same tensor used three times: its claims merge.
    let reused = builder.linear(
        &[
            (
                concat,
                term(1, vec![AxisMap::identity(0), AxisMap::identity(1)]),
            ),
            (
                concat,
                term(1, vec![AxisMap::strided(0, -1, 2), AxisMap::identity(1)]),
            ),
            (
                concat,
                term(1, vec![AxisMap::identity(0), AxisMap::strided(1, 1, 1)]),
            ),
        ],
        &[3, 11],
    );
    proves(builder.finish(&[transposed, windows, reused, concat]), 1);
}

#[test]
fn reshape_between_linear_kernels_merges_dense_claims() {
    let mut builder = Builder::new();
    let mut numbers = Numbers::new(7);
    let x = builder.input(&[3, 5]);
    let y = builder.matmul(x, 1, 6);
    let y = builder.reshape(y, &[2, 9]);
    let y = builder.requantise(y, &mut numbers);
    let z = builder.reshape(y, &[9, 2]);
    let z = builder.reshape(z, &[6, 3]);
    let z = builder.matmul(z, 1, 2);
    proves(builder.finish(&[z]), 3);
}
