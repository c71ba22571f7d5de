//! The proving key.

use kernelwise_core::groth16::VerifyingKey;
use kernelwise_field::{G1Affine, G2Affine};

use crate::error::Groth16ProveError;
use crate::points::Points;
use crate::r1cs::WireCounts;
use crate::setup::QuotientForm;

/// The points that a prover sums; shapes fit one constraint system.
///
/// They are in memory if they were just made, and in their file if they were opened there: then a key has a few hundred bytes
/// whatever its circuit, and clones share the file.
#[derive(Debug, Clone)]
pub struct ProvingKey {
    verifying: VerifyingKey,
    head: Head,
    counts: WireCounts,
    domain_len: usize,
    sources: Sources,
}

/// Single points of a key, and what its bases of the quotient are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) beta_g1: G1Affine,
    pub(crate) delta_g1: G1Affine,
    /// `η/ε` and `η/δ`, for a system with boundary wires.
    pub(crate) blinds: Option<[G1Affine; 2]>,
    pub(crate) form: QuotientForm,
}

/// The points of a key that there are many of.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    pub(crate) a: Points<G1Affine>,
    pub(crate) b_g1: Points<G1Affine>,
    pub(crate) b_g2: Points<G2Affine>,
    pub(crate) private: Points<G1Affine>,
    pub(crate) quotient: Points<G1Affine>,
    /// None for a system without boundary wires.
    pub(crate) boundary: Points<G1Affine>,
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

    fn of(form: QuotientForm, bases: Vec<G1Affine>) -> Self {
        match form {
            QuotientForm::Powers => Self::Powers(bases),
            QuotientForm::OddValues => Self::OddValues(bases),
        }
    }
}

/// The size of the domain, if the number of bases of the quotient fits one.
fn domain_len(form: QuotientForm, bases: usize) -> Option<usize> {
    let len = match form {
        QuotientForm::Powers => bases.checked_add(1)?,
        QuotientForm::OddValues => bases,
    };
    len.is_power_of_two().then_some(len)
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
        let head = Head {
            beta_g1: points.beta_g1,
            delta_g1: points.delta_g1,
            blinds: points.boundary.as_ref().map(|b| [b.blind, b.blind_private]),
            form: points.quotient.form(),
        };
        let (Quotient::Powers(quotient) | Quotient::OddValues(quotient)) = points.quotient;
        let boundary = points.boundary.map(|boundary| boundary.bases);
        let sources = Sources {
            a: Points::new(points.a),
            b_g1: Points::new(points.b_g1),
            b_g2: Points::new(points.b_g2),
            private: Points::new(points.private),
            quotient: Points::new(quotient),
            boundary: Points::new(boundary.unwrap_or_default()),
        };
        Self::from_sources(verifying, head, sources)
    }

    /// As [`new`](Self::new), for points wherever they are.
    pub(crate) fn from_sources(
        verifying: VerifyingKey,
        head: Head,
        sources: Sources,
    ) -> Result<Self, Groth16ProveError> {
        let total = sources.a.len();
        let public = verifying.num_inputs();
        let boundary = sources.boundary.len();
        let shapes = [
            ("points of B in G1", total, sources.b_g1.len()),
            ("points of B in G2", total, sources.b_g2.len()),
            (
                "points of private wires",
                total.saturating_sub(public + boundary + 1),
                sources.private.len(),
            ),
            (
                "kinds of boundary points",
                usize::from(verifying.has_boundary()),
                usize::from(head.blinds.is_some()),
            ),
            (
                "boundary wires without blinding points",
                if head.blinds.is_some() { boundary } else { 0 },
                boundary,
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
        let bases = sources.quotient.len();
        let Some(domain_len) = domain_len(head.form, bases) else {
            return Err(Groth16ProveError::Shape {
                what: "points of the quotient",
                expected: bases.next_power_of_two(),
                got: bases,
            });
        };
        Ok(Self {
            verifying,
            head,
            counts: WireCounts {
                public,
                boundary,
                total,
            },
            domain_len,
            sources,
        })
    }

    /// The key that verifies proofs made with this one.
    pub fn verifying(&self) -> &VerifyingKey {
        &self.verifying
    }

    /// All points, in memory.
    ///
    /// # Errors
    /// [`Groth16ProveError::KeyFile`] if they are in a file that cannot be read, or holds something else than points.
    pub fn points(&self) -> Result<ProvingPoints, Groth16ProveError> {
        let (head, sources) = (&self.head, &self.sources);
        let bases = sources.boundary.all()?;
        Ok(ProvingPoints {
            beta_g1: head.beta_g1,
            delta_g1: head.delta_g1,
            a: sources.a.all()?,
            b_g1: sources.b_g1.all()?,
            b_g2: sources.b_g2.all()?,
            private: sources.private.all()?,
            quotient: Quotient::of(head.form, sources.quotient.all()?),
            boundary: head.blinds.map(|[blind, blind_private]| BoundaryPoints {
                bases,
                blind,
                blind_private,
            }),
        })
    }

    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    pub(crate) fn sources(&self) -> &Sources {
        &self.sources
    }

    /// The wires of the system that the key is for.
    pub fn counts(&self) -> WireCounts {
        self.counts
    }

    /// The size of the domain.
    pub fn domain_len(&self) -> usize {
        self.domain_len
    }
}
