//! Both paths against plain sums, where shapes meet the edges of blocks and runs.

use kernelwise_field::{Field, PrimeField};
use kernelwise_hal::IntSlice;

use super::*;

fn weight(i: usize) -> Fr {
    let x = Fr::from(i as u64 + 2);
    -(x * x * x).inverse().unwrap_or(x)
}

fn expected(matrix: IntMatrix<'_>, axis: ContractAxis, weights: &[Fr]) -> Vec<Fr> {
    let len = outputs(&matrix, axis);
    let mut out = vec![Fr::ZERO; len];
    for (index, value) in matrix.data().iter().enumerate() {
        let (row, col) = (index / matrix.cols(), index % matrix.cols());
        match axis {
            ContractAxis::Rows => out[col] += weights[row] * Fr::from(value),
            ContractAxis::Cols => out[row] += weights[col] * Fr::from(value),
        }
    }
    out
}

fn check(data: IntSlice<'_>, rows: usize, cols: usize, weight: impl Fn(usize) -> Fr) {
    let matrix = IntMatrix::new(data, rows, cols).unwrap();
    for (axis, len) in [(ContractAxis::Rows, rows), (ContractAxis::Cols, cols)] {
        let weights: Vec<Fr> = (0..len).map(&weight).collect();
        let expected = expected(matrix, axis, &weights);
        assert_eq!(
            limbs::contract(matrix, axis, &weights),
            expected,
            "{rows} x {cols} over {axis:?}"
        );
        #[cfg(target_arch = "x86_64")]
        if let Some(vnni) = crate::simd::contract::Vnni::detect() {
            let planes = planes::contract(vnni, matrix, axis, &weights);
            assert_eq!(planes, expected, "{rows} x {cols} over {axis:?}");
        }
    }
}

#[test]
fn edges_of_blocks() {
    for (rows, cols) in [
        (1, 1),
        (3, 2),
        (127, 5),
        (129, 1023),
        (130, 1026),
        (1025, 129),
        (2, 4099),
    ] {
        let value = |i: usize| (i as i64).wrapping_mul(0x9e37_79b9_7f4a_7c15u64 as i64);
        let len = rows * cols;
        let bytes: Vec<i8> = (0..len).map(|i| (value(i) >> 56) as i8).collect();
        check(IntSlice::I8(&bytes), rows, cols, weight);
        let words: Vec<i16> = (0..len).map(|i| (value(i) >> 48) as i16).collect();
        check(IntSlice::I16(&words), rows, cols, weight);
        let words: Vec<i32> = (0..len).map(|i| (value(i) >> 32) as i32).collect();
        check(IntSlice::I32(&words), rows, cols, weight);
        let words: Vec<i64> = (0..len).map(value).collect();
        check(IntSlice::I64(&words), rows, cols, weight);
    }
}

/// More products than one sum may take, all of the same sign and the largest magnitude.
#[test]
fn edges_of_runs() {
    let len = (1 << 16) + 5;
    // The element whose Montgomery form is p − 1.
    let largest = Fr::new_unchecked((-Fr::ONE).into_bigint());
    for (rows, cols) in [(1, len), (len, 1)] {
        check(IntSlice::I8(&vec![i8::MIN; len]), rows, cols, |_| largest);
        check(IntSlice::I16(&vec![i16::MIN; len]), rows, cols, |_| largest);
        check(IntSlice::I64(&vec![i64::MAX; len]), rows, cols, |_| largest);
    }
}
