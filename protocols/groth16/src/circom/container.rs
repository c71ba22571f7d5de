//! The container that all binary files share.
//!
//! ```text
//! magic (4 bytes) · version u32 · sections u32 · { type u32 · length u64 · contents }*
//! ```
//! Everything is little-endian.

use std::io::{Read, Seek, SeekFrom, Write};

use super::CircomError;

/// Bytes of a section's contents read at a time.
const CHUNK: usize = 1 << 20;

/// A kind of file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    /// Its magic, which is also its extension.
    name: &'static str,
    /// The newest version that is read, and the one that is written.
    version: u32,
}

impl Kind {
    pub(crate) const fn new(name: &'static str, version: u32) -> Self {
        Self { name, version }
    }
}

/// The name of a section in errors, and its type.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SectionId {
    pub(crate) name: &'static str,
    id: u32,
}

impl SectionId {
    pub(crate) const fn new(id: u32, name: &'static str) -> Self {
        Self { name, id }
    }
}

/// Where the contents of a section are.
#[derive(Debug, Clone, Copy)]
struct Place {
    id: u32,
    offset: u64,
    len: u64,
}

/// An open file whose table of sections is read.
pub(crate) struct Container<R> {
    reader: R,
    places: Vec<Place>,
}

impl<R: Read + Seek> Container<R> {
    /// Reads the table of sections.
    pub(crate) fn open(mut reader: R, kind: Kind) -> Result<Self, CircomError> {
        let total = reader.seek(SeekFrom::End(0))?;
        reader.seek(SeekFrom::Start(0))?;
        let mut header = [0; 12];
        if total < header.len() as u64 {
            return Err(CircomError::Magic {
                expected: kind.name,
            });
        }
        reader.read_exact(&mut header)?;
        let word = |at: usize| {
            let bytes = [header[at], header[at + 1], header[at + 2], header[at + 3]];
            u32::from_le_bytes(bytes)
        };
        if &header[..4] != kind.name.as_bytes() {
            return Err(CircomError::Magic {
                expected: kind.name,
            });
        }
        let (version, count) = (word(4), word(8));
        if version > kind.version || version == 0 {
            return Err(CircomError::Version {
                kind: kind.name,
                limit: kind.version,
                got: version,
            });
        }
        let mut places = Vec::new();
        let mut at = header.len() as u64;
        for index in 0..count {
            let cut_off = || CircomError::CutOff { index };
            let offset = at.checked_add(12).ok_or_else(cut_off)?;
            if offset > total {
                return Err(cut_off());
            }
            let mut entry = [0; 12];
            reader.seek(SeekFrom::Start(at))?;
            reader.read_exact(&mut entry)?;
            let (id, len) = entry.split_at(4);
            let id = u32::from_le_bytes(id.try_into().unwrap_or_default());
            let len = u64::from_le_bytes(len.try_into().unwrap_or_default());
            at = offset.checked_add(len).ok_or_else(cut_off)?;
            if at > total {
                return Err(cut_off());
            }
            places.push(Place { id, offset, len });
        }
        Ok(Self { reader, places })
    }

    /// Offset and length of the only section of this type.
    pub(crate) fn place(&self, id: SectionId) -> Result<(u64, u64), CircomError> {
        let mut found = self.places.iter().filter(|place| place.id == id.id);
        let (Some(place), None) = (found.next(), found.next()) else {
            return Err(CircomError::SectionCount {
                section: id.name,
                got: self.places.iter().filter(|p| p.id == id.id).count(),
            });
        };
        Ok((place.offset, place.len))
    }

    /// The only section of this type, about to be read.
    pub(crate) fn section(&mut self, id: SectionId) -> Result<Section<'_, R>, CircomError> {
        let (offset, len) = self.place(id)?;
        self.reader.seek(SeekFrom::Start(offset))?;
        Ok(Section {
            name: id.name,
            len,
            left: len,
            reader: &mut self.reader,
        })
    }

    /// The file.
    pub(crate) fn into_reader(self) -> R {
        self.reader
    }
}

/// The contents of a section, front to back.
pub(crate) struct Section<'a, R> {
    name: &'static str,
    len: u64,
    left: u64,
    reader: &'a mut R,
}

impl<R: Read> Section<'_, R> {
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Bytes not read yet.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }

    fn short(&self, needed: u64) -> CircomError {
        CircomError::Length {
            section: self.name,
            expected: (self.len - self.left).saturating_add(needed),
            got: self.len,
        }
    }

    /// The next bytes.
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) -> Result<(), CircomError> {
        let needed = bytes.len() as u64;
        if needed > self.left {
            return Err(self.short(needed));
        }
        self.reader.read_exact(bytes)?;
        self.left -= needed;
        Ok(())
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], CircomError> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, CircomError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, CircomError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// Calls `each` with the index and bytes of `count` records of `size` bytes, a part of the section at a time.
    ///
    /// Whether they are there is checked before anything is read.
    pub(crate) fn records(
        &mut self,
        count: u64,
        size: usize,
        mut each: impl FnMut(u64, &[u8]) -> Result<(), CircomError>,
    ) -> Result<(), CircomError> {
        let needed = count.saturating_mul(size as u64);
        if needed > self.left {
            return Err(self.short(needed));
        }
        let at_once = (CHUNK / size).max(1) as u64;
        let mut buffer = Vec::new();
        let mut index = 0;
        while index < count {
            let part = at_once.min(count - index);
            buffer.resize(part as usize * size, 0);
            self.fill(&mut buffer)?;
            for record in buffer.chunks_exact(size) {
                each(index, record)?;
                index += 1;
            }
        }
        Ok(())
    }

    /// Nothing may be left.
    pub(crate) fn end(self) -> Result<(), CircomError> {
        if self.left == 0 {
            return Ok(());
        }
        Err(CircomError::Length {
            section: self.name,
            expected: self.len - self.left,
            got: self.len,
        })
    }
}

/// Writes the head of a file.
pub(crate) fn write_head(out: &mut impl Write, kind: Kind, count: u32) -> Result<(), CircomError> {
    out.write_all(kind.name.as_bytes())?;
    out.write_all(&kind.version.to_le_bytes())?;
    out.write_all(&count.to_le_bytes())?;
    Ok(())
}

/// Writes the head of a section.
pub(crate) fn write_section(
    out: &mut impl Write,
    id: SectionId,
    len: u64,
) -> Result<(), CircomError> {
    out.write_all(&id.id.to_le_bytes())?;
    out.write_all(&len.to_le_bytes())?;
    Ok(())
}
