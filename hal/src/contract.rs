//! Contraction of a small-integer matrix with a vector of field elements.

use std::any::Any;

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

/// What devices hold of a matrix in memory of their own; dropping it frees that.
pub struct ResidentMatrix {
    rows: usize,
    cols: usize,
    value_bytes: usize,
    /// By the name of the device.
    held: Vec<(String, Box<dyn Any + Send + Sync>)>,
}

impl ResidentMatrix {
    /// A matrix that no device holds: it is in the caller's memory only.
    pub fn nowhere(matrix: &IntMatrix<'_>) -> Self {
        Self {
            rows: matrix.rows,
            cols: matrix.cols,
            value_bytes: matrix.data.value_bytes(),
            held: Vec::new(),
        }
    }

    /// A matrix that `device` holds in its own layout.
    pub fn on(device: &str, matrix: &IntMatrix<'_>, layout: Box<dyn Any + Send + Sync>) -> Self {
        Self {
            held: vec![(device.to_owned(), layout)],
            ..Self::nowhere(matrix)
        }
    }

    /// The same matrix on the devices of both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.held.extend(other.held);
        self
    }

    /// Checks that `matrix` has the shape of the one that was loaded; contents are not compared.
    ///
    /// # Errors
    /// [`DeviceError::InvalidArgument`].
    pub fn check(&self, matrix: &IntMatrix<'_>) -> Result<(), DeviceError> {
        let shape = (matrix.rows, matrix.cols, matrix.data.value_bytes());
        let loaded = (self.rows, self.cols, self.value_bytes);
        if shape == loaded {
            return Ok(());
        }
        let words = |(rows, cols, bytes)| format!("{rows} x {cols} of {bytes} bytes");
        Err(DeviceError::InvalidArgument {
            what: "resident matrix",
            expected: words(shape),
            got: words(loaded),
        })
    }

    /// What `device` holds of `matrix`, if anything.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn of<T: 'static>(
        &self,
        device: &str,
        matrix: &IntMatrix<'_>,
    ) -> Result<Option<&T>, DeviceError> {
        self.check(matrix)?;
        let mut held = self.held.iter().filter(|(name, _)| name == device);
        Ok(held.find_map(|(_, layout)| layout.downcast_ref()))
    }
}

impl std::fmt::Debug for ResidentMatrix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let holders: Vec<&str> = self.held.iter().map(|(name, _)| &**name).collect();
        f.debug_struct("ResidentMatrix")
            .field("rows", &self.rows)
            .field("cols", &self.cols)
            .field("on", &holders)
            .finish_non_exhaustive()
    }
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

    /// Prepares a matrix for several contractions: a device with memory of its own keeps a copy there.
    ///
    /// # Errors
    /// [`DeviceError::OutOfMemory`] if it does not fit.
    fn load(&self, matrix: IntMatrix<'_>) -> Result<ResidentMatrix, DeviceError> {
        Ok(ResidentMatrix::nowhere(&matrix))
    }

    /// As [`contract`](Contract::contract), of the matrix that `resident` was loaded from: where this device holds it, the caller's memory is not
    /// read.
    ///
    /// # Errors
    /// As [`contract`](Contract::contract); [`DeviceError::InvalidArgument`] if shapes differ.
    fn contract_resident(
        &self,
        resident: &ResidentMatrix,
        matrix: IntMatrix<'_>,
        axis: ContractAxis,
        weights: &[Fr],
    ) -> Result<Vec<Fr>, DeviceError> {
        resident.check(&matrix)?;
        self.contract(matrix, axis, weights)
    }
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
