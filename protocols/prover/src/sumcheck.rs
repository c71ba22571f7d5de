//! Driving a device through the rounds of a sumcheck.

use kernelwise_core::field::{AdditiveGroup, Field, Fr, evaluate_from_points};
use kernelwise_core::program::Shape;
use kernelwise_hal::{RoundPoly, RoundProver, SumcheckDevice, SumcheckRequest, Table, Term};

use crate::backward::Backward;
use crate::channel::Channel;
use crate::error::ProveError;

/// What a sumcheck leaves: the challenges and each table's value there.
pub(crate) struct Finished {
    pub(crate) point: Vec<Fr>,
    /// The value that the challenges leave of the claim.
    pub(crate) claim: Fr,
    pub(crate) evals: Vec<Fr>,
}

/// Proves that `request` sums to `claim`.
pub(crate) fn prove_sumcheck(
    device: &dyn SumcheckDevice,
    channel: &mut Channel<'_>,
    label: &'static str,
    request: SumcheckRequest<'_>,
    claim: Fr,
) -> Result<Finished, ProveError> {
    let num_vars = request.num_vars();
    let mut rounds = device.prepare(request)?;
    let (mut claim, mut bind) = (claim, None);
    let mut point = Vec::with_capacity(num_vars);
    for _ in 0..num_vars {
        let RoundPoly(values) = rounds.prove_round(bind, claim)?;
        let (r, next) = channel.send_round(label, values);
        claim = next;
        bind = Some(r);
        point.push(r);
    }
    Ok(Finished {
        point,
        claim,
        evals: rounds.finish(bind)?,
    })
}

/// Proves `Σ_x a(x)·b(x) = claim` for values over a logical shape; returns the point and both values there.
pub(crate) fn prove_product(
    pass: &mut Backward<'_, '_>,
    label: &'static str,
    shape: &Shape,
    factors: [&[Fr]; 2],
    claim: Fr,
) -> Result<(Vec<Fr>, Fr, Fr), ProveError> {
    let request = SumcheckRequest::new(
        shape.num_vars(),
        factors
            .map(|values| Table::Fr(shape.pad(values, Fr::ZERO).into()))
            .into(),
        vec![Term {
            coefficient: Fr::ONE,
            factors: [0, 1].into(),
        }],
    )?;
    let finished = prove_sumcheck(pass.devices.sumcheck, pass.channel, label, request, claim)?;
    match finished.evals.as_slice() {
        &[a, b] => Ok((finished.point, a, b)),
        _ => Err(ProveError::Internal(
            "a product left the wrong number of values",
        )),
    }
}

/// One sumcheck of a batch that shares its challenges.
pub(crate) struct Instance<'a> {
    /// Its sum, scaled by `2^-(n - n_t)`.
    pub(crate) request: SumcheckRequest<'a>,
    /// What the request sums to.
    pub(crate) claim: Fr,
}

enum State<'a> {
    Waiting(SumcheckRequest<'a>),
    Playing(Box<dyn RoundProver + 'a>),
}

/// Proves several sums at once, added up as they are: those with fewer variables join in the last rounds, and before
/// that count as constant in the variables they lack.
///
/// An instance of `n_t` of `n` variables whose claim is `c` contributes `2^(n-n_t)·c` to the total: callers scale its coefficients
/// by `2^-(n-n_t)` and pass the total accordingly.
pub(crate) fn prove_batch(
    device: &dyn SumcheckDevice,
    channel: &mut Channel<'_>,
    label: &'static str,
    instances: Vec<Instance<'_>>,
) -> Result<(Vec<Fr>, Vec<Vec<Fr>>), ProveError> {
    let num_vars = instances
        .iter()
        .map(|i| i.request.num_vars())
        .max()
        .unwrap_or(0);
    let degree = instances
        .iter()
        .map(|i| i.request.degree())
        .max()
        .unwrap_or(0);
    let half = kernelwise_core::commitment::half_power(1);
    // `claim` is what the instance contributes to the running total.
    let mut states: Vec<(usize, Fr, State<'_>)> = instances
        .into_iter()
        .map(|i| {
            (
                num_vars - i.request.num_vars(),
                i.claim,
                State::Waiting(i.request),
            )
        })
        .collect();
    let mut bind = None;
    let mut point = Vec::with_capacity(num_vars);
    for round in 0..num_vars {
        let mut total = vec![Fr::ZERO; degree + 1];
        let mut polys = Vec::with_capacity(states.len());
        for (skipped, claim, state) in &mut states {
            let values = if round < *skipped {
                vec![*claim * half; degree + 1]
            } else {
                if let State::Waiting(request) = state {
                    *state = State::Playing(device.prepare(request.clone())?);
                }
                let State::Playing(rounds) = state else {
                    return Err(ProveError::Internal("an instance of a batch did not start"));
                };
                let RoundPoly(values) =
                    rounds.prove_round(bind.filter(|_| round > *skipped), *claim)?;
                extend_degree(values, degree)
            };
            total
                .iter_mut()
                .zip(&values)
                .for_each(|(sum, value)| *sum += value);
            polys.push(values);
        }
        let (r, _) = channel.send_round(label, total);
        for ((_, claim, _), values) in states.iter_mut().zip(&polys) {
            *claim = evaluate_from_points(values, r);
        }
        bind = Some(r);
        point.push(r);
    }
    let finish = |(skipped, _, state): (usize, Fr, State<'_>)| -> Result<Vec<Fr>, ProveError> {
        match state {
            State::Playing(rounds) => Ok(rounds.finish(bind)?),
            State::Waiting(request) if skipped == num_vars => {
                Ok(device.prepare(request)?.finish(None)?)
            }
            State::Waiting(_) => Err(ProveError::Internal("an instance of a batch did not start")),
        }
    };
    let evals = states.into_iter().map(finish).collect::<Result<_, _>>()?;
    Ok((point, evals))
}

/// The values at `0, …, degree` of a polynomial given by fewer.
fn extend_degree(mut values: Vec<Fr>, degree: usize) -> Vec<Fr> {
    let known = values.clone();
    for x in values.len()..=degree {
        values.push(evaluate_from_points(&known, Fr::from(x as u64)));
    }
    values
}
