//! A sumcheck prover for tests that speak to the verifier without the engine.

use kernelwise_core::field::Fr;
use kernelwise_core::sumcheck::send_round;
use kernelwise_core::transcript::ProverTranscript;
use kernelwise_hal::{RoundPoly, SumcheckDevice, SumcheckRequest};

/// What a sumcheck leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// The challenges.
    pub point: Vec<Fr>,
    /// Each table at the point.
    pub evals: Vec<Fr>,
    /// What the verifier now believes of the sum's polynomial at the point.
    pub claim: Fr,
}

/// Plays all rounds for `claim`, true or not.
pub fn prove(
    device: &dyn SumcheckDevice,
    transcript: &mut ProverTranscript,
    request: SumcheckRequest<'_>,
    claim: Fr,
) -> Finished {
    let num_vars = request.num_vars();
    let mut rounds = device.prepare(request).expect("a valid request");
    let (mut claim, mut bind) = (claim, None);
    let mut point = Vec::new();
    for _ in 0..num_vars {
        let RoundPoly(mut values) = rounds.prove_round(bind, claim).expect("a round");
        // What the verifier computes, whether or not the claim is true.
        values[1] = claim - values[0];
        let (r, next) = send_round(transcript, &values);
        (claim, bind) = (next, Some(r));
        point.push(r);
    }
    Finished {
        point,
        evals: rounds.finish(bind).expect("the end"),
        claim,
    }
}
