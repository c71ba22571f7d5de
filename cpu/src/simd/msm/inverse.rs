//! Modular inversion of one integer by division steps, in variable time.
//!
//! ```text
//! 62 steps at a time on the low 64 bits of (f, g), then one 2×2 matrix on the full numbers
//! ```
//! About a quarter of the time of a binary extended Euclid. Points and scalars of a prover's sums are not
//! constant time anywhere in this crate.
//!
//! # Source
//! [Bernstein, Yang 2019](https://eprint.iacr.org/2019/266), in the radix-2^62 form of P. Wuille.

/// Bits of a limb.
const BITS: u32 = 62;
const MASK: u64 = (1 << BITS) - 1;

/// A signed integer in five limbs of 62 bits, the top one signed.
type Signed = [i64; 5];

/// A modulus prepared for [`invert`](Modulus::invert).
#[derive(Debug)]
pub(super) struct Modulus {
    limbs: Signed,
    /// The inverse modulo 2^62.
    inverse: u64,
}

/// `2^62` times the product of 62 step matrices: rows `(u, v)` and `(q, r)`.
struct Steps {
    u: i64,
    v: i64,
    q: i64,
    r: i64,
}

impl Modulus {
    /// Prepares an odd prime.
    pub(super) const fn new(p: [u64; 4]) -> Self {
        let mut inverse = p[0];
        let mut step = 0;
        while step < 5 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(p[0].wrapping_mul(inverse)));
            step += 1;
        }
        Self {
            limbs: split(p),
            inverse: inverse & MASK,
        }
    }

    /// `x⁻¹` modulo the prime, for `x` below it; zero gives zero.
    pub(super) fn invert(&self, x: [u64; 4]) -> [u64; 4] {
        let (mut d, mut e): (Signed, Signed) = ([0; 5], [1, 0, 0, 0, 0]);
        let (mut f, mut g) = (self.limbs, split(x));
        let mut eta = -1;
        let mut len = 5;
        while g[..len].iter().any(|&limb| limb != 0) {
            let (next, steps) = divide(eta, f[0] as u64, g[0] as u64);
            eta = next;
            self.apply_modular(&mut d, &mut e, &steps);
            apply(&mut f[..len], &mut g[..len], &steps);
            // Drop a top limb that only repeats the sign.
            let (top_f, top_g) = (f[len - 1], g[len - 1]);
            if len > 1 && (top_f ^ (top_f >> 63)) | (top_g ^ (top_g >> 63)) == 0 {
                f[len - 2] |= ((top_f as u64) << BITS) as i64;
                g[len - 2] |= ((top_g as u64) << BITS) as i64;
                len -= 1;
            }
        }
        self.normalize(d, f[len - 1] < 0)
    }

    /// `(d, e) ← steps · (d, e) / 2^62` modulo the prime, keeping both in `(−2p, p)`.
    fn apply_modular(&self, d: &mut Signed, e: &mut Signed, steps: &Steps) {
        let Steps { u, v, q, r } = *steps;
        let (sign_d, sign_e) = (d[4] >> 63, e[4] >> 63);
        let mut md = (u & sign_d) + (v & sign_e);
        let mut me = (q & sign_d) + (r & sign_e);
        let mut cd = wide(u, d[0]) + wide(v, e[0]);
        let mut ce = wide(q, d[0]) + wide(r, e[0]);
        md -= (self.inverse.wrapping_mul(cd as u64).wrapping_add(md as u64) & MASK) as i64;
        me -= (self.inverse.wrapping_mul(ce as u64).wrapping_add(me as u64) & MASK) as i64;
        cd = (cd + wide(self.limbs[0], md)) >> BITS;
        ce = (ce + wide(self.limbs[0], me)) >> BITS;
        for i in 1..5 {
            cd += wide(u, d[i]) + wide(v, e[i]) + wide(self.limbs[i], md);
            ce += wide(q, d[i]) + wide(r, e[i]) + wide(self.limbs[i], me);
            d[i - 1] = (cd as u64 & MASK) as i64;
            e[i - 1] = (ce as u64 & MASK) as i64;
            cd >>= BITS;
            ce >>= BITS;
        }
        d[4] = cd as i64;
        e[4] = ce as i64;
    }

    /// Brings `±x`, with `x` in `(−2p, p)`, into `[0, p)`.
    fn normalize(&self, mut x: Signed, negate: bool) -> [u64; 4] {
        for negate in [negate, false] {
            if x[4] < 0 {
                for (limb, p) in x.iter_mut().zip(self.limbs) {
                    *limb += p;
                }
            }
            if negate {
                x = x.map(|limb| -limb);
            }
            for i in 0..4 {
                x[i + 1] += x[i] >> BITS;
                x[i] &= MASK as i64;
            }
        }
        let x = x.map(|limb| limb as u64);
        [
            x[0] | x[1] << 62,
            x[1] >> 2 | x[2] << 60,
            x[2] >> 4 | x[3] << 58,
            x[3] >> 6 | x[4] << 56,
        ]
    }
}

