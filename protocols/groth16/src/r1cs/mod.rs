//! Rank-1 constraint systems.
//!
//! ```text
//! ⟨a_i, z⟩ · ⟨b_i, z⟩ = ⟨c_i, z⟩      for every constraint i
//! z = (1, public inputs, boundary wires, private wires)
//! ```
//! Boundary wires are those that a commitment is carried for ([`kernelwise_core::groth16::linked`]); a plain circuit has
//! none.

mod builder;
mod matrix;

use kernelwise_core::program::Digest;
use kernelwise_field::{Field, Fr, PrimeField};
use rayon::prelude::*;

pub use builder::{Linear, R1csBuilder, Wire};
pub use matrix::{Matrix, MatrixBuilder};

use crate::error::Groth16ProveError;

/// A constraint system over wires whose first is the constant one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct R1cs {
    num_public: usize,
    num_boundary: usize,
    num_wires: usize,
    a: Matrix,
    b: Matrix,
    c: Matrix,
}

/// Numbers of wires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WireCounts {
    /// Public inputs, without the constant one.
    pub public: usize,
    /// Boundary wires.
    pub boundary: usize,
    /// All wires, the constant one included.
    pub total: usize,
}

impl R1cs {
    /// A system of the given matrices, which have one row per constraint.
    ///
    /// # Errors
    /// [`Groth16ProveError::Shape`] if the matrices differ in rows or there are fewer wires than public and boundary ones;
    /// [`Groth16ProveError::Wire`] if an entry is outside the wires.
    pub fn new(counts: WireCounts, matrices: [Matrix; 3]) -> Result<Self, Groth16ProveError> {
        let [a, b, c] = matrices;
        let least = counts
            .public
            .checked_add(counts.boundary)
            .and_then(|count| count.checked_add(1));
        if least.is_none_or(|least| least > counts.total) {
            return Err(Groth16ProveError::Shape {
                what: "wires",
                expected: least.unwrap_or(usize::MAX),
                got: counts.total,
            });
        }
        for matrix in [&a, &b, &c] {
            if matrix.rows() != a.rows() {
                return Err(Groth16ProveError::Shape {
                    what: "constraints",
                    expected: a.rows(),
                    got: matrix.rows(),
                });
            }
            if let Some(wire) = matrix.max_column()
                && wire as usize >= counts.total
            {
                let row = (0..matrix.rows())
                    .find(|&row| matrix.row(row).any(|(column, _)| column >= counts.total));
                return Err(Groth16ProveError::Wire {
                    row: row.unwrap_or(0),
                    wire: wire as usize,
                    wires: counts.total,
                });
            }
        }
        Ok(Self {
            num_public: counts.public,
            num_boundary: counts.boundary,
            num_wires: counts.total,
            a,
            b,
            c,
        })
    }

    /// Numbers of wires.
    pub fn counts(&self) -> WireCounts {
        WireCounts {
            public: self.num_public,
            boundary: self.num_boundary,
            total: self.num_wires,
        }
    }

    /// Number of constraints.
    pub fn num_constraints(&self) -> usize {
        self.a.rows()
    }

    /// The matrices.
    pub fn matrices(&self) -> [&Matrix; 3] {
        [&self.a, &self.b, &self.c]
    }

    /// The matrices.
    pub(crate) fn into_matrices(self) -> [Matrix; 3] {
        [self.a, self.b, self.c]
    }

    /// Checks a whole assignment of the wires.
    ///
    /// # Errors
    /// [`Groth16ProveError::Shape`] for a wrong length or a first wire that is not one;
    /// [`Groth16ProveError::Unsatisfied`] with the first constraint that fails.
    pub fn check(&self, wires: &[Fr]) -> Result<(), Groth16ProveError> {
        check_wires(wires, self.num_wires)?;
        let failed = (0..self.num_constraints())
            .into_par_iter()
            .find_first(|&row| {
                let [a, b, c] = self.matrices().map(|matrix| matrix.row_product(row, wires));
                a * b != c
            });
        failed.map_or(Ok(()), |row| Err(Groth16ProveError::Unsatisfied { row }))
    }

    /// Identifies the system: equal for equal wires and matrices.
    pub fn digest(&self) -> Digest {
        let mut bytes = Vec::new();
        for count in [self.num_public, self.num_boundary, self.num_wires] {
            bytes.extend_from_slice(&(count as u64).to_le_bytes());
        }
        for matrix in self.matrices() {
            bytes.extend_from_slice(&(matrix.rows() as u64).to_le_bytes());
            for row in 0..matrix.rows() {
                bytes.extend_from_slice(&(matrix.row(row).count() as u64).to_le_bytes());
                for (column, coefficient) in matrix.row(row) {
                    bytes.extend_from_slice(&(column as u64).to_le_bytes());
                    for limb in coefficient.into_bigint().0 {
                        bytes.extend_from_slice(&limb.to_le_bytes());
                    }
                }
            }
        }
        Digest::of("kernelwise r1cs", &bytes)
    }
}

/// As many values as wires, the first of them one.
pub(crate) fn check_wires(wires: &[Fr], expected: usize) -> Result<(), Groth16ProveError> {
    if wires.len() != expected {
        return Err(Groth16ProveError::Shape {
            what: "values of wires",
            expected,
            got: wires.len(),
        });
    }
    match wires.first() {
        Some(one) if *one == Fr::ONE => Ok(()),
        _ => Err(Groth16ProveError::Shape {
            what: "first wire",
            expected: 1,
            got: 0,
        }),
    }
}
