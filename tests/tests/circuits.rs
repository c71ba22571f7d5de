//! Circuits over grids: completeness on random wiring, and every obligation that a cheating prover might shirk.

use kernelwise_tests::circuits::random_program;
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
