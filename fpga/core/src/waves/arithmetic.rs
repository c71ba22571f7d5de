//! Blocks on their own: multiplier, one of its elements, adder, memory, recoder.

use super::Picture;
use crate::add_sub::{self, AddSub};
use crate::constants::{double, modulus};
use crate::lane::FRAME;
use crate::memory::{self, Memory};
use crate::montgomery::{self, Element, Montgomery, WORDS};
use crate::recoder::{self, Recoder};
use crate::trace::{Bench, Value};
use crate::waveform::Waveform;

/// Cycle in which a block on its own hears `first`.
const START: usize = 2;

/// Word `i` of a row, and zero after the last.
fn word(row: &[u64; 4], i: usize) -> u64 {
    row.get(i / 4)
        .map_or(0, |limb| limb >> (16 * (i % 4)) & 0xffff)
}

/// The word on the line in `cycle` of a row whose word 0 is there in `first`.
fn at(row: &[u64; 4], cycle: usize, first: usize) -> u64 {
    cycle.checked_sub(first).map_or(0, |i| word(row, i))
}

/// `2^256 − 5m`, which is one in Montgomery form.
pub(super) fn one() -> [u64; 4] {
    let mut borrow = 0i128;
    let mut carry = 0u128;
    modulus(false).map(|limb| {
        carry += 5 * u128::from(limb);
        borrow -= i128::from(carry as u64);
        let out = borrow as u64;
        carry >>= 64;
        borrow >>= 64;
        out
    })
}

/// A row whose word `i` is `start + i`.
fn counting(start: u64) -> [u64; 4] {
    std::array::from_fn(|limb| {
        (0..4)
            .map(|i| (start + 4 * limb as u64 + i) << (16 * i))
            .sum()
    })
}

/// One times any value is that value: the words of `b` come out again.
pub(super) fn multiplier() -> Picture {
    let mut bench = Bench::<Montgomery>::new(|uut| &mut uut.clock, &["first", "a", "b", "product"]);
    let (a, b) = (one(), counting(0xb0));
    for cycle in 0..START + montgomery::LATENCY + FRAME + 2 {
        bench.block.first.next = cycle % FRAME == START;
        bench.block.a.next = at(&a, cycle, START).into();
        bench.block.b.next = at(&b, cycle, START + 1).into();
        bench.cycle();
    }
    let trace = bench.into_trace();
    let first = trace.find("first", 1, 0);
    let product = trace.find("product", word(&b, 0), 0);
    for i in 0..WORDS {
        assert_eq!(
            trace.word("product", product + i),
            word(&b, i),
            "word {i} of the product"
        );
    }
    let again = trace.find("first", 1, first + 1);
    let picture = Waveform::new(
        &trace,
        "Multiplier: one product every 17 cycles",
        36.0,
        first - 1..first + 6,
    )
    .then(again - 2..again + 2)
    .then(product - 1..product + 6)
    .then(product + WORDS - 2..product + WORDS + 1)
    .axis(first, 1)
    .clock()
    .level("first", "first")
    .bus("a", "a")
    .bus("b", "b")
    .bus_when("product", "product", |cycle| cycle >= product)
    .latency("next pair", first, again, FRAME)
    .latency(
        "word 0 of a to word 0 of the product",
        first,
        product,
        montgomery::LATENCY,
    );
    Picture {
        name: "multiplier",
        svg: picture.svg(),
    }
}

/// What an element makes of the accumulator `t`: `(t + a·b + q·m) / 2^16`, with the `q` that makes word 0 zero.
fn step(t: &[u64; 4], a: u64, b: &[u64; 4], m: &[u64; 4]) -> Vec<u64> {
    // −1/m mod 2^16, by Newton's iteration: each step doubles the correct bits.
    let inverse = (0..4).fold(1u64, |x, _| {
        x.wrapping_mul(2u64.wrapping_sub(word(m, 0).wrapping_mul(x)))
    });
    let low = word(t, 0) + a * word(b, 0);
    let q = low.wrapping_mul(inverse.wrapping_neg()) & 0xffff;
    let mut carry = 0;
    let words = (0..=WORDS).map(|i| {
        carry += word(t, i) + a * word(b, i) + q * word(m, i);
        let out = carry & 0xffff;
        carry >>= 16;
        out
    });
    words.collect()
}

