//! Proving keys of snarkjs, from a ceremony or our own setup, with the circuit they are for.

use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::sync::{Arc, Mutex};

use kernelwise_core::groth16::{KeyPoints, VerifyingKey};
use kernelwise_field::{Fq, Fr, G1Affine, G2Affine};
use kernelwise_hal::MsmGroup;
use rayon::prelude::*;

use super::CircomError;
use super::container::{Container, Kind, SectionId, write_head, write_section};
use super::words::{self, BYTES, FilePoint};
use crate::error::Groth16ProveError;
use crate::key::{ProvingKey, ProvingPoints, Quotient};
use crate::prove::{KeyedCircuit, Prover, StreamedPoints};
use crate::query::PointSource;
use crate::r1cs::{Matrix, MatrixBuilder, R1cs, WireCounts};

const KIND: Kind = Kind {
    name: "zkey",
    version: 1,
};

const fn section(id: u32, name: &'static str) -> SectionId {
    SectionId { name, id }
}

const PROTOCOL: SectionId = section(1, "protocol");
const HEADER: SectionId = section(2, "header");
const INPUTS: SectionId = section(3, "bases of public inputs");
const COEFFICIENTS: SectionId = section(4, "coefficients");
const POINTS_A: SectionId = section(5, "points of A");
const POINTS_B1: SectionId = section(6, "points of B in G1");
const POINTS_B2: SectionId = section(7, "points of B in G2");
const POINTS_PRIVATE: SectionId = section(8, "points of private wires");
const POINTS_QUOTIENT: SectionId = section(9, "points of the quotient");
const CONTRIBUTIONS: SectionId = section(10, "contributions");

/// Groth16 among the protocols of snarkjs.
const GROTH16: u32 = 1;

/// Bytes of a coefficient: matrix, constraint, wire, value.
const COEFFICIENT: usize = 12 + BYTES;

/// What the header of a key says.
#[derive(Debug, Clone)]
struct Header {
    wires: u32,
    public: u32,
    domain: u32,
    beta_g1: G1Affine,
    delta_g1: G1Affine,
    points: KeyPoints,
}

/// Reads only what a verifier needs.
///
/// # Errors
/// [`CircomError`] naming the section.
pub fn read_verifying(reader: impl Read + Seek) -> Result<VerifyingKey, CircomError> {
    let mut file = Container::open(reader, KIND)?;
    let header = read_header(&mut file)?;
    Ok(VerifyingKey::new(header.points)?)
}

/// Reads a key and its circuit.
///
/// Points are checked to be on their curves. Whether those of the proving key are the right ones, only a ceremony's
/// transcript tells; wrong ones give proofs that do not verify.
///
/// # Errors
/// [`CircomError`] naming the section.
pub fn read(reader: impl Read + Seek) -> Result<(ProvingKey, KeyedCircuit), CircomError> {
    let mut file = Container::open(reader, KIND)?;
    let header = read_header(&mut file)?;
    let (wires, domain) = (header.wires as usize, header.domain as usize);
    // Sections of points come first: their lengths bound the numbers of wires and rows.
    let private = wires.saturating_sub(header.public as usize + 1);
    let points = ProvingPoints {
        beta_g1: header.beta_g1,
        delta_g1: header.delta_g1,
        a: words::points(file.section(POINTS_A)?, wires)?,
        b_g1: words::points(file.section(POINTS_B1)?, wires)?,
        b_g2: words::points(file.section(POINTS_B2)?, wires)?,
        private: words::points(file.section(POINTS_PRIVATE)?, private)?,
        quotient: Quotient::OddValues(words::points(file.section(POINTS_QUOTIENT)?, domain)?),
        boundary: None,
    };
    let key = ProvingKey::new(VerifyingKey::new(header.points.clone())?, points)?;
    let matrices = read_coefficients(&mut file, &header)?;
    let circuit = KeyedCircuit::new(wires, domain, matrices)?;
    Ok((key, circuit))
}

