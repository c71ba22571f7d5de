//! Every lane operation against arkworks, on edge operands and on random ones.

use kernelwise_field::{AdditiveGroup, Field, Fq, Fr, Zero};
use proptest::prelude::*;

use super::constants::LaneField;
use super::*;

/// Values whose limbs are all zeros, all ones or a single bit, besides random ones.
fn edge<F: LaneField>() -> impl Strategy<Value = F> {
    let bits = (0..254u32).prop_map(|bit| F::from(2u64).pow([u64::from(bit)]));
    let ones = (1..254u32).prop_map(|bit| F::from(2u64).pow([u64::from(bit)]) - F::ONE);
    let random = any::<[u8; 32]>().prop_map(|bytes| F::from_le_bytes_mod_order(&bytes));
    prop_oneof![
        Just(F::ZERO),
        Just(F::ONE),
        Just(-F::ONE),
        // Zero limbs below a full one in Montgomery form as well.
        (0..256u32)
            .prop_map(|bit| F::from(2u64).pow([u64::from(bit)])
                * F::from(2u64).pow([256]).inverse().unwrap()),
        bits.clone(),
        bits.prop_map(|x| -x),
        ones,
        random
    ]
}

fn eight<F: LaneField>() -> impl Strategy<Value = [F; WIDTH]> {
    prop::array::uniform8(edge::<F>())
}

/// Every operation once, on the lanes of `S`, after the operands were made unreduced in two ways.
struct Everything<F> {
    a: [F; WIDTH],
    b: [F; WIDTH],
}

impl<F: LaneField> LaneKernel for Everything<F> {
    type Output = Vec<[F; WIDTH]>;

    #[inline(always)]
    fn call<S: LaneOps>(self, ops: S) -> Self::Output {
        let (a, b) = (ops.pack(&self.a), ops.pack(&self.b));
        // The same values by longer ways: representatives in [p, 1.75p) occur.
        let a = ops.sub(ops.add(a, b), b);
        let b = ops.add(ops.sub(b, a), a);
        let mut wide = ops.wide_zero();
        for _ in 0..MAX_WIDE_PRODUCTS {
            wide = ops.mul_add(wide, a, b);
        }
        [
            a,
            ops.add(a, b),
            ops.sub(a, b),
            ops.mul(a, b),
            ops.square(a),
            ops.neg(a),
            ops.double(a),
            ops.mul(ops.add_lazy(a, b), ops.sub_lazy(a, b)),
            ops.mul(ops.sub_lazy(a, b), ops.sub_lazy(b, a)),
            ops.square(ops.sub_lazy(a, b)),
            ops.reduce(wide),
            ops.splat(ops.sum(a)),
            ops.neg(ops.neg(ops.zero())),
            stowed(ops, ops.add(a, b)),
            ops.mul_plus(ops.sub_lazy(a, b), a, b),
        ]
        .map(|x| ops.unpack(x))
        .to_vec()
    }
}

#[inline(always)]
fn stowed<S: LaneOps, F: LaneField>(ops: S, x: S::Lanes<F>) -> S::Lanes<F> {
    let mut memory = [F::ZERO; WIDTH];
    ops.stow(x, &mut memory);
    ops.unstow(&memory)
}

fn expected<F: LaneField>(a: [F; WIDTH], b: [F; WIDTH]) -> Vec<[F; WIDTH]> {
    let zip = |op: fn(F, F) -> F| std::array::from_fn(|lane| op(a[lane], b[lane]));
    vec![
        a,
        zip(|a, b| a + b),
        zip(|a, b| a - b),
        zip(|a, b| a * b),
        zip(|a, _| a.square()),
        zip(|a, _| -a),
        zip(|a, _| a.double()),
        zip(|a, b| (a + b) * (a - b)),
        zip(|a, b| (a - b) * (b - a)),
        zip(|a, b| (a - b).square()),
        zip(|a, b| a * b * F::from(MAX_WIDE_PRODUCTS as u64)),
        [a.into_iter().sum(); WIDTH],
        [F::ZERO; WIDTH],
        zip(|a, b| a + b),
        zip(|a, b| (a - b) * a + b),
    ]
}

