//! Plans: what is counted before a proof is what the proof turns out to be.
#![expect(clippy::expect_used, reason = "a broken helper must fail the test")]

use std::time::Duration;

use kernelwise_core::program::Program;
use kernelwise_prover::observer::Phase;
use kernelwise_prover::plan::Operation;
use kernelwise_prover::{HintRegistry, Plan, ProveError, Rates, plan};
use kernelwise_tests::circuits::{
    by_groth16, chained_squares, field_elements, pipeline, random_program,
};
use kernelwise_tests::graphs::network;
use kernelwise_tests::run::{Case, devices};
use kernelwise_tests::small;

fn planned(case: &Case, rates: &Rates) -> Plan {
    let (program, parameters) = (case.key.program(), case.key.parameters());
    plan(program, parameters, &HintRegistry::default(), rates).expect("a plan")
}

fn programs() -> Vec<Program> {
    let mut programs = vec![
        network(1),
        pipeline(),
        field_elements(),
        small::quantised(),
        small::reshaped(),
        small::mirrored(true),
        small::pooled(),
        small::two_products(false),
        by_groth16(&pipeline()),
        chained_squares(),
    ];
    programs.extend((0..10).map(|seed| random_program(seed).validate().expect("valid")));
    programs
}

#[test]
fn proof_bytes_are_exact() {
    for (index, program) in programs().into_iter().enumerate() {
        let case = Case::new(program, 1);
        let plan = planned(&case, &Rates::default());
        let proved = case.prove(&case.witness());
        assert_eq!(plan.proof_bytes, proved.proof.messages.len(), "{index}");
        for phase in [Phase::Commit, Phase::Lookups, Phase::Open, Phase::Groth16] {
            let planned = plan.steps.iter().filter(|step| step.phase == phase);
            let bytes: usize = planned.map(|step| step.proof_bytes).sum();
            assert_eq!(bytes, proved.bytes_of(phase), "{index}: {phase:?}");
        }
        let launches = plan
            .steps
            .iter()
            .filter(|step| step.phase == Phase::Backward);
        let bytes: Vec<_> = launches
            .map(|step| (step.launch, step.proof_bytes))
            .collect();
        let expected = proved
            .launches
            .iter()
            .map(|report| (Some(report.launch), report.bytes));
        assert_eq!(bytes, expected.collect::<Vec<_>>(), "{index}");
    }
}

#[test]
fn rates_are_measured_for_every_operation() {
    let case = Case::new(small::quantised(), 1);
    let rates = Rates::measure(devices(&case.device)).expect("rates");
    assert!(rates.is_complete());
    let entries: Vec<(String, f64)> = rates.entries().collect();
    assert!(
        entries
            .iter()
            .all(|(_, rate)| rate.is_finite() && *rate > 0.0)
    );
    let again = Rates::from_entries(entries.iter().map(|(name, rate)| (name.as_str(), *rate)));
    assert_eq!(again, rates);
    assert_eq!(entries.len(), Operation::ALL.len());
    let plan = planned(&case, &rates);
    assert!(plan.time() > Duration::ZERO);
}

#[test]
fn memory_budget_names_the_step_and_the_missing_bytes() {
    let case = Case::new(network(1), 1);
    let plan = planned(&case, &Rates::default());
    let program = case.key.program();
    plan.check_memory(program, plan.peak_bytes())
        .expect("just enough");
    let error = plan
        .check_memory(program, plan.peak_bytes() - 3)
        .expect_err("too little");
    assert!(
        matches!(error, ProveError::MemoryBudget { missing: 3, .. }),
        "{error}"
    );
}
