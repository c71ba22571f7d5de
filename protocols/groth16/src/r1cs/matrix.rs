//! Sparse matrices of field elements, row by row.

use std::collections::HashMap;

use kernelwise_field::{AdditiveGroup, Field, Fr};

/// Entries in compressed rows; equal coefficients are stored once, since circuits have few of them.
///
/// # Cost
/// Eight bytes per entry and four per row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matrix {
    /// Where the entries of each row end.
    ends: Vec<u32>,
    columns: Vec<u32>,
    /// Indices into `table`.
    coefficients: Vec<u32>,
    /// Distinct coefficients, one and minus one first.
    table: Vec<Fr>,
}

/// The index of one in every table.
const ONE: u32 = 0;

/// The index of minus one in every table.
const MINUS_ONE: u32 = 1;

/// Appends rows to a [`Matrix`].
#[derive(Debug)]
pub struct MatrixBuilder {
    matrix: Matrix,
    indices: HashMap<Fr, u32>,
}

impl Default for MatrixBuilder {
    fn default() -> Self {
        let table = vec![Fr::ONE, -Fr::ONE];
        Self {
            matrix: Matrix {
                ends: Vec::new(),
                columns: Vec::new(),
                coefficients: Vec::new(),
                table,
            },
            indices: HashMap::from([(Fr::ONE, ONE), (-Fr::ONE, MINUS_ONE)]),
        }
    }
}

impl MatrixBuilder {
    /// Appends an entry to the row in progress.
    pub fn push(&mut self, column: u32, coefficient: Fr) {
        let table = &mut self.matrix.table;
        let index = *self.indices.entry(coefficient).or_insert_with(|| {
            table.push(coefficient);
            (table.len() - 1) as u32
        });
        self.matrix.columns.push(column);
        self.matrix.coefficients.push(index);
    }

    /// Ends the row in progress.
    pub fn end_row(&mut self) {
        self.matrix.ends.push(self.matrix.columns.len() as u32);
    }

    /// Entries so far.
    pub fn len(&self) -> usize {
        self.matrix.columns.len()
    }

    /// Whether there are no entries so far.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The matrix of all ended rows.
    pub fn build(self) -> Matrix {
        self.matrix
    }
}

impl Matrix {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.ends.len()
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.columns.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    fn range(&self, row: usize) -> std::ops::Range<usize> {
        let start = row.checked_sub(1).map_or(0, |before| self.ends[before]);
        start as usize..self.ends[row] as usize
    }

    /// Columns and coefficients of a row.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (usize, Fr)> {
        self.range(row).map(|place| {
            let coefficient = self.table[self.coefficients[place] as usize];
            (self.columns[place] as usize, coefficient)
        })
    }

    /// The product of a row with a vector.
    ///
    /// # Cost
    /// One field multiplication per entry that is not one or minus one.
    pub fn row_product(&self, row: usize, vector: &[Fr]) -> Fr {
        self.range(row).fold(Fr::ZERO, |sum, place| {
            let value = vector[self.columns[place] as usize];
            match self.coefficients[place] {
                ONE => sum + value,
                MINUS_ONE => sum - value,
                index => sum + self.table[index as usize] * value,
            }
        })
    }

    /// The same rows with every column `c` at `place(c)`, to be appended to.
    pub(crate) fn relabelled(self, place: impl Fn(u32) -> u32) -> MatrixBuilder {
        let mut matrix = self;
        matrix
            .columns
            .iter_mut()
            .for_each(|column| *column = place(*column));
        let indices = (0u32..).zip(&matrix.table).map(|(index, c)| (*c, index));
        MatrixBuilder {
            indices: indices.collect(),
            matrix,
        }
    }

    /// The largest column, if there is any entry.
    pub fn max_column(&self) -> Option<u32> {
        self.columns.iter().copied().max()
    }
}
