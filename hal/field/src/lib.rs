//! The only place where the curve is named.
//!
//! Kernelwise fixes one field, the scalar field `Fr` of BN254, for every claim, and the groups G1 and
//! G2 of BN254 for commitments. Every other crate imports the aliases from here, so that a change
//! of curve is a change of this file.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

/// The pairing engine, for Groth16.
pub use ark_bn254::Bn254;
/// The base field of G1: coordinates of points.
pub use ark_bn254::Fq;
/// The quadratic extension of [`Fq`]: coordinates of points of G2.
pub use ark_bn254::Fq2;
/// The scalar field: every claim is a claim over `Fr`.
pub use ark_bn254::Fr;

mod univariate;

pub use univariate::evaluate_from_points;

use ark_ec::short_weierstrass::{Affine, Projective};

// Spelt out, because a trait cannot be implemented for both groups under the names that the curve gives them: those
// go through associated types of its configuration, which the compiler does not tell apart in an impl.
/// A point of G1 in Jacobian coordinates.
pub type G1 = Projective<ark_bn254::g1::Config>;
/// A point of G1 in affine coordinates (x, y), or the identity.
pub type G1Affine = Affine<ark_bn254::g1::Config>;
/// A point of G2 in Jacobian coordinates.
pub type G2 = Projective<ark_bn254::g2::Config>;
/// A point of G2 in affine coordinates.
pub type G2Affine = Affine<ark_bn254::g2::Config>;

pub use ark_ec::pairing::Pairing;
pub use ark_ec::scalar_mul::{BatchMulPreprocessing, ScalarMul};
pub use ark_ec::{AffineRepr, CurveGroup, PrimeGroup, VariableBaseMSM};
pub use ark_ff::{
    AdditiveGroup, BigInt, BigInteger, FftField, Field, One, PrimeField, Zero, batch_inversion,
};
pub use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};

/// Bytes of one canonical, little-endian `Fr`.
pub const FR_BYTES: usize = 32;

/// Bytes of one compressed G1 point.
pub const G1_BYTES: usize = 32;
