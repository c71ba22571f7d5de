//! The batch opening: every claim on every committed tensor, settled by one vector and one group equation.
//!
//! 1. **Merge.** Tensors with several claims, or a dense one, take part in one sumcheck over all their claims, with powers of α:
//!    `Σ_t 2^-(n−n_t) Σ_x T_t(x)·F_t(x)`, `F_t = Σ_j α^j weights_j`. Each is left with one claim at a suffix of a common point. A tensor with one
//!    separable claim keeps it.
//! 2. **Columns.** A separable claim is `⟨u, e⟩ = v`, where `u = rowsᵀ·M` is fixed by the commitments and `e` are the column
//!    weights. One sumcheck proves `Σ_t ρ^t ⟨u_t, e_t⟩ = Σ_t ρ^t v_t` and leaves `w_t = u_t(point)`.
//! 3. **Vector.** The prover sends `u* = Σ_t σ^t u_t` in the clear. It must evaluate to `Σ_t σ^t w_t` at the point, and
//!    `Σ_j u*_j·G_j = Σ_t σ^t Σ_i rows_t(i)·C_{t,i}` must hold in the group: one multi-scalar multiplication.

use std::collections::BTreeMap;

use kernelwise_field::{AdditiveGroup, Field, Fr, G1, G1Affine, VariableBaseMSM, Zero};
use rayon::prelude::*;

use super::{CommitmentKey, RowLayout};
use crate::claim::{Claim, Claims, Functional, dot};
use crate::error::VerifyError;
use crate::poly::eq_table;
use crate::program::{Program, Shape, TensorId, TensorKind, log2_ceil};
use crate::sumcheck::verify_sumcheck;
use crate::transcript::VerifierTranscript;

/// Row commitments by tensor.
pub type Commitments = BTreeMap<TensorId, Vec<G1Affine>>;

/// One committed tensor with the claims on it.
#[derive(Debug, Clone)]
pub struct Opened {
    /// The tensor.
    pub id: TensorId,
    /// Its shape.
    pub shape: Shape,
    /// Its matrix view.
    pub layout: RowLayout,
    /// What is claimed of it; never empty.
    pub claims: Vec<Claim>,
}

/// Who takes part in which step: the same for prover and verifier.
#[derive(Debug, Clone, Default)]
pub struct OpeningPlan {
    /// Tensors whose claims are merged first.
    pub merged: Vec<Opened>,
    /// Tensors with one separable claim.
    pub direct: Vec<Opened>,
}

impl OpeningPlan {
    /// Takes all claims on committed tensors.
    pub fn new(program: &Program, claims: &mut Claims) -> Self {
        let mut plan = Self::default();
        let ids = (0u32..).map(TensorId).zip(&program.graph().tensors);
        for (id, tensor) in
            ids.filter(|(_, t)| matches!(t.kind, TensorKind::Parameter | TensorKind::Advice))
        {
            let claims = claims.take(id);
            let layout = RowLayout::new(&tensor.shape, program.graph().max_columns);
            let opened = Opened {
                id,
                shape: tensor.shape.clone(),
                layout,
                claims,
            };
            match opened.claims.as_slice() {
                [] => {}
                [
                    Claim {
                        functional: Functional::Separable(_),
                        ..
                    },
                ] => plan.direct.push(opened),
                _ => plan.merged.push(opened),
            }
        }
        plan
    }

    /// Rounds of the merging sumcheck.
    pub fn merge_vars(&self) -> usize {
        self.merged
            .iter()
            .map(|opened| opened.shape.num_vars())
            .max()
            .unwrap_or(0)
    }

    /// The α-weighted value of each merged tensor; exponents run over all claims.
    pub fn merged_values(&self, alpha: Fr) -> Vec<Fr> {
        let mut power = Fr::ONE;
        let value = |opened: &Opened| {
            opened.claims.iter().fold(Fr::ZERO, |sum, claim| {
                let weighted = power * claim.value;
                power *= alpha;
                sum + weighted
            })
        };
        self.merged.iter().map(value).collect()
    }

    /// The α-weighted weights of each merged tensor.
    pub fn merged_weights(&self, alpha: Fr) -> Vec<Vec<(Fr, &Functional)>> {
        let mut power = Fr::ONE;
        let weigh = |opened: &'_ Opened| -> Vec<Fr> {
            let powers = opened.claims.iter().map(|_| {
                let own = power;
                power *= alpha;
                own
            });
            powers.collect()
        };
        let powers: Vec<_> = self.merged.iter().map(weigh).collect();
        let zip = self.merged.iter().zip(powers);
        zip.map(|(opened, powers)| {
            powers
                .into_iter()
                .zip(opened.claims.iter().map(|c| &c.functional))
                .collect()
        })
        .collect()
    }

    /// Ends the merge: each merged tensor is left with its value at its suffix of `point`.
    pub fn settle_merge(&mut self, point: &[Fr], values: &[Fr]) {
        for (mut opened, &value) in std::mem::take(&mut self.merged).into_iter().zip(values) {
            let suffix = &point[point.len() - opened.shape.num_vars()..];
            opened.claims = vec![Claim {
                functional: Functional::at_point(&opened.shape, suffix),
                value,
            }];
            self.direct.push(opened);
        }
        self.direct.sort_by_key(|opened| opened.id);
    }

    /// Row and column weights of each tensor's one claim; call after [`settle_merge`](Self::settle_merge).
    pub fn splits(&self) -> Vec<(Vec<Fr>, Vec<Fr>)> {
        let split = |opened: &Opened| {
            let claim = opened.claims.first()?;
            opened.layout.split(&opened.shape, &claim.functional)
        };
        self.direct
            .iter()
            .map(|opened| split(opened).unwrap_or_default())
            .collect()
    }

    /// Length of the opened vector: the most columns of any tensor.
    pub fn columns(&self) -> usize {
        self.direct
            .iter()
            .map(|opened| opened.layout.columns)
            .max()
            .unwrap_or(0)
    }

    /// Rounds of the column sumcheck.
    pub fn column_vars(&self) -> usize {
        log2_ceil(self.columns())
    }
}

