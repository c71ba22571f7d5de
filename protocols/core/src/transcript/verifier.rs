//! The verifier's end.

use kernelwise_field::{CanonicalDeserialize, FR_BYTES, Fr, G1_BYTES, G1Affine};
use spongefish::{NargReader, VerificationError, VerifierState};

use super::{
    CHALLENGE_BYTES, DIGEST_BYTES, Instance, Message, Raw, challenge_from, segment_instance,
    segment_session, session,
};
use crate::error::VerifyError;
use crate::groth16::{PROOF_BYTES, Proof};
use crate::points::points_from_bytes;

/// Where segments part.
#[derive(Debug, Clone)]
pub struct Fork {
    parent: Vec<u8>,
    count: usize,
}

/// The verifier's end.
#[derive(Debug)]
pub struct VerifierTranscript<'a> {
    state: VerifierState<'a>,
    proof: &'a [u8],
    offset: usize,
    messages: Vec<Message>,
}

impl<'a> VerifierTranscript<'a> {
    /// Starts with the instance absorbed, about to read `proof`.
    pub fn new(instance: &Instance<'_>, proof: &'a [u8]) -> Self {
        let state = VerifierState::new(&session(), &Raw(instance.encode()), proof);
        Self {
            state,
            proof,
            offset: 0,
            messages: Vec::new(),
        }
    }

    /// Parts the transcript into those of `count` segments, read one after the other.
    pub fn fork(&mut self, count: usize) -> Fork {
        let parent = self.state.verifier_message_as(DIGEST_BYTES, <[u8]>::to_vec);
        Fork { parent, count }
    }

    /// The transcript of segment number `index`, about to read what comes next in the proof.
    pub fn segment(&self, fork: &Fork, index: usize) -> Self {
        let instance = segment_instance(&fork.parent, index, fork.count);
        let rest = self.proof.get(self.offset..).unwrap_or_default();
        Self {
            state: VerifierState::new(&segment_session(), &instance, rest),
            proof: self.proof,
            offset: self.offset,
            messages: Vec::new(),
        }
    }

    /// Goes on behind what a segment has read, bound to all of it.
    ///
    /// # Errors
    /// [`VerifyError::Malformed`] unless the segment started where this transcript is.
    pub fn join(&mut self, segment: Self) -> Result<(), VerifyError> {
        let mut segment = segment;
        let end = segment
            .state
            .verifier_message_as(DIGEST_BYTES, <[u8]>::to_vec);
        let len = segment.offset.saturating_sub(self.offset);
        let read = self
            .state
            .prover_message_with(|reader| reader.take(len).map(|_| ()), |()| end);
        read.map_err(|_| VerifyError::Malformed {
            label: "segment",
            expected: "the messages of a segment",
        })?;
        self.offset = segment.offset;
        self.messages.extend(segment.messages);
        Ok(())
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

#[cfg(test)]
mod tests {
    use super::super::ProverTranscript;
    use super::*;
    use crate::key::PublicTensors;
    use crate::program::Digest;

    fn instance(public: &PublicTensors) -> Instance<'_> {
        Instance {
            program: Digest([1; 32]),
            key: Digest([2; 32]),
            public,
        }
    }

    /// A message of the program, one of each of two segments, and one more. Returns the proof and, in the order of the proof, a challenge
    /// before and behind the message of each segment, and the last.
    fn conversation([first, left, right, last]: [u64; 4]) -> (Vec<u8>, [Fr; 5]) {
        let public = PublicTensors::default();
        let mut transcript = ProverTranscript::new(&instance(&public));
        transcript.append_scalars(&[Fr::from(first)]);
        let speak = |segment: &mut ProverTranscript, message: u64| {
            let before = segment.challenge();
            segment.append_scalars(&[Fr::from(message)]);
            (before, segment.challenge())
        };
        let mut segments = transcript.fork(2);
        let [one, other] = &mut segments[..] else {
            unreachable!("two were asked for");
        };
        // The last first: threads do not wait for each other.
        let (c, d) = speak(other, right);
        let (a, b) = speak(one, left);
        segments.into_iter().for_each(|own| transcript.join(own));
        transcript.append_scalars(&[Fr::from(last)]);
        assert_eq!(transcript.len(), 4 * FR_BYTES);
        let end = transcript.challenge();
        (transcript.finish(), [a, b, c, d, end])
    }

    fn read(proof: &[u8]) -> Result<(Vec<Fr>, Vec<Message>), VerifyError> {
        let public = PublicTensors::default();
        let mut transcript = VerifierTranscript::new(&instance(&public), proof);
        transcript.read_scalar("first")?;
        let fork = transcript.fork(2);
        let mut challenges = Vec::new();
        for index in 0..2 {
            let mut segment = transcript.segment(&fork, index);
            challenges.push(segment.challenge());
            segment.read_scalar("own")?;
            challenges.push(segment.challenge());
            transcript.join(segment)?;
        }
        transcript.read_scalar("last")?;
        challenges.push(transcript.challenge());
        Ok((challenges, transcript.finish()?))
    }

    #[test]
    fn segments_part_and_meet_again() {
        let (proof, sent) = conversation([3, 4, 5, 6]);
        let (challenges, messages) = read(&proof).unwrap_or_default();
        assert_eq!(challenges, sent);
        let offsets: Vec<usize> = messages.iter().map(|message| message.offset).collect();
        assert_eq!(offsets, [0, 32, 64, 96]);
        for len in 0..proof.len() {
            assert!(read(&proof[..len]).is_err());
        }
    }

    #[test]
    fn messages_bind_what_follows_them() {
        let (_, honest) = conversation([3, 4, 5, 6]);
        let same = |messages| {
            let (_, challenges) = conversation(messages);
            std::array::from_fn(|place| challenges[place] == honest[place])
        };
        assert_eq!(same([9, 4, 5, 6]), [false; 5]);
        assert_eq!(same([3, 9, 5, 6]), [true, false, true, true, false]);
        assert_eq!(same([3, 4, 9, 6]), [true, true, true, false, false]);
        assert_eq!(same([3, 4, 5, 9]), [true, true, true, true, false]);
        // Equal messages do not make segments equal.
        let (_, [a, b, c, d, _]) = conversation([3, 4, 4, 6]);
        assert!(a != c && b != d);
    }
}
