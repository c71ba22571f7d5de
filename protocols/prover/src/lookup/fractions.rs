//! The tree of fractions, from the leaves up, and its proof from the root down.

use kernelwise_core::field::{Field, Fr};
use kernelwise_hal::{IntSlice, SumcheckDevice, SumcheckRequest, Table, Term};
use rayon::prelude::*;

use super::leaves::Leaves;
use crate::channel::Channel;
use crate::error::ProveError;
use crate::sumcheck::prove_sumcheck;

/// One layer above the leaves.
struct Layer {
    numerators: Vec<Fr>,
    denominators: Vec<Fr>,
}

/// Proves that the fractions add up to zero; returns the point at which the leaves are claimed.
pub(super) fn prove(
    device: &dyn SumcheckDevice,
    channel: &mut Channel<'_>,
    leaves: Leaves,
    num_vars: usize,
    mut step: impl FnMut(),
) -> Result<Vec<Fr>, ProveError> {
    let mut layers = build_layers(&leaves);
    let root = match layers.last() {
        Some(layer) => layer.denominators.first(),
        None => leaves.denominators.first(),
    };
    let root = *root.ok_or(ProveError::Internal("a tree without leaves"))?;
    let root = channel.send_one("lookup root", root);
    let mut point: Vec<Fr> = Vec::new();
    let (mut numerator, mut denominator) = (Fr::from(0u64), root);
    // `layers` holds the layers of 2^(num_vars-1), …, 1 nodes; the children of the root are one before the last.
    layers.pop();
    for vars in 0..num_vars {
        let lambda = channel.challenge();
        let layer = layers.pop();
        let (tops, bottoms) = match &layer {
            Some(layer) => (
                Numerators::Fr(&layer.numerators),
                layer.denominators.as_slice(),
            ),
            None => (
                Numerators::Int(&leaves.numerators),
                leaves.denominators.as_slice(),
            ),
        };
        let half = 1 << vars;
        let (q0, q1) = bottoms.split_at(half);
        let (p0, p1) = tops.halves(half);
        let request = SumcheckRequest::new(
            vars,
            vec![
                Table::Eq(point.as_slice().into()),
                p0,
                p1,
                Table::Fr(q0.into()),
                Table::Fr(q1.into()),
            ],
            vec![
                Term {
                    coefficient: Fr::ONE,
                    factors: [0, 1, 4].into(),
                },
                Term {
                    coefficient: Fr::ONE,
                    factors: [0, 2, 3].into(),
                },
                Term {
                    coefficient: lambda,
                    factors: [0, 3, 4].into(),
                },
            ],
        )?;
        let claim = numerator + lambda * denominator;
        let finished = prove_sumcheck(device, channel, "lookup round", request, claim)?;
        let children = channel.send(
            "lookup children",
            finished.evals.get(1..).unwrap_or_default().to_vec(),
        );
        let &[p0, p1, q0, q1] = children.as_slice() else {
            return Err(ProveError::Internal(
                "a layer left the wrong number of values",
            ));
        };
        let mu = channel.challenge();
        numerator = p0 + mu * (p1 - p0);
        denominator = q0 + mu * (q1 - q0);
        point = finished.point;
        point.insert(0, mu);
        step();
    }
    Ok(point)
}

enum Numerators<'a> {
    Fr(&'a [Fr]),
    Int(&'a [i64]),
}

impl<'a> Numerators<'a> {
    fn halves(&self, half: usize) -> (Table<'a>, Table<'a>) {
        match self {
            Self::Fr(values) => {
                let (low, high) = values.split_at(half);
                (Table::Fr(low.into()), Table::Fr(high.into()))
            }
            Self::Int(values) => {
                let (low, high) = values.split_at(half);
                (
                    Table::Int(IntSlice::I64(low)),
                    Table::Int(IntSlice::I64(high)),
                )
            }
        }
    }
}

/// Layers from just above the leaves to the root.
fn build_layers(leaves: &Leaves) -> Vec<Layer> {
    let mut layers: Vec<Layer> = Vec::new();
    let mut half = leaves.denominators.len() / 2;
    while half > 0 {
        let layer = match layers.last() {
            Some(below) => {
                let (p, q) = (&below.numerators, &below.denominators);
                add_halves(half, |x| {
                    (p[x] * q[x + half] + p[x + half] * q[x], q[x] * q[x + half])
                })
            }
            None => {
                let (p, q) = (&leaves.numerators, &leaves.denominators);
                add_halves(half, |x| {
                    (
                        small(p[x], q[x + half]) + small(p[x + half], q[x]),
                        q[x] * q[x + half],
                    )
                })
            }
        };
        layers.push(layer);
        half /= 2;
    }
    layers
}

fn add_halves(half: usize, node: impl Fn(usize) -> (Fr, Fr) + Sync + Send) -> Layer {
    let (numerators, denominators) = (0..half)
        .into_par_iter()
        .with_min_len(1024)
        .map(node)
        .unzip();
    Layer {
        numerators,
        denominators,
    }
}

/// `count · value`: nearly all counts are 0 or 1.
fn small(count: i64, value: Fr) -> Fr {
    match count {
        0 => Fr::from(0u64),
        1 => value,
        -1 => -value,
        count => value * Fr::from(count),
    }
}
