//! Contraction of a small-integer matrix with a vector of field elements.

use kernelwise_field::Fr;

use crate::{DeviceError, IntSlice};

/// A row-major matrix of small integers.
#[derive(Debug, Clone, Copy)]
pub struct IntMatrix<'a> {
    data: IntSlice<'a>,
    rows: usize,
    cols: usize,
}

impl<'a> IntMatrix<'a> {
    /// Views `rows · cols` integers as a row-major matrix.
    ///
    /// # Errors
    /// [`DeviceError::LengthMismatch`] if the slice has another length.
    pub fn new(data: IntSlice<'a>, rows: usize, cols: usize) -> Result<Self, DeviceError> {
        let expected = rows.saturating_mul(cols);
        if data.len() != expected {
            return Err(DeviceError::LengthMismatch {
                what: "matrix",
                expected,
                got: data.len(),
            });
        }
        Ok(Self { data, rows, cols })
    }

    /// The integers, row by row.
    pub fn data(&self) -> IntSlice<'a> {
        self.data
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn cols(&self) -> usize {
        self.cols
    }
}

/// Which axis of the matrix is summed away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ContractAxis {
    /// `out[j] = Σ_i weights[i] · M[i][j]`: one weight per row.
    Rows,
    /// `out[i] = Σ_j M[i][j] · weights[j]`: one weight per column.
    Cols,
}

/// Small-integer matrix by field vector: the workhorse of linear kernels and of commitment openings.
pub trait Contract: Send + Sync {
    /// Sums `matrix` against `weights` along `axis`, exactly, for every length.
    ///
    /// # Shapes
    /// One weight per row ([`ContractAxis::Rows`], returns `cols` values) or per column
    /// ([`ContractAxis::Cols`], returns `rows` values).
    ///
    /// # Cost
    /// One multiplication of a small integer by a field element per entry; one pass over the matrix.
    ///
    /// # Errors
    /// [`DeviceError::LengthMismatch`] if the number of weights does not fit.
    fn contract(
        &self,
        matrix: IntMatrix<'_>,
        axis: ContractAxis,
        weights: &[Fr],
    ) -> Result<Vec<Fr>, DeviceError>;
}

/// Checks that `weights` fits `matrix` along `axis`; for implementations.
///
/// # Errors
/// [`DeviceError::LengthMismatch`] if it does not.
pub fn check_weights(
    matrix: &IntMatrix<'_>,
    axis: ContractAxis,
    weights: &[Fr],
) -> Result<(), DeviceError> {
    let expected = match axis {
        ContractAxis::Rows => matrix.rows(),
        ContractAxis::Cols => matrix.cols(),
    };
    if weights.len() == expected {
        Ok(())
    } else {
        Err(DeviceError::LengthMismatch {
            what: "weights",
            expected,
            got: weights.len(),
        })
    }
}