/// Reads a key's circuit, and its points only as they are needed: memory does not grow with the points.
///
/// The file MUST NOT change while the prover is used.
///
/// # Errors
/// [`CircomError`] naming the section; points that are not on their curves are found while proving.
pub fn stream<R: Read + Seek + Send + 'static>(
    reader: R,
) -> Result<(Prover, KeyedCircuit), CircomError> {
    let mut file = Container::open(reader, KIND)?;
    let header = read_header(&mut file)?;
    let (wires, domain) = (header.wires as usize, header.domain as usize);
    let public = header.public as usize;
    let private = wires.saturating_sub(public + 1);
    let sections = [
        (POINTS_A, wires, G1Affine::SIZE),
        (POINTS_B1, wires, G1Affine::SIZE),
        (POINTS_B2, wires, G2Affine::SIZE),
        (POINTS_PRIVATE, private, G1Affine::SIZE),
        (POINTS_QUOTIENT, domain, G1Affine::SIZE),
    ];
    let mut places = [(0, 0); 5];
    for (place, (id, count, size)) in places.iter_mut().zip(sections) {
        let (offset, got) = file.place(id)?;
        let expected = count as u64 * size as u64;
        if got != expected {
            return Err(CircomError::Length {
                section: id.name,
                expected,
                got,
            });
        }
        *place = (offset, count);
    }
    if wires < public + 1 {
        return Err(CircomError::Value {
            section: HEADER.name,
            what: "wires",
            index: u64::from(header.wires),
            expected: "more than public inputs",
        });
    }
    let matrices = read_coefficients(&mut file, &header)?;
    let circuit = KeyedCircuit::new(wires, domain, matrices)?;
    let verifying = VerifyingKey::new(header.points)?;
    let reader = Arc::new(Mutex::new(file.into_reader()));
    let [a, b_g1, b_g2, private, quotient] = places.map(|(offset, count)| FilePoints {
        reader: Arc::clone(&reader),
        offset,
        count,
    });
    let points = StreamedPoints {
        a: Box::new(a),
        b_g1: Box::new(b_g1),
        b_g2: Box::new(b_g2),
        private: Box::new(private),
        quotient: Box::new(quotient),
    };
    let counts = WireCounts {
        public,
        boundary: 0,
        total: wires,
    };
    let secrets = [header.beta_g1, header.delta_g1];
    let prover = Prover::streamed(verifying, secrets, (counts, domain), points);
    Ok((prover, circuit))
}

/// The points of one section.
struct FilePoints<R> {
    reader: Arc<Mutex<R>>,
    offset: u64,
    count: usize,
}

impl<R: Read + Seek + Send, G: MsmGroup<Affine: FilePoint>> PointSource<G> for FilePoints<R> {
    fn len(&self) -> usize {
        self.count
    }

    fn read(&self, range: Range<usize>) -> Result<Vec<G::Affine>, Groth16ProveError> {
        let failed = |problem: String| Groth16ProveError::KeyFile { problem };
        let size = G::Affine::SIZE;
        let mut bytes = vec![0; range.len() * size];
        {
            let mut reader = self.reader.lock().map_err(|e| failed(e.to_string()))?;
            let start = self.offset + (range.start * size) as u64;
            reader
                .seek(SeekFrom::Start(start))
                .and_then(|_| reader.read_exact(&mut bytes))
                .map_err(|e| failed(e.to_string()))?;
        }
        let points = bytes.par_chunks_exact(size).map(|bytes| {
            G::Affine::from_file(bytes)
                .ok_or_else(|| failed("a point is not on the curve".to_owned()))
        });
        points.collect()
    }
}

fn read_header<R: Read + Seek>(file: &mut Container<R>) -> Result<Header, CircomError> {
    let mut section = file.section(PROTOCOL)?;
    let protocol = section.u32()?;
    section.end()?;
    if protocol != GROTH16 {
        return Err(CircomError::Value {
            section: PROTOCOL.name,
            what: "protocol",
            index: u64::from(protocol),
            expected: "1, Groth16",
        });
    }
    let mut section = file.section(HEADER)?;
    words::check_field::<Fq>(&mut section, "base")?;
    words::check_field::<Fr>(&mut section, "scalar")?;
    let [wires, public, domain] = [section.u32()?, section.u32()?, section.u32()?];
    let alpha_g1 = words::point(&mut section, "alpha")?;
    let beta_g1 = words::point(&mut section, "beta")?;
    let beta_g2 = words::point(&mut section, "beta")?;
    let gamma_g2 = words::point(&mut section, "gamma")?;
    let delta_g1 = words::point(&mut section, "delta")?;
    let delta_g2 = words::point(&mut section, "delta")?;
    section.end()?;
    // At most what the field has roots for, twice.
    if !domain.is_power_of_two() || domain > 1 << 27 {
        return Err(CircomError::Value {
            section: HEADER.name,
            what: "domain",
            index: u64::from(domain),
            expected: "a power of two up to 2^27",
        });
    }
    let input_bases = words::points(file.section(INPUTS)?, public as usize + 1)?;
    Ok(Header {
        wires,
        public,
        domain,
        beta_g1,
        delta_g1,
        points: KeyPoints {
            alpha_g1,
            beta_g2,
            gamma_g2,
            delta_g2,
            boundary_g2: None,
            input_bases,
        },
    })
}

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

