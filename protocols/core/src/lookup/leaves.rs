//! From one claim on all leaves to claims on tensors.

use kernelwise_field::{AdditiveGroup, Field, Fr};

use super::{BlockKind, LeafClaim, table};
use crate::claim::{AxisWeights, Functional, pull_back, split_point};
use crate::error::VerifyError;
use crate::kernels::{BoxMask, LinearForm, LookupSpec};
use crate::poly::index_eval;
use crate::program::{Program, Shape, TableId, TensorId};

/// The challenges of the lookup argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint {
    /// Where the fractions are evaluated.
    pub gamma: Fr,
    /// Separates inputs, outputs and tables.
    pub beta: Fr,
}

impl Fingerprint {
    /// `γ − in − β·out − β²·table`: the denominator of one leaf.
    pub fn denominator(&self, table: TableId, input: Fr, output: Fr) -> Fr {
        self.gamma - input - self.beta * (output + self.beta * Fr::from(table.0))
    }
}

/// Checks a claim on the leaves against tensors and tables.
///
/// `claim_on` states the value of a tensor under weights: it reads the value from the proof, or finds the one already
/// stated, and records the claim. The prover never calls this; it follows the same order of tensors, [`tensors_of`].
///
/// # Errors
/// [`VerifyError::LookupLeaves`], and what `claim_on` returns.
pub fn verify_leaves(
    program: &Program,
    fingerprint: &Fingerprint,
    claim: &LeafClaim,
    mut claim_on: impl FnMut(TensorId, Functional) -> Result<Fr, VerifyError>,
) -> Result<(), VerifyError> {
    let (mut numerator, mut denominator, mut covered) = (Fr::ZERO, Fr::ZERO, Fr::ZERO);
    for block in program.layout().blocks() {
        let (high, low) = claim
            .point
            .split_at(claim.point.len().saturating_sub(block.num_vars));
        let here = index_eval(high, block.offset >> block.num_vars);
        covered += here;
        let (top, bottom) = match block.kind {
            BlockKind::Lookup(index) => {
                let Some(lookup) = program.lookups().get(index) else {
                    continue;
                };
                let input = form_at(program, lookup, &lookup.input, low, &mut claim_on)?;
                let output = match &lookup.output {
                    Some(form) => form_at(program, lookup, form, low, &mut claim_on)?,
                    None => Fr::ZERO,
                };
                (
                    mask_at(&lookup.domain, low),
                    fingerprint.denominator(lookup.table, input, output),
                )
            }
            BlockKind::Table(id) => {
                let Some(entry) = program.graph().table(id) else {
                    continue;
                };
                let Some(counts) = program.graph().tensor(entry.multiplicities) else {
                    continue;
                };
                let count = claim_on(
                    entry.multiplicities,
                    Functional::at_point(&counts.shape, low),
                )?;
                let bottom = fingerprint.denominator(
                    id,
                    table::input_at(entry, low),
                    table::output_at(entry, low),
                );
                (-count, bottom)
            }
        };
        numerator += here * top;
        denominator += here * bottom;
    }
    // Leaves of no block are 0/1.
    denominator += Fr::ONE - covered;
    if numerator != claim.numerator {
        return Err(VerifyError::LookupLeaves { part: "numerators" });
    }
    if denominator != claim.denominator {
        return Err(VerifyError::LookupLeaves {
            part: "denominators",
        });
    }
    Ok(())
}

/// The tensors that a form reads, each with the weights that a claim at `low` puts on it and the factor of its value.
pub fn tensors_of(
    program: &Program,
    domain: &Shape,
    form: &LinearForm,
    low: &[Fr],
) -> Vec<(TensorId, Fr, Functional)> {
    let weights: Vec<_> = split_point(domain, low)
        .map(|part| AxisWeights::Point(part.to_vec()))
        .collect();
    let reads = form.terms.iter().filter_map(|(id, term)| {
        let tensor = program.graph().tensor(*id)?;
        let (scale, pulled) = pull_back(term, domain, &tensor.shape, &weights);
        Some((*id, scale, Functional::Separable(pulled)))
    });
    reads.collect()
}

fn form_at(
    program: &Program,
    lookup: &LookupSpec,
    form: &LinearForm,
    low: &[Fr],
    claim_on: &mut impl FnMut(TensorId, Functional) -> Result<Fr, VerifyError>,
) -> Result<Fr, VerifyError> {
    let boxes: Fr = form
        .boxes
        .iter()
        .map(|mask| box_at(&lookup.domain, mask, low))
        .sum();
    let mut value = Fr::from(form.constant) + boxes;
    for (id, scale, functional) in tensors_of(program, &lookup.domain, form, low) {
        value += scale * claim_on(id, functional)?;
    }
    Ok(value)
}

/// The indicator of the logical shape at `point`.
fn mask_at(shape: &Shape, point: &[Fr]) -> Fr {
    let ranges = shape.dims().iter().map(|&dim| (0, dim)).collect();
    box_at(
        shape,
        &BoxMask {
            coefficient: 1,
            ranges,
        },
        point,
    )
}

/// A box of constants at `point`.
pub(crate) fn box_at(shape: &Shape, mask: &BoxMask, point: &[Fr]) -> Fr {
    let axes = split_point(shape, point).zip(&mask.ranges);
    let inside: Fr = axes
        .map(|(part, &(start, end))| below(part, end) - below(part, start))
        .product();
    Fr::from(mask.coefficient) * inside
}

/// `Σ_{i < end} eq(point, i)`.
fn below(point: &[Fr], end: usize) -> Fr {
    table::prefix_at(point, end as u64).0
}
