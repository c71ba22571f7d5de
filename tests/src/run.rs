//! Proving and verifying a small program.

use kernelwise_core::field::Fr;
use kernelwise_core::program::{Program, Range, TensorKind};
use kernelwise_core::{PublicTensors, Values, VerifyError, verify};
use kernelwise_cpu::CpuDevice;
use kernelwise_prover::key::Parameters;
use kernelwise_prover::prove::{prove_cheating, prove_with_carried};
use kernelwise_prover::{
    CarriedCheat, Cheat, Devices, IntTensor, Proved, ProverKey, Quiet, Witness, execute,
    prove_witness, setup,
};

use crate::graphs::Numbers;

/// A program with parameters, inputs and keys, all from one seed.
pub struct Case {
    /// Keys.
    pub key: ProverKey,
    /// Public inputs.
    pub inputs: Vec<Values>,
    /// The device that proves.
    pub device: CpuDevice,
}

impl Case {
    /// Fills parameters and inputs with values in their ranges.
    pub fn new(program: Program, seed: u64) -> Self {
        let mut numbers = Numbers::new(seed);
        let device = CpuDevice::optimized();
        let mut parameters = Parameters::new();
        for (id, tensor) in program.tensors_of(TensorKind::Parameter) {
            let values: Vec<i64> = (0..tensor.shape.len())
                .map(|_| numbers.within(tensor.range))
                .collect();
            parameters.insert(
                id,
                IntTensor::new(tensor.shape.clone(), &values, &tensor.range),
            );
        }
        let graph = program.graph();
        let inputs = graph
            .inputs
            .iter()
            .filter_map(|&id| graph.tensor(id))
            .map(|tensor| {
                let count = tensor.shape.len();
                if tensor.range == Range::FIELD {
                    let element = |_| -Fr::from(numbers.next_u64()) * Fr::from(numbers.next_u64());
                    Values::Field((0..count).map(element).collect())
                } else {
                    Values::Int((0..count).map(|_| numbers.within(tensor.range)).collect())
                }
            })
            .collect();
        let key = setup(program, parameters, devices(&device)).expect("setup");
        Self {
            key,
            inputs,
            device,
        }
    }

    /// Runs the program.
    pub fn witness(&self) -> Witness {
        execute(
            self.key.program(),
            self.key.parameters(),
            self.key.hints(),
            &self.inputs,
        )
        .expect("execution")
    }

    /// Proves a witness as it is.
    pub fn prove(&self, witness: &Witness) -> Proved {
        prove_witness(&self.key, witness, devices(&self.device), &Quiet).expect("proof")
    }

    /// Proves a witness, with every message passed through `cheat` before it is bound.
    pub fn prove_cheating(&self, witness: &Witness, cheat: Cheat<'_>) -> Proved {
        prove_cheating(&self.key, witness, devices(&self.device), cheat).expect("proof")
    }

    /// Proves a witness, with the commitments that Groth16 proofs carry passed through `cheat` before they are bound.
    pub fn prove_with_carried(&self, witness: &Witness, cheat: CarriedCheat<'_>) -> Proved {
        prove_with_carried(&self.key, witness, devices(&self.device), cheat).expect("proof")
    }

    /// Why the proof of a false witness is rejected. The honest proof of the same case verifies.
    ///
    /// # Panics
    /// If the false proof verifies, or the honest one does not.
    pub fn refusal(&self, witness: &Witness) -> VerifyError {
        self.verify(&self.prove(&self.witness()))
            .expect("the honest proof verifies");
        self.verify(&self.prove(witness))
            .expect_err("a false proof is rejected")
    }

    /// Verifies with this case's key.
    pub fn verify(&self, proved: &Proved) -> Result<(), VerifyError> {
        self.verify_as(&proved.public, proved)
    }

    /// Verifies a proof against another statement.
    pub fn verify_as(&self, public: &PublicTensors, proved: &Proved) -> Result<(), VerifyError> {
        verify(self.key.verifier(), public, &proved.proof)
    }
}

/// The integers of a tensor.
///
/// # Panics
/// If it holds field elements.
pub fn integers(values: &mut Values) -> &mut Vec<i64> {
    match values {
        Values::Int(values) => values,
        Values::Field(_) => unreachable!("field elements where integers were expected"),
    }
}

/// All operations on one device.
pub fn devices(device: &CpuDevice) -> Devices<'_> {
    Devices::select(&[device]).expect("the CPU offers everything")
}