/// An element drops a word of the accumulator and hands everything to the next.
pub(super) fn element() -> Picture {
    const PINS: [&str; 9] = [
        "first",
        "a",
        "b",
        "m",
        "t",
        "first_out",
        "b_out",
        "m_out",
        "t_out",
    ];
    let mut bench = Bench::<Element>::new(|uut| &mut uut.clock, &PINS);
    let (a, b, m, t) = (
        counting(0xa0),
        counting(0xb0),
        modulus(false),
        counting(0x70),
    );
    for cycle in 0..START + 2 * FRAME {
        bench.block.first.next = cycle == START;
        bench.block.a.next = at(&a, cycle, START).into();
        bench.block.b.next = at(&b, cycle, START + 1).into();
        bench.block.m.next = at(&m, cycle, START + 1 + montgomery::MODULUS_CYCLES).into();
        bench.block.t.next = at(&t, cycle, START + 1).into();
        bench.cycle();
    }
    let trace = bench.into_trace();
    let first = trace.find("first", 1, 0);
    let next = trace.find("first_out", 1, 0);
    // The zero comes with `first`, so that word 1 is word 0 of the next element.
    for (i, expected) in step(&t, word(&a, 0), &b, &m).into_iter().enumerate() {
        assert_eq!(trace.word("t_out", next + i), expected, "word {i} of t");
    }
    assert_eq!(trace.word("b_out", next + 1), word(&b, 0));
    let modulus = next + 1 + montgomery::MODULUS_CYCLES;
    assert_eq!(trace.word("m_out", modulus), word(&m, 0));
    let picture = Waveform::new(
        &trace,
        "One element of the multiplier",
        36.0,
        first - 1..next + 9,
    )
    .axis(first, 1)
    .clock()
    .level("first", "first")
    .bus("a", "a")
    .bus("b", "b")
    .bus("m", "m")
    .bus("t", "t")
    .level("first_out", "first_out")
    .bus("b_out", "b_out")
    .bus("m_out", "m_out")
    .bus_when("t_out", "t_out", |cycle| cycle >= next)
    .latency(
        "first to first_out",
        first,
        next,
        (montgomery::LATENCY - 1) / WORDS,
    )
    .latency(
        "b_out to m_out",
        next + 1,
        modulus,
        montgomery::MODULUS_CYCLES,
    );
    Picture {
        name: "element",
        svg: picture.svg(),
    }
}

/// `(2m − 1) + b = b − 1`: the sum leaves the range, the folded one stands.
pub(super) fn adder() -> Picture {
    const SIGNALS: [&str; 7] = [
        "first",
        "a",
        "b",
        "sum.q",
        "folded.q",
        "take_sum.q",
        "result",
    ];
    let mut bench = Bench::<AddSub>::new(|uut| &mut uut.clock, &SIGNALS);
    let (mut a, b) = (double(&modulus(false)), counting(0xb0));
    a[0] -= 1;
    let mut sum = b;
    sum[0] -= 1;
    for cycle in 0..START + add_sub::LATENCY + 3 {
        bench.block.first.next = cycle % FRAME == START;
        bench.block.a.next = at(&a, cycle, START + 1).into();
        bench.block.b.next = at(&b, cycle, START + 1).into();
        bench.cycle();
    }
    let trace = bench.into_trace();
    let first = trace.find("first", 1, 0);
    let done = trace.find("result", Value::Bits(sum), 0);
    let word_cycles = |from: usize| move |cycle: usize| (from..from + WORDS).contains(&cycle);
    let range = first - 1..done + 2;
    let picture = Waveform::new(&trace, "Adder: (2m − 1) + b is b − 1", 40.0, range)
        .axis(first, 1)
        .clock()
        .level("first", "first")
        .bus_when("a", "a", word_cycles(first + 1))
        .bus_when("b", "b", word_cycles(first + 1))
        .bus_when("sum: a + b", "sum.q", word_cycles(first + 2))
        .bus_when("folded: sum − 2m", "folded.q", word_cycles(first + 3))
        .level("take_sum", "take_sum.q")
        .bus_when("result", "result", |cycle| cycle == done)
        .latency("first to result", first, done, add_sub::LATENCY);
    Picture {
        name: "adder",
        svg: picture.svg(),
    }
}

