//! What a verifier knows of a circuit.

use kernelwise_field::{
    AffineRepr, CanonicalDeserialize, CanonicalSerialize, Fr, G1, G1Affine, G2Affine,
    VariableBaseMSM,
};

use super::Groth16Error;
use super::proof::{check_g1, check_g2};
use crate::program::Digest;

/// The verifying key of one circuit; every point is in its group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    alpha_g1: G1Affine,
    beta_g2: G2Affine,
    gamma_g2: G2Affine,
    delta_g2: G2Affine,
    boundary_g2: Option<G2Affine>,
    input_bases: Vec<G1Affine>,
    digest: Digest,
}

/// The points of a [`VerifyingKey`], not yet checked.
#[derive(Debug, Clone)]
pub struct KeyPoints {
    /// `α`.
    pub alpha_g1: G1Affine,
    /// `β`.
    pub beta_g2: G2Affine,
    /// `γ`, which the bases of the public inputs are divided by.
    pub gamma_g2: G2Affine,
    /// `δ`, which the bases of private wires are divided by.
    pub delta_g2: G2Affine,
    /// `ε`, which the bases of boundary wires are divided by; `None` for a circuit without such wires.
    pub boundary_g2: Option<G2Affine>,
    /// `K`: the base of the constant one, then one base per public input.
    pub input_bases: Vec<G1Affine>,
}

impl VerifyingKey {
    /// Checks the points.
    ///
    /// # Errors
    /// [`Groth16Error::Point`]; [`Groth16Error::Identity`] for a secret that is zero, with which anything could be
    /// proved; [`Groth16Error::InputCount`] if even the base of the constant one is missing.
    pub fn new(points: KeyPoints) -> Result<Self, Groth16Error> {
        let KeyPoints {
            alpha_g1,
            beta_g2,
            gamma_g2,
            delta_g2,
            boundary_g2,
            input_bases,
        } = points;
        check_g1(&alpha_g1, "alpha")?;
        let in_g2 = [(beta_g2, "beta"), (gamma_g2, "gamma"), (delta_g2, "delta")];
        let boundary = boundary_g2.map(|point| (point, "boundary"));
        for (point, what) in in_g2.into_iter().chain(boundary) {
            check_g2(&point, what)?;
            if point.is_zero() {
                return Err(Groth16Error::Identity { what });
            }
        }
        if alpha_g1.is_zero() {
            return Err(Groth16Error::Identity { what: "alpha" });
        }
        if input_bases.is_empty() {
            return Err(Groth16Error::InputCount {
                expected: 1,
                got: 0,
            });
        }
        for base in &input_bases {
            check_g1(base, "base of a public input")?;
        }
        let mut key = Self {
            alpha_g1,
            beta_g2,
            gamma_g2,
            delta_g2,
            boundary_g2,
            input_bases,
            digest: Digest([0; 32]),
        };
        key.digest = Digest::of("kernelwise groth16 verifying key", &key.encode());
        Ok(key)
    }

    /// The points.
    pub fn points(&self) -> KeyPoints {
        KeyPoints {
            alpha_g1: self.alpha_g1,
            beta_g2: self.beta_g2,
            gamma_g2: self.gamma_g2,
            delta_g2: self.delta_g2,
            boundary_g2: self.boundary_g2,
            input_bases: self.input_bases.clone(),
        }
    }

    /// Number of public inputs.
    pub fn num_inputs(&self) -> usize {
        self.input_bases.len() - 1
    }

    /// Whether proofs carry a commitment to boundary wires.
    pub fn has_boundary(&self) -> bool {
        self.boundary_g2.is_some()
    }

    /// Identifies the key.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    pub(super) fn alpha_g1(&self) -> &G1Affine {
        &self.alpha_g1
    }

    pub(super) fn beta_g2(&self) -> &G2Affine {
        &self.beta_g2
    }

    pub(super) fn gamma_g2(&self) -> &G2Affine {
        &self.gamma_g2
    }

    pub(super) fn delta_g2(&self) -> &G2Affine {
        &self.delta_g2
    }

    pub(super) fn boundary_g2(&self) -> Option<&G2Affine> {
        self.boundary_g2.as_ref()
    }

    /// `L = K₀ + Σ_i inputs[i]·K_{i+1}`.
    pub(super) fn input_sum(&self, inputs: &[Fr]) -> Result<G1, Groth16Error> {
        let Some((one, bases)) = self.input_bases.split_first() else {
            return Err(Groth16Error::InputCount {
                expected: 0,
                got: inputs.len(),
            });
        };
        if inputs.len() != bases.len() {
            return Err(Groth16Error::InputCount {
                expected: bases.len(),
                got: inputs.len(),
            });
        }
        Ok(G1::msm_unchecked(bases, inputs) + one)
    }

    /// Compressed points; the number of bases before them, and a flag before `ε`.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing to a vector cannot fail.
        let _ = self.alpha_g1.serialize_compressed(&mut bytes);
        for point in [&self.beta_g2, &self.gamma_g2, &self.delta_g2] {
            let _ = point.serialize_compressed(&mut bytes);
        }
        bytes.push(u8::from(self.boundary_g2.is_some()));
        if let Some(point) = &self.boundary_g2 {
            let _ = point.serialize_compressed(&mut bytes);
        }
        bytes.extend_from_slice(&(self.input_bases.len() as u64).to_le_bytes());
        for base in &self.input_bases {
            let _ = base.serialize_compressed(&mut bytes);
        }
        bytes
    }

    /// The inverse of [`encode`](VerifyingKey::encode), for any bytes.
    ///
    /// # Errors
    /// [`Groth16Error::Encoding`] for bytes that are no canonical encoding; as [`new`](VerifyingKey::new).
    pub fn decode(bytes: &[u8]) -> Result<Self, Groth16Error> {
        let malformed = || Groth16Error::Encoding {
            what: "verifying key",
            expected: "compressed points",
        };
        let mut rest = bytes;
        let alpha_g1 = G1Affine::deserialize_compressed(&mut rest).map_err(|_| malformed())?;
        let g2 = |rest: &mut &[u8]| G2Affine::deserialize_compressed(rest).map_err(|_| malformed());
        let (beta_g2, gamma_g2, delta_g2) = (g2(&mut rest)?, g2(&mut rest)?, g2(&mut rest)?);
        let (&flag, after) = rest.split_first().ok_or_else(malformed)?;
        rest = after;
        let boundary_g2 = if flag == 1 {
            Some(g2(&mut rest)?)
        } else {
            None
        };
        let (count, mut rest) = rest.split_first_chunk::<8>().ok_or_else(malformed)?;
        // Compressed points have 32 bytes: the count is bounded by what is there before anything is allocated.
        let count = u64::from_le_bytes(*count);
        if count.checked_mul(32) != Some(rest.len() as u64) {
            return Err(malformed());
        }
        let input_bases = (0..count)
            .map(|_| G1Affine::deserialize_compressed(&mut rest).map_err(|_| malformed()))
            .collect::<Result<_, _>>()?;
        let key = Self::new(KeyPoints {
            alpha_g1,
            beta_g2,
            gamma_g2,
            delta_g2,
            boundary_g2,
            input_bases,
        })?;
        if key.encode() == bytes {
            Ok(key)
        } else {
            Err(malformed())
        }
    }
}
