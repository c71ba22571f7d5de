//! Circuits over grids: completeness on random wiring, and every obligation that a cheating prover might shirk.

use kernelwise_core::field::{Field, Fr};
use kernelwise_core::{Values, VerifyError};
use kernelwise_tests::circuits::{field_elements, random_program};
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
