//! Field elements and points as the files have them.
//!
//! Scalars of circuits and witnesses are integers; coordinates are Montgomery representatives of radix 2^256, which are
//! the words that arkworks computes on too; coefficients of keys carry that radix twice.

use std::io::Read;

use kernelwise_field::{
    AdditiveGroup, AffineRepr, BigInt, Fq, Fq2, Fr, G1Affine, G2Affine, PrimeField,
};

use super::CircomError;
use super::container::Section;

/// Bytes of a field element.
pub(crate) const BYTES: usize = 32;

/// Four little-endian words.
pub(crate) fn words(bytes: &[u8]) -> BigInt<4> {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(8)) {
        *word = u64::from_le_bytes(bytes.try_into().unwrap_or_default());
    }
    BigInt(words)
}

/// The bytes of four words.
pub(crate) fn bytes(words: &BigInt<4>) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    for (bytes, word) in bytes.chunks_exact_mut(8).zip(words.0) {
        bytes.copy_from_slice(&word.to_le_bytes());
    }
    bytes
}

/// The element that is this integer, if it is below the modulus.
pub(crate) fn scalar(bytes: &[u8]) -> Option<Fr> {
    Fr::from_bigint(words(bytes))
}

/// The integer that is this element.
pub(crate) fn scalar_bytes(value: &Fr) -> [u8; BYTES] {
    bytes(&value.into_bigint())
}

/// The element with this Montgomery representative, if it is below the modulus.
fn coordinate(bytes: &[u8]) -> Option<Fq> {
    let words = words(bytes);
    (words < Fq::MODULUS).then(|| Fq::new_unchecked(words))
}

/// The element that these words represent with the radix in twice.
pub(crate) fn doubly(bytes: &[u8]) -> Option<Fr> {
    let words = words(bytes);
    // Leaving the radix once gives the representative.
    (words < Fr::MODULUS).then(|| Fr::new_unchecked(Fr::new_unchecked(words).into_bigint()))
}

/// The inverse of [`doubly`].
pub(crate) fn doubly_bytes(value: &Fr) -> [u8; BYTES] {
    // An integer whose Montgomery form is the representative times the radix.
    bytes(&Fr::new(value.0).0)
}

/// A point as files have it: its coordinates, zeros for the identity.
pub(crate) trait FilePoint: AffineRepr {
    /// Bytes of a point.
    const SIZE: usize;

    /// The point, if the coordinates are canonical and on the curve.
    fn from_file(bytes: &[u8]) -> Option<Self>;

    /// The bytes of the point.
    fn to_file(&self) -> Vec<u8>;
}

impl FilePoint for G1Affine {
    const SIZE: usize = 2 * BYTES;

    fn from_file(bytes: &[u8]) -> Option<Self> {
        let (x, y) = bytes.split_at_checked(BYTES)?;
        let (x, y) = (coordinate(x)?, coordinate(y)?);
        if x == Fq::ZERO && y == Fq::ZERO {
            return Some(Self::identity());
        }
        let point = Self::new_unchecked(x, y);
        point.is_on_curve().then_some(point)
    }

    fn to_file(&self) -> Vec<u8> {
        let (x, y) = self.xy().unwrap_or_default();
        [bytes(&x.0), bytes(&y.0)].concat()
    }
}

impl FilePoint for G2Affine {
    const SIZE: usize = 4 * BYTES;

    fn from_file(bytes: &[u8]) -> Option<Self> {
        let mut coordinates = [Fq::ZERO; 4];
        for (coordinate_out, bytes) in coordinates.iter_mut().zip(bytes.chunks_exact(BYTES)) {
            *coordinate_out = coordinate(bytes)?;
        }
        let [x0, x1, y0, y1] = coordinates;
        let (x, y) = (Fq2::new(x0, x1), Fq2::new(y0, y1));
        if x == Fq2::ZERO && y == Fq2::ZERO {
            return Some(Self::identity());
        }
        let point = Self::new_unchecked(x, y);
        point.is_on_curve().then_some(point)
    }

    fn to_file(&self) -> Vec<u8> {
        let (x, y) = self.xy().unwrap_or_default();
        [x.c0, x.c1, y.c0, y.c1].map(|c| bytes(&c.0)).concat()
    }
}

/// Reads the size and the modulus of a field, which must be `F`'s.
pub(crate) fn check_field<F: PrimeField<BigInt = BigInt<4>>>(
    section: &mut Section<'_, impl Read>,
    field: &'static str,
) -> Result<(), CircomError> {
    let wrong = CircomError::Field {
        section: section.name(),
        field,
    };
    if section.u32()? as usize != BYTES {
        return Err(wrong);
    }
    if words(&section.array::<BYTES>()?) != F::MODULUS {
        return Err(wrong);
    }
    Ok(())
}

/// The size and modulus of a field, as [`check_field`] reads them.
pub(crate) fn field_head<F: PrimeField<BigInt = BigInt<4>>>() -> Vec<u8> {
    let mut out = (BYTES as u32).to_le_bytes().to_vec();
    out.extend_from_slice(&bytes(&F::MODULUS));
    out
}

/// One point.
pub(crate) fn point<P: FilePoint>(
    section: &mut Section<'_, impl Read>,
    what: &'static str,
) -> Result<P, CircomError> {
    let mut bytes = vec![0; P::SIZE];
    section.fill(&mut bytes)?;
    P::from_file(&bytes).ok_or(CircomError::Value {
        section: section.name(),
        what,
        index: 0,
        expected: "a point of the curve",
    })
}

/// All points of a section.
pub(crate) fn points<P: FilePoint>(
    mut section: Section<'_, impl Read>,
    count: usize,
) -> Result<Vec<P>, CircomError> {
    let name = section.name();
    let needed = (count as u64).saturating_mul(P::SIZE as u64);
    if section.left() != needed {
        return Err(CircomError::Length {
            section: name,
            expected: needed,
            got: section.left(),
        });
    }
    let mut points = Vec::with_capacity(count);
    section.records(count as u64, P::SIZE, |index, bytes| {
        points.push(P::from_file(bytes).ok_or(CircomError::Value {
            section: name,
            what: "point",
            index,
            expected: "a point of the curve",
        })?);
        Ok(())
    })?;
    section.end()?;
    Ok(points)
}
