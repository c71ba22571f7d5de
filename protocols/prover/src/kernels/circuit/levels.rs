//! The values of one level for all instances, wire by wire, each wire in the narrowest integers that hold it.

use kernelwise_core::circuit::Width;
use kernelwise_core::claim::dot;
use kernelwise_core::field::{AdditiveGroup, Fr};
use kernelwise_hal::{Contract, ContractAxis, IntMatrix, IntSlice, Table};

use super::spares::Spares;
use crate::error::ProveError;

/// A level: one row of `instances` values per wire.
#[derive(Debug, Clone, Default)]
pub(crate) struct Level {
    instances: usize,
    /// For each wire, its width and its row among those of that width.
    places: Vec<(Width, usize)>,
    rows: Rows,
}

/// Rows by width, back to back.
#[derive(Debug, Clone, Default)]
pub(super) struct Rows {
    pub(super) i8: Vec<i8>,
    pub(super) i16: Vec<i16>,
    pub(super) i32: Vec<i32>,
    pub(super) i64: Vec<i64>,
    pub(super) field: Vec<Fr>,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Row<'a> {
    Int(IntSlice<'a>),
    Field(&'a [Fr]),
}

/// The widths of a level's rows, in the order of [`Rows`].
pub(super) const WIDTHS: [Width; 5] = [Width::I8, Width::I16, Width::I32, Width::I64, Width::Field];

impl Level {
    /// A level of zeros.
    pub(super) fn zeros(widths: &[Width], instances: usize, spares: &mut Spares) -> Self {
        let mut counts = [0usize; 5];
        let places = widths
            .iter()
            .map(|&width| {
                let count = &mut counts[width as usize];
                *count += 1;
                (width, *count - 1)
            })
            .collect();
        Self {
            instances,
            places,
            rows: Rows {
                i8: spares.i8.take(0, counts[0] * instances),
                i16: spares.i16.take(0, counts[1] * instances),
                i32: spares.i32.take(0, counts[2] * instances),
                i64: spares.i64.take(0, counts[3] * instances),
                field: spares.field.take(Fr::ZERO, counts[4] * instances),
            },
        }
    }

    /// The memory.
    pub(super) fn into_rows(self) -> Rows {
        self.rows
    }

    pub(super) fn instances(&self) -> usize {
        self.instances
    }

    /// Number of wires.
    pub(super) fn width(&self) -> usize {
        self.places.len()
    }

    pub(super) fn rows_mut(&mut self) -> &mut Rows {
        &mut self.rows
    }

    /// The wires of one width, in the order of their rows.
    pub(super) fn wires_of(&self, width: Width) -> Vec<u32> {
        (0u32..)
            .zip(&self.places)
            .filter(|(_, place)| place.0 == width)
            .map(|(wire, _)| wire)
            .collect()
    }

    /// The values of one wire.
    pub(super) fn row(&self, wire: u32) -> Row<'_> {
        let Some(&(width, row)) = self.places.get(wire as usize) else {
            return Row::Int(IntSlice::I8(&[]));
        };
        let range = row * self.instances..(row + 1) * self.instances;
        match width {
            Width::I8 => Row::Int(IntSlice::I8(&self.rows.i8[range])),
            Width::I16 => Row::Int(IntSlice::I16(&self.rows.i16[range])),
            Width::I32 => Row::Int(IntSlice::I32(&self.rows.i32[range])),
            Width::I64 => Row::Int(IntSlice::I64(&self.rows.i64[range])),
            Width::Field => Row::Field(&self.rows.field[range]),
        }
    }

    /// The values of one wire as a table of a sumcheck.
    pub(super) fn table(&self, wire: u32) -> Table<'_> {
        match self.row(wire) {
            Row::Int(values) => Table::Int(values),
            Row::Field(values) => Table::Fr(values.into()),
        }
    }

    /// `Σ_x weights(x)·V(x, n)` for each instance `n`.
    ///
    /// # Cost
    /// One small-integer contraction of the level.
    pub(super) fn over_wires(
        &self,
        contract: &dyn Contract,
        weights: &[Fr],
    ) -> Result<Vec<Fr>, ProveError> {
        let mut sums = vec![Fr::ZERO; self.instances];
        for width in WIDTHS {
            let wires = self.wires_of(width);
            let weights: Vec<Fr> = wires
                .iter()
                .map(|&wire| weights.get(wire as usize).copied().unwrap_or(Fr::ZERO))
                .collect();
            if weights.iter().all(|weight| *weight == Fr::ZERO) {
                continue;
            }
            let part = match self.matrix(width) {
                Some(values) => contract.contract(
                    IntMatrix::new(values, wires.len(), self.instances)?,
                    ContractAxis::Rows,
                    &weights,
                )?,
                None => {
                    let mut part = vec![Fr::ZERO; self.instances];
                    for (row, weight) in self.rows.field.chunks_exact(self.instances).zip(&weights)
                    {
                        part.iter_mut()
                            .zip(row)
                            .for_each(|(sum, value)| *sum += *weight * value);
                    }
                    part
                }
            };
            sums.iter_mut()
                .zip(part)
                .for_each(|(sum, value)| *sum += value);
        }
        Ok(sums)
    }

    /// `Σ_n weights(n)·V(x, n)` for each wire `x`.
    ///
    /// # Cost
    /// One small-integer contraction of the level.
    pub(super) fn over_instances(
        &self,
        contract: &dyn Contract,
        weights: &[Fr],
    ) -> Result<Vec<Fr>, ProveError> {
        let mut values = vec![Fr::ZERO; self.width()];
        for width in WIDTHS {
            let wires = self.wires_of(width);
            if wires.is_empty() {
                continue;
            }
            let part = match self.matrix(width) {
                Some(rows) => contract.contract(
                    IntMatrix::new(rows, wires.len(), self.instances)?,
                    ContractAxis::Cols,
                    weights,
                )?,
                None => self
                    .rows
                    .field
                    .chunks_exact(self.instances)
                    .map(|row| dot(row, weights))
                    .collect(),
            };
            for (&wire, value) in wires.iter().zip(part) {
                values[wire as usize] = value;
            }
        }
        Ok(values)
    }

    fn matrix(&self, width: Width) -> Option<IntSlice<'_>> {
        Some(match width {
            Width::I8 => IntSlice::I8(&self.rows.i8),
            Width::I16 => IntSlice::I16(&self.rows.i16),
            Width::I32 => IntSlice::I32(&self.rows.i32),
            Width::I64 => IntSlice::I64(&self.rows.i64),
            Width::Field => return None,
        })
    }
}

impl Row<'_> {
    /// The value of instance `n` as a field element.
    pub(super) fn lift(&self, n: usize) -> Fr {
        match self {
            Self::Int(values) => values.get(n).map_or(Fr::ZERO, Fr::from),
            Self::Field(values) => values.get(n).copied().unwrap_or(Fr::ZERO),
        }
    }
}
