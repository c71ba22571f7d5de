//! Keys from fresh randomness.
//!
//! **Whoever runs this could forge proofs for the circuit**, had they kept the secrets: for a key that others rely on,
//! import one from a ceremony with many participants instead. The secrets here, and every number that they could be
//! computed from, are overwritten before this returns.

use kernelwise_core::groth16::{KeyPoints, VerifyingKey};
use kernelwise_field::{AdditiveGroup, CurveGroup, Fr, G1, G2, ScalarMul, batch_inversion};
use kernelwise_field::{BatchMulPreprocessing, Field};
use kernelwise_hal::ntt::{MAX_LOG_LEN, generator};
use rayon::prelude::*;
use zeroize::{Zeroize, Zeroizing};

use crate::error::Groth16ProveError;
use crate::key::{BoundaryPoints, ProvingKey, ProvingPoints, Quotient};
use crate::r1cs::R1cs;
use crate::random;

/// Multiples of a generator that one thread computes at a time.
const CHUNK: usize = 1 << 10;

/// Numbers that forge proofs.
#[derive(Zeroize)]
#[zeroize(drop)]
struct Secrets {
    tau: Fr,
    alpha: Fr,
    beta: Fr,
    gamma: Fr,
    delta: Fr,
    epsilon: Fr,
    eta: Fr,
}

/// Which bases of the quotient a key has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuotientForm {
    /// As arkworks has them: [`Quotient::Powers`].
    Powers,
    /// As snarkjs has them, one transform less per proof: [`Quotient::OddValues`].
    OddValues,
}

/// Makes keys for `r1cs`, with randomness from the operating system.
///
/// # Cost
/// Six multiples of a generator per wire and one per point of the domain; twice the memory of the key.
///
/// # Errors
/// [`Groth16ProveError::TooLarge`] if there are more constraints than roots of unity;
/// [`Groth16ProveError::Randomness`].
pub fn setup(r1cs: &R1cs, form: QuotientForm) -> Result<ProvingKey, Groth16ProveError> {
    let len = domain_len(r1cs)?;
    let secrets = Secrets {
        tau: random::field()?,
        alpha: random::field()?,
        beta: random::field()?,
        gamma: random::field()?,
        delta: random::field()?,
        epsilon: random::field()?,
        eta: random::field()?,
    };
    let vanishing = Zeroizing::new(secrets.tau.pow([len as u64]) - Fr::ONE);
    // A zero or a τ in the domain: once in 2^220 tries.
    let inverse = |x: &Fr| {
        x.inverse()
            .map(Zeroizing::new)
            .ok_or(Groth16ProveError::Randomness {
                problem: "a secret is zero".to_owned(),
            })
    };
    inverse(&vanishing)?;
    let [gamma, delta, epsilon] = [
        inverse(&secrets.gamma)?,
        inverse(&secrets.delta)?,
        inverse(&secrets.epsilon)?,
    ];
    let columns = columns(r1cs, &lagrange(len, &secrets.tau, &vanishing)?);
    let [u, v, w] = &columns;

    let counts = r1cs.counts();
    let (public_end, boundary_end) = (1 + counts.public, 1 + counts.public + counts.boundary);
    let combined: Zeroizing<Vec<Fr>> = Zeroizing::new(
        (0..counts.total)
            .into_par_iter()
            .map(|i| {
                let by = if i < public_end {
                    *gamma
                } else if i < boundary_end {
                    *epsilon
                } else {
                    *delta
                };
                (secrets.beta * u[i] + secrets.alpha * v[i] + w[i]) * by
            })
            .collect(),
    );
    let quotient = Zeroizing::new(match form {
        QuotientForm::Powers => {
            let power = Zeroizing::new(*vanishing * *delta);
            let powers = std::iter::successors(Some(*power), |power| Some(*power * secrets.tau));
            powers.take(len - 1).collect::<Vec<Fr>>()
        }
        QuotientForm::OddValues => {
            // h·Z vanishes on the domain itself, the even powers of the root of order 2n.
            let twice = Zeroizing::new(secrets.tau.pow([2 * len as u64]) - Fr::ONE);
            inverse(&twice)?;
            let values = lagrange(2 * len, &secrets.tau, &twice)?;
            values
                .iter()
                .skip(1)
                .step_by(2)
                .map(|v| *v * *delta)
                .collect()
        }
    });

    let g1 = Multiples::<G1>::new(4 * counts.total + len);
    let g2 = Multiples::<G2>::new(counts.total);
    let combined = g1.of(&combined);
    let boundary = (counts.boundary > 0).then(|| BoundaryPoints {
        bases: combined[public_end..boundary_end].to_vec(),
        blind: g1.one(secrets.eta * *epsilon),
        blind_private: g1.one(secrets.eta * *delta),
    });
    let verifying = VerifyingKey::new(KeyPoints {
        alpha_g1: g1.one(secrets.alpha),
        beta_g2: g2.one(secrets.beta),
        gamma_g2: g2.one(secrets.gamma),
        delta_g2: g2.one(secrets.delta),
        boundary_g2: boundary.is_some().then(|| g2.one(secrets.epsilon)),
        input_bases: combined[..public_end].to_vec(),
    })?;
    let points = ProvingPoints {
        beta_g1: g1.one(secrets.beta),
        delta_g1: g1.one(secrets.delta),
        a: g1.of(u),
        b_g1: g1.of(v),
        b_g2: g2.of(v),
        private: combined[boundary_end..].to_vec(),
        quotient: match form {
            QuotientForm::Powers => Quotient::Powers(g1.of(&quotient)),
            QuotientForm::OddValues => Quotient::OddValues(g1.of(&quotient)),
        },
        boundary,
    };
    ProvingKey::new(verifying, points)
}