const fn split(x: [u64; 4]) -> Signed {
    [
        (x[0] & MASK) as i64,
        ((x[0] >> 62 | x[1] << 2) & MASK) as i64,
        ((x[1] >> 60 | x[2] << 4) & MASK) as i64,
        ((x[2] >> 58 | x[3] << 6) & MASK) as i64,
        (x[3] >> 56) as i64,
    ]
}

fn wide(a: i64, b: i64) -> i128 {
    i128::from(a) * i128::from(b)
}

/// 62 division steps on the low bits of `f` (odd) and `g`.
fn divide(mut eta: i64, mut f: u64, mut g: u64) -> (i64, Steps) {
    let (mut u, mut v, mut q, mut r) = (1u64, 0u64, 0u64, 1u64);
    let mut left = BITS;
    loop {
        let zeros = (g | u64::MAX << left).trailing_zeros();
        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        eta -= i64::from(zeros);
        left -= zeros;
        if left == 0 {
            break;
        }
        // Cancels as many low bits of g as the steps before the next swap, at most 6 or 4.
        let swap = eta < 0;
        if swap {
            eta = -eta;
            (f, g) = (g, f.wrapping_neg());
            (u, q) = (q, u.wrapping_neg());
            (v, r) = (r, v.wrapping_neg());
        }
        let limit = (eta + 1).min(i64::from(left)) as u32;
        let mask = u64::MAX >> (64 - limit);
        let w = if swap {
            f.wrapping_mul(g)
                .wrapping_mul(f.wrapping_mul(f).wrapping_sub(2))
                & mask
                & 63
        } else {
            let inverse = f.wrapping_add((f.wrapping_add(1) & 4) << 1);
            inverse.wrapping_neg().wrapping_mul(g) & mask & 15
        };
        g = g.wrapping_add(f.wrapping_mul(w));
        q = q.wrapping_add(u.wrapping_mul(w));
        r = r.wrapping_add(v.wrapping_mul(w));
    }
    let steps = Steps {
        u: u as i64,
        v: v as i64,
        q: q as i64,
        r: r as i64,
    };
    (eta, steps)
}

/// `(f, g) ← steps · (f, g) / 2^62`, exactly.
fn apply(f: &mut [i64], g: &mut [i64], steps: &Steps) {
    let Steps { u, v, q, r } = *steps;
    let mut cf = (wide(u, f[0]) + wide(v, g[0])) >> BITS;
    let mut cg = (wide(q, f[0]) + wide(r, g[0])) >> BITS;
    let last = f.len() - 1;
    for i in 1..=last {
        cf += wide(u, f[i]) + wide(v, g[i]);
        cg += wide(q, f[i]) + wide(r, g[i]);
        f[i - 1] = (cf as u64 & MASK) as i64;
        g[i - 1] = (cg as u64 & MASK) as i64;
        cf >>= BITS;
        cg >>= BITS;
    }
    f[last] = cf as i64;
    g[last] = cg as i64;
}

#[cfg(test)]
mod tests {
    use kernelwise_field::{AdditiveGroup, BigInt, Field, Fq, PrimeField};
    use proptest::prelude::*;

    use super::*;

    const MODULUS: Modulus = Modulus::new(Fq::MODULUS.0);

    fn check(x: Fq) {
        let expected = x.inverse().unwrap_or(Fq::ZERO).into_bigint();
        assert_eq!(BigInt(MODULUS.invert(x.into_bigint().0)), expected, "{x}");
    }

    #[test]
    fn extremes_are_inverted() {
        for k in 0..100u64 {
            check(Fq::from(k));
            check(-Fq::from(k));
        }
        for bit in 0..254 {
            check(Fq::from(2u64).pow([bit]));
            check(Fq::from(2u64).pow([bit]) - Fq::ONE);
        }
    }

    proptest! {
        #[test]
        fn random_values_are_inverted(bytes in any::<[u8; 32]>()) {
            check(Fq::from_le_bytes_mod_order(&bytes));
        }
    }
}