fn read_coefficients<R: Read + Seek>(
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

/// Writes the key that [`setup`](crate::setup()) made for `r1cs`; snarkjs reads it, and finds no contributions.
///
/// # Errors
/// [`CircomError::Io`]; [`CircomError::Contents`] for a key that is not for `r1cs`, has boundary wires, or has other bases of
/// the quotient than [`Quotient::OddValues`].
pub fn write(mut out: impl Write, key: &ProvingKey, r1cs: &R1cs) -> Result<(), CircomError> {
    let unsupported = |what| Groth16ProveError::Unsupported {
        operation: "a .zkey file",
        what,
    };
    let (points, verifying) = (key.points(), key.verifying_points());
    let Quotient::OddValues(quotient) = &points.quotient else {
        return Err(unsupported("keys with powers as bases of the quotient").into());
    };
    if points.boundary.is_some() {
        return Err(unsupported("circuits with boundary wires").into());
    }
    let counts = key.counts();
    if counts != r1cs.counts() {
        return Err(Groth16ProveError::Shape {
            what: "wires",
            expected: counts.total,
            got: r1cs.counts().total,
        }
        .into());
    }
    write_head(&mut out, KIND, 10)?;
    write_section(&mut out, PROTOCOL, 4)?;
    out.write_all(&GROTH16.to_le_bytes())?;

    let mut header = [words::field_head::<Fq>(), words::field_head::<Fr>()].concat();
    for count in [counts.total, counts.public, key.domain_len()] {
        header.extend_from_slice(&(count as u32).to_le_bytes());
    }
    header.extend(verifying.alpha_g1.to_file());
    header.extend(points.beta_g1.to_file());
    header.extend(verifying.beta_g2.to_file());
    header.extend(verifying.gamma_g2.to_file());
    header.extend(points.delta_g1.to_file());
    header.extend(verifying.delta_g2.to_file());
    write_section(&mut out, HEADER, header.len() as u64)?;
    out.write_all(&header)?;

    write_points(&mut out, INPUTS, &verifying.input_bases)?;
    write_coefficients(&mut out, r1cs)?;
    write_points(&mut out, POINTS_A, &points.a)?;
    write_points(&mut out, POINTS_B1, &points.b_g1)?;
    write_points(&mut out, POINTS_B2, &points.b_g2)?;
    write_points(&mut out, POINTS_PRIVATE, &points.private)?;
    write_points(&mut out, POINTS_QUOTIENT, quotient)?;
    // The hash of a circuit that no ceremony has seen, and no contributions.
    write_section(&mut out, CONTRIBUTIONS, 68)?;
    out.write_all(&[0; 68])?;
    Ok(())
}

fn write_points<P: FilePoint>(
    out: &mut impl Write,
    id: SectionId,
    points: &[P],
) -> Result<(), CircomError> {
    write_section(out, id, (points.len() * P::SIZE) as u64)?;
    for point in points {
        out.write_all(&point.to_file())?;
    }
    Ok(())
}

fn write_coefficients(out: &mut impl Write, r1cs: &R1cs) -> Result<(), CircomError> {
    let [a, b, _] = r1cs.matrices();
    let own_rows = r1cs.counts().public + 1;
    let count = a.len() + b.len() + own_rows;
    write_section(out, COEFFICIENTS, (4 + count * COEFFICIENT) as u64)?;
    out.write_all(&(count as u32).to_le_bytes())?;
    let mut write = |matrix: u32, row: usize, wire: usize, value: &Fr| {
        out.write_all(&matrix.to_le_bytes())?;
        out.write_all(&(row as u32).to_le_bytes())?;
        out.write_all(&(wire as u32).to_le_bytes())?;
        out.write_all(&words::doubly_bytes(value))
    };
    for row in 0..r1cs.num_constraints() {
        for (index, matrix) in [a, b].into_iter().enumerate() {
            for (wire, value) in matrix.row(row) {
                write(index as u32, row, wire, &value)?;
            }
        }
    }
    for wire in 0..own_rows {
        write(0, r1cs.num_constraints() + wire, wire, &Fr::from(1u64))?;
    }
    Ok(())
}
