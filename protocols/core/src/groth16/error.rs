//! Why a Groth16 proof or key was refused.

/// The check that failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Groth16Error {
    /// A point is not on its curve, or not in the subgroup of prime order.
    #[error("{what} is not a point of the group")]
    Point {
        /// Which point.
        what: &'static str,
    },
    /// A point that must not be the identity is.
    #[error("{what} is the identity")]
    Identity {
        /// Which point.
        what: &'static str,
    },
    /// Bytes are no canonical encoding.
    #[error("{what}: expected {expected}")]
    Encoding {
        /// What was being read.
        what: &'static str,
        /// What belongs there.
        expected: &'static str,
    },
    /// The statement has the wrong number of public inputs.
    #[error("expected {expected} public inputs, got {got}")]
    InputCount {
        /// The number that the key is for.
        expected: usize,
        /// The number that came.
        got: usize,
    },
    /// The key is for kernels with boundary wires and the commitment to them is missing, or the reverse.
    #[error("commitment to boundary wires: expected {expected}, got {got}")]
    Commitment {
        /// What the key asks for.
        expected: &'static str,
        /// What came.
        got: &'static str,
    },
    /// The claims do not have the shapes that the circuit was built for.
    #[error("claim {index}: expected a point of {expected} coordinates, got {got}")]
    ClaimShape {
        /// Which claim.
        index: usize,
        /// Coordinates of its vector.
        expected: usize,
        /// Coordinates that came.
        got: usize,
    },
    /// The pairings do not match: some proof is invalid.
    #[error("the pairing equation does not hold")]
    Pairing,
}
