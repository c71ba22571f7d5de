//! Fiat–Shamir: a duplex sponge that every message of a proof passes through.
//!
//! A proof is the string of the prover's messages in protocol order. The verifier reads it through
//! [`VerifierTranscript`], and reading binds: there is no way to use a message without absorbing it, to skip one, or to draw a
//! challenge that does not depend on all before it. What both sides know (program, key, public tensors) is the instance and
//! goes in first.

use kernelwise_field::{CanonicalDeserialize, FR_BYTES, Fr, G1_BYTES, G1Affine, PrimeField};
use spongefish::{
    DefaultHash, NargReader, ProverState, SessionId, VerificationError, VerifierState,
    derive_session_id,
};

use crate::error::VerifyError;
use crate::groth16::{PROOF_BYTES, Proof};
use crate::key::PublicTensors;
use crate::points::{point_bytes, points_from_bytes};
use crate::program::Digest;

/// Names protocol and version; any change to a message or its encoding changes this.
const SESSION: &[u8] = b"kernelwise kernel-wise proof, version 1";

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

fn scalar_bytes(value: &Fr) -> [u8; FR_BYTES] {
    let mut bytes = [0; FR_BYTES];
    let limbs = value.into_bigint().0;
    for (chunk, limb) in bytes.chunks_exact_mut(8).zip(limbs) {
        chunk.copy_from_slice(&limb.to_le_bytes());
    }
    bytes
}

fn challenge_from(bytes: &[u8]) -> Fr {
    Fr::from_le_bytes_mod_order(bytes)
}

/// The prover's end.
#[derive(Debug)]
pub struct ProverTranscript {
    state: ProverState,
    len: usize,
}

impl ProverTranscript {
    /// Starts with the instance absorbed.
    pub fn new(instance: &Instance<'_>) -> Self {
        Self {
            state: ProverState::new(&session(), &Raw(instance.encode())),
            len: 0,
        }
    }

    /// Bytes sent so far.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing has been sent.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Sends field elements.
    pub fn append_scalars(&mut self, values: &[Fr]) {
        self.len += values.len() * FR_BYTES;
        for value in values {
            self.state.prover_message_as(value, scalar_bytes);
        }
    }

    /// Sends group elements.
    pub fn append_points(&mut self, points: &[G1Affine]) {
        self.len += points.len() * G1_BYTES;
        for point in points {
            self.state.prover_message_as(point, point_bytes);
        }
    }

    /// Sends a Groth16 proof.
    pub fn append_groth16(&mut self, proof: &Proof) {
        self.len += PROOF_BYTES;
        self.state.prover_message_as(proof, Proof::to_bytes);
    }

    /// Draws a challenge.
    pub fn challenge(&mut self) -> Fr {
        self.state
            .verifier_message_as(CHALLENGE_BYTES, challenge_from)
    }

    /// Draws several challenges.
    pub fn challenges(&mut self, count: usize) -> Vec<Fr> {
        (0..count).map(|_| self.challenge()).collect()
    }

    /// The proof string.
    pub fn finish(self) -> Vec<u8> {
        self.state.into_narg_string()
    }
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

/// The verifier's end.
#[derive(Debug)]
pub struct VerifierTranscript<'a> {
    state: VerifierState<'a>,
    offset: usize,
    messages: Vec<Message>,
}

impl<'a> VerifierTranscript<'a> {
    /// Starts with the instance absorbed, about to read `proof`.
    pub fn new(instance: &Instance<'_>, proof: &'a [u8]) -> Self {
        let state = VerifierState::new(&session(), &Raw(instance.encode()), proof);
        Self {
            state,
            offset: 0,
            messages: Vec::new(),
        }
    }

    /// Reads `count` field elements; only canonical encodings are accepted.
    ///
    /// # Errors
    /// [`VerifyError::Malformed`].
    pub fn read_scalars(
        &mut self,
        label: &'static str,
        count: usize,
    ) -> Result<Vec<Fr>, VerifyError> {
        self.read(
            label,
            count,
            FR_BYTES,
            "canonical field elements",
            |reader| {
                let bytes = reader.take_array::<FR_BYTES>()?;
                Fr::deserialize_compressed(&bytes[..]).map_err(|_| VerificationError)
            },
        )
    }

    /// Reads one field element.
    ///
    /// # Errors
    /// [`VerifyError::Malformed`].
    pub fn read_scalar(&mut self, label: &'static str) -> Result<Fr, VerifyError> {
        let expected = "a canonical field element";
        self.read_scalars(label, 1)?
            .pop()
            .ok_or(VerifyError::Malformed { label, expected })
    }

    /// Reads `count` group elements; only canonical encodings of points on the curve are accepted.
    ///
    /// # Errors
    /// [`VerifyError::Malformed`].
    pub fn read_points(
        &mut self,
        label: &'static str,
        count: usize,
    ) -> Result<Vec<G1Affine>, VerifyError> {
        let expected = "canonical points of the curve";
        let bytes = self.read(label, count, G1_BYTES, expected, |reader| {
            reader.take_array::<G1_BYTES>()
        })?;
        points_from_bytes(&bytes).ok_or(VerifyError::Malformed { label, expected })
    }

    /// Reads a Groth16 proof; only canonical encodings of points of the groups are accepted.
    ///
    /// # Errors
    /// [`VerifyError::Malformed`].
    pub fn read_groth16(&mut self, label: &'static str) -> Result<Proof, VerifyError> {
        let expected = "three canonical points of the groups";
        let proofs = self.read(label, 1, PROOF_BYTES, expected, |reader| {
            let bytes = reader.take_array::<PROOF_BYTES>()?;
            Proof::from_bytes(&bytes).map_err(|_| VerificationError)
        });
        proofs?
            .pop()
            .ok_or(VerifyError::Malformed { label, expected })
    }

    fn read<T>(
        &mut self,
        label: &'static str,
        count: usize,
        size: usize,
        expected: &'static str,
        mut decode: impl FnMut(&mut NargReader<'_>) -> Result<T, VerificationError>,
    ) -> Result<Vec<T>, VerifyError> {
        // Grown as read, not reserved: `count` may be far more than the proof holds.
        let mut values = Vec::new();
        for _ in 0..count {
            let value = self.state.prover_message_as(&mut decode);
            values.push(value.map_err(|_| VerifyError::Malformed { label, expected })?);
        }
        self.messages.push(Message {
            label,
            offset: self.offset,
            len: count * size,
        });
        self.offset += count * size;
        Ok(values)
    }

    /// Draws a challenge.
    pub fn challenge(&mut self) -> Fr {
        self.state
            .verifier_message_as(CHALLENGE_BYTES, challenge_from)
    }

    /// Draws several challenges.
    pub fn challenges(&mut self, count: usize) -> Vec<Fr> {
        (0..count).map(|_| self.challenge()).collect()
    }

    /// Ends the proof and returns the list of its messages.
    ///
    /// # Errors
    /// [`VerifyError::TrailingBytes`] if there is more to read.
    pub fn finish(self) -> Result<Vec<Message>, VerifyError> {
        self.state
            .check_eof()
            .map_err(|_| VerifyError::TrailingBytes)?;
        Ok(self.messages)
    }
}
