//! Lane operations at the ends of their bounds: representatives at and above the modulus, and full limbs.

use kernelwise_field::{BigInt, Fq, Fr};
use proptest::prelude::*;

use super::constants::LaneField;
use super::{Avx512, LaneKernel, LaneOps, MAX_WIDE_PRODUCTS, WIDTH};

/// A representative, not necessarily canonical, of radix 2^260.
type Raw = [u64; 4];

/// Representatives below 1.75p: around zero, p and the bound, with limbs of all ones, and random ones.
fn raw<F: LaneField>() -> impl Strategy<Value = Raw> {
    let p = F::MODULUS.0;
    let bound = {
        let half = shift_right(p, 1);
        plus(plus(p, half), shift_right(half, 1))
    };
    let ones = (1..255u32).prop_map(|bits| {
        let word = |k: u32| match bits.saturating_sub(64 * k) {
            0 => 0,
            left @ 1..64 => (1 << left) - 1,
            _ => u64::MAX,
        };
        [word(0), word(1), word(2), word(3)]
    });
    let random = any::<Raw>().prop_map(|x| [x[0], x[1], x[2], x[3] >> 2]);
    let near = |x: Raw| (0..3u64).prop_map(move |k| plus(x, [k, 0, 0, 0]));
    prop_oneof![
        near([0; 4]),
        near(p),
        near(minus(p, [3, 0, 0, 0])),
        near(minus(bound, [3, 0, 0, 0])),
        ones,
        random
    ]
    .prop_filter("below the bound", move |x| BigInt(*x) < BigInt(bound))
}

fn plus(a: Raw, b: Raw) -> Raw {
    let mut carry = 0u128;
    std::array::from_fn(|i| {
        carry = (carry >> 64) + u128::from(a[i]) + u128::from(b[i]);
        carry as u64
    })
}

fn minus(a: Raw, b: Raw) -> Raw {
    plus(plus(a, b.map(|word| !word)), [1, 0, 0, 0])
}

fn shift_right(a: Raw, bits: u32) -> Raw {
    std::array::from_fn(|i| a[i] >> bits | a.get(i + 1).map_or(0, |next| next << (64 - bits)))
}

/// The residue of a representative.
fn residue<F: LaneField>(x: Raw) -> F {
    F::from_le_bytes_mod_order(&x.map(u64::to_le_bytes).concat())
}

/// Every operation on representatives as they are; each result as a residue.
struct Everything<F>([F; WIDTH], [F; WIDTH]);

impl<F: LaneField> LaneKernel for Everything<F> {
    type Output = Vec<F>;

    #[inline(always)]
    fn call<S: LaneOps>(self, ops: S) -> Vec<F> {
        let (a, b) = (ops.pack_words(&self.0), ops.pack_words(&self.1));
        let sum_of_products =
            (0..MAX_WIDE_PRODUCTS).fold(ops.wide_zero(), |wide, _| ops.mul_add(wide, a, b));
        let results = [
            ops.add(a, b),
            ops.sub(a, b),
            ops.neg(a),
            ops.double(a),
            ops.mul(a, b),
            ops.square(a),
            ops.mul(ops.sub_lazy(a, b), ops.sub_lazy(b, a)),
            ops.mul(ops.add_lazy(a, b), ops.sub_lazy(a, b)),
            ops.square(ops.sub_lazy(b, a)),
            ops.reduce(sum_of_products),
            ops.sub(ops.sub(ops.neg(a), b), ops.add(a, b)),
        ];
        let words = results.map(|x| ops.unpack_words(x));
        words
            .iter()
            .flatten()
            .map(|x| residue(*x.montgomery()))
            .collect()
    }
}

/// An operation on `a`, `b`, the inverse of the radix, and the number of products.
type Operation<F> = fn(F, F, F, F) -> F;

fn check<F: LaneField>(a: [Raw; WIDTH], b: [Raw; WIDTH]) {
    let Some(ops) = Avx512::detect() else { return };
    let got = ops.run(Everything::<F>(
        a.map(F::from_montgomery),
        b.map(F::from_montgomery),
    ));
    let radix = F::from(2u64).pow([260]).inverse().unwrap();
    let count = F::from(MAX_WIDE_PRODUCTS as u64);
    let expected: [Operation<F>; 11] = [
        |a, b, _, _| a + b,
        |a, b, _, _| a - b,
        |a, _, _, _| -a,
        |a, _, _, _| a + a,
        |a, b, radix, _| a * b * radix,
        |a, _, radix, _| a * a * radix,
        |a, b, radix, _| (a - b) * (b - a) * radix,
        |a, b, radix, _| (a + b) * (a - b) * radix,
        |a, b, radix, _| (b - a) * (b - a) * radix,
        |a, b, radix, count| a * b * radix * count,
        |a, b, _, _| -a - b - (a + b),
    ];
    for (operation, (got, expected)) in got.chunks(WIDTH).zip(expected).enumerate() {
        for lane in 0..WIDTH {
            let (a, b) = (residue(a[lane]), residue(b[lane]));
            assert_eq!(
                got[lane],
                expected(a, b, radix, count),
                "operation {operation}, lane {lane}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn fr_holds_at_its_bounds(
        a in prop::array::uniform8(raw::<Fr>()),
        b in prop::array::uniform8(raw::<Fr>()),
    ) {
        check::<Fr>(a, b);
    }

    #[test]
    fn fq_holds_at_its_bounds(
        a in prop::array::uniform8(raw::<Fq>()),
        b in prop::array::uniform8(raw::<Fq>()),
    ) {
        check::<Fq>(a, b);
    }
}
