//! Field elements as rows and back: the core's lazy Montgomery form is arkworks' own, up to one subtraction.

use kernelwise_hal::field::{BigInt, Fq, Fr};

use crate::isa::Row;
use crate::model::Modulus;

/// `row`, below twice the modulus, reduced once; `None` if it was not below.
fn canonical(row: Row, modulus: &Modulus) -> Option<BigInt<4>> {
    let (value, m) = (BigInt(row), BigInt(*modulus.limbs()));
    if value < m {
        return Some(value);
    }
    let mut borrow = false;
    let reduced = std::array::from_fn(|i| {
        let (x, first) = row[i].overflowing_sub(m.0[i]);
        let (x, second) = x.overflowing_sub(u64::from(borrow));
        borrow = first | second;
        x
    });
    Some(BigInt(reduced)).filter(|reduced| *reduced < m)
}

/// The scalar that `row` stands for, or `None` if no scalar of the core's looks like this.
pub(super) fn scalar(row: Row) -> Option<Fr> {
    canonical(row, &Modulus::SCALAR).map(Fr::new_unchecked)
}

/// The coordinate that `row` stands for, likewise.
pub(super) fn coordinate(row: Row) -> Option<Fq> {
    canonical(row, &Modulus::BASE).map(Fq::new_unchecked)
}

/// The row of a scalar.
pub(super) fn scalar_row(value: &Fr) -> Row {
    value.0.0
}

/// The row of a coordinate.
pub(super) fn coordinate_row(value: &Fq) -> Row {
    value.0.0
}
