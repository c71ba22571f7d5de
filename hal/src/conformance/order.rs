//! Cases for the order of calls of a sumcheck.

use std::borrow::Cow;

use kernelwise_field::Fr;

use super::{Cases, Failure, expect_error};
use crate::{DeviceError, SumcheckDevice, SumcheckRequest, Table, Term};

/// Calls out of order must be refused, not answered.
pub(super) fn run(device: &dyn SumcheckDevice, cases: &mut Cases) -> Result<(), Failure> {
    let values: Vec<Fr> = (0..4u64).map(Fr::from).collect();
    let (r, claim) = (Some(Fr::from(5u64)), Fr::from(6u64));
    let start = |num_vars: usize| {
        let table = Table::Fr(Cow::Borrowed(&values[..1 << num_vars]));
        let terms = vec![Term {
            coefficient: Fr::from(1u64),
            factors: [0].into(),
        }];
        device.prepare(SumcheckRequest::new(num_vars, vec![table], terms)?)
    };
    let violation = |error: &DeviceError| matches!(error, DeviceError::InvariantViolation { .. });
    let due = "InvariantViolation";
    cases.case("sumcheck: challenge before the first round".into(), || {
        expect_error(due, start(2)?.prove_round(r, claim), violation)
    })?;
    cases.case("sumcheck: no challenge in a later round".into(), || {
        let mut prover = start(2)?;
        prover.prove_round(None, claim)?;
        expect_error(due, prover.prove_round(None, claim), violation)
    })?;
    cases.case("sumcheck: too many rounds".into(), || {
        let mut prover = start(1)?;
        prover.prove_round(None, Fr::from(1u64))?;
        expect_error(due, prover.prove_round(r, claim), violation)
    })?;
    cases.case("sumcheck: a round without variables".into(), || {
        expect_error(due, start(0)?.prove_round(None, claim), violation)
    })?;
    cases.case("sumcheck: finish before the last round".into(), || {
        let mut prover = start(2)?;
        prover.prove_round(None, claim)?;
        expect_error(due, prover.finish(r), violation)
    })?;
    cases.case("sumcheck: finish before any round".into(), || {
        expect_error(due, start(2)?.finish(None), violation)
    })?;
    cases.case("sumcheck: finish without the last challenge".into(), || {
        let mut prover = start(1)?;
        prover.prove_round(None, Fr::from(1u64))?;
        expect_error(due, prover.finish(None), violation)
    })?;
    cases.case(
        "sumcheck: finish with a challenge but no variables".into(),
        || expect_error(due, start(0)?.finish(r), violation),
    )
}
