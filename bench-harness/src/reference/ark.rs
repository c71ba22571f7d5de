//! Arkworks: what it computes, and canonical bytes of its values.

use kernelwise_field::{
    AffineRepr, BigInteger, CurveGroup, Fq, Fr, G1, G1Affine, G2, PrimeField, VariableBaseMSM,
};
use kernelwise_hal::IntSlice;

/// 32 little-endian bytes per element.
pub fn field_bytes(values: &[Fr]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.into_bigint().to_bytes_le())
        .collect()
}

fn coordinate(value: Fq) -> Vec<u8> {
    value.into_bigint().to_bytes_le()
}

/// Both affine coordinates of every point; zeros for the identity.
pub fn point_bytes(points: &[G1]) -> Vec<u8> {
    G1::normalize_batch(points)
        .iter()
        .flat_map(|point| {
            let (x, y) = point.xy().unwrap_or_default();
            [coordinate(x), coordinate(y)].concat()
        })
        .collect()
}

/// All components of both affine coordinates; zeros for the identity.
pub fn point_g2_bytes(point: &G2) -> Vec<u8> {
    let (x, y) = point.into_affine().xy().unwrap_or_default();
    [x.c0, x.c1, y.c0, y.c1].map(coordinate).concat()
}

/// `Σ scalars_i · bases_i` over as many bases as there are scalars.
pub fn msm(bases: &[G1Affine], scalars: &[Fr]) -> G1 {
    G1::msm_unchecked(bases, scalars)
}

/// The same for bits.
pub fn msm_bits(bases: &[G1Affine], bits: &[bool]) -> G1 {
    G1::msm_u1(bases, bits)
}

/// The same for small signed integers, in the library's unsigned routine of that width over bases of the right sign.
pub fn msm_ints(bases: &[G1Affine], scalars: IntSlice<'_>) -> G1 {
    fn signed<'a, T: Copy>(
        bases: &'a [G1Affine],
        scalars: &'a [T],
        negative: impl Fn(T) -> bool + 'a,
    ) -> Vec<G1Affine> {
        let flip = |(&base, &scalar): (&G1Affine, &T)| if negative(scalar) { -base } else { base };
        bases.iter().zip(scalars).map(flip).collect()
    }
    match scalars {
        IntSlice::I8(values) => {
            let magnitudes: Vec<u8> = values.iter().map(|v| v.unsigned_abs()).collect();
            G1::msm_u8(&signed(bases, values, |v| v < 0), &magnitudes)
        }
        IntSlice::I16(values) => {
            let magnitudes: Vec<u16> = values.iter().map(|v| v.unsigned_abs()).collect();
            G1::msm_u16(&signed(bases, values, |v| v < 0), &magnitudes)
        }
        IntSlice::I32(values) => {
            let magnitudes: Vec<u32> = values.iter().map(|v| v.unsigned_abs()).collect();
            G1::msm_u32(&signed(bases, values, |v| v < 0), &magnitudes)
        }
        IntSlice::I64(values) => {
            let magnitudes: Vec<u64> = values.iter().map(|v| v.unsigned_abs()).collect();
            G1::msm_u64(&signed(bases, values, |v| v < 0), &magnitudes)
        }
    }
}

/// Sums of one product per entry, along rows or columns, with integers lifted by a table.
pub struct Contraction {
    lifted: Vec<Fr>,
    offset: i64,
}

impl Contraction {
    /// Prepares the lift of integers of `bits` bits.
    pub fn new(bits: u32) -> Self {
        let half = 1i64 << (bits - 1);
        Self {
            lifted: (-half..half).map(Fr::from).collect(),
            offset: half,
        }
    }

    fn lift<T: Copy + Into<i64>>(&self, value: T) -> Fr {
        self.lifted[(value.into() + self.offset) as usize]
    }

    /// One weight per column: one sum per row.
    pub fn over_columns<T: Copy + Into<i64>>(&self, matrix: &[T], weights: &[Fr]) -> Vec<Fr> {
        let sum = |row: &[T]| {
            row.iter()
                .zip(weights)
                .map(|(&m, w)| self.lift(m) * w)
                .sum()
        };
        matrix.chunks(weights.len().max(1)).map(sum).collect()
    }

    /// One weight per row: one sum per column.
    pub fn over_rows<T: Copy + Into<i64>>(&self, matrix: &[T], weights: &[Fr]) -> Vec<Fr> {
        let columns = matrix.len() / weights.len().max(1);
        let mut sums = vec![Fr::default(); columns];
        for (row, weight) in matrix.chunks(columns.max(1)).zip(weights) {
            for (sum, &m) in sums.iter_mut().zip(row) {
                *sum += self.lift(m) * weight;
            }
        }
        sums
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::{Rng, points};

    #[test]
    fn signed_small_scalars_are_field_scalars() {
        let bases = points::<kernelwise_field::G1>(3, 20);
        let values: Vec<i8> = (0..20).map(|i| (i * 37 % 256 - 128) as i8).collect();
        let lifted: Vec<Fr> = values.iter().map(|&v| Fr::from(v)).collect();
        assert_eq!(
            msm_ints(&bases, IntSlice::I8(&values)),
            msm(&bases, &lifted)
        );
    }

    #[test]
    fn both_axes_agree_with_the_definition() {
        let matrix = [1i8, -2, 3, -128, 127, 0];
        let contraction = Contraction::new(8);
        let weights = Rng::new(1).fields(3);
        let at = |i: usize| Fr::from(matrix[i]);
        let [a, b, c] = [weights[0], weights[1], weights[2]];
        assert_eq!(
            contraction.over_columns(&matrix, &weights),
            [
                at(0) * a + at(1) * b + at(2) * c,
                at(3) * a + at(4) * b + at(5) * c
            ]
        );
        assert_eq!(
            contraction.over_rows(&matrix, &weights),
            [
                at(0) * a + at(2) * b + at(4) * c,
                at(1) * a + at(3) * b + at(5) * c
            ]
        );
    }
}
