//! Proving keys as files: what a setup folder keeps, so that a kernel is set up once.
//!
//! The container and the points are those of `.zkey` files; the sections are our own:
//!
//! | section | contents |
//! |---|---|
//! | 1, head | form of the quotient; numbers of wires, private wires, points of the quotient, boundary wires; β and δ in G1; for boundary wires η/ε and η/δ |
//! | 2, verifying key | its encoding |
//! | 5 to 9 | points of A, of B in G1 and in G2, of private wires, of the quotient |
//! | 10 | points of boundary wires |
//!
//! Numbers have 32 bits. Bytes after the last section are not looked at: whoever keeps such a file keeps a checksum of it.

use std::io::{Cursor, Read, Seek, Write};

use kernelwise_core::groth16::VerifyingKey;
use kernelwise_field::G1Affine;

use crate::circom::CircomError;
use crate::circom::container::{Container, Kind, SectionId, write_head, write_section};
use crate::circom::points::{FilePoints, KeyPlaces, write_key_points, write_points};
use crate::circom::words::{self, FilePoint};
use crate::key::{Head, ProvingKey};
use crate::setup::QuotientForm;

const KIND: Kind = Kind::new("gkey", 1);
const HEAD: SectionId = SectionId::new(1, "head");
const VERIFYING: SectionId = SectionId::new(2, "verifying key");
const BOUNDARY: SectionId = SectionId::new(10, "points of boundary wires");

/// Most bytes of a verifying key: its inputs are the coordinates of a few points.
const MAX_VERIFYING: u64 = 1 << 24;

impl ProvingKey {
    /// The bytes of the file.
    ///
    /// # Errors
    /// [`CircomError::Contents`] for a key in a file that cannot be read.
    pub fn encode(&self) -> Result<Vec<u8>, CircomError> {
        let (head, sources) = (self.head(), self.sources());
        let mut out = Cursor::new(Vec::new());
        write_head(&mut out, KIND, 8)?;
        let form: u32 = match head.form {
            QuotientForm::Powers => 0,
            QuotientForm::OddValues => 1,
        };
        let mut bytes = form.to_le_bytes().to_vec();
        for count in [
            sources.a.len(),
            sources.private.len(),
            sources.quotient.len(),
            sources.boundary.len(),
        ] {
            bytes.extend_from_slice(&(count as u32).to_le_bytes());
        }
        let blinds = head.blinds.iter().flatten();
        for point in [&head.beta_g1, &head.delta_g1].into_iter().chain(blinds) {
            bytes.extend(point.to_file());
        }
        for (id, bytes) in [(HEAD, bytes), (VERIFYING, self.verifying().encode())] {
            write_section(&mut out, id, bytes.len() as u64)?;
            out.write_all(&bytes)?;
        }
        write_key_points(&mut out, sources)?;
        write_points(&mut out, BOUNDARY, &sources.boundary)?;
        Ok(out.into_inner())
    }

    /// Opens such a file; its points stay there, and it MUST NOT change as long as they are used.
    ///
    /// Points are checked to be on their curves when they are read.
    ///
    /// # Errors
    /// [`CircomError`] naming the section.
    pub fn open(reader: impl Read + Seek + Send + 'static) -> Result<Self, CircomError> {
        let mut file = Container::open(reader, KIND)?;
        let mut section = file.section(HEAD)?;
        let form = match section.u32()? {
            0 => QuotientForm::Powers,
            1 => QuotientForm::OddValues,
            other => {
                return Err(CircomError::Value {
                    section: HEAD.name,
                    what: "form of the quotient",
                    index: u64::from(other),
                    expected: "0 or 1",
                });
            }
        };
        let mut counts = [0; 4];
        for count in &mut counts {
            *count = section.u32()? as usize;
        }
        let [wires, private, quotient, boundary] = counts;
        let beta_g1: G1Affine = words::point(&mut section, "beta")?;
        let delta_g1 = words::point(&mut section, "delta")?;
        let blinds = if boundary > 0 {
            let mut point = || words::point(&mut section, "blind of boundary wires");
            Some([point()?, point()?])
        } else {
            None
        };
        section.end()?;
        let mut section = file.section(VERIFYING)?;
        if section.left() > MAX_VERIFYING {
            return Err(CircomError::Length {
                section: VERIFYING.name,
                expected: MAX_VERIFYING,
                got: section.left(),
            });
        }
        let mut bytes = vec![0; section.left() as usize];
        section.fill(&mut bytes)?;
        let verifying = VerifyingKey::decode(&bytes)?;
        let places = KeyPlaces::of(&file, [wires, private, quotient])?;
        let boundary = file.points(BOUNDARY, boundary)?;
        let reader = file.share();
        let sources = places.sources(&reader, FilePoints::points(&reader, boundary));
        let head = Head {
            beta_g1,
            delta_g1,
            blinds,
            form,
        };
        Ok(Self::from_sources(verifying, head, sources)?)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::r1cs::{Linear, R1csBuilder, Wire};
    use crate::setup::{QuotientForm, setup};
    use kernelwise_field::Fr;

    fn open(bytes: &[u8]) -> Result<ProvingKey, CircomError> {
        ProvingKey::open(Cursor::new(bytes.to_vec()))
    }

    fn keys() -> Vec<ProvingKey> {
        let system = |shared: bool| {
            let mut builder = R1csBuilder::new();
            let public = builder.public();
            let x = if shared {
                builder.boundary()
            } else {
                builder.private()
            };
            let y = builder.private();
            builder.constrain(x, x, y);
            builder.constrain(
                y,
                x,
                Linear::from(public) + Linear::from(Wire::ONE) * Fr::from(5u64),
            );
            builder.build().unwrap()
        };
        vec![
            setup(&system(true), QuotientForm::OddValues).unwrap(),
            setup(&system(false), QuotientForm::Powers).unwrap(),
        ]
    }

    #[test]
    fn keys_come_back() {
        for key in keys() {
            let opened = open(&key.encode().unwrap()).unwrap();
            assert_eq!(opened.points(), key.points());
            assert_eq!(opened.verifying(), key.verifying());
            assert_eq!(opened.counts(), key.counts());
        }
    }

    #[test]
    fn any_other_bytes_are_refused_or_another_key() {
        for key in keys() {
            let bytes = key.encode().unwrap();
            for len in (0..bytes.len()).step_by(7) {
                open(&bytes[..len]).unwrap_err();
            }
            for place in (0..bytes.len()).step_by(5) {
                for value in [bytes[place] ^ 1, bytes[place] ^ 0x80, 0xff] {
                    let mut altered = bytes.clone();
                    altered[place] = value;
                    let same = altered == bytes;
                    let points = open(&altered).map(|key| key.points());
                    let equal = points.is_ok_and(|points| points == key.points());
                    let of_verifying =
                        open(&altered).is_ok_and(|other| other.verifying() != key.verifying());
                    assert_eq!(equal && !of_verifying, same, "{place}");
                }
            }
        }
    }
}
