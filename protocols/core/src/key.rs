//! What a verifier holds and what it is given.

use serde::{Deserialize, Serialize};

use crate::commitment::{BaseHint, CommitmentKey, Commitments, RowLayout, widest_row};
use crate::error::VerifyError;
use crate::groth16::VerifyingKey;
use crate::groth16::launches::LinkedKeys;
use crate::points::{point_bytes, points_from_bytes};
use crate::program::{Digest, KernelGraph, Program, Shape, TensorId, TensorKind};
use crate::values::Values;
use crate::wire::WireError;

/// Public inputs and outputs, one row-major list of values per tensor, in the order of the graph's interface.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PublicTensors {
    /// Values of the public inputs.
    pub inputs: Vec<Values>,
    /// Values of the public outputs.
    pub outputs: Vec<Values>,
}

impl PublicTensors {
    /// Checks number, lengths and ranges against a program.
    ///
    /// # Errors
    /// [`VerifyError::PublicTensor`] that names the tensor, expected and got.
    pub fn check(&self, program: &Program) -> Result<(), VerifyError> {
        let graph = program.graph();
        for (what, ids, tensors) in [
            ("inputs", &graph.inputs, &self.inputs),
            ("outputs", &graph.outputs, &self.outputs),
        ] {
            if ids.len() != tensors.len() {
                return Err(VerifyError::PublicTensor {
                    tensor: what.to_owned(),
                    expected: format!("{} tensors", ids.len()),
                    got: format!("{}", tensors.len()),
                });
            }
            for (&id, values) in ids.iter().zip(tensors) {
                let Some(tensor) = graph.tensor(id) else {
                    continue;
                };
                if let Some((expected, got)) = values.problem(tensor) {
                    return Err(VerifyError::PublicTensor {
                        tensor: tensor.name.clone(),
                        expected,
                        got,
                    });
                }
            }
        }
        Ok(())
    }
}

/// The program, the commitments to its parameters, and the keys of the launches that are proved by Groth16: all that a
/// verifier needs besides public tensors and proof.
#[derive(Debug, Clone)]
pub struct VerifierKey {
    program: Program,
    parameters: Commitments,
    bases: CommitmentKey,
    linked: LinkedKeys,
    digest: Digest,
}

/// What is stored; points are compressed, bases hinted at.
#[derive(Serialize, Deserialize)]
struct Stored {
    graph: KernelGraph,
    parameters: Vec<(TensorId, Vec<[u8; 32]>)>,
    bases: Vec<BaseHint>,
    groth16: Vec<Vec<u8>>,
}

impl VerifierKey {
    /// A key for a program whose parameters have these commitments over these bases, with one verifying key per distinct
    /// constraint system of its Groth16 launches ([`LinkedLaunches::systems`](crate::program::LinkedLaunches::systems)).
    ///
    /// # Errors
    /// [`VerifyError::Key`] unless there is exactly one commitment of the right shape per parameter, one base per column of the widest
    /// committed tensor, and a fitting key per constraint system.
    pub fn new(
        program: Program,
        parameters: Commitments,
        bases: CommitmentKey,
        groth16: Vec<VerifyingKey>,
    ) -> Result<Self, VerifyError> {
        let problem = |problem: String| VerifyError::Key { problem };
        let expected = program.tensors_of(TensorKind::Parameter).count();
        if parameters.len() != expected {
            return Err(problem(format!(
                "{} commitments for {expected} parameters",
                parameters.len()
            )));
        }
        for (id, tensor) in program.tensors_of(TensorKind::Parameter) {
            let rows = rows(&tensor.shape, &program);
            match parameters.get(&id) {
                Some(commitment) if commitment.len() == rows => {}
                other => {
                    let got = other.map_or(0, Vec::len);
                    return Err(problem(format!(
                        "`{}` has {got} rows, expected {rows}",
                        tensor.name
                    )));
                }
            }
        }
        let (columns, got) = (widest_row(&program), bases.bases().len());
        if got != columns {
            return Err(problem(format!("{got} bases for {columns} columns")));
        }
        let linked = LinkedKeys::new(program.linked(), groth16)?;
        let mut key = Self {
            program,
            parameters,
            bases,
            linked,
            digest: Digest([0; 32]),
        };
        let bytes = key.encode().map_err(|error| problem(error.to_string()))?;
        key.digest = Digest::of("kernelwise verifier key v1", &bytes);
        Ok(key)
    }

    /// The program.
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Commitments to the parameters.
    pub fn parameters(&self) -> &Commitments {
        &self.parameters
    }

    /// The bases of all commitments.
    pub fn bases(&self) -> &CommitmentKey {
        &self.bases
    }

    /// The keys of the launches that are proved by Groth16.
    pub fn linked(&self) -> &LinkedKeys {
        &self.linked
    }

    /// Digest of program, commitments, bases and keys; what a verifier must have from someone it trusts.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The canonical encoding.
    ///
    /// # Errors
    /// [`WireError::Encoding`] if serialisation fails.
    pub fn encode(&self) -> Result<Vec<u8>, WireError> {
        let compress = |points: &Vec<_>| points.iter().map(point_bytes).collect();
        let stored = Stored {
            graph: self.program.graph().clone(),
            parameters: self
                .parameters
                .iter()
                .map(|(id, points)| (*id, compress(points)))
                .collect(),
            bases: self.bases.hints(),
            groth16: self.linked.encode(),
        };
        postcard::to_stdvec(&stored).map_err(|error| WireError::Encoding {
            problem: error.to_string(),
        })
    }

    /// Decodes and validates a key.
    ///
    /// # Errors
    /// [`WireError::Encoding`] if the bytes are no key; [`WireError::Graph`] if its graph is not valid;
    /// [`WireError::Key`] if commitments are missing, malformed or of the wrong shape.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let (stored, rest): (Stored, _) =
            postcard::take_from_bytes(bytes).map_err(|error| WireError::Encoding {
                problem: error.to_string(),
            })?;
        if !rest.is_empty() {
            return Err(WireError::Encoding {
                problem: format!("{} bytes after the end", rest.len()),
            });
        }
        let program = stored.graph.validate()?;
        let mut parameters = Commitments::new();
        for (id, points) in stored.parameters {
            let Some(points) = points_from_bytes(&points) else {
                let problem = format!("the commitment to tensor {} has a malformed point", id.0);
                return Err(VerifyError::Key { problem }.into());
            };
            parameters.insert(id, points);
        }
        let bases = CommitmentKey::from_hints(&stored.bases)?;
        let keys = stored.groth16.iter();
        let groth16 = keys
            .map(|bytes| VerifyingKey::decode(bytes))
            .collect::<Result<_, _>>()
            .map_err(VerifyError::Groth16)?;
        Ok(Self::new(program, parameters, bases, groth16)?)
    }
}

fn rows(shape: &Shape, program: &Program) -> usize {
    RowLayout::new(shape, program.graph().max_columns).rows
}
