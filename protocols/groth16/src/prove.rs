//! The prover.
//!
//! ```text
//! A = α + Σ z_i·u_i + r·δ      B = β + Σ z_i·v_i + s·δ
//! C = Σ_private z_i·p_i + Σ h_j·t_j + s·A + r·B − r·s·δ − κ·η/δ
//! ```
//! `r` and `s` are fresh from the operating system; `κ` opens the carried commitment, where there is one.

use kernelwise_core::groth16::{KeyPoints, Proof, VerifyingKey};
use kernelwise_field::{CurveGroup, Fr, G1, G1Affine, G2, G2Affine};
use kernelwise_hal::{BaseSet, Device, DeviceError, Msm, Ntt, Scalars};
use zeroize::Zeroize;

use crate::error::Groth16ProveError;
use crate::key::ProvingKey;
use crate::query::{PointSource, Query};
use crate::quotient::{self, Rows};
use crate::r1cs::{Matrix, R1cs, WireCounts, check_wires};
use crate::random;
use crate::setup::QuotientForm;

/// Where each operation runs; `rayon` serves the rest.
#[derive(Clone, Copy)]
pub struct Devices<'a> {
    /// Sums in G1.
    pub msm: &'a dyn Msm<G1>,
    /// Sums in G2.
    pub msm_g2: &'a dyn Msm<G2>,
    /// Transforms.
    pub ntt: &'a dyn Ntt,
}

impl<'a> Devices<'a> {
    /// The first of `devices` that offers each operation.
    ///
    /// # Errors
    /// [`DeviceError::Unsupported`] if none offers one.
    pub fn select(devices: &[&'a dyn Device]) -> Result<Self, DeviceError> {
        let missing = |operation| DeviceError::Unsupported {
            device: devices
                .iter()
                .map(|device| device.info().name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
            operation,
        };
        let first = devices.iter();
        Ok(Self {
            msm: first
                .clone()
                .find_map(|device| device.msm())
                .ok_or_else(|| missing("multi-scalar multiplication"))?,
            msm_g2: first
                .clone()
                .find_map(|device| device.msm_g2())
                .ok_or_else(|| missing("multi-scalar multiplication in G2"))?,
            ntt: first
                .clone()
                .find_map(|device| device.ntt())
                .ok_or_else(|| missing("number-theoretic transform"))?,
        })
    }
}

/// The matrices that a key of snarkjs carries: those of the first two factors, with rows for the public inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedCircuit {
    a: Matrix,
    b: Matrix,
}

impl KeyedCircuit {
    /// The circuit of a key for this many wires over a domain of `domain_len` points.
    ///
    /// # Errors
    /// [`Groth16ProveError::Shape`] if there are more rows than points of the domain;
    /// [`Groth16ProveError::Wire`] if an entry is outside the wires.
    pub(crate) fn new(
        wires: usize,
        domain_len: usize,
        [a, b]: [Matrix; 2],
    ) -> Result<Self, Groth16ProveError> {
        for matrix in [&a, &b] {
            if matrix.rows() > domain_len {
                return Err(Groth16ProveError::Shape {
                    what: "rows",
                    expected: domain_len,
                    got: matrix.rows(),
                });
            }
            if let Some(wire) = matrix.max_column()
                && wire as usize >= wires
            {
                return Err(Groth16ProveError::Wire {
                    row: 0,
                    wire: wire as usize,
                    wires,
                });
            }
        }
        Ok(Self { a, b })
    }

    /// The matrices of the first two factors.
    pub fn matrices(&self) -> [&Matrix; 2] {
        [&self.a, &self.b]
    }
}

/// A proving key resident on devices, for any number of proofs; the key itself may be dropped.
pub struct Prover {
    head: Head,
    a: Query<G1>,
    b_g1: Query<G1>,
    b_g2: Query<G2>,
    private: Query<G1>,
    quotient: Query<G1>,
    boundary: Option<BaseSet<G1>>,
}

/// The points of a key, where they can be read from.
pub(crate) struct StreamedPoints {
    pub(crate) a: Box<dyn PointSource<G1>>,
    pub(crate) b_g1: Box<dyn PointSource<G1>>,
    pub(crate) b_g2: Box<dyn PointSource<G2>>,
    pub(crate) private: Box<dyn PointSource<G1>>,
    pub(crate) quotient: Box<dyn PointSource<G1>>,
}

/// What is not resident of a key: some points and sizes.
struct Head {
    verifying: VerifyingKey,
    points: KeyPoints,
    beta_g1: G1Affine,
    delta_g1: G1Affine,
    /// `η/ε` and `η/δ`.
    boundary: Option<[G1Affine; 2]>,
    counts: WireCounts,
    domain_len: usize,
    form: QuotientForm,
}

impl Head {
    fn new(key: &ProvingKey) -> Self {
        let points = key.points();
        Self {
            verifying: key.verifying().clone(),
            points: key.verifying_points(),
            beta_g1: points.beta_g1,
            delta_g1: points.delta_g1,
            boundary: points.boundary.as_ref().map(|b| [b.blind, b.blind_private]),
            counts: key.counts(),
            domain_len: key.domain_len(),
            form: points.quotient.form(),
        }
    }
}

/// What opens a commitment to boundary wires: the secret that hides it.
///
/// It is used up by the one proof that may carry the commitment, and overwritten when dropped.
#[derive(Zeroize)]
#[zeroize(drop)]
pub struct BoundaryOpening {
    kappa: Fr,
}

impl std::fmt::Debug for BoundaryOpening {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BoundaryOpening").finish_non_exhaustive()
    }
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
    /// Makes a key resident.
    ///
    /// # Errors
    /// What a device reports.
    pub fn load(key: &ProvingKey, devices: Devices<'_>) -> Result<Self, Groth16ProveError> {
        let points = key.points();
        let boundary = points.boundary.as_ref();
        Ok(Self {
            head: Head::new(key),
            a: Query::load(devices.msm, &points.a)?,
            b_g1: Query::load(devices.msm, &points.b_g1)?,
            b_g2: Query::load(devices.msm_g2, &points.b_g2)?,
            private: Query::load(devices.msm, &points.private)?,
            quotient: Query::load(devices.msm, points.quotient.bases())?,
            boundary: boundary
                .map(|boundary| devices.msm.load(&boundary.bases))
                .transpose()?,
        })
    }

