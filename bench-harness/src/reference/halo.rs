//! Halo2curves: conversions at the seam, and canonical bytes of its values.

use halo2curves::bn256;
use halo2curves::ff::PrimeField as _;
use halo2curves::group::Curve as _;
use kernelwise_field::{AffineRepr, BigInteger, Fq, Fr, G1Affine, PrimeField};

use crate::error::BenchError;

/// Whether this processor has the instructions that the library was compiled with.
pub fn is_available() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        std::arch::is_x86_feature_detected!("bmi2") && std::arch::is_x86_feature_detected!("adx")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        true
    }
}

fn refused(problem: &str) -> BenchError {
    BenchError::Reference {
        library: super::HALO,
        problem: problem.to_owned(),
    }
}

fn repr(bytes: &[u8]) -> [u8; 32] {
    let mut array = [0; 32];
    for (to, from) in array.iter_mut().zip(bytes) {
        *to = *from;
    }
    array
}

/// The same elements in the library's form.
///
/// # Errors
/// [`BenchError::Reference`] if it refuses one.
pub fn scalars(values: &[Fr]) -> Result<Vec<bn256::Fr>, BenchError> {
    let convert = |value: &Fr| {
        let bytes = repr(&value.into_bigint().to_bytes_le());
        Option::from(bn256::Fr::from_repr(bytes.into())).ok_or_else(|| refused("a field element"))
    };
    values.iter().map(convert).collect()
}

/// The same points in the library's form.
///
/// # Errors
/// [`BenchError::Reference`] if it refuses a coordinate.
pub fn points(values: &[G1Affine]) -> Result<Vec<bn256::G1Affine>, BenchError> {
    let coordinate = |value: Fq| {
        let bytes = repr(&value.into_bigint().to_bytes_le());
        Option::from(bn256::Fq::from_repr(bytes.into())).ok_or_else(|| refused("a coordinate"))
    };
    values
        .iter()
        .map(|point| {
            let (x, y) = point.xy().unwrap_or_default();
            Ok(bn256::G1Affine {
                x: coordinate(x)?,
                y: coordinate(y)?,
            })
        })
        .collect()
}

/// 32 little-endian bytes per element.
pub fn field_bytes(values: &[bn256::Fr]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_repr().as_ref().to_vec())
        .collect()
}

/// Both affine coordinates of every point; zeros for the identity.
pub fn point_bytes(values: &[bn256::G1]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|point| {
            let affine = point.to_affine();
            let (x, y) = (affine.x.to_repr(), affine.y.to_repr());
            [x.as_ref().to_vec(), y.as_ref().to_vec()].concat()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use kernelwise_field::AdditiveGroup;

    use super::*;
    use crate::inputs::{self, Rng};
    use crate::reference::ark;

    #[test]
    fn conversions_keep_the_bytes() {
        if !is_available() {
            return;
        }
        let values = Rng::new(2).fields(5);
        assert_eq!(
            field_bytes(&scalars(&values).unwrap()),
            ark::field_bytes(&values)
        );
        let bases = inputs::points::<kernelwise_field::G1>(2, 5);
        let converted: Vec<bn256::G1> = points(&bases)
            .unwrap()
            .into_iter()
            .map(Into::into)
            .collect();
        let projective: Vec<_> = bases.iter().map(|&base| base.into()).collect();
        assert_eq!(point_bytes(&converted), ark::point_bytes(&projective));
        assert_eq!(
            point_bytes(&[bn256::G1::default()]),
            ark::point_bytes(&[kernelwise_field::G1::ZERO])
        );
    }
}