/// A row arrives two cycles after its address; what was written in one cycle is read from the next on.
pub(super) fn memory() -> Picture {
    const PINS: [&str; 5] = [
        "write_enable",
        "write_address",
        "write_data",
        "read_address",
        "read_data",
    ];
    let mut bench = Bench::<Memory<12, 8, 4>>::new(|uut| &mut uut.clock, &PINS);
    for cycle in 0..9 {
        bench.block.write_enable.next = cycle == 1 || cycle == 2;
        bench.block.write_address.next = [0, 5, 6, 0, 0, 0, 0, 0, 0][cycle].into();
        bench.block.write_data.next = [0, 0xa5, 0xb6, 0, 0, 0, 0, 0, 0][cycle].into();
        bench.block.read_address.next = [0, 0, 5, 6, 5, 0, 0, 0, 0][cycle].into();
        bench.cycle();
    }
    let trace = bench.into_trace();
    let asked = trace.find("read_address", 5, 0);
    let came = trace.find("read_data", 0xa5, 0);
    assert_eq!(trace.word("read_data", came + 1), 0xb6, "the row after it");
    let writes = |cycle| trace.bit("write_enable", cycle);
    let reads = |cycle: usize| (asked..asked + 3).contains(&cycle);
    let picture = Waveform::new(&trace, "Memory: write, read", 44.0, 0..8)
        .axis(asked, 1)
        .clock()
        .level("write_enable", "write_enable")
        .bus_when("write_address", "write_address", writes)
        .bus_when("write_data", "write_data", writes)
        .bus_when("read_address", "read_address", reads)
        .bus_when("read_data", "read_data", |cycle| {
            cycle.checked_sub(memory::LATENCY).is_some_and(reads)
        })
        .latency("address to row", asked, came, memory::LATENCY);
    Picture {
        name: "memory",
        svg: picture.svg(),
    }
}

/// Three bits of a scalar become a digit: 6 is −2 and a carry.
pub(super) fn recoder() -> Picture {
    const WINDOW_BITS: u64 = 3;
    const SIGNALS: [&str; 10] = [
        "fetched",
        "step.q",
        "value.q",
        "magnitude.q",
        "negative",
        "carry.q",
        "bucket",
        "have",
        "take",
        "finished",
    ];
    let mut bench = Bench::<Recoder>::new(|uut| &mut uut.clock, &SIGNALS);
    let uut = &mut bench.block;
    uut.scalars.next = 1.into();
    uut.windows.next = 2.into();
    uut.window_bits.next = WINDOW_BITS.into();
    uut.window_mask.next = ((1 << WINDOW_BITS) - 1).into();
    uut.window_rows.next = 12.into();
    uut.bucket_row.next = 0x100.into();
    uut.row.next = 0b010_110.into();
    uut.take.next = true;
    for cycle in 0..40 {
        bench.block.start.next = cycle == 0;
        bench.block.fetched.next = cycle == 6;
        bench.cycle();
    }
    let trace = bench.into_trace();
    let digit = trace.find_state("step.q", "Digit", 0);
    let next = trace.find_state("step.q", "Digit", digit + 1);
    let offer = trace.find("have", 1, 0);
    // Digits −2 and 3 (2 and the carry): the second bucket of window 0, the third of window 1, 12 rows on.
    let second = trace.find("have", 1, offer + 1);
    assert!(trace.bit("negative", offer) && !trace.bit("negative", second));
    assert_eq!(trace.word("bucket", offer), 0x100 + 3);
    assert_eq!(trace.word("bucket", second), 0x100 + 12 + 6);
    trace.find("finished", 1, second);
    let from = |start: usize| move |cycle: usize| cycle >= start;
    let known = |state| from(trace.find_state("step.q", state, digit));
    let picture = Waveform::new(
        &trace,
        "Recoder: window 6 of 3 bits is digit −2",
        47.0,
        digit - 1..next + 2,
    )
    .axis(digit, 1)
    .clock()
    .level("fetched", "fetched")
    .bus("step", "step.q")
    .number_when("value", "value.q", known("Compare"))
    .number_when("magnitude", "magnitude.q", known("Index"))
    .level("negative", "negative")
    .number("carry", "carry.q")
    .bus_when("bucket", "bucket", known("Check"))
    .level("have", "have")
    .latency(
        "a digit of c = 3 bits",
        digit,
        next,
        recoder::digit_cycles(WINDOW_BITS as usize),
    );
    Picture {
        name: "recoder",
        svg: picture.svg(),
    }
}
