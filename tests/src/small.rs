//! The smallest programs that show one thing each.

use kernelwise_core::program::{AxisMap, IndexMap, LinearTerm, Program};

use kernelwise_core::kernels::PoolAxis;

use crate::graphs::{Builder, Numbers, PLAIN};

/// One matrix product, without lookups.
pub fn product() -> Program {
    let mut builder = Builder::without_tables();
    let x = builder.input(&[2, 3]);
    let y = builder.matmul(x, 1, 4);
    builder.finish(&[y])
}

/// Two matrix products of equal shapes in a row, without lookups; `swapped` exchanges their weights.
pub fn two_products(swapped: bool) -> Program {
    let mut builder = Builder::without_tables();
    let x = builder.input(&[2, 3]);
    let hidden = builder.matmul(x, 1, 3);
    let y = builder.matmul(hidden, 1, 3);
    if swapped {
        let [first, second] = &mut builder.graph.launches[..] else {
            unreachable!("two launches")
        };
        std::mem::swap(&mut first.inputs[1], &mut second.inputs[1]);
    }
    builder.finish(&[y])
}

/// Product, bias, rescaling with two limbs, clamp.
pub fn quantised() -> Program {
    let mut builder = Builder::new();
    let x = builder.input(&[2, 20]);
    let y = builder.matmul(x, 1, 3);
    let y = builder.bias(y, 1);
    let y = builder.requantise(y, &mut Numbers::new(1));
    builder.finish(&[y])
}

/// One convolution of three channels by two.
pub fn convolved() -> Program {
    let mut builder = Builder::without_tables();
    let x = builder.input(&[1, 2, 4, 4]);
    let y = builder.conv2d(x, PLAIN, 3, [2, 2]);
    builder.finish(&[y])
}

/// Maxima over four 2 × 2 windows.
pub fn pooled() -> Program {
    let window = PoolAxis {
        size: 2,
        stride: 2,
        pad: 0,
        dilation: 1,
    };
    let mut builder = Builder::new();
    let x = builder.input(&[4, 4]);
    let y = builder.max_pool(x, &[window, window]);
    builder.finish(&[y])
}

/// A product whose output is relabelled: its claim is dense and merges.
pub fn reshaped() -> Program {
    let mut builder = Builder::without_tables();
    let x = builder.input(&[2, 3]);
    let y = builder.matmul(x, 1, 3);
    let y = builder.reshape(y, &[3, 2]);
    builder.finish(&[y])
}

/// A relabelled input.
pub fn reshaped_input() -> Program {
    let mut builder = Builder::without_tables();
    let x = builder.input(&[2, 3]);
    let y = builder.reshape(x, &[3, 2]);
    builder.finish(&[y])
}

/// The sum of a tensor and its mirror image: two claims on one tensor, with factor 1 each. The tensor is the input, or a product of it.
pub fn mirrored(of_product: bool) -> Program {
    let mut builder = Builder::without_tables();
    let x = builder.input(&[2, 3]);
    let x = if of_product {
        builder.matmul(x, 1, 3)
    } else {
        x
    };
    let mirror = LinearTerm {
        coefficient: 1,
        multipliers: Vec::new(),
        map: IndexMap(vec![AxisMap::identity(0), AxisMap::strided(1, -1, 2)]),
    };
    let y = builder.linear(&[(x, LinearTerm::scaled(1, 2)), (x, mirror)], &[2, 3]);
    builder.finish(&[y])
}