/// Points of the domain: one per constraint, and one per public input and boundary wire.
///
/// The rows of their own make the polynomials of those wires independent, whatever the constraints are: only then do
/// the bases of the inputs and of the commitment determine the wires.
pub(crate) fn domain_len(r1cs: &R1cs) -> Result<usize, Groth16ProveError> {
    let counts = r1cs.counts();
    let rows = r1cs.num_constraints() + counts.public + counts.boundary + 1;
    // Values of the quotient need roots of twice the order.
    let limit = 1usize << (MAX_LOG_LEN - 1);
    if rows > limit {
        return Err(Groth16ProveError::TooLarge {
            what: "constraints",
            limit,
            got: rows,
        });
    }
    // Two points at least: with one, the quotient has no coefficient.
    Ok(rows.next_power_of_two().max(2))
}

/// `L_i(τ) = ω^i·Z(τ)/(n·(τ − ω^i))` for every point of the domain.
fn lagrange(len: usize, tau: &Fr, vanishing: &Fr) -> Result<Zeroizing<Vec<Fr>>, Groth16ProveError> {
    let omega = generator(len)?;
    let mut root = Fr::ONE;
    let mut roots = Vec::with_capacity(len);
    for _ in 0..len {
        roots.push(root);
        root *= omega;
    }
    let mut values: Zeroizing<Vec<Fr>> =
        Zeroizing::new(roots.iter().map(|root| *tau - root).collect());
    batch_inversion(&mut values);
    let factor = Zeroizing::new(*vanishing * Fr::from(len as u64).inverse().unwrap_or(Fr::ONE));
    for (value, root) in values.iter_mut().zip(&roots) {
        *value *= *factor * root;
    }
    Ok(values)
}

/// The polynomials `u_i`, `v_i` and `w_i` of every wire at `τ`.
fn columns(r1cs: &R1cs, lagrange: &[Fr]) -> [Zeroizing<Vec<Fr>>; 3] {
    let counts = r1cs.counts();
    let mut columns = r1cs.matrices().map(|matrix| {
        let mut column = Zeroizing::new(vec![Fr::ZERO; counts.total]);
        for (row, weight) in lagrange.iter().take(matrix.rows()).enumerate() {
            for (wire, coefficient) in matrix.row(row) {
                column[wire] += *weight * coefficient;
            }
        }
        column
    });
    let own_rows = lagrange.iter().skip(r1cs.num_constraints());
    let outside = 1 + counts.public + counts.boundary;
    for (value, weight) in columns[0].iter_mut().zip(own_rows).take(outside) {
        *value += weight;
    }
    columns
}

/// Multiples of a generator.
struct Multiples<G: ScalarMul>(BatchMulPreprocessing<G>);

impl<G: CurveGroup<ScalarField = Fr>> Multiples<G> {
    /// Prepared for about `count` of them.
    fn new(count: usize) -> Self {
        Self(BatchMulPreprocessing::new(G::generator(), count))
    }

    fn of(&self, scalars: &[Fr]) -> Vec<G::Affine> {
        let chunks: Vec<Vec<G::Affine>> = scalars
            .par_chunks(CHUNK)
            .map(|scalars| self.0.batch_mul(scalars))
            .collect();
        chunks.concat()
    }

    fn one(&self, scalar: Fr) -> G::Affine {
        let scalar = Zeroizing::new([scalar]);
        let points = self.0.batch_mul(&*scalar);
        points.into_iter().next().unwrap_or_default()
    }
}
