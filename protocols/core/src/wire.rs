//! Files: a magic, a kind, a version, a length, a checksum, and the payload.
//!
//! ```text
//! offset  bytes  field
//!      0      4  magic "KWZK"
//!      4      1  kind: 1 model, 2 prover key, 3 verifier key, 4 proof, 5 Groth16 key
//!      5      1  version of that kind, now 1
//!      6      2  zero
//!      8      8  payload length, little-endian
//!     16     32  SHA3-256 of kind, version and payload under a domain tag
//!     48      …  payload
//! ```
//! The checksum finds accidents; it authenticates nothing. A proof's payload is the program digest, the key digest, and the string
//! of the prover's messages ([`crate::transcript`]).

use crate::error::VerifyError;
use crate::program::{Digest, GraphError};

const MAGIC: &[u8; 4] = b"KWZK";
const VERSION: u8 = 1;
const HEADER: usize = 48;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum FileKind {
    /// A compiled model.
    Model = 1,
    /// A prover key.
    ProverKey = 2,
    /// A verifier key.
    VerifierKey = 3,
    /// A proof.
    Proof = 4,
    /// The proving key of a Groth16 launch.
    Groth16Key = 5,
}

impl std::fmt::Display for FileKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Model => "compiled model",
            Self::ProverKey => "prover key",
            Self::VerifierKey => "verifier key",
            Self::Proof => "proof",
            Self::Groth16Key => "Groth16 key",
        })
    }
}

/// Why bytes are not the file they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WireError {
    /// Not a Kernelwise file at all.
    #[error("not a Kernelwise file (expected the magic KWZK)")]
    Magic,
    /// Another kind of file.
    #[error("expected a {expected}, got file kind {got}")]
    Kind {
        /// What was asked for.
        expected: FileKind,
        /// The kind byte that came.
        got: u8,
    },
    /// A version that this build does not read.
    #[error("{kind} version {got}, this build reads version {VERSION}")]
    Version {
        /// Kind of file.
        kind: FileKind,
        /// The version that came.
        got: u8,
    },
    /// Cut off or extended.
    #[error("{kind}: expected {expected} bytes, got {got}")]
    Length {
        /// Kind of file.
        kind: FileKind,
        /// Length that the header says.
        expected: u64,
        /// Length that came.
        got: u64,
    },
    /// Damaged.
    #[error("{kind}: the checksum does not match, the file is damaged")]
    Checksum {
        /// Kind of file.
        kind: FileKind,
    },
    /// The payload does not decode.
    #[error("the payload does not decode: {problem}")]
    Encoding {
        /// What the decoder reported.
        problem: String,
    },
    /// The graph inside is not valid.
    #[error(transparent)]
    Graph(#[from] GraphError),
    /// The key inside is not valid.
    #[error(transparent)]
    Key(#[from] VerifyError),
}

fn checksum(kind: FileKind, payload: &[u8]) -> Digest {
    let tag = format!("kernelwise file kind {} version {VERSION}", kind as u8);
    Digest::of(&tag, payload)
}

/// Wraps a payload.
pub fn encode_file(kind: FileKind, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + payload.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&[kind as u8, VERSION, 0, 0]);
    bytes.extend_from_slice(&(payload.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&checksum(kind, payload).0);
    bytes.extend_from_slice(payload);
    bytes
}

/// Unwraps a payload after checking kind, version, length and checksum.
///
/// # Errors
/// [`WireError`] that says which of them is wrong.
pub fn decode_file(kind: FileKind, bytes: &[u8]) -> Result<&[u8], WireError> {
    let cut = || WireError::Length {
        kind,
        expected: HEADER as u64,
        got: bytes.len() as u64,
    };
    let magic = bytes.get(..4).ok_or(WireError::Magic)?;
    if magic != MAGIC {
        return Err(WireError::Magic);
    }
    let (header, payload) = bytes.split_at_checked(HEADER).ok_or_else(cut)?;
    let &[_, _, _, _, got_kind, version, zero0, zero1, ref rest @ ..] = header else {
        return Err(cut());
    };
    if got_kind != kind as u8 {
        return Err(WireError::Kind {
            expected: kind,
            got: got_kind,
        });
    }
    if version != VERSION || zero0 != 0 || zero1 != 0 {
        return Err(WireError::Version { kind, got: version });
    }
    let (length, digest) = rest.split_at_checked(8).ok_or_else(cut)?;
    let length = length
        .iter()
        .rev()
        .fold(0u64, |acc, &byte| acc << 8 | u64::from(byte));
    if length != payload.len() as u64 {
        return Err(WireError::Length {
            kind,
            expected: length,
            got: payload.len() as u64,
        });
    }
    if digest != checksum(kind, payload).0 {
        return Err(WireError::Checksum { kind });
    }
    Ok(payload)
}

/// A proof with the digests of what it is a proof for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelProof {
    /// Digest of the program.
    pub program: Digest,
    /// Digest of the verifier key.
    pub key: Digest,
    /// The prover's messages.
    pub messages: Vec<u8>,
}

impl ModelProof {
    /// The payload of a proof file.
    pub fn encode(&self) -> Vec<u8> {
        [&self.program.0[..], &self.key.0[..], &self.messages].concat()
    }

    /// Reads the payload of a proof file.
    ///
    /// # Errors
    /// [`WireError::Length`] if not even the digests are there.
    pub fn decode(payload: &[u8]) -> Result<Self, WireError> {
        let short = || WireError::Length {
            kind: FileKind::Proof,
            expected: 64,
            got: payload.len() as u64,
        };
        let (program, rest) = payload.split_first_chunk::<32>().ok_or_else(short)?;
        let (key, messages) = rest.split_first_chunk::<32>().ok_or_else(short)?;
        Ok(Self {
            program: Digest(*program),
            key: Digest(*key),
            messages: messages.to_vec(),
        })
    }
}
