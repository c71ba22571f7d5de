//! What can go wrong on the command line, with hints and exit codes.

use std::path::PathBuf;

use kernelwise_core::VerifyError;
use kernelwise_core::groth16::Groth16Error;
use kernelwise_core::wire::WireError;
use kernelwise_frontend::inspect::CompareError;
use kernelwise_frontend::{FloatError, ImportError, InputError, QuantiseError};
use kernelwise_groth16::Groth16ProveError;
use kernelwise_groth16::circom::CircomError;
use kernelwise_hal::DeviceError;
use kernelwise_prover::ProveError;

/// A command that did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The proof is not valid.
    #[error("the proof is invalid: {0}")]
    Invalid(VerifyError),
    /// A Groth16 proof is not valid.
    #[error("the proof is invalid: {0}")]
    InvalidGroth16(Groth16Error),
    /// A proof just made is not valid.
    #[error("the proof does not verify, nothing was written: {0}")]
    WrongWitness(Groth16Error),
    /// A file of circom or snarkjs was refused.
    #[error("{}: {source}", path.display())]
    Circom {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: CircomError,
    },
    /// Making a Groth16 key or proof failed.
    #[error(transparent)]
    Groth16(#[from] Groth16ProveError),
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is larger than any that this program writes.
    #[error("{} has {got} bytes, expected at most {limit}", path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// The limit, in bytes.
        limit: u64,
        /// Its size, in bytes.
        got: u64,
    },
    /// A file is not what its name says.
    #[error("{}: {source}", path.display())]
    Format {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: WireError,
    },
    /// A JSON file does not hold what belongs there.
    #[error("{}: {problem}", path.display())]
    Json {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// Two files do not belong together.
    #[error("{problem}")]
    Mismatch {
        /// Which, and how.
        problem: String,
    },
    /// The model was refused.
    #[error(transparent)]
    Import(#[from] ImportError),
    /// An input was refused.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The float model did not run.
    #[error(transparent)]
    Float(#[from] FloatError),
    /// The model could not be quantised.
    #[error(transparent)]
    Quantise(#[from] QuantiseError),
    /// The integers could not be compared with the floats.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// Proving failed.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// A device failed.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The thread pool could not be set up.
    #[error("cannot start {threads} worker threads: {problem}")]
    Threads {
        /// How many were asked for.
        threads: usize,
        /// Why.
        problem: String,
    },
}

impl Failure {
    /// 1 for an invalid proof, 2 for everything else.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Invalid(_) | Self::InvalidGroth16(_) => 1,
            _ => 2,
        }
    }

    /// What to try, if there is something.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Invalid(VerifyError::WrongKey { .. } | VerifyError::WrongProgram { .. }) => Some(
                "the key belongs to another model or setup; use the verifier.key written beside the proof",
            ),
            Self::Format {
                source: WireError::Kind { .. },
                ..
            } => Some("the files may be swapped; check --key and --proof"),
            Self::Format {
                source: WireError::Checksum { .. } | WireError::Length { .. },
                ..
            } => Some("the file was cut off or altered; copy it again"),
            Self::Input(InputError::Length { .. } | InputError::Count { .. }) => {
                Some("`kernelwise inspect MODEL` shows the shapes that the model wants")
            }
            Self::Prove(ProveError::OutOfDomain { .. }) => Some(
                "an activation left its table; calibrate with inputs like this one (--calibrate)",
            ),
            Self::WrongWitness(_) => {
                Some("the witness is not one of this key's circuit, or the key is damaged")
            }
            Self::Write { .. } => Some("check that the folder exists, is writable, and has space"),
            _ => None,
        }
    }
}
