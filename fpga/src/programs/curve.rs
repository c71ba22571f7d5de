//! Additions on BN254 G1 in homogeneous projective coordinates, without exceptional cases.
//!
//! The complete formulas of [RCB15] for `y² = x³ + 3`, with `3b = 9` as shifts and an addition. A point is three rows
//! `X, Y, Z`; an affine point two rows `x, y` and never the identity; the identity is `(0, 1, 0)`.
//!
//! [RCB15]: https://eprint.iacr.org/2015/1060

use crate::isa::{Assembler, Source, Value};

/// `9·x`.
fn times_nine(p: &mut Assembler, x: Value) -> Value {
    let two = p.add(x, x);
    let four = p.add(two, two);
    let eight = p.add(four, four);
    p.add(eight, x)
}

fn store_point(p: &mut Assembler, point: [Value; 3]) {
    for (i, coordinate) in point.into_iter().enumerate() {
        p.store(coordinate, Source::a(i as u16));
    }
}

/// `[a] += ±[b]` for an affine `[b]`, subtracted for negative items: algorithm 8.
///
/// # Cost
/// 11 products, 22 sums.
pub fn add_affine(zero: u16) -> Assembler {
    let mut p = Assembler::new();
    let (x1, y1, z1) = (Source::a(0), Source::a(1), Source::a(2));
    let x2 = Source::b(0);
    let y2 = p.add_signed(Source::row(zero), Source::b(1));
    let xx = p.mul(x1, x2);
    let yy = p.mul(y1, y2);
    let sum2 = p.add(x2, y2);
    let sum1 = p.add(x1, y1);
    let xy = p.mul(sum2, sum1);
    let diagonal = p.add(xx, yy);
    let xy = p.sub(xy, diagonal);
    let yz = p.mul(y2, z1);
    let yz = p.add(yz, y1);
    let xz = p.mul(x2, z1);
    let xz = p.add(xz, x1);
    let two = p.add(xx, xx);
    let three_xx = p.add(two, xx);
    // 9·z from memory: the first doubling reads it there.
    let z_two = p.add(z1, z1);
    let z_four = p.add(z_two, z_two);
    let z_eight = p.add(z_four, z_four);
    let nine_z = p.add(z_eight, z1);
    let plus = p.add(yy, nine_z);
    let minus = p.sub(yy, nine_z);
    let nine_xz = times_nine(&mut p, xz);
    let point = Middle {
        xy,
        yz,
        nine_xz,
        three_xx,
        plus,
        minus,
    }
    .combine(&mut p);
    store_point(&mut p, point);
    p
}

/// `[a] += [b]`: algorithm 7. Doubles where the pointers are equal.
///
/// # Cost
/// 12 products, 27 sums.
pub fn add_projective() -> Assembler {
    let mut p = Assembler::new();
    let (x1, y1, z1) = (Source::a(0), Source::a(1), Source::a(2));
    let (x2, y2, z2) = (Source::b(0), Source::b(1), Source::b(2));
    let xx = p.mul(x1, x2);
    let yy = p.mul(y1, y2);
    let zz = p.mul(z1, z2);
    let mut cross = |u1, v1, u2, v2, uu: Value, vv: Value| {
        let left = p.add(u1, v1);
        let right = p.add(u2, v2);
        let product = p.mul(left, right);
        let diagonal = p.add(uu, vv);
        p.sub(product, diagonal)
    };
    let xy = cross(x1, y1, x2, y2, xx, yy);
    let yz = cross(y1, z1, y2, z2, yy, zz);
    let xz = cross(x1, z1, x2, z2, xx, zz);
    let two = p.add(xx, xx);
    let three_xx = p.add(two, xx);
    let nine_zz = times_nine(&mut p, zz);
    let plus = p.add(yy, nine_zz);
    let minus = p.sub(yy, nine_zz);
    let nine_xz = times_nine(&mut p, xz);
    let point = Middle {
        xy,
        yz,
        nine_xz,
        three_xx,
        plus,
        minus,
    }
    .combine(&mut p);
    store_point(&mut p, point);
    p
}

/// What both algorithms have in common before their last third: `x₁y₂ + x₂y₁` and its like, and `y₁y₂ ± 9z₁z₂`.
struct Middle {
    xy: Value,
    yz: Value,
    nine_xz: Value,
    three_xx: Value,
    plus: Value,
    minus: Value,
}

impl Middle {
    /// The sum of the points.
    fn combine(&self, p: &mut Assembler) -> [Value; 3] {
        let x_left = p.mul(self.xy, self.minus);
        let x_right = p.mul(self.yz, self.nine_xz);
        let x = p.sub(x_left, x_right);
        let y_left = p.mul(self.minus, self.plus);
        let y_right = p.mul(self.nine_xz, self.three_xx);
        let y = p.add(y_left, y_right);
        let z_left = p.mul(self.yz, self.plus);
        let z_right = p.mul(self.three_xx, self.xy);
        let z = p.add(z_left, z_right);
        [x, y, z]
    }
}

/// `[a] = identity`.
pub fn clear(zero: u16, one: u16) -> Assembler {
    let mut p = Assembler::new();
    let (zero, one) = (Source::row(zero), Source::row(one));
    let point = [p.add(zero, zero), p.add(one, zero), p.add(zero, zero)];
    store_point(&mut p, point);
    p
}
