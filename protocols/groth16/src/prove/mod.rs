//! The prover.
//!
//! ```text
//! A = α + Σ z_i·u_i + r·δ      B = β + Σ z_i·v_i + s·δ
//! C = Σ_private z_i·p_i + Σ h_j·t_j + s·A + r·B − r·s·δ − κ·η/δ
//! ```
//! `r` and `s` are fresh from the operating system; `κ` opens the carried commitment, where there is one.

mod commit;
mod devices;
mod keyed;

use kernelwise_core::groth16::{KeyPoints, Proof, VerifyingKey};
use kernelwise_field::{CurveGroup, Fr, G1, G1Affine, G2, G2Affine};
use zeroize::Zeroize;

pub use commit::BoundaryOpening;
pub use devices::Devices;
pub use keyed::KeyedCircuit;

use crate::error::Groth16ProveError;
use crate::key::{Head, ProvingKey};
use crate::query::Query;
use crate::quotient::{self, Rows};
use crate::r1cs::{R1cs, WireCounts, check_wires};
use crate::random;

/// A proving key ready for any number of proofs; the key itself may be dropped.
pub struct Prover {
    verifying: VerifyingKey,
    /// The points of `verifying`.
    points: KeyPoints,
    head: Head,
    counts: WireCounts,
    domain_len: usize,
    a: Query<G1>,
    b_g1: Query<G1>,
    b_g2: Query<G2>,
    private: Query<G1>,
    quotient: Query<G1>,
    boundary: Query<G1>,
}

/// Randomness of one proof.
#[derive(Zeroize)]
#[zeroize(drop)]
struct Blinds {
    r: Fr,
    s: Fr,
}

impl Blinds {
    fn fresh() -> Result<Self, Groth16ProveError> {
        Ok(Self {
            r: random::field()?,
            s: random::field()?,
        })
    }
}

impl Prover {
    /// Makes a key resident: for many proofs.
    ///
    /// # Errors
    /// What a device reports; [`Groth16ProveError::KeyFile`] for a key in a file that is not what it was.
    pub fn load(key: &ProvingKey, devices: Devices<'_>) -> Result<Self, Groth16ProveError> {
        let Devices { msm, msm_g2, .. } = devices;
        let sources = key.sources();
        Ok(Self {
            // The largest first, while nothing else is there.
            b_g2: Query::load(msm_g2, &sources.b_g2)?,
            a: Query::load(msm, &sources.a)?,
            b_g1: Query::load(msm, &sources.b_g1)?,
            private: Query::load(msm, &sources.private)?,
            quotient: Query::load(msm, &sources.quotient)?,
            boundary: Query::load(msm, &sources.boundary)?,
            ..Self::streamed(key)
        })
    }

    /// Reads the points of a key where they are, a few megabytes at a time, for every proof: with a key in a file, memory does not grow
    /// with it.
    ///
    /// One proof takes about as long as [`load`](Self::load) and one proof.
    pub fn streamed(key: &ProvingKey) -> Self {
        let sources = key.sources().clone();
        Self {
            verifying: key.verifying().clone(),
            points: key.verifying().points(),
            head: *key.head(),
            counts: key.counts(),
            domain_len: key.domain_len(),
            a: Query::Streamed(sources.a),
            b_g1: Query::Streamed(sources.b_g1),
            b_g2: Query::Streamed(sources.b_g2),
            private: Query::Streamed(sources.private),
            quotient: Query::Streamed(sources.quotient),
            boundary: Query::Streamed(sources.boundary),
        }
    }

