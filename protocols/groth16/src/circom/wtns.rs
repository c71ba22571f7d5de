//! Witnesses: the values of all wires.

use std::io::{Read, Seek, Write};

use kernelwise_field::Fr;

use super::CircomError;
use super::container::{Container, Kind, SectionId, write_head, write_section};
use super::words::{self, BYTES};

const KIND: Kind = Kind::new("wtns", 2);
const HEADER: SectionId = SectionId::new(1, "header");
const VALUES: SectionId = SectionId::new(2, "values");

/// Reads the values of the wires, the constant one first.
///
/// # Errors
/// [`CircomError`] naming the section.
pub fn read(reader: impl Read + Seek) -> Result<Vec<Fr>, CircomError> {
    let mut file = Container::open(reader, KIND)?;
    let mut header = file.section(HEADER)?;
    words::check_field::<Fr>(&mut header, "scalar")?;
    let count = header.u32()?;
    header.end()?;
    let mut section = file.section(VALUES)?;
    let expected = u64::from(count) * BYTES as u64;
    if section.left() != expected {
        return Err(CircomError::Length {
            section: VALUES.name,
            expected,
            got: section.left(),
        });
    }
    let mut values = Vec::with_capacity(count as usize);
    section.records(u64::from(count), BYTES, |index, bytes| {
        values.push(words::scalar(bytes).ok_or(CircomError::Value {
            section: VALUES.name,
            what: "wire",
            index,
            expected: "an integer below the modulus",
        })?);
        Ok(())
    })?;
    section.end()?;
    Ok(values)
}

/// Writes the values of the wires.
///
/// # Errors
/// [`CircomError::Io`]; [`CircomError::Length`] for more than 2^32 values.
pub fn write(mut out: impl Write, values: &[Fr]) -> Result<(), CircomError> {
    let count = u32::try_from(values.len()).map_err(|_| CircomError::Length {
        section: VALUES.name,
        expected: u64::from(u32::MAX),
        got: values.len() as u64,
    })?;
    write_head(&mut out, KIND, 2)?;
    let mut header = words::field_head::<Fr>();
    header.extend_from_slice(&count.to_le_bytes());
    write_section(&mut out, HEADER, header.len() as u64)?;
    out.write_all(&header)?;
    write_section(&mut out, VALUES, u64::from(count) * BYTES as u64)?;
    for value in values {
        out.write_all(&words::scalar_bytes(value))?;
    }
    Ok(())
}
