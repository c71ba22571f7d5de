//! The proving key.

use kernelwise_core::groth16::{KeyPoints, VerifyingKey};
use kernelwise_field::{G1Affine, G2Affine};

use crate::error::Groth16ProveError;
use crate::r1cs::WireCounts;
use crate::setup::QuotientForm;

/// The points that a prover sums; shapes fit one constraint system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvingKey {
    verifying: VerifyingKey,
    points: ProvingPoints,
    counts: WireCounts,
}

/// The points of a [`ProvingKey`] beyond those of its [`VerifyingKey`].
///
/// With `u_i, v_i, w_i` the columns of the system's matrices as polynomials, at the secret point `τ`:
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProvingPoints {
    /// `β` in G1.
    pub beta_g1: G1Affine,
    /// `δ` in G1.
    pub delta_g1: G1Affine,
    /// `u_i` of every wire.
    pub a: Vec<G1Affine>,
    /// `v_i` of every wire.
    pub b_g1: Vec<G1Affine>,
    /// `v_i` of every wire.
    pub b_g2: Vec<G2Affine>,
    /// `(β·u_i + α·v_i + w_i)/δ` of every private wire.
    pub private: Vec<G1Affine>,
    /// Bases of the quotient.
    pub quotient: Quotient,
    /// Bases of the carried commitment, for a system with boundary wires.
    pub boundary: Option<BoundaryPoints>,
}

/// Bases of the quotient `h = (Σ u·Σ v − Σ w)/Z` over a domain of `n` points, with `Z = Xⁿ − 1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Quotient {
    /// `τ^i·Z(τ)/δ` for its `n − 1` coefficients, as arkworks has them.
    Powers(Vec<G1Affine>),
    /// Bases for the `n` values of `h·Z` at the odd powers of the root of order `2n`, as snarkjs has them.
    OddValues(Vec<G1Affine>),
}

impl Quotient {
    /// The bases.
    pub fn bases(&self) -> &[G1Affine] {
        match self {
            Self::Powers(bases) | Self::OddValues(bases) => bases,
        }
    }

    /// Which bases they are.
    pub fn form(&self) -> QuotientForm {
        match self {
            Self::Powers(_) => QuotientForm::Powers,
            Self::OddValues(_) => QuotientForm::OddValues,
        }
    }

    /// The size of the domain, if the number of bases fits one.
    pub(crate) fn domain_len(&self) -> Option<usize> {
        let len = match self {
            Self::Powers(bases) => bases.len().checked_add(1)?,
            Self::OddValues(bases) => bases.len(),
        };
        len.is_power_of_two().then_some(len)
    }
}

/// Bases of the commitment to boundary wires, hidden by `κ·η/ε`; the proof takes off `κ·η/δ`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundaryPoints {
    /// `(β·u_i + α·v_i + w_i)/ε` of every boundary wire.
    pub bases: Vec<G1Affine>,
    /// `η/ε`.
    pub blind: G1Affine,
    /// `η/δ`.
    pub blind_private: G1Affine,
}

impl ProvingKey {
    /// A key whose shapes fit together. Whether its points are those of some circuit nobody can tell; points are not
    /// checked to be on their curves either, because a wrong key gives wrong proofs and nothing worse.
    ///
    /// # Errors
    /// [`Groth16ProveError::Shape`] if the numbers of points do not fit.
    pub fn new(verifying: VerifyingKey, points: ProvingPoints) -> Result<Self, Groth16ProveError> {
        let total = points.a.len();
        let public = verifying.num_inputs();
        let boundary = points.boundary.as_ref().map_or(0, |b| b.bases.len());
        let shapes = [
            ("points of B in G1", total, points.b_g1.len()),
            ("points of B in G2", total, points.b_g2.len()),
            (
                "points of private wires",
                total.saturating_sub(public + boundary + 1),
                points.private.len(),
            ),
            (
                "kinds of boundary points",
                usize::from(verifying.has_boundary()),
                usize::from(points.boundary.is_some()),
            ),
        ];
        for (what, expected, got) in shapes {
            if expected != got {
                return Err(Groth16ProveError::Shape {
                    what,
                    expected,
                    got,
                });
            }
        }
        if total < public + boundary + 1 {
            return Err(Groth16ProveError::Shape {
                what: "points of A",
                expected: public + boundary + 1,
                got: total,
            });
        }
        if points.quotient.domain_len().is_none() {
            let got = points.quotient.bases().len();
            return Err(Groth16ProveError::Shape {
                what: "points of the quotient",
                expected: got.next_power_of_two(),
                got,
            });
        }
        Ok(Self {
            verifying,
            points,
            counts: WireCounts {
                public,
                boundary,
                total,
            },
        })
    }

    /// The key that verifies proofs made with this one.
    pub fn verifying(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// The points of the verifying key.
    pub fn verifying_points(&self) -> KeyPoints {
        self.verifying.points()
    }

    /// The points.
    pub fn points(&self) -> &ProvingPoints {
        &self.points
    }

    /// The wires of the system that the key is for.
    pub fn counts(&self) -> WireCounts {
        self.counts
    }

    /// The size of the domain.
    pub fn domain_len(&self) -> usize {
        self.points.quotient.domain_len().unwrap_or(1)
    }
}