    /// The key that verifies the proofs.
    pub fn verifying(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// Proves that `wires` satisfy `r1cs`, a system without boundary wires, on the devices that the key is on.
    ///
    /// # Cost
    /// Four sums in G1 and one in G2 of as many points as there are wires, and seven transforms of the domain.
    ///
    /// # Errors
    /// [`Groth16ProveError::Shape`] if the system is another than that of the key;
    /// [`Groth16ProveError::Unsatisfied`]; [`Groth16ProveError::Unsupported`] for a system with boundary wires, whose
    /// commitment comes first; [`Groth16ProveError::Randomness`]; what a device reports.
    pub fn prove(
        &self,
        devices: Devices<'_>,
        r1cs: &R1cs,
        wires: &[Fr],
    ) -> Result<Proof, Groth16ProveError> {
        if self.counts.boundary > 0 {
            return Err(Groth16ProveError::Unsupported {
                operation: "a proof without commitment",
                what: "circuits with boundary wires",
            });
        }
        let rows = self.rows(r1cs)?;
        r1cs.check(wires)?;
        self.prove_rows(devices, rows, wires, &Blinds::fresh()?, None)
    }

    /// Proves for a circuit that a ceremony's key carries with it.
    ///
    /// The key does not say what the products must be, so a wrong witness is not found here: it gives a proof that does
    /// not verify.
    ///
    /// # Errors
    /// As [`prove`](Prover::prove), but for [`Groth16ProveError::Unsatisfied`].
    pub fn prove_keyed(
        &self,
        devices: Devices<'_>,
        circuit: &KeyedCircuit,
        wires: &[Fr],
    ) -> Result<Proof, Groth16ProveError> {
        let rows = Rows {
            a: &circuit.a,
            b: &circuit.b,
            own_rows: 0,
        };
        self.prove_rows(devices, rows, wires, &Blinds::fresh()?, None)
    }

    /// The rows of a system, after checking that it is that of the key.
    fn rows<'r>(&self, r1cs: &'r R1cs) -> Result<Rows<'r>, Groth16ProveError> {
        let WireCounts {
            public,
            boundary,
            total,
        } = self.counts;
        let counts = r1cs.counts();
        for (what, expected, got) in [
            ("public inputs", public, counts.public),
            ("boundary wires", boundary, counts.boundary),
            ("wires", total, counts.total),
            ("domain", self.domain_len, crate::setup::domain_len(r1cs)?),
        ] {
            if expected != got {
                return Err(Groth16ProveError::Shape {
                    what,
                    expected,
                    got,
                });
            }
        }
        let [a, b, _] = r1cs.matrices();
        Ok(Rows {
            a,
            b,
            own_rows: 1 + public + boundary,
        })
    }

    fn prove_rows(
        &self,
        devices: Devices<'_>,
        rows: Rows<'_>,
        wires: &[Fr],
        blinds: &Blinds,
        opening: Option<BoundaryOpening>,
    ) -> Result<Proof, Groth16ProveError> {
        let Head {
            beta_g1, delta_g1, ..
        } = &self.head;
        let (verifying, counts) = (&self.points, self.counts);
        check_wires(wires, counts.total)?;
        let Devices { msm, msm_g2, .. } = devices;
        let quotient_sum = self.quotient_sum(devices, rows, wires)?;
        let first_private = 1 + counts.public + counts.boundary;
        let private = self.private.sum(msm, &wires[first_private..])?;
        let (r, s) = (&blinds.r, &blinds.s);
        let a = self.a.sum(msm, wires)? + verifying.alpha_g1 + *delta_g1 * *r;
        let b_g1 = self.b_g1.sum(msm, wires)? + *beta_g1 + *delta_g1 * *s;
        let b: G2 = self.b_g2.sum(msm_g2, wires)? + verifying.beta_g2 + verifying.delta_g2 * *s;
        let mut c = private + quotient_sum + a * *s + b_g1 * *r - *delta_g1 * (*r * s);
        if let (Some(opening), Some([_, blind])) = (&opening, &self.head.blinds) {
            c -= *blind * opening.kappa;
        }
        let (a, b, c): (G1Affine, G2Affine, G1Affine) =
            (a.into_affine(), b.into_affine(), c.into_affine());
        Ok(Proof::new(a, b, c)?)
    }

    fn quotient_sum(
        &self,
        devices: Devices<'_>,
        rows: Rows<'_>,
        wires: &[Fr],
    ) -> Result<G1, Groth16ProveError> {
        let (form, len) = (self.head.form, self.domain_len);
        let scalars = quotient::scalars(devices.ntt, rows, wires, form, len)?;
        self.quotient.sum(devices.msm, &scalars)
    }
}

#[cfg(all(test, feature = "ark"))]
mod tests;
