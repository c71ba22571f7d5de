//! The `.npy` format, versions 1 to 3: little-endian f32, f64, i64, i32 and u8 in C order.
//!
//! Format: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>

use crate::error::InputError;

/// The first bytes of a file.
pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

/// An array as real numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct NpyArray {
    /// Axis lengths.
    pub shape: Vec<usize>,
    /// Row-major values.
    pub values: Vec<f32>,
}

fn wrong(expected: &str, got: impl Into<String>) -> InputError {
    InputError::Format {
        format: "npy",
        expected: expected.to_owned(),
        got: got.into(),
    }
}

/// Reads an array.
///
/// # Errors
/// [`InputError::Format`] if the bytes are not such a file.
pub fn parse_npy(bytes: &[u8]) -> Result<NpyArray, InputError> {
    let rest = bytes
        .strip_prefix(MAGIC)
        .ok_or_else(|| wrong("the magic bytes", "others"))?;
    let (length, rest) = match rest {
        [1, _, a, b, rest @ ..] => (u32::from(u16::from_le_bytes([*a, *b])), rest),
        [2 | 3, _, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]), rest),
        _ => return Err(wrong("version 1, 2 or 3", "another or a short file")),
    };
    let (header, data) = rest
        .split_at_checked(length as usize)
        .ok_or_else(|| wrong("a header", "a short file"))?;
    let header =
        std::str::from_utf8(header).map_err(|_| wrong("a header in text", "other bytes"))?;
    if !matches!(field(header, "fortran_order"), Some(v) if v.starts_with("False")) {
        return Err(wrong("C order", "Fortran order or none"));
    }
    let shape = parse_shape(header).ok_or_else(|| wrong("a shape", header))?;
    let descr = field(header, "descr").and_then(|v| v.strip_prefix('\''));
    let kind = descr.and_then(|v| v.split('\'').next()).unwrap_or("none");
    let values: Vec<f32> = match kind {
        "<f4" => decode(data, f32::from_le_bytes),
        "<f8" => decode(data, |bytes| f64::from_le_bytes(bytes) as f32),
        "<i8" => decode(data, |bytes| i64::from_le_bytes(bytes) as f32),
        "<i4" => decode(data, |bytes| i32::from_le_bytes(bytes) as f32),
        "|u1" => Some(data.iter().map(|&byte| byte.into()).collect()),
        other => return Err(wrong("type <f4, <f8, <i8, <i4 or |u1", other)),
    }
    .ok_or_else(|| wrong("whole values", "a partial one"))?;
    let count = shape
        .iter()
        .try_fold(1usize, |count, &dim| count.checked_mul(dim));
    if count != Some(values.len()) {
        let expected = format!("values for shape {shape:?}");
        return Err(wrong(&expected, values.len().to_string()));
    }
    Ok(NpyArray { shape, values })
}

/// What follows a key of the header's dictionary.
fn field<'a>(header: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = header.split_once(&format!("'{key}'"))?;
    rest.trim_start()
        .strip_prefix(':')
        .map(|value| value.trim_start())
}

fn parse_shape(header: &str) -> Option<Vec<usize>> {
    let (tuple, _) = field(header, "shape")?.strip_prefix('(')?.split_once(')')?;
    tuple
        .split(',')
        .map(str::trim)
        .filter(|dim| !dim.is_empty())
        .map(|dim| dim.parse().ok())
        .collect()
}

fn decode<const N: usize>(data: &[u8], read: impl Fn([u8; N]) -> f32) -> Option<Vec<f32>> {
    let (groups, rest) = data.as_chunks::<N>();
    rest.is_empty()
        .then(|| groups.iter().map(|&bytes| read(bytes)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(header: &str, data: &[u8]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([1, 0]);
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(data);
        bytes
    }

    #[test]
    fn reads_what_numpy_writes() {
        let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 1), }   \n";
        let data = [1.5f32.to_le_bytes(), (-2.0f32).to_le_bytes()].concat();
        let array = parse_npy(&file(header, &data)).unwrap();
        assert_eq!((array.shape, array.values), (vec![2, 1], vec![1.5, -2.0]));
        let header = "{'descr': '<i8', 'fortran_order': False, 'shape': (1,), }\n";
        let array = parse_npy(&file(header, &7i64.to_le_bytes())).unwrap();
        assert_eq!(array.values, [7.0]);
    }

    #[test]
    fn every_truncation_is_an_error() {
        let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }\n";
        let bytes = file(header, &1f64.to_le_bytes());
        assert!(parse_npy(&bytes).is_ok());
        for len in 0..bytes.len() {
            assert!(parse_npy(&bytes[..len]).is_err(), "{len} bytes");
        }
    }

    proptest::proptest! {
        #[test]
        fn random_bytes_never_panic(bytes: Vec<u8>) {
            let _ = parse_npy(&bytes);
            let _ = parse_npy(&file(&String::from_utf8_lossy(&bytes), &[]));
        }
    }
}
