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
/// The scalar field: every claim is a claim over `Fr`.
pub use ark_bn254::Fr;
/// A point of G1 in affine coordinates (x, y), or the identity.
pub use ark_bn254::G1Affine;
/// A point of G1 in Jacobian coordinates.
pub use ark_bn254::G1Projective as G1;
/// A point of G2 in affine coordinates.
pub use ark_bn254::G2Affine;
/// A point of G2 in Jacobian coordinates.
pub use ark_bn254::G2Projective as G2;

pub use ark_ec::{AffineRepr, CurveGroup, PrimeGroup, VariableBaseMSM};
pub use ark_ff::{
    AdditiveGroup, BigInt, BigInteger, FftField, Field, One, PrimeField, Zero, batch_inversion,
};
pub use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};

/// Bytes of one canonical, little-endian `Fr`.
pub const FR_BYTES: usize = 32;

/// Bytes of one compressed G1 point.
pub const G1_BYTES: usize = 32;
