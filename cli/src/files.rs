//! Reading and writing files so that nothing is lost: whole, checked, and renamed into place.

use std::fs::{self, File};
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use kernelwise_core::wire::{FileKind, decode_file, encode_file};

use crate::error::Failure;
use crate::mapped;

/// Files larger than this are refused before they are read: 16 GiB.
const MAX_FILE_BYTES: u64 = 1 << 34;

/// Opens a file of reasonable size; returns its length with it.
fn open(path: &Path) -> Result<(File, u64), Failure> {
    let failed = |source| Failure::Read {
        path: path.to_owned(),
        source,
    };
    let file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    if length > MAX_FILE_BYTES {
        return Err(Failure::TooLarge {
            path: path.to_owned(),
            limit: MAX_FILE_BYTES,
            got: length,
        });
    }
    Ok((file, length))
}

/// Reads a whole file.
pub fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let (file, length) = open(path)?;
    let mut bytes = Vec::with_capacity(length as usize);
    file.take(MAX_FILE_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|source| Failure::Read {
            path: path.to_owned(),
            source,
        })?;
    Ok(bytes)
}

/// Reads the payload of a Kernelwise file of this kind.
pub fn read_kind(kind: FileKind, path: &Path) -> Result<Bytes, Failure> {
    payload(kind, path, read(path)?.into())
}

/// As [`read_kind`], but the payload stays in the file: [`mapped::map`] says what that means.
pub fn map_kind(kind: FileKind, path: &Path) -> Result<Bytes, Failure> {
    let (file, _) = open(path)?;
    let bytes = mapped::map(&file).map_err(|source| Failure::Read {
        path: path.to_owned(),
        source,
    })?;
    payload(kind, path, bytes)
}

fn payload(kind: FileKind, path: &Path, bytes: Bytes) -> Result<Bytes, Failure> {
    let payload = decode_file(kind, &bytes).map_err(|source| Failure::Format {
        path: path.to_owned(),
        source,
    })?;
    Ok(bytes.slice_ref(payload))
}

/// Writes a file under a temporary name beside it, flushes it to the disk, then renames it: after a crash there is the old file or
/// the new one, never half of one.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |source| Failure::Write {
        path: path.to_owned(),
        source,
    };
    write_with(path, |out| out.write_all(bytes).map_err(failed))
}

/// As [`write()`], in pieces.
pub fn write_with(
    path: &Path,
    contents: impl FnOnce(&mut BufWriter<File>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let temporary = temporary_name(path);
    let failed = |source| Failure::Write {
        path: path.to_owned(),
        source,
    };
    let written = (|| {
        let mut out = BufWriter::new(File::create(&temporary).map_err(failed)?);
        contents(&mut out)?;
        let file = out
            .into_inner()
            .map_err(|error| failed(error.into_error()))?;
        file.sync_all().map_err(failed)?;
        fs::rename(&temporary, path).map_err(failed)
    })();
    if written.is_err() {
        // Best effort: the error to report is the first one.
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Writes a payload as a Kernelwise file of this kind.
pub fn write_kind(kind: FileKind, path: &Path, payload: &[u8]) -> Result<(), Failure> {
    write(path, &encode_file(kind, payload))
}

/// Creates a folder and those above it.
pub fn create_folder(path: &Path) -> Result<(), Failure> {
    fs::create_dir_all(path).map_err(|source| Failure::Write {
        path: path.to_owned(),
        source,
    })
}

fn temporary_name(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}