fn check<F: LaneField>(a: [F; WIDTH], b: [F; WIDTH]) {
    for level in [Level::Portable, Level::detect()] {
        assert_eq!(
            dispatch_on(level, Everything { a, b }),
            expected(a, b),
            "{level:?}"
        );
    }
}

struct Zeros<F>([F; WIDTH]);

impl<F: LaneField> LaneKernel for Zeros<F> {
    type Output = (u8, u8);

    #[inline(always)]
    fn call<S: LaneOps>(self, ops: S) -> Self::Output {
        let x = ops.pack(&self.0);
        (ops.is_zero(x), ops.is_zero(ops.sub(x, x)))
    }
}

/// Sums of products with integers, and representatives taken as they are.
struct Integers<F> {
    a: [F; WIDTH],
    v: [i64; WIDTH],
    count: usize,
}

impl<F: LaneField> LaneKernel for Integers<F> {
    type Output = [[F; WIDTH]; 2];

    #[inline(always)]
    fn call<S: LaneOps>(self, ops: S) -> Self::Output {
        let a = ops.pack(&self.a);
        let sum = (0..self.count).fold(ops.signed_zero(), |sum, _| {
            ops.mul_add_signed(sum, a, &self.v)
        });
        let sum = ops.mul(ops.reduce(sum), ops.splat(ops.integer_unit::<F>()));
        let words = ops.pack_words(&self.a);
        let square = ops.mul(words, words);
        let unit = ops.words_unit::<F>();
        assert_eq!(unit * ops.words_factor::<F>(), F::ONE);
        let splat = ops.splat_words(&self.a[0]);
        assert_eq!(ops.unpack_words(splat), [self.a[0]; WIDTH]);
        [ops.unpack(sum), ops.unpack_words(square).map(|x| x * unit)]
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn integer_products_agree_with_arkworks(
        a in eight::<Fr>(),
        v in prop::array::uniform8(prop_oneof![
            Just((1i64 << SIGNED_BITS) - 1),
            Just(1 - (1i64 << SIGNED_BITS)),
            Just(0),
            Just(-1),
            1 - (1i64 << SIGNED_BITS)..(1i64 << SIGNED_BITS)
        ]),
        count in prop_oneof![Just(MAX_SIGNED_PRODUCTS), 0usize..20],
    ) {
        let expected = [
            std::array::from_fn(|i| a[i] * Fr::from(v[i]) * Fr::from(count as u64)),
            a.map(|a| a * a),
        ];
        for level in [Level::Portable, Level::detect()] {
            prop_assert_eq!(dispatch_on(level, Integers { a, v, count }), expected);
        }
    }

    #[test]
    fn fr_lanes_agree_with_arkworks(a in eight::<Fr>(), b in eight::<Fr>()) {
        check(a, b);
    }

    #[test]
    fn fq_lanes_agree_with_arkworks(a in eight::<Fq>(), b in eight::<Fq>()) {
        check(a, b);
    }

    #[test]
    fn zero_lanes_are_found(a in eight::<Fr>()) {
        let mask = (0..WIDTH).fold(0, |mask, lane| mask | u8::from(a[lane].is_zero()) << lane);
        for level in [Level::Portable, Level::detect()] {
            prop_assert_eq!(dispatch_on(level, Zeros(a)), (mask, 0xff));
        }
    }
}

#[test]
fn all_pairs_of_extremes() {
    let extremes = [
        Fq::ZERO,
        Fq::ONE,
        -Fq::ONE,
        Fq::from(2u64),
        -Fq::from(2u64),
        Fq::ONE.double().inverse().unwrap(),
    ];
    for x in extremes {
        for y in extremes {
            check([x; WIDTH], [y; WIDTH]);
        }
    }
}
