//! Verification of sumchecks, round by round.
//!
//! A round polynomial of degree `d` travels as its values at `0, 2, …, d`: the value at 1 is what the claim leaves.

use kernelwise_field::{Fr, evaluate_from_points};

use crate::error::VerifyError;
use crate::transcript::{ProverTranscript, VerifierTranscript};

/// What a sumcheck leaves to check: `g(point) = value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reduced {
    /// The challenges, most significant variable first.
    pub point: Vec<Fr>,
    /// What the summed polynomial must be there.
    pub value: Fr,
}

/// Reduces `Σ_x g(x) = claim`, `g` of degree `degree ≥ 1` in each of `num_vars` variables, to one evaluation.
///
/// # Errors
/// [`VerifyError::Malformed`] under `label`. The final evaluation is the caller's to check.
pub fn verify_sumcheck(
    transcript: &mut VerifierTranscript<'_>,
    label: &'static str,
    num_vars: usize,
    degree: usize,
    claim: Fr,
) -> Result<Reduced, VerifyError> {
    let mut value = claim;
    let mut point = Vec::with_capacity(num_vars);
    for _ in 0..num_vars {
        let sent = transcript.read_scalars(label, degree)?;
        let r = transcript.challenge();
        value = evaluate_from_points(&with_value_at_one(&sent, value), r);
        point.push(r);
    }
    Ok(Reduced { point, value })
}

fn with_value_at_one(sent: &[Fr], claim: Fr) -> Vec<Fr> {
    let mut values = sent.to_vec();
    if let Some(&at_zero) = sent.first() {
        values.insert(1, claim - at_zero);
    }
    values
}

/// The prover's half of one round: sends `values` (at `0, 1, …, d`) without the one at 1, draws the challenge, and returns it
/// with the next claim.
pub fn send_round(transcript: &mut ProverTranscript, values: &[Fr]) -> (Fr, Fr) {
    for (index, value) in values.iter().enumerate() {
        if index != 1 {
            transcript.append_scalars(std::slice::from_ref(value));
        }
    }
    let r = transcript.challenge();
    (r, evaluate_from_points(values, r))
}
