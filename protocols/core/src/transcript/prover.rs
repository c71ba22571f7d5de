//! The prover's end.

use kernelwise_field::{FR_BYTES, Fr, G1_BYTES, G1Affine, PrimeField};
use spongefish::ProverState;

use super::{
    CHALLENGE_BYTES, DIGEST_BYTES, Instance, Raw, challenge_from, segment_instance,
    segment_session, session,
};
use crate::groth16::{PROOF_BYTES, Proof};
use crate::points::point_bytes;

fn scalar_bytes(value: &Fr) -> [u8; FR_BYTES] {
    let mut bytes = [0; FR_BYTES];
    let limbs = value.into_bigint().0;
    for (chunk, limb) in bytes.chunks_exact_mut(8).zip(limbs) {
        chunk.copy_from_slice(&limb.to_le_bytes());
    }
    bytes
}

/// The prover's end.
#[derive(Debug)]
pub struct ProverTranscript {
    state: ProverState,
    len: usize,
    /// What segments sent, each with the number of own bytes before it.
    segments: Vec<(usize, Vec<u8>)>,
}

impl ProverTranscript {
    /// Starts with the instance absorbed.
    pub fn new(instance: &Instance<'_>) -> Self {
        Self {
            state: ProverState::new(&session(), &Raw(instance.encode())),
            len: 0,
            segments: Vec::new(),
        }
    }

    /// Starts the transcripts of `count` segments, to be [joined](Self::join) in the same order.
    pub fn fork(&mut self, count: usize) -> Vec<Self> {
        let parent = self.state.verifier_message_as(DIGEST_BYTES, <[u8]>::to_vec);
        let segment = |index| Self {
            state: ProverState::new(&segment_session(), &segment_instance(&parent, index, count)),
            len: 0,
            segments: Vec::new(),
        };
        (0..count).map(segment).collect()
    }

    /// Ends a segment: its messages come next in the proof, and all of them bind what follows.
    pub fn join(&mut self, segment: Self) {
        let mut segment = segment;
        let end = segment
            .state
            .verifier_message_as(DIGEST_BYTES, <[u8]>::to_vec);
        self.state.public_message(&Raw(end));
        self.len += segment.len;
        let before = self.state.narg_string().len();
        self.segments.push((before, segment.finish()));
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
        let Self {
            state,
            len,
            segments,
        } = self;
        let own = state.into_narg_string();
        if segments.is_empty() {
            return own;
        }
        let (mut proof, mut sent) = (Vec::with_capacity(len), 0);
        for (before, segment) in segments {
            proof.extend_from_slice(&own[sent..before]);
            proof.extend_from_slice(&segment);
            sent = before;
        }
        proof.extend_from_slice(&own[sent..]);
        proof
    }
}
