//! Frames of the link: requests to the core, responses from it.
//!
//! | | magic | header | data | end |
//! |---|---|---|---|---|
//! | request | `KW` | 18 bytes | up to [`MAX_DATA_BYTES`] | CRC-32 of header and data |
//! | response | `kw` | sequence, status, rows, zero | rows of 32 bytes | CRC-32 of header and data |
//!
//! Integers are little-endian. The header of a request is described at [`Request`]. A [`Scanner`] finds frames in a stream of
//! bytes: whatever is not a frame with a right checksum is skipped, byte by byte.

use std::marker::PhantomData;

use crate::isa::Row;

/// Most data bytes of a request.
pub const MAX_DATA_BYTES: usize = 3840;

/// Most rows of a response.
pub const MAX_READ_ROWS: usize = 255;

/// Bytes of a row.
pub const ROW_BYTES: usize = 32;

const REQUEST_HEADER: usize = 18;
const RESPONSE_HEADER: usize = 4;

/// What a request writes: rows whose upper bytes are filled with zeros or the sign.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Write {
    /// First row.
    pub address: u16,
    /// Rows.
    pub rows: u8,
    /// Bytes of a row that are sent, `1 ..= 32`.
    pub row_bytes: u8,
    /// Fill with the sign instead of zeros.
    pub sign_extend: bool,
    /// `rows · row_bytes` bytes.
    pub data: Vec<u8>,
}

/// What a request runs: a list of jobs, several times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Run {
    /// Row of the first job.
    pub first: u16,
    /// Jobs; none runs nothing.
    pub jobs: u8,
    /// Times to run the list.
    pub repeats: u16,
}

/// What a request reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Read {
    /// First row, or register.
    pub address: u16,
    /// Rows.
    pub rows: u8,
}

/// A request: write, then run, then read; each may be empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// Repeated requests carry the number of the first attempt.
    pub sequence: u8,
    /// Abandon whatever is going on, first.
    pub reset: bool,
    /// Rows to write.
    pub write: Write,
    /// Jobs to run.
    pub run: Run,
    /// Rows to read.
    pub read: Read,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// Of the request.
    pub sequence: u8,
    /// The request had been carried out before, and was not again.
    pub repetition: bool,
    /// No reset came since power-up: whatever was in memory is lost.
    pub fresh: bool,
    /// The rows that were asked for.
    pub rows: Vec<Row>,
}

/// The bytes of a row.
pub fn row_bytes(row: &Row) -> [u8; ROW_BYTES] {
    let mut bytes = [0; ROW_BYTES];
    for (chunk, limb) in bytes.chunks_exact_mut(8).zip(row) {
        chunk.copy_from_slice(&limb.to_le_bytes());
    }
    bytes
}

/// The row of up to 32 bytes.
pub fn row_of(bytes: &[u8]) -> Row {
    let mut row = [0; 4];
    for (i, &byte) in bytes.iter().take(ROW_BYTES).enumerate() {
        row[i / 8] |= u64::from(byte) << (8 * (i % 8));
    }
    row
}

/// A kind of frame.
pub trait Frame: Sized {
    /// The two bytes that it starts with.
    const MAGIC: [u8; 2];

    /// Bytes of its header.
    const HEADER: usize;

    /// Data bytes that follow `header`, or `None` if there is no such header.
    fn data_bytes(header: &[u8]) -> Option<usize>;

    /// The frame of a header and as many data bytes as it announces.
    fn parse(header: &[u8], data: &[u8]) -> Option<Self>;

    /// Header and data.
    fn body(&self) -> Vec<u8>;

    /// The bytes to send.
    fn encode(&self) -> Vec<u8> {
        let body = self.body();
        let sum = crc32fast::hash(&body).to_le_bytes();
        [&Self::MAGIC[..], &body, &sum].concat()
    }
}

fn short(bytes: &[u8], at: usize) -> u16 {
    u16::from(bytes[at]) | u16::from(bytes[at + 1]) << 8
}

impl Frame for Request {
    const MAGIC: [u8; 2] = *b"KW";
    const HEADER: usize = REQUEST_HEADER;

