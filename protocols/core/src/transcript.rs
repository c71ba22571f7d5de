//! Fiat–Shamir: a duplex sponge that every message of a proof passes through.
//!
//! A proof is the string of the prover's messages in protocol order. The verifier reads it through
//! [`VerifierTranscript`], and reading binds: there is no way to use a message without absorbing it, to skip one, or to draw a
//! challenge that does not depend on all before it. What both sides know (program, key, public tensors) is the instance and
//! goes in first.

//!
//! Segments of a program have transcripts of their own: each starts from what the program's transcript was when they parted, and its place
//! among them; the program's goes on with what each of them ended with.

mod prover;
mod verifier;

use kernelwise_field::{Fr, PrimeField};
use spongefish::{DefaultHash, SessionId, derive_session_id};

pub use prover::ProverTranscript;
pub use verifier::{Fork, VerifierTranscript};

use crate::key::PublicTensors;
use crate::program::Digest;

/// Names protocol and version; any change to a message or its encoding changes this.
const SESSION: &[u8] = b"kernelwise kernel-wise proof, version 1";

/// Names the part of one segment.
const SEGMENT: &[u8] = b"kernelwise kernel-wise proof, version 1, segment";

/// Bytes that stand for a transcript: collisions among them take 2^128 work.
const DIGEST_BYTES: usize = 32;

/// Uniform bytes per challenge: 64 bytes reduced modulo a 254-bit prime are within 2^-258 of uniform.
const CHALLENGE_BYTES: usize = 64;

/// What prover and verifier agree on before the first message.
#[derive(Debug, Clone, Copy)]
pub struct Instance<'a> {
    /// Digest of the program.
    pub program: Digest,
    /// Digest of the verifier key.
    pub key: Digest,
    /// Public inputs and outputs.
    pub public: &'a PublicTensors,
}

impl Instance<'_> {
    /// An injective encoding: fixed-size digests, then length-prefixed tensors.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend_from_slice(&self.program.0);
        bytes.extend_from_slice(&self.key.0);
        for tensors in [&self.public.inputs, &self.public.outputs] {
            bytes.extend_from_slice(&(tensors.len() as u64).to_le_bytes());
            tensors.iter().for_each(|values| values.encode(&mut bytes));
        }
        bytes
    }
}

/// Bytes that are their own injective encoding.
struct Raw(Vec<u8>);

impl spongefish::Encoding for Raw {
    fn encode(&self) -> impl AsRef<[u8]> {
        &self.0
    }
}

fn session() -> SessionId {
    derive_session_id::<DefaultHash>(SESSION)
}

fn segment_session() -> SessionId {
    derive_session_id::<DefaultHash>(SEGMENT)
}

/// What segment number `index` of `count` starts from, an injective encoding: all parts have fixed sizes.
fn segment_instance(parent: &[u8], index: usize, count: usize) -> Raw {
    let mut bytes = parent.to_vec();
    bytes.extend_from_slice(&(index as u64).to_le_bytes());
    bytes.extend_from_slice(&(count as u64).to_le_bytes());
    Raw(bytes)
}

fn challenge_from(bytes: &[u8]) -> Fr {
    Fr::from_le_bytes_mod_order(bytes)
}

/// One message of a proof: where it lies and what it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Message {
    /// The name that errors and the tamper manifest use.
    pub label: &'static str,
    /// First byte within the proof string.
    pub offset: usize,
    /// Number of bytes.
    pub len: usize,
}
