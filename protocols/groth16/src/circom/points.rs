//! Sections of points, in the files of snarkjs and our own.

use std::borrow::Cow;
use std::io::{Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::{Arc, Mutex};

use kernelwise_field::{G1Affine, G2Affine};
use rayon::prelude::*;

use super::CircomError;
use super::container::{Container, SectionId, write_section};
use super::words::FilePoint;
use crate::error::Groth16ProveError;
use crate::key::Sources;
use crate::points::{PointSource, Points};

/// Where the points of a section are.
pub(crate) struct Place<P> {
    section: &'static str,
    offset: u64,
    count: usize,
    point: PhantomData<P>,
}

impl<R: Read + Seek> Container<R> {
    /// The section of `count` points.
    ///
    /// # Errors
    /// [`CircomError::Length`] if it has another length; [`CircomError::SectionCount`].
    pub(crate) fn points<P: FilePoint>(
        &self,
        id: SectionId,
        count: usize,
    ) -> Result<Place<P>, CircomError> {
        let (offset, got) = self.place(id)?;
        let expected = (count as u64).saturating_mul(P::SIZE as u64);
        if got != expected {
            return Err(CircomError::Length {
                section: id.name,
                expected,
                got,
            });
        }
        Ok(Place {
            section: id.name,
            offset,
            count,
            point: PhantomData,
        })
    }

    /// The file, for everyone who reads points from it.
    pub(crate) fn share(self) -> Arc<Mutex<R>> {
        Arc::new(Mutex::new(self.into_reader()))
    }
}

/// The points of one section.
pub(crate) struct FilePoints<R, P> {
    reader: Arc<Mutex<R>>,
    place: Place<P>,
}

impl<R: Read + Seek + Send + 'static, P: FilePoint> FilePoints<R, P> {
    /// The points at a place of a file.
    pub(crate) fn points(reader: &Arc<Mutex<R>>, place: Place<P>) -> Points<P> {
        Points::new(Self {
            reader: Arc::clone(reader),
            place,
        })
    }
}

impl<R: Read + Seek + Send, P: FilePoint> PointSource<P> for FilePoints<R, P> {
    fn len(&self) -> usize {
        self.place.count
    }

    fn read(&self, range: Range<usize>) -> Result<Cow<'_, [P]>, Groth16ProveError> {
        let failed = |problem: &dyn std::fmt::Display| Groth16ProveError::KeyFile {
            problem: format!("section `{}`: {problem}", self.place.section),
        };
        let mut bytes = vec![0; range.len() * P::SIZE];
        {
            let mut reader = self.reader.lock().map_err(|error| failed(&error))?;
            let start = self.place.offset + (range.start * P::SIZE) as u64;
            reader
                .seek(SeekFrom::Start(start))
                .and_then(|_| reader.read_exact(&mut bytes))
                .map_err(|error| failed(&error))?;
        }
        let points = bytes.par_chunks_exact(P::SIZE).enumerate();
        let points = points.map(|(index, bytes)| {
            P::from_file(bytes).ok_or_else(|| {
                failed(&format_args!(
                    "point {}: not on the curve",
                    range.start + index
                ))
            })
        });
        points.collect::<Result<_, _>>().map(Cow::Owned)
    }
}

/// Writes a section of points.
pub(crate) fn write_points<P: FilePoint>(
    out: &mut impl Write,
    id: SectionId,
    points: &Points<P>,
) -> Result<(), CircomError> {
    write_section(out, id, (points.len() * P::SIZE) as u64)?;
    for part in points.parts() {
        for point in points.read(part)?.iter() {
            out.write_all(&point.to_file())?;
        }
    }
    Ok(())
}

const A: SectionId = SectionId::new(5, "points of A");
const B_G1: SectionId = SectionId::new(6, "points of B in G1");
const B_G2: SectionId = SectionId::new(7, "points of B in G2");
const PRIVATE: SectionId = SectionId::new(8, "points of private wires");
const QUOTIENT: SectionId = SectionId::new(9, "points of the quotient");

/// Where the points of a proving key are.
pub(crate) struct KeyPlaces {
    a: Place<G1Affine>,
    b_g1: Place<G1Affine>,
    b_g2: Place<G2Affine>,
    private: Place<G1Affine>,
    quotient: Place<G1Affine>,
}

impl KeyPlaces {
    /// In sections 5 to 9, of so many points.
    ///
    /// # Errors
    /// As [`Container::points`].
    pub(crate) fn of<R: Read + Seek>(
        file: &Container<R>,
        [wires, private, quotient]: [usize; 3],
    ) -> Result<Self, CircomError> {
        Ok(Self {
            a: file.points(A, wires)?,
            b_g1: file.points(B_G1, wires)?,
            b_g2: file.points(B_G2, wires)?,
            private: file.points(PRIVATE, private)?,
            quotient: file.points(QUOTIENT, quotient)?,
        })
    }

    /// The points themselves.
    pub(crate) fn sources<R: Read + Seek + Send + 'static>(
        self,
        reader: &Arc<Mutex<R>>,
        boundary: Points<G1Affine>,
    ) -> Sources {
        Sources {
            a: FilePoints::points(reader, self.a),
            b_g1: FilePoints::points(reader, self.b_g1),
            b_g2: FilePoints::points(reader, self.b_g2),
            private: FilePoints::points(reader, self.private),
            quotient: FilePoints::points(reader, self.quotient),
            boundary,
        }
    }
}

/// Writes sections 5 to 9 of a proving key.
pub(crate) fn write_key_points(out: &mut impl Write, sources: &Sources) -> Result<(), CircomError> {
    write_points(out, A, &sources.a)?;
    write_points(out, B_G1, &sources.b_g1)?;
    write_points(out, B_G2, &sources.b_g2)?;
    write_points(out, PRIVATE, &sources.private)?;
    write_points(out, QUOTIENT, &sources.quotient)
}