    fn data_bytes(header: &[u8]) -> Option<usize> {
        let length = usize::from(short(header, 2));
        (length <= MAX_DATA_BYTES).then_some(length)
    }

    fn parse(header: &[u8], data: &[u8]) -> Option<Self> {
        Some(Self {
            sequence: header[0],
            reset: header[1] & 1 == 1,
            write: Write {
                address: short(header, 4),
                rows: header[6],
                row_bytes: header[7],
                sign_extend: header[1] & 2 == 2,
                data: data.to_vec(),
            },
            run: Run {
                first: short(header, 8),
                jobs: header[10],
                repeats: short(header, 12),
            },
            read: Read {
                address: short(header, 14),
                rows: header[16],
            },
        })
    }

    fn body(&self) -> Vec<u8> {
        let (write, run, read) = (&self.write, &self.run, &self.read);
        let mut body = Vec::with_capacity(REQUEST_HEADER + write.data.len());
        body.push(self.sequence);
        body.push(u8::from(self.reset) | u8::from(write.sign_extend) << 1);
        body.extend((write.data.len() as u16).to_le_bytes());
        body.extend(write.address.to_le_bytes());
        body.extend([write.rows, write.row_bytes]);
        body.extend(run.first.to_le_bytes());
        body.extend([run.jobs, 0]);
        body.extend(run.repeats.to_le_bytes());
        body.extend(read.address.to_le_bytes());
        body.extend([read.rows, 0]);
        body.extend(&write.data);
        body
    }
}

impl Frame for Response {
    const MAGIC: [u8; 2] = *b"kw";
    const HEADER: usize = RESPONSE_HEADER;

    fn data_bytes(header: &[u8]) -> Option<usize> {
        (header[1] <= 2 && header[3] == 0).then(|| usize::from(header[2]) * ROW_BYTES)
    }

    fn parse(header: &[u8], data: &[u8]) -> Option<Self> {
        Some(Self {
            sequence: header[0],
            repetition: header[1] == 1,
            fresh: header[1] == 2,
            rows: data.chunks(ROW_BYTES).map(row_of).collect(),
        })
    }

    fn body(&self) -> Vec<u8> {
        let rows = self.rows.iter().flat_map(row_bytes);
        let status = if self.fresh {
            2
        } else {
            u8::from(self.repetition)
        };
        let header = [self.sequence, status, self.rows.len() as u8, 0];
        header.into_iter().chain(rows).collect()
    }
}

/// Finds frames in a stream of bytes.
#[derive(Debug)]
pub struct Scanner<F> {
    pending: Vec<u8>,
    skipped: usize,
    frame: PhantomData<F>,
}

impl<F> Default for Scanner<F> {
    fn default() -> Self {
        Self {
            pending: Vec::new(),
            skipped: 0,
            frame: PhantomData,
        }
    }
}

impl<F: Frame> Scanner<F> {
    /// An empty scanner.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes that belonged to no frame so far.
    pub fn skipped(&self) -> usize {
        self.skipped
    }

    /// Forgets what is pending.
    pub fn clear(&mut self) {
        self.skipped += self.pending.len();
        self.pending.clear();
    }

    /// Appends received bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// The next complete frame, if there is one.
    ///
    /// Keeps at most one frame's worth of bytes.
    pub fn frame(&mut self) -> Option<F> {
        loop {
            let start = (0..self.pending.len())
                .find(|&i| F::MAGIC.starts_with(&self.pending[i..self.pending.len().min(i + 2)]))
                .unwrap_or(self.pending.len());
            self.skip(start);
            let header = self.pending.get(2..2 + F::HEADER)?;
            let Some(length) = F::data_bytes(header) else {
                self.skip(1);
                continue;
            };
            let end = 2 + F::HEADER + length;
            let sum = self.pending.get(end..end + 4)?;
            if crc32fast::hash(&self.pending[2..end]).to_le_bytes() == *sum {
                let frame = F::parse(header, &self.pending[2 + F::HEADER..end]);
                self.pending.drain(..end + 4);
                if frame.is_some() {
                    return frame;
                }
            } else {
                self.skip(1);
            }
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.skipped += bytes;
        self.pending.drain(..bytes);
    }
}
