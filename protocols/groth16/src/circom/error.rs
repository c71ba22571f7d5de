//! What is wrong with a file.

use kernelwise_core::groth16::Groth16Error;

use crate::error::Groth16ProveError;

/// Why a file was refused or could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CircomError {
    /// Another kind of file.
    #[error("not a .{expected} file")]
    Magic {
        /// The kind that was asked for.
        expected: &'static str,
    },
    /// A version that this build does not read.
    #[error(".{kind} version {got}, this build reads up to version {limit}")]
    Version {
        /// The kind of file.
        kind: &'static str,
        /// The newest version that is known.
        limit: u32,
        /// The version that came.
        got: u32,
    },
    /// A section is not there, or there twice.
    #[error("section `{section}`: expected once, found {got} times")]
    SectionCount {
        /// The section.
        section: &'static str,
        /// How often it is there.
        got: usize,
    },
    /// The table of sections reaches past the end of the file.
    #[error("section {index} reaches past the end of the file")]
    CutOff {
        /// The section, in the order of the file.
        index: u32,
    },
    /// A section is shorter or longer than what it holds.
    #[error("section `{section}`: expected {expected} bytes, got {got}")]
    Length {
        /// The section.
        section: &'static str,
        /// The bytes that its contents need.
        expected: u64,
        /// The bytes that are there.
        got: u64,
    },
    /// Another field than that of BN254.
    #[error("section `{section}`: the {field} field is not that of BN254")]
    Field {
        /// The section.
        section: &'static str,
        /// Base or scalar.
        field: &'static str,
    },
    /// A value is outside its range.
    #[error("section `{section}`: {what} {index}: expected {expected}")]
    Value {
        /// The section.
        section: &'static str,
        /// What kind of value.
        what: &'static str,
        /// Which one.
        index: u64,
        /// What would be valid.
        expected: &'static str,
    },
    /// A JSON file is not what its name says.
    #[error("{file}: {problem}")]
    Json {
        /// Which kind of file.
        file: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The contents do not fit together.
    #[error(transparent)]
    Contents(#[from] Groth16ProveError),
    /// Points are not those of a key or proof.
    #[error(transparent)]
    Groth16(#[from] Groth16Error),
}
