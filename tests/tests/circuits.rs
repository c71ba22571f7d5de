//! Circuits over grids: completeness on random wiring, and every obligation that a cheating prover might shirk.
#![expect(clippy::expect_used, reason = "a broken helper must fail the test")]

use kernelwise_core::circuit::Layer;
use kernelwise_core::field::{Field, Fr};
use kernelwise_core::program::{KernelGraph, Range};
use kernelwise_core::{Values, VerifyError};
use kernelwise_tests::circuits::{field_elements, pipeline, random_program};
use kernelwise_tests::run::Case;

#[test]
fn random_circuits_prove_and_verify() {
    for seed in 0..60 {
        let program = random_program(seed)
            .validate()
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        let case = Case::new(program, seed);
        let proved = case.prove(&case.witness());
        case.verify(&proved)
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    }
}

#[test]
fn field_elements_prove_and_verify() {
    let case = Case::new(field_elements(), 1);
    let mut proved = case.prove(&case.witness());
    case.verify(&proved).expect("honest");
    let Values::Field(inverses) = &mut proved.public.outputs[1] else {
        panic!("field elements");
    };
    inverses[4] += Fr::ONE;
    assert!(case.verify(&proved).is_err());
}

/// Field elements and integers are told apart, even where they mean the same numbers.
#[test]
fn kinds_of_public_values_are_fixed() {
    let case = Case::new(field_elements(), 1);
    let mut proved = case.prove(&case.witness());
    proved.public.inputs[0] = Values::Int(vec![1; 5]);
    let error = case.verify(&proved).expect_err("integers");
    assert!(matches!(error, VerifyError::PublicTensor { .. }), "{error}");
}

/// Why the pipeline is refused after `change`.
fn refused(change: impl FnOnce(&mut KernelGraph)) -> String {
    let mut graph = pipeline().graph().clone();
    change(&mut graph);
    graph.validate().expect_err("refused").to_string()
}

fn narrow(graph: &mut KernelGraph, name: &str, range: Range) {
    let tensor = graph.tensors.iter_mut().rfind(|tensor| tensor.name == name);
    tensor.expect("the pipeline has it").range = range;
}

/// A kernel over integers relies on the range of `y`, which only the circuit can vouch for.
#[test]
fn output_range_must_follow_from_the_gates() {
    let error = refused(|graph| narrow(graph, "y", Range::new(-900, 900)));
    assert!(
        error.contains("output range") && error.contains("`y`"),
        "{error}"
    );
    // The bound that the gates give, and one less.
    let least = Range::new(-512, 964);
    let mut graph = pipeline().graph().clone();
    narrow(&mut graph, "y", least);
    graph.validate().expect("just enough");
    refused(|graph| narrow(graph, "y", Range::new(least.lo + 1, least.hi)));
    refused(|graph| narrow(graph, "y", Range::new(least.lo, least.hi - 1)));
}

#[test]
fn hint_range_must_be_proved() {
    // One of the four bits is no longer asserted to be one.
    let error = refused(|graph| {
        let mut layer = Layer::new(8, 5);
        for term in graph.circuits[0].layers[0].terms() {
            if term.gate != 9 {
                layer.push(term.gate, term.coefficient, term.wires);
            }
        }
        graph.circuits[0].layers[0] = layer;
    });
    assert!(error.contains("`bits`"), "{error}");
    // x² + x = 0 makes x 0 or −1.
    let error = refused(|graph| {
        let mut layer = Layer::new(8, 5);
        for term in graph.circuits[0].layers[0].terms() {
            let flipped = term.gate == 9 && term.wires.len() == 1;
            layer.push(
                term.gate,
                if flipped { 0 } else { term.coefficient },
                term.wires,
            );
        }
        graph.circuits[0].layers[0] = layer;
    });
    assert!(error.contains("`bits`"), "{error}");
    let error = refused(|graph| narrow(graph, "root", Range::new(0, 224)));
    assert!(error.contains("`root`"), "{error}");
}

#[test]
fn malformed_circuits_are_refused_by_part() {
    type Change = fn(&mut KernelGraph);
    let cases: [(&str, Change); 6] = [
        ("wire 99", |graph| {
            let mut layer = Layer::new(8, 5);
            layer.push(0, 0, &[99]);
            graph.circuits[0].layers[0] = layer;
        }),
        ("coefficient 77", |graph| {
            let mut layer = Layer::new(8, 5);
            layer.push(0, 77, &[0]);
            graph.circuits[0].layers[0] = layer;
        }),
        ("sequence", |graph| graph.circuits[0].sequence[1] = 9),
        ("output", |graph| graph.circuits[0].outputs[0].level = 9),
        ("advice", |graph| graph.circuits[0].advice.wires[0] = 99),
        ("lookup", |graph| graph.circuits[0].lookups[0].output = 9),
    ];
    for (part, change) in cases {
        let error = refused(change);
        assert!(error.contains(part), "{part}: {error}");
    }
}
