//! The prover's end of the conversation, and the seam where tests cheat.

use kernelwise_core::field::{Fr, G1Affine};
use kernelwise_core::groth16::Proof;
use kernelwise_core::transcript::{Instance, ProverTranscript};

/// Alters a message of the prover before it is bound: called with the message's label and its values.
#[cfg(feature = "cheat")]
pub type Cheat<'a> = &'a mut (dyn FnMut(&'static str, &mut [Fr]) + Send);

/// Alters the commitments that Groth16 proofs carry, in launch order, before they are bound.
#[cfg(feature = "cheat")]
pub type CarriedCheat<'a> = &'a mut (dyn FnMut(&mut [G1Affine]) + Send);

/// Sends messages; what is sent is what the prover goes on with.
pub(crate) struct Channel<'a> {
    transcript: ProverTranscript,
    #[cfg(feature = "cheat")]
    cheat: Option<Cheat<'a>>,
    #[cfg(feature = "cheat")]
    carried: Option<CarriedCheat<'a>>,
    #[cfg(not(feature = "cheat"))]
    marker: std::marker::PhantomData<&'a ()>,
}

impl<'a> Channel<'a> {
    pub(crate) fn new(instance: &Instance<'_>) -> Self {
        Self::over(ProverTranscript::new(instance))
    }

    fn over(transcript: ProverTranscript) -> Self {
        Self {
            transcript,
            #[cfg(feature = "cheat")]
            cheat: None,
            #[cfg(feature = "cheat")]
            carried: None,
            #[cfg(not(feature = "cheat"))]
            marker: std::marker::PhantomData,
        }
    }

    /// One channel for each of `count` segments, to be [joined](Self::join) in the same order; none cheats.
    pub(crate) fn fork(&mut self, count: usize) -> Vec<Self> {
        let segments = self.transcript.fork(count).into_iter();
        segments.map(Self::over).collect()
    }

    /// Ends a segment.
    pub(crate) fn join(&mut self, segment: Self) {
        self.transcript.join(segment.transcript);
    }

    /// Whether segments must wait for each other, because one cheat alters the messages of all.
    #[cfg(feature = "cheat")]
    pub(crate) fn cheats(&self) -> bool {
        self.cheat.is_some()
    }

    #[cfg(not(feature = "cheat"))]
    pub(crate) fn cheats(&self) -> bool {
        false
    }

    /// Lends what alters messages to a segment, or takes it back.
    #[cfg(feature = "cheat")]
    pub(crate) fn exchange_cheat(&mut self, segment: &mut Self) {
        std::mem::swap(&mut self.cheat, &mut segment.cheat);
    }

    #[cfg(not(feature = "cheat"))]
    pub(crate) fn exchange_cheat(&mut self, _segment: &mut Self) {}

    #[cfg(feature = "cheat")]
    pub(crate) fn with_cheat(mut self, cheat: Cheat<'a>) -> Self {
        self.cheat = Some(cheat);
        self
    }

    #[cfg(feature = "cheat")]
    pub(crate) fn with_carried(mut self, cheat: CarriedCheat<'a>) -> Self {
        self.carried = Some(cheat);
        self
    }

    #[cfg(feature = "cheat")]
    fn carried_instead(&mut self, points: &[G1Affine]) -> Vec<G1Affine> {
        let mut points = points.to_vec();
        if let Some(cheat) = &mut self.carried {
            cheat(&mut points);
        }
        points
    }

    /// Sends field elements; returns them as sent.
    pub(crate) fn send(&mut self, label: &'static str, values: Vec<Fr>) -> Vec<Fr> {
        let values = self.altered(label, values);
        self.transcript.append_scalars(&values);
        values
    }

    /// Sends one field element; returns it as sent.
    pub(crate) fn send_one(&mut self, label: &'static str, value: Fr) -> Fr {
        self.send(label, vec![value])
            .first()
            .copied()
            .unwrap_or(value)
    }

    pub(crate) fn send_points(&mut self, points: &[G1Affine]) {
        self.transcript.append_points(points);
    }

    /// Sends the commitments that Groth16 proofs carry.
    pub(crate) fn send_carried(&mut self, points: &[G1Affine]) {
        #[cfg(feature = "cheat")]
        let points = &self.carried_instead(points);
        self.transcript.append_points(points);
    }

    pub(crate) fn send_groth16(&mut self, proof: &Proof) {
        self.transcript.append_groth16(proof);
    }

    /// Sends a round polynomial by its values at `0, 1, …, d`; returns the challenge and the next claim.
    pub(crate) fn send_round(&mut self, label: &'static str, values: Vec<Fr>) -> (Fr, Fr) {
        let values = self.altered(label, values);
        kernelwise_core::sumcheck::send_round(&mut self.transcript, &values)
    }

    pub(crate) fn challenge(&mut self) -> Fr {
        self.transcript.challenge()
    }

    pub(crate) fn challenges(&mut self, count: usize) -> Vec<Fr> {
        self.transcript.challenges(count)
    }

    /// Bytes sent so far.
    pub(crate) fn len(&self) -> usize {
        self.transcript.len()
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.transcript.finish()
    }

    #[cfg(feature = "cheat")]
    pub(crate) fn altered(&mut self, label: &'static str, mut values: Vec<Fr>) -> Vec<Fr> {
        if let Some(cheat) = &mut self.cheat {
            cheat(label, &mut values);
        }
        values
    }

    #[cfg(not(feature = "cheat"))]
    pub(crate) fn altered(&mut self, _label: &'static str, values: Vec<Fr>) -> Vec<Fr> {
        values
    }
}
