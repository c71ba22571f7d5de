//! The lane's arithmetic on whole rows.

use crate::isa::Row;

/// One of the two fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Modulus {
    limbs: Row,
    /// `−m^−1 mod 2^64`.
    inverse: u64,
}

impl Modulus {
    /// The base field of G1.
    pub const BASE: Self = Self::new([
        0x3c20_8c16_d87c_fd47,
        0x9781_6a91_6871_ca8d,
        0xb850_45b6_8181_585d,
        0x3064_4e72_e131_a029,
    ]);

    /// The scalar field.
    pub const SCALAR: Self = Self::new([
        0x43e1_f593_f000_0001,
        0x2833_e848_79b9_7091,
        0xb850_45b6_8181_585d,
        0x3064_4e72_e131_a029,
    ]);

    const fn new(limbs: Row) -> Self {
        // Newton's iteration doubles the correct bits: 1, 2, 4, … 64.
        let mut inverse = 1u64;
        let mut step = 0;
        while step < 6 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(limbs[0].wrapping_mul(inverse)));
            step += 1;
        }
        Self {
            limbs,
            inverse: inverse.wrapping_neg(),
        }
    }

    /// The modulus itself.
    pub fn limbs(&self) -> &Row {
        &self.limbs
    }

    /// Twice the modulus, the bound of the lazy range.
    pub fn twice(&self) -> Row {
        sum(&self.limbs, &self.limbs).0
    }
}

fn sum(a: &Row, b: &Row) -> (Row, bool) {
    let mut carry = false;
    let row = std::array::from_fn(|i| {
        let (x, first) = a[i].overflowing_add(b[i]);
        let (x, second) = x.overflowing_add(u64::from(carry));
        carry = first | second;
        x
    });
    (row, carry)
}

fn difference(a: &Row, b: &Row) -> (Row, bool) {
    let mut borrow = false;
    let row = std::array::from_fn(|i| {
        let (x, first) = a[i].overflowing_sub(b[i]);
        let (x, second) = x.overflowing_sub(u64::from(borrow));
        borrow = first | second;
        x
    });
    (row, borrow)
}

/// `a + b`, less `2m` if that is not negative.
pub fn add(a: &Row, b: &Row, modulus: &Modulus) -> Row {
    let (total, _) = sum(a, b);
    let (folded, borrow) = difference(&total, &modulus.twice());
    if borrow { total } else { folded }
}

/// `a − b`, plus `2m` if that is negative.
pub fn sub(a: &Row, b: &Row, modulus: &Modulus) -> Row {
    let (total, borrow) = difference(a, b);
    if borrow {
        sum(&total, &modulus.twice()).0
    } else {
        total
    }
}

/// `a·b/R`, below `2m` for operands below `2m`; never reduced further.
pub fn mul(a: &Row, b: &Row, modulus: &Modulus) -> Row {
    let mut t = [0u64; 5];
    for &digit in a {
        let mut carry = 0u128;
        for i in 0..4 {
            carry += u128::from(t[i]) + u128::from(digit) * u128::from(b[i]);
            t[i] = carry as u64;
            carry >>= 64;
        }
        t[4] = carry as u64;
        let q = t[0].wrapping_mul(modulus.inverse);
        let mut carry = (u128::from(t[0]) + u128::from(q) * u128::from(modulus.limbs[0])) >> 64;
        for i in 1..4 {
            carry += u128::from(t[i]) + u128::from(q) * u128::from(modulus.limbs[i]);
            t[i - 1] = carry as u64;
            carry >>= 64;
        }
        t[3] = (carry + u128::from(t[4])) as u64;
    }
    [t[0], t[1], t[2], t[3]]
}

#[cfg(test)]
mod tests {
    use kernelwise_hal::field::{BigInt, Fq, Fr, PrimeField};

    use super::*;

    fn check<F: PrimeField<BigInt = BigInt<4>>>(modulus: &Modulus) {
        let value = |row: &Row| {
            let bytes: Vec<u8> = row.iter().flat_map(|limb| limb.to_le_bytes()).collect();
            F::from_le_bytes_mod_order(&bytes)
        };
        let minus = |row: Row, by: u64| difference(&row, &[by, 0, 0, 0]).0;
        let mut rows = vec![
            [0; 4],
            [1, 0, 0, 0],
            minus(modulus.limbs, 1),
            modulus.limbs,
            minus(modulus.twice(), 1),
        ];
        let mut state = 1u64;
        for _ in 0..20 {
            let mut row = [0; 4];
            for limb in &mut row {
                state = state
                    .wrapping_mul(0x5851_f42d_4c95_7f2d)
                    .wrapping_add(0x1405_7b7e_f767_814f);
                *limb = state ^ state >> 29;
            }
            row[3] %= modulus.limbs[3];
            rows.push(row);
        }
        let shrink = F::from(2u64).pow([256]).inverse().unwrap();
        for a in &rows {
            for b in &rows {
                for (got, expected) in [
                    (add(a, b, modulus), value(a) + value(b)),
                    (sub(a, b, modulus), value(a) - value(b)),
                    (mul(a, b, modulus), value(a) * value(b) * shrink),
                ] {
                    assert_eq!(value(&got), expected);
                    assert!(
                        difference(&got, &modulus.twice()).1,
                        "leaves the lazy range"
                    );
                }
            }
        }
    }

    #[test]
    fn base_field() {
        check::<Fq>(&Modulus::BASE);
    }

    #[test]
    fn scalar_field() {
        check::<Fr>(&Modulus::SCALAR);
    }
}
