//! Why a measurement cannot be made or must not be kept.

use kernelwise_hal::DeviceError;

/// The failure of one measurement.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// Making a Groth16 key or proof failed.
    #[error(transparent)]
    Groth16(#[from] kernelwise_groth16::Groth16ProveError),
    /// A file of a Groth16 circuit could not be written or read.
    #[error(transparent)]
    Circom(#[from] kernelwise_groth16::circom::CircomError),
    /// No device that was asked for offers the operation.
    #[error("{operation} is not offered by any of [{}]", devices.join(", "))]
    Unsupported {
        /// The operation.
        operation: &'static str,
        /// The devices that were asked.
        devices: Vec<String>,
    },
    /// A result differs from the reference's: nothing of it is recorded.
    #[error("{workload}: the result of {contender} differs from that of {reference}")]
    Mismatch {
        /// The workload.
        workload: String,
        /// Whose result is in question.
        contender: String,
        /// Whose result it was compared with.
        reference: String,
    },
    /// A proof was made that does not verify, or of other outputs than the executor's.
    #[error("{model}: {problem}")]
    Proof {
        /// The model.
        model: String,
        /// What is wrong.
        problem: String,
    },
    /// A device failed.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// A library that serves as reference refused its input.
    #[error("{library} refused its input: {problem}")]
    Reference {
        /// The library.
        library: &'static str,
        /// What it reported.
        problem: String,
    },
    /// The order of calls was broken: a result was asked for before a run.
    #[error("{contender} was asked for a result before it ran")]
    NotRun {
        /// Who was asked.
        contender: String,
    },
    /// No threads.
    #[error("cannot start {threads} threads: {problem}")]
    Threads {
        /// How many.
        threads: usize,
        /// What the system reported.
        problem: String,
    },
    /// A size that the operation is not measured at.
    #[error("size 2^{got}: expected 2^{min} to 2^{max}")]
    Size {
        /// The smallest.
        min: u32,
        /// The largest.
        max: u32,
        /// What was asked for.
        got: u32,
    },
    /// A plot could not be drawn.
    #[error("plot: {problem}")]
    Plot {
        /// What the drawing library reported.
        problem: String,
    },
}

impl BenchError {
    /// Whether a result was wrong, as against a run that could not be made.
    pub fn is_wrong_result(&self) -> bool {
        matches!(
            self,
            Self::Mismatch { .. }
                | Self::Proof { .. }
                | Self::Device(DeviceError::Disagreement { .. })
        )
    }
}
