//! Why a proof was rejected.

use crate::groth16::Groth16Error;

/// The check that a proof failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A message is cut off, or is no canonical encoding of what belongs there.
    #[error("malformed proof at `{label}`: expected {expected}")]
    Malformed {
        /// The message that was being read.
        label: &'static str,
        /// What belongs there.
        expected: &'static str,
    },
    /// The proof goes on after its last message.
    #[error("the proof has bytes after its end")]
    TrailingBytes,
    /// The proof is for another program.
    #[error("the proof is for program {got}, the key for {expected}")]
    WrongProgram {
        /// Digest in the key.
        expected: String,
        /// Digest in the proof.
        got: String,
    },
    /// The proof is for another key of this program.
    #[error("the proof is for key {got}, this key is {expected}")]
    WrongKey {
        /// Digest of the key.
        expected: String,
        /// Digest in the proof.
        got: String,
    },
    /// A public tensor has the wrong length or a value outside its range.
    #[error("public tensor `{tensor}`: expected {expected}, got {got}")]
    PublicTensor {
        /// Name of the tensor.
        tensor: String,
        /// What would be valid.
        expected: String,
        /// What came.
        got: String,
    },
    /// The fractions of the lookup argument do not add up to zero.
    #[error("the lookup argument has a zero denominator")]
    LookupDenominator,
    /// A layer of the lookup argument's tree is inconsistent with the one above.
    #[error("lookup layer {layer} does not match the layer above")]
    LookupLayer {
        /// The layer; the root is 0.
        layer: usize,
    },
    /// The leaves of the lookup argument are not what tensors and tables say.
    #[error("lookup {part} do not match the tensors")]
    LookupLeaves {
        /// Numerators or denominators.
        part: &'static str,
    },
    /// The claims on a launch's inputs do not imply the claim on its output.
    #[error("launch `{launch}` ({kernel}): inputs do not imply the output")]
    Kernel {
        /// Name of the launch.
        launch: String,
        /// Name of the kernel.
        kernel: &'static str,
    },
    /// Several claims on one tensor do not merge into the one that was stated.
    #[error("claims on tensor `{tensor}` do not merge")]
    Merge {
        /// Name of the tensor.
        tensor: String,
    },
    /// A claim on a public input is wrong.
    #[error("the claim on input `{tensor}` is not what its values give")]
    InputClaim {
        /// Name of the tensor.
        tensor: String,
    },
    /// The batch opening failed.
    #[error("opening of committed tensors: {step}")]
    Opening {
        /// Which check.
        step: &'static str,
    },
    /// The proofs of the launches that are proved by Groth16 do not verify.
    #[error("launches proved by Groth16: {0}")]
    Groth16(#[from] Groth16Error),
    /// Key or commitments do not fit the program.
    #[error("verifier key: {problem}")]
    Key {
        /// What is wrong.
        problem: String,
    },
}
