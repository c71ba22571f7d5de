//! The scalars of the quotient's bases, from the values of the wires.
//!
//! ```text
//! h = (a·b − c)/Z      a = Σ z_i·u_i and so on, of degree below n; Z = Xⁿ − 1
//! ```
//! Values of `a`, `b` and `c` on the domain are the products of the matrices with `z`; `c = a·b` there, where the
//! constraints hold, so its matrix is not needed. `h` comes from values on a coset, on which `Z` is constant.

use kernelwise_field::{AdditiveGroup, FftField, Field, Fr};
use kernelwise_hal::Ntt;
use kernelwise_hal::ntt::generator;
use rayon::prelude::*;

use crate::error::Groth16ProveError;
use crate::r1cs::Matrix;
use crate::setup::QuotientForm;

/// Rows that a thread takes at a time.
const CHUNK: usize = 1 << 9;

/// The matrices as a prover needs them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) a: &'a Matrix,
    pub(crate) b: &'a Matrix,
    /// Rows `1·z_i · 0 = 0` of the first wires, after those of the matrices.
    pub(crate) own_rows: usize,
}

/// The scalars for the bases of the quotient in the given form.
///
/// # Cost
/// Six transforms, seven for [`QuotientForm::Powers`]; three vectors of the size of the domain.
pub(crate) fn scalars(
    ntt: &dyn Ntt,
    rows: Rows<'_>,
    wires: &[Fr],
    form: QuotientForm,
    len: usize,
) -> Result<Vec<Fr>, Groth16ProveError> {
    let mut a = product(rows.a, wires, len);
    let own = a.iter_mut().skip(rows.a.rows());
    for (value, wire) in own.zip(wires).take(rows.own_rows) {
        *value = *wire;
    }
    let mut b = product(rows.b, wires, len);
    let mut c = vec![Fr::ZERO; len];
    let products = c.par_iter_mut().zip(&a).zip(&b).with_min_len(CHUNK);
    products.for_each(|((c, a), b)| *c = *a * b);

    let shift = match form {
        QuotientForm::Powers => Fr::GENERATOR,
        QuotientForm::OddValues => generator(2 * len)?,
    };
    for values in [&mut a, &mut b, &mut c] {
        ntt.inverse(values, Fr::ONE)?;
        ntt.forward(values, shift)?;
    }
    let factor = match form {
        // The coset has no root of unity of order n, so Z is not zero.
        QuotientForm::Powers => (shift.pow([len as u64]) - Fr::ONE).inverse(),
        QuotientForm::OddValues => None,
    };
    let values = a.par_iter_mut().zip(&b).zip(&c).with_min_len(CHUNK);
    values.for_each(|((a, b), c)| {
        *a = *a * b - c;
        if let Some(factor) = &factor {
            *a *= factor;
        }
    });
    drop((b, c));
    if form == QuotientForm::Powers {
        ntt.inverse(&mut a, shift)?;
        // The degree is at most n − 2.
        a.truncate(len - 1);
    }
    Ok(a)
}

/// The product of a matrix with the wires, filled up with zeros.
fn product(matrix: &Matrix, wires: &[Fr], len: usize) -> Vec<Fr> {
    let mut values = vec![Fr::ZERO; len];
    values
        .par_iter_mut()
        .take(matrix.rows())
        .enumerate()
        .with_min_len(CHUNK)
        .for_each(|(row, value)| *value = matrix.row_product(row, wires));
    values
}
