//! The matrices that a key carries.

use std::io::{Read, Seek, Write};

use kernelwise_field::Fr;

use super::header::Header;
use super::{COEFFICIENTS, CircomError};
use crate::circom::container::{Container, write_section};
use crate::circom::words::{self, BYTES};
use crate::r1cs::{Matrix, MatrixBuilder, R1cs};

/// Bytes of a coefficient: matrix, constraint, wire, value.
const COEFFICIENT: usize = 12 + BYTES;

/// The entries of one matrix, in the order of the file.
#[derive(Default)]
struct Entries(Vec<(u32, u32, Fr)>);

impl Entries {
    /// Rows up to the last that has an entry.
    fn build(mut self) -> Matrix {
        self.0.sort_by_key(|&(row, ..)| row);
        let mut matrix = MatrixBuilder::default();
        let mut at = 0;
        for &(row, wire, coefficient) in &self.0 {
            while at < row {
                matrix.end_row();
                at += 1;
            }
            matrix.push(wire, coefficient);
        }
        if !self.0.is_empty() {
            matrix.end_row();
        }
        matrix.build()
    }
}

pub(super) fn read<R: Read + Seek>(
    file: &mut Container<R>,
    header: &Header,
) -> Result<[Matrix; 2], CircomError> {
    let mut section = file.section(COEFFICIENTS)?;
    let count = section.u32()?;
    let mut entries = [Entries::default(), Entries::default()];
    section.records(u64::from(count), COEFFICIENT, |index, bytes| {
        let value = |what, expected| CircomError::Value {
            section: COEFFICIENTS.name,
            what,
            index,
            expected,
        };
        let word = |at: usize| {
            let word = bytes.get(at..at + 4).unwrap_or_default();
            u32::from_le_bytes(word.try_into().unwrap_or_default())
        };
        let (matrix, row, wire) = (word(0), word(4), word(8));
        let entries = entries
            .get_mut(matrix as usize)
            .ok_or_else(|| value("matrix of coefficient", "0 or 1"))?;
        if row >= header.domain {
            return Err(value("constraint of coefficient", "a row of the domain"));
        }
        if wire >= header.wires {
            return Err(value("wire of coefficient", "a wire of the circuit"));
        }
        let coefficient = words::doubly(bytes.get(12..).unwrap_or_default())
            .ok_or_else(|| value("coefficient", "below the modulus"))?;
        entries.0.push((row, wire, coefficient));
        Ok(())
    })?;
    section.end()?;
    Ok(entries.map(Entries::build))
}

pub(super) fn write(out: &mut impl Write, r1cs: &R1cs) -> Result<(), CircomError> {
    let [a, b, _] = r1cs.matrices();
    let own_rows = r1cs.counts().public + 1;
    let count = a.len() + b.len() + own_rows;
    write_section(out, COEFFICIENTS, (4 + count * COEFFICIENT) as u64)?;
    out.write_all(&(count as u32).to_le_bytes())?;
    let mut entry = |matrix: u32, row: usize, wire: usize, value: &Fr| {
        out.write_all(&matrix.to_le_bytes())?;
        out.write_all(&(row as u32).to_le_bytes())?;
        out.write_all(&(wire as u32).to_le_bytes())?;
        out.write_all(&words::doubly_bytes(value))
    };
    for row in 0..r1cs.num_constraints() {
        for (index, matrix) in [a, b].into_iter().enumerate() {
            for (wire, value) in matrix.row(row) {
                entry(index as u32, row, wire, &value)?;
            }
        }
    }
    for wire in 0..own_rows {
        entry(0, r1cs.num_constraints() + wire, wire, &Fr::from(1u64))?;
    }
    Ok(())
}
