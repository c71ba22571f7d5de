//! The arithmetic blocks in rust-hdl's own simulator, against ark-ff.

use ark_ff::{AdditiveGroup, BigInt, PrimeField};
use kernelwise_fpga_core::add_sub::{self, AddSub};
use kernelwise_fpga_core::constants::modulus;
use kernelwise_fpga_core::montgomery::{self, Montgomery};
use kernelwise_fpga_core::trace::{Bench, Value};

type Row = [u64; 4];

fn word(row: &Row, slot: usize) -> u16 {
    if slot < 16 {
        (row[slot / 4] >> (16 * (slot % 4))) as u16
    } else {
        0
    }
}

/// SplitMix64, the inputs of every test here.
struct Words(u64);

impl Words {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

fn add(a: &Row, b: &Row) -> Row {
    let mut carry = 0u128;
    std::array::from_fn(|i| {
        carry += u128::from(a[i]) + u128::from(b[i]);
        let limb = carry as u64;
        carry >>= 64;
        limb
    })
}

/// Values at the edges of the lazy range [0, 2m), and random ones.
fn operands(scalar_field: bool, random: usize) -> Vec<Row> {
    let m = modulus(scalar_field);
    let minus = |a: &Row, b: u64| {
        let mut out = *a;
        out[0] -= b;
        out
    };
    let twice = add(&m, &m);
    let mut rows = vec![[0; 4], [1, 0, 0, 0], minus(&m, 1), m, minus(&twice, 1)];
    let mut words = Words(7);
    rows.extend((0..random).map(|_| {
        let mut limbs: Row = std::array::from_fn(|_| words.next());
        limbs[3] %= m[3];
        if words.next() & 1 == 1 {
            add(&limbs, &m)
        } else {
            limbs
        }
    }));
    rows
}

fn below_twice(row: &Row, m: &Row) -> bool {
    let twice = add(m, m);
    row.iter().rev().lt(twice.iter().rev())
}

fn field<F: PrimeField<BigInt = BigInt<4>>>(row: &Row) -> F {
    F::from_le_bytes_mod_order(
        &row.iter()
            .flat_map(|limb| limb.to_le_bytes())
            .collect::<Vec<_>>(),
    )
}

fn products<F: PrimeField<BigInt = BigInt<4>>>(scalar_field: bool) {
    let m = modulus(scalar_field);
    let values = operands(scalar_field, 4);
    let pairs: Vec<(Row, Row)> = values
        .iter()
        .flat_map(|a| values.iter().map(move |b| (*a, *b)))
        .collect();
    let mut bench = Bench::<Montgomery>::new(|uut| &mut uut.clock, &["product"]);
    bench.block.scalar_field.next = scalar_field;
    let mut b_word = 0;
    for cycle in 0..17 * pairs.len() + montgomery::LATENCY + 17 {
        let (frame, slot) = (cycle / 17, cycle % 17);
        let (a, b) = pairs.get(frame).copied().unwrap_or_default();
        let uut = &mut bench.block;
        uut.first.next = slot == 0;
        uut.a.next = u64::from(word(&a, slot)).into();
        uut.b.next = u64::from(b_word).into();
        b_word = word(&b, slot);
        bench.cycle();
    }
    let trace = bench.into_trace();
    let r_inverse = F::from(2u64).pow([256]).inverse().unwrap();
    for (index, (a, b)) in pairs.iter().enumerate() {
        let start = 17 * index + montgomery::LATENCY;
        let words: Vec<u64> = (start..start + 17)
            .map(|cycle| trace.word("product", cycle))
            .collect();
        assert_eq!(words[16], 0, "word 16 of product {index}");
        let got: Row = std::array::from_fn(|i| (0..4).map(|j| words[4 * i + j] << (16 * j)).sum());
        assert!(
            below_twice(&got, &m),
            "product {index} leaves the lazy range"
        );
        assert_eq!(
            field::<F>(&got),
            field::<F>(a) * field::<F>(b) * r_inverse,
            "product {index}"
        );
    }
}

#[test]
fn products_over_the_base_field() {
    products::<ark_bn254::Fq>(false);
}

#[test]
fn products_over_the_scalar_field() {
    products::<ark_bn254::Fr>(true);
}

fn sums<F: PrimeField<BigInt = BigInt<4>> + AdditiveGroup>(scalar_field: bool) {
    let m = modulus(scalar_field);
    let values = operands(scalar_field, 4);
    let cases: Vec<(Row, Row, bool)> = values
        .iter()
        .flat_map(|a| {
            values
                .iter()
                .flat_map(move |b| [(*a, *b, false), (*a, *b, true)])
        })
        .collect();
    let mut bench = Bench::<AddSub>::new(|uut| &mut uut.clock, &["result"]);
    bench.block.scalar_field.next = scalar_field;
    let mut words = (0, 0);
    for cycle in 0..17 * cases.len() + add_sub::LATENCY {
        let (frame, slot) = (cycle / 17, cycle % 17);
        let (a, b, subtract) = cases.get(frame).copied().unwrap_or_default();
        let uut = &mut bench.block;
        uut.first.next = slot == 0;
        uut.subtract.next = subtract;
        uut.a.next = u64::from(words.0).into();
        uut.b.next = u64::from(words.1).into();
        words = (word(&a, slot), word(&b, slot));
        bench.cycle();
    }
    let trace = bench.into_trace();
    for (index, (a, b, subtract)) in cases.iter().enumerate() {
        let Value::Bits(got) = trace.values("result")[17 * index + add_sub::LATENCY] else {
            panic!("a result is a number");
        };
        let (a, b) = (field::<F>(a), field::<F>(b));
        assert!(below_twice(&got, &m), "case {index} leaves the lazy range");
        let expected = if *subtract { a - b } else { a + b };
        assert_eq!(field::<F>(&got), expected, "case {index}");
    }
}

#[test]
fn sums_over_the_base_field() {
    sums::<ark_bn254::Fq>(false);
}

#[test]
fn sums_over_the_scalar_field() {
    sums::<ark_bn254::Fr>(true);
}
