//! Cases for trees of fractions.

use kernelwise_field::Fr;

use super::inputs::{Inputs, Ints, Width};
use super::{Cases, Failure, Reason, expect_equal, expect_error};
use crate::{DeviceError, FractionLayer, FractionTree, IntSlice};

/// Logarithms of the number of leaves: none to add, below and around vectors, and past blocks of common sizes.
const LOG_SIZES: [usize; 9] = [0, 1, 2, 3, 4, 5, 8, 11, 13];

/// The layers of a tree, by the definition.
fn expected(numerators: IntSlice<'_>, denominators: &[Fr]) -> Vec<FractionLayer> {
    let mut below = FractionLayer {
        numerators: numerators.to_field(),
        denominators: denominators.to_vec(),
    };
    let mut layers = Vec::new();
    while below.numerators.len() > 1 {
        let (p, q) = (&below.numerators, &below.denominators);
        let half = p.len() / 2;
        let layer = FractionLayer {
            numerators: (0..half)
                .map(|x| p[x] * q[x + half] + p[x + half] * q[x])
                .collect(),
            denominators: (0..half).map(|x| q[x] * q[x + half]).collect(),
        };
        layers.push(layer.clone());
        below = layer;
    }
    layers
}

fn check(tree: &dyn FractionTree, p: IntSlice<'_>, q: &[Fr]) -> Result<(), Reason> {
    let layers = tree.layers(p, q)?;
    let expected = expected(p, q);
    expect_equal("number of layers", &expected.len(), &layers.len())?;
    for (depth, (expected, got)) in expected.iter().zip(&layers).enumerate() {
        expect_equal(format!("layer {depth}"), expected, got)?;
    }
    Ok(())
}

/// What the leaves of lookup arguments look like: ones, then counts, then padding.
fn lookup_like(len: usize) -> Ints {
    let value = |x: usize| match 8 * x / len {
        0..4 => 1,
        4 => x.is_multiple_of(3).into(),
        5 => -(x as i16 % 300),
        _ => 0,
    };
    Ints::I16((0..len).map(value).collect())
}

pub(super) fn run(tree: &dyn FractionTree, cases: &mut Cases) -> Result<(), Failure> {
    let mut inputs = Inputs::new(0x6672_6163);
    for log_size in LOG_SIZES {
        let len = 1 << log_size;
        let q = inputs.fields(len);
        for width in Width::ALL {
            for (name, p) in [
                ("random", inputs.ints(width, len)),
                ("smallest", width.minima(len)),
                ("one", width.ones(len)),
            ] {
                cases.case(
                    format!("fractions: 2^{log_size} leaves, {name} {width:?} numerators"),
                    || check(tree, p.view(), &q),
                )?;
            }
        }
        let p = lookup_like(len);
        cases.case(
            format!("fractions: 2^{log_size} leaves of lookups and counts"),
            || check(tree, p.view(), &q),
        )?;
    }
    let ones = Width::W8.ones(64);
    for (name, q) in [("zero", Fr::from(0u64)), ("largest", -Fr::from(1u64))] {
        cases.case(format!("fractions: denominators all {name}"), || {
            check(tree, ones.view(), &[q; 64])
        })?;
    }
    refusals(tree, cases)
}

fn refusals(tree: &dyn FractionTree, cases: &mut Cases) -> Result<(), Failure> {
    let invalid = |error: &DeviceError| matches!(error, DeviceError::InvalidArgument { .. });
    for (tops, bottoms) in [(0, 0), (3, 3), (4, 8), (8, 4), (0, 1), (1, 0)] {
        let (p, q) = (vec![1i8; tops], vec![Fr::from(1u64); bottoms]);
        cases.case(
            format!("fractions: {tops} numerators, {bottoms} denominators"),
            || {
                expect_error(
                    "InvalidArgument",
                    tree.layers(IntSlice::I8(&p), &q),
                    invalid,
                )
            },
        )?;
    }
    Ok(())
}