/// `2^-k`.
pub fn half_power(k: usize) -> Fr {
    // 2 is invertible: the characteristic is odd.
    Fr::from(2u64).inverse().unwrap_or(Fr::ONE).pow([k as u64])
}

fn failed(step: &'static str) -> VerifyError {
    VerifyError::Opening { step }
}

/// Verifies every claim on every committed tensor.
///
/// # Cost
/// One multi-scalar multiplication over the rows of all tensors and the columns of the widest; field work linear in rows and columns.
///
/// # Errors
/// [`VerifyError::Opening`] that names the step, or [`VerifyError::Malformed`].
pub fn verify_opening(
    program: &Program,
    transcript: &mut VerifierTranscript<'_>,
    claims: &mut Claims,
    commitments: &Commitments,
    bases: &CommitmentKey,
) -> Result<(), VerifyError> {
    let mut plan = OpeningPlan::new(program, claims);
    verify_merge(transcript, &mut plan)?;
    if plan.direct.is_empty() {
        return Ok(());
    }
    let splits = plan.splits();
    let rho = transcript.challenge();
    let sum = powers(rho)
        .zip(&plan.direct)
        .map(|(power, opened)| power * value_of(opened))
        .sum();
    let reduced = verify_sumcheck(transcript, "column round", plan.column_vars(), 2, sum)?;
    let values = transcript.read_scalars("column values", plan.direct.len())?;
    let eq = eq_table(&reduced.point);
    let expected: Fr = powers(rho)
        .zip(values.iter().zip(&splits))
        .map(|(power, (value, (_, columns)))| power * value * dot(columns, &eq))
        .sum();
    if expected != reduced.value {
        return Err(failed("column values do not match the claims"));
    }
    let sigma = transcript.challenge();
    let vector = transcript.read_scalars("opened vector", plan.columns())?;
    let combined: Fr = powers(sigma)
        .zip(&values)
        .map(|(power, value)| power * value)
        .sum();
    if dot(&vector, &eq) != combined {
        return Err(failed("the vector does not evaluate to the column values"));
    }
    let Some(bases) = bases.bases().get(..plan.columns()) else {
        return Err(failed("the key has too few bases"));
    };
    check_group(&plan, &splits, sigma, vector, (bases, commitments))
}

fn verify_merge(
    transcript: &mut VerifierTranscript<'_>,
    plan: &mut OpeningPlan,
) -> Result<(), VerifyError> {
    if plan.merged.is_empty() {
        return Ok(());
    }
    let alpha = transcript.challenge();
    let sum = plan.merged_values(alpha).iter().sum();
    let num_vars = plan.merge_vars();
    let reduced = verify_sumcheck(transcript, "merge round", num_vars, 2, sum)?;
    let values = transcript.read_scalars("merge values", plan.merged.len())?;
    let mut expected = Fr::ZERO;
    for ((opened, weights), value) in plan
        .merged
        .iter()
        .zip(plan.merged_weights(alpha))
        .zip(&values)
    {
        let skipped = num_vars - opened.shape.num_vars();
        let suffix = &reduced.point[skipped..];
        let weight: Fr = weights
            .iter()
            .map(|(power, f)| *power * f.evaluate(&opened.shape, suffix))
            .sum();
        expected += half_power(skipped) * value * weight;
    }
    if expected != reduced.value {
        return Err(failed("merged values do not match the claims"));
    }
    plan.settle_merge(&reduced.point, &values);
    Ok(())
}

fn check_group(
    plan: &OpeningPlan,
    splits: &[(Vec<Fr>, Vec<Fr>)],
    sigma: Fr,
    vector: Vec<Fr>,
    (bases, commitments): (&[G1Affine], &Commitments),
) -> Result<(), VerifyError> {
    let mut points = bases.to_vec();
    let mut scalars = vector;
    for ((power, opened), (rows, _)) in powers(sigma).zip(&plan.direct).zip(splits) {
        let Some(commitment) = commitments
            .get(&opened.id)
            .filter(|c| c.len() == rows.len())
        else {
            return Err(failed("a tensor has no commitment of its shape"));
        };
        points.extend_from_slice(commitment);
        scalars.extend(rows.iter().map(|row| -power * row));
    }
    if sum_of_points(&points, &scalars).is_some_and(|sum| sum.is_zero()) {
        Ok(())
    } else {
        Err(failed("the vector does not match the commitments"))
    }
}

/// `Σ_i scalars_i·points_i`, shared among threads; `None` if there are more of one than of the other.
fn sum_of_points(points: &[G1Affine], scalars: &[Fr]) -> Option<G1> {
    // Fewer are not worth a thread: windows get shorter, and their buckets are summed by each.
    const SHARE: usize = 256;
    if points.len() != scalars.len() {
        return None;
    }
    let share = points.len().div_ceil(rayon::current_num_threads());
    let share = share.max(SHARE);
    let parts = points.par_chunks(share).zip(scalars.par_chunks(share));
    parts
        .map(|(points, scalars)| G1::msm(points, scalars).ok())
        .sum()
}

fn value_of(opened: &Opened) -> Fr {
    opened.claims.first().map_or(Fr::ZERO, |claim| claim.value)
}

fn powers(base: Fr) -> impl Iterator<Item = Fr> {
    std::iter::successors(Some(Fr::ONE), move |power| Some(*power * base))
}