    /// A prover that reads points from where they are, a part at a time for every proof.
    pub(crate) fn streamed(
        verifying: VerifyingKey,
        [beta_g1, delta_g1]: [G1Affine; 2],
        (counts, domain_len): (WireCounts, usize),
        points: StreamedPoints,
    ) -> Self {
        Self {
            head: Head {
                points: verifying.points(),
                verifying,
                beta_g1,
                delta_g1,
                boundary: None,
                counts,
                domain_len,
                form: QuotientForm::OddValues,
            },
            a: Query::Streamed(points.a),
            b_g1: Query::Streamed(points.b_g1),
            b_g2: Query::Streamed(points.b_g2),
            private: Query::Streamed(points.private),
            quotient: Query::Streamed(points.quotient),
            boundary: None,
        }
    }

    /// The key that verifies the proofs.
    pub fn verifying(&self) -> &VerifyingKey {
        &self.head.verifying
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
        if self.head.counts.boundary > 0 {
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

    /// Commits to the boundary wires: the first message about them, before any challenge.
    ///
    /// # Errors
    /// [`Groth16ProveError::Unsupported`] for a system without boundary wires; [`Groth16ProveError::Shape`];
    /// [`Groth16ProveError::Randomness`]; what a device reports.
    pub fn commit(
        &self,
        devices: Devices<'_>,
        boundary: &[Fr],
    ) -> Result<(G1Affine, BoundaryOpening), Groth16ProveError> {
        let (Some(bases), Some([blind, _])) = (&self.boundary, &self.head.boundary) else {
            return Err(Groth16ProveError::Unsupported {
                operation: "a commitment",
                what: "circuits without boundary wires",
            });
        };
        if boundary.len() != bases.len() {
            return Err(Groth16ProveError::Shape {
                what: "values of boundary wires",
                expected: bases.len(),
                got: boundary.len(),
            });
        }
        let opening = BoundaryOpening {
            kappa: random::field()?,
        };
        let sum = devices.msm.msm(bases, Scalars::Fr(boundary))?;
        let commitment = sum + *blind * opening.kappa;
        Ok((commitment.into_affine(), opening))
    }

    /// Proves that `wires` satisfy `r1cs` and that the commitment with this opening is to its boundary wires.
    ///
    /// # Errors
    /// As [`prove`](Prover::prove).
    pub fn prove_committed(
        &self,
        devices: Devices<'_>,
        r1cs: &R1cs,
        wires: &[Fr],
        opening: BoundaryOpening,
    ) -> Result<Proof, Groth16ProveError> {
        r1cs.check(wires)?;
        self.prove_unchecked(devices, r1cs, wires, opening)
    }

    /// As [`prove_committed`](Prover::prove_committed), whether the wires satisfy the system or not.
    pub(crate) fn prove_unchecked(
        &self,
        devices: Devices<'_>,
        r1cs: &R1cs,
        wires: &[Fr],
        opening: BoundaryOpening,
    ) -> Result<Proof, Groth16ProveError> {
        let rows = self.rows(r1cs)?;
        self.prove_rows(devices, rows, wires, &Blinds::fresh()?, Some(opening))
    }

    /// The rows of a system, after checking that it is that of the key.
    fn rows<'r>(&self, r1cs: &'r R1cs) -> Result<Rows<'r>, Groth16ProveError> {
        let WireCounts {
            public,
            boundary,
            total,
        } = self.head.counts;
        let counts = r1cs.counts();
        for (what, expected, got) in [
            ("public inputs", public, counts.public),
            ("boundary wires", boundary, counts.boundary),
            ("wires", total, counts.total),
            (
                "domain",
                self.head.domain_len,
                crate::setup::domain_len(r1cs)?,
            ),
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
            points: verifying,
            beta_g1,
            delta_g1,
            counts,
            ..
        } = &self.head;
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
        if let (Some(opening), Some([_, blind])) = (&opening, &self.head.boundary) {
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
        let Head {
            form, domain_len, ..
        } = self.head;
        let scalars = quotient::scalars(devices.ntt, rows, wires, form, domain_len)?;
        self.quotient.sum(devices.msm, &scalars)
    }
}

#[cfg(all(test, feature = "ark"))]
mod tests;
