//! Constraint systems.

use std::io::{Read, Seek, Write};

use kernelwise_field::{Fr, Zero};

use super::CircomError;
use super::container::{Container, Kind, Section, SectionId, write_head, write_section};
use super::words::{self, BYTES};
use crate::r1cs::{Matrix, MatrixBuilder, R1cs, WireCounts};

const KIND: Kind = Kind::new("r1cs", 1);
const HEADER: SectionId = SectionId::new(1, "header");
const CONSTRAINTS: SectionId = SectionId::new(2, "constraints");
const LABELS: SectionId = SectionId::new(3, "labels");

/// Bytes of a term: a wire and a coefficient.
const TERM: usize = 4 + BYTES;

/// Reads a system; outputs and public inputs are its public inputs, in this order.
///
/// # Errors
/// [`CircomError`] naming the section.
pub fn read(reader: impl Read + Seek) -> Result<R1cs, CircomError> {
    let mut file = Container::open(reader, KIND)?;
    let mut header = file.section(HEADER)?;
    words::check_field::<Fr>(&mut header, "scalar")?;
    let [wires, outputs, inputs, _private] =
        [header.u32()?, header.u32()?, header.u32()?, header.u32()?];
    let _labels = header.u64()?;
    let constraints = header.u32()?;
    header.end()?;
    // One label per wire: the number of wires is bounded by bytes that are there.
    let labels = file.section(LABELS)?;
    if labels.left() != u64::from(wires) * 8 {
        return Err(CircomError::Length {
            section: LABELS.name,
            expected: u64::from(wires) * 8,
            got: labels.left(),
        });
    }
    let mut section = file.section(CONSTRAINTS)?;
    let mut matrices = [(); 3].map(|()| MatrixBuilder::default());
    // A constraint has at least its three counts: this bounds the loop by the bytes that are there.
    let least = u64::from(constraints) * 12;
    if section.left() < least {
        return Err(CircomError::Length {
            section: CONSTRAINTS.name,
            expected: least,
            got: section.left(),
        });
    }
    for row in 0..constraints {
        for matrix in &mut matrices {
            read_row(&mut section, matrix, u64::from(row), wires)?;
        }
    }
    section.end()?;
    let counts = WireCounts {
        public: outputs as usize + inputs as usize,
        boundary: 0,
        total: wires as usize,
    };
    Ok(R1cs::new(counts, matrices.map(MatrixBuilder::build))?)
}

fn read_row(
    section: &mut Section<'_, impl Read>,
    matrix: &mut MatrixBuilder,
    row: u64,
    wires: u32,
) -> Result<(), CircomError> {
    let value = |what, expected| CircomError::Value {
        section: CONSTRAINTS.name,
        what,
        index: row,
        expected,
    };
    let terms = section.u32()?;
    section.records(u64::from(terms), TERM, |_, term| {
        let (wire, coefficient) = term.split_at(4);
        let wire = u32::from_le_bytes(wire.try_into().unwrap_or_default());
        if wire >= wires {
            return Err(value("wire of constraint", "a wire of the circuit"));
        }
        let coefficient = words::scalar(coefficient)
            .ok_or_else(|| value("coefficient of constraint", "an integer below the modulus"))?;
        if !coefficient.is_zero() {
            matrix.push(wire, coefficient);
        }
        Ok(())
    })?;
    if u32::try_from(matrix.len()).is_err() {
        return Err(value("terms up to constraint", "fewer than 2^32"));
    }
    matrix.end_row();
    Ok(())
}

/// Writes a system, its public inputs as such and every other wire as private.
///
/// # Errors
/// [`CircomError::Io`]; [`CircomError::Contents`] for a system with boundary wires, which the format has no place for.
pub fn write(mut out: impl Write, r1cs: &R1cs) -> Result<(), CircomError> {
    let counts = r1cs.counts();
    if counts.boundary > 0 {
        return Err(CircomError::Contents(
            crate::error::Groth16ProveError::Unsupported {
                operation: "an .r1cs file",
                what: "circuits with boundary wires",
            },
        ));
    }
    write_head(&mut out, KIND, 3)?;
    let mut header = words::field_head::<Fr>();
    for count in [counts.total, 0, counts.public, 0] {
        header.extend_from_slice(&(count as u32).to_le_bytes());
    }
    header.extend_from_slice(&(counts.total as u64).to_le_bytes());
    header.extend_from_slice(&(r1cs.num_constraints() as u32).to_le_bytes());
    write_section(&mut out, HEADER, header.len() as u64)?;
    out.write_all(&header)?;

    let matrices = r1cs.matrices();
    let terms: usize = matrices.iter().map(|matrix| Matrix::len(matrix)).sum();
    let len = terms * TERM + r1cs.num_constraints() * 12;
    write_section(&mut out, CONSTRAINTS, len as u64)?;
    for row in 0..r1cs.num_constraints() {
        for matrix in matrices {
            out.write_all(&(matrix.row(row).count() as u32).to_le_bytes())?;
            for (wire, coefficient) in matrix.row(row) {
                out.write_all(&(wire as u32).to_le_bytes())?;
                out.write_all(&words::scalar_bytes(&coefficient))?;
            }
        }
    }
    write_section(&mut out, LABELS, counts.total as u64 * 8)?;
    for label in 0..counts.total as u64 {
        out.write_all(&label.to_le_bytes())?;
    }
    Ok(())
}
