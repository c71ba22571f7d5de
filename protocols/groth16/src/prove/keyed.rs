//! Circuits that come with a key.

use crate::error::Groth16ProveError;
use crate::r1cs::Matrix;

/// The matrices that a key of snarkjs carries: those of the first two factors, with rows for the public inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedCircuit {
    pub(super) a: Matrix,
    pub(super) b: Matrix,
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
