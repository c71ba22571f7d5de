//! Proving keys of snarkjs, from a ceremony or our own setup, with the circuit they are for.

mod coefficients;
mod header;

use std::io::{Read, Seek, Write};

use kernelwise_core::groth16::VerifyingKey;
use kernelwise_field::{Fq, Fr};

use super::CircomError;
use super::container::{Container, Kind, SectionId, write_head, write_section};
use super::points::{KeyPlaces, write_key_points, write_points};
use super::words::{self, FilePoint};
use crate::error::Groth16ProveError;
use crate::key::{Head, ProvingKey};
use crate::points::Points;
use crate::prove::KeyedCircuit;
use crate::r1cs::R1cs;
use crate::setup::QuotientForm;
use header::Header;

const KIND: Kind = Kind::new("zkey", 1);
const PROTOCOL: SectionId = SectionId::new(1, "protocol");
const HEADER: SectionId = SectionId::new(2, "header");
const INPUTS: SectionId = SectionId::new(3, "bases of public inputs");
const COEFFICIENTS: SectionId = SectionId::new(4, "coefficients");
const CONTRIBUTIONS: SectionId = SectionId::new(10, "contributions");

/// Groth16 among the protocols of snarkjs.
const GROTH16: u32 = 1;

/// Reads only what a verifier needs.
///
/// # Errors
/// [`CircomError`] naming the section.
pub fn read_verifying(reader: impl Read + Seek) -> Result<VerifyingKey, CircomError> {
    let mut file = Container::open(reader, KIND)?;
    let header = Header::read(&mut file)?;
    Ok(VerifyingKey::new(header.points)?)
}

/// Opens a key, and reads the circuit that comes with it; the points of the proving key stay in the file, which MUST NOT change as long
/// as they are used.
///
/// Points are checked to be on their curves when they are read. Whether they are the right ones, only a ceremony's transcript tells;
/// wrong ones give proofs that do not verify.
///
/// # Errors
/// [`CircomError`] naming the section.
pub fn open<R: Read + Seek + Send + 'static>(
    reader: R,
) -> Result<(ProvingKey, KeyedCircuit), CircomError> {
    let mut file = Container::open(reader, KIND)?;
    let header = Header::read(&mut file)?;
    let (wires, domain) = (header.wires as usize, header.domain as usize);
    let private = wires.saturating_sub(header.public as usize + 1);
    // Sections of points come first: their lengths bound the numbers of wires and rows.
    let places = KeyPlaces::of(&file, [wires, private, domain])?;
    let matrices = coefficients::read(&mut file, &header)?;
    let circuit = KeyedCircuit::new(wires, domain, matrices)?;
    let sources = places.sources(&file.share(), Points::new(Vec::new()));
    let head = Head {
        beta_g1: header.beta_g1,
        delta_g1: header.delta_g1,
        blinds: None,
        form: QuotientForm::OddValues,
    };
    let verifying = VerifyingKey::new(header.points)?;
    Ok((ProvingKey::from_sources(verifying, head, sources)?, circuit))
}

/// Writes the key that [`setup`](crate::setup()) made for `r1cs`; snarkjs reads it, and finds no contributions.
///
/// # Errors
/// [`CircomError::Io`]; [`CircomError::Contents`] for a key that is not for `r1cs`, has boundary wires, or has other bases of
/// the quotient than [`Quotient::OddValues`](crate::key::Quotient::OddValues).
pub fn write(mut out: impl Write, key: &ProvingKey, r1cs: &R1cs) -> Result<(), CircomError> {
    let unsupported = |what| Groth16ProveError::Unsupported {
        operation: "a .zkey file",
        what,
    };
    let (head, verifying) = (key.head(), key.verifying().points());
    if head.form != QuotientForm::OddValues {
        return Err(unsupported("keys with powers as bases of the quotient").into());
    }
    if head.blinds.is_some() {
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

    let mut bytes = [words::field_head::<Fq>(), words::field_head::<Fr>()].concat();
    for count in [counts.total, counts.public, key.domain_len()] {
        bytes.extend_from_slice(&(count as u32).to_le_bytes());
    }
    bytes.extend(verifying.alpha_g1.to_file());
    bytes.extend(head.beta_g1.to_file());
    bytes.extend(verifying.beta_g2.to_file());
    bytes.extend(verifying.gamma_g2.to_file());
    bytes.extend(head.delta_g1.to_file());
    bytes.extend(verifying.delta_g2.to_file());
    write_section(&mut out, HEADER, bytes.len() as u64)?;
    out.write_all(&bytes)?;

    write_points(&mut out, INPUTS, &Points::new(verifying.input_bases))?;
    coefficients::write(&mut out, r1cs)?;
    write_key_points(&mut out, key.sources())?;
    // The hash of a circuit that no ceremony has seen, and no contributions.
    write_section(&mut out, CONTRIBUTIONS, 68)?;
    out.write_all(&[0; 68])?;
    Ok(())
}
