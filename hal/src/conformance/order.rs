//! Cases for the order of calls of a sumcheck.

use std::borrow::Cow;

use kernelwise_field::Fr;

use super::{Cases, Failure, expect_equal, expect_error};
use crate::{DeviceError, SumcheckDevice, SumcheckRequest, Table, Term};

/// Calls out of order must be refused, not answered, and leave what was in order as it was.
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
    )?;
    if !device.opens() {
        let unsupported = |error: &DeviceError| matches!(error, DeviceError::Unsupported { .. });
        return cases.case("sumcheck: opened where that is not offered".into(), || {
            expect_error("Unsupported", start(2)?.open(), unsupported)
        });
    }
    cases.case("sumcheck: opened twice".into(), || {
        let mut prover = start(2)?;
        prover.open()?;
        expect_error(due, prover.open(), violation)
    })?;
    cases.case("sumcheck: opened after a round".into(), || {
        let mut prover = start(2)?;
        prover.prove_round(None, claim)?;
        expect_error(due, prover.open(), violation)
    })?;
    cases.case("sumcheck: opened after a later round".into(), || {
        let mut prover = start(2)?;
        let opened = prover.open()?;
        prover.prove_round(r, opened.evaluate(Fr::from(5u64)))?;
        expect_error(due, prover.open(), violation)
    })?;
    cases.case("sumcheck: opened without variables".into(), || {
        expect_error(due, start(0)?.open(), violation)
    })?;
    cases.case("sumcheck: no challenge after opening".into(), || {
        let mut prover = start(2)?;
        prover.open()?;
        expect_error(due, prover.prove_round(None, claim), violation)
    })?;
    cases.case("sumcheck: too many rounds after opening".into(), || {
        let mut prover = start(1)?;
        prover.open()?;
        expect_error(due, prover.prove_round(r, claim), violation)
    })?;
    cases.case("sumcheck: finish too early after opening".into(), || {
        let mut prover = start(2)?;
        prover.open()?;
        expect_error(due, prover.finish(r), violation)
    })?;
    cases.case("sumcheck: refused calls change nothing".into(), || {
        let mut prover = start(2)?;
        expect_error(due, prover.prove_round(r, claim), violation)?;
        let opened = prover.open()?;
        // The table is 0, 1, 2, 3.
        expect_equal("opened", &fields(&[1, 5]), &opened.0)?;
        expect_error(due, prover.open(), violation)?;
        let round = prover.prove_round(r, opened.evaluate(Fr::from(5u64)))?;
        expect_equal("round after it", &fields(&[10, 11]), &round.0)?;
        expect_equal("finals", &fields(&[15]), &prover.finish(r)?)
    })
}

fn fields(values: &[u64]) -> Vec<Fr> {
    values.iter().copied().map(Fr::from).collect()
}
