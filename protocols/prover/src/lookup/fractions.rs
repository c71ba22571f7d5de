//! The tree of fractions, from the leaves up, and its proof from the root down.

use kernelwise_core::field::{Field, Fr};
use kernelwise_hal::{IntSlice, SumcheckRequest, Table, Term};

use super::leaves::Leaves;
use crate::channel::Channel;
use crate::devices::Devices;
use crate::error::ProveError;
use crate::sumcheck::prove_sumcheck;

/// Proves that the fractions add up to zero; returns the point at which the leaves are claimed.
pub(super) fn prove(
    devices: Devices<'_>,
    channel: &mut Channel<'_>,
    leaves: &Leaves,
    num_vars: usize,
    mut step: impl FnMut(),
) -> Result<Vec<Fr>, ProveError> {
    let numerators = leaves.numerators.as_slice();
    let mut layers = devices.fractions.layers(numerators, &leaves.denominators)?;
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
            None => (Numerators::Int(numerators), leaves.denominators.as_slice()),
        };
        let half = 1 << vars;
        let (q0, q1) = bottoms.split_at(half);
        let (p0, p1) = tops.halves(half)?;
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
        let finished = prove_sumcheck(devices.sumcheck, channel, "lookup round", request, claim)?;
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
    Int(IntSlice<'a>),
}

impl<'a> Numerators<'a> {
    fn halves(&self, half: usize) -> Result<(Table<'a>, Table<'a>), ProveError> {
        match self {
            Self::Fr(values) => {
                let (low, high) = values.split_at(half);
                Ok((Table::Fr(low.into()), Table::Fr(high.into())))
            }
            Self::Int(values) => {
                let part = |range| values.slice(range).map(Table::Int);
                part(0..half)
                    .zip(part(half..2 * half))
                    .ok_or(ProveError::Internal("a tree of the wrong size"))
            }
        }
    }
}
