//! Random expressions: evaluated as they are written, as a layered circuit and as rank-one constraints.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod common;

use common::{advise, evaluate, fr, run_circuit};
use kernelwise_core::field::{AdditiveGroup, Field, Fr};
use kernelwise_core::program::Range;
use kernelwise_language::{BIT, CircuitKernel, CompileOptions, KernelBuilder, Var};
use proptest::prelude::*;

/// One step of a random kernel; indices are taken modulo what there is.
#[derive(Debug, Clone)]
enum Op {
    Add(usize, usize),
    Sub(usize, usize),
    Mul(usize, usize),
    Scale(i64, usize),
    Shift(i64, usize),
    Sum(Vec<usize>),
    Product(Vec<usize>),
    Select(usize, usize, usize),
    Bits(usize, usize),
    AssertEqualToItself(usize, usize),
}

fn op() -> impl Strategy<Value = Op> {
    let any = 0usize..1000;
    prop_oneof![
        3 => (any.clone(), any.clone()).prop_map(|(a, b)| Op::Add(a, b)),
        2 => (any.clone(), any.clone()).prop_map(|(a, b)| Op::Sub(a, b)),
        6 => (any.clone(), any.clone()).prop_map(|(a, b)| Op::Mul(a, b)),
        1 => (-3i64..4, any.clone()).prop_map(|(c, a)| Op::Scale(c, a)),
        1 => (-3i64..4, any.clone()).prop_map(|(c, a)| Op::Shift(c, a)),
        1 => proptest::collection::vec(any.clone(), 0..6).prop_map(Op::Sum),
        2 => proptest::collection::vec(any.clone(), 0..7).prop_map(Op::Product),
        1 => (any.clone(), any.clone(), any.clone()).prop_map(|(c, a, b)| Op::Select(c, a, b)),
        1 => (any.clone(), 1usize..5).prop_map(|(a, n)| Op::Bits(a, n)),
        1 => (any.clone(), any).prop_map(|(a, b)| Op::AssertEqualToItself(a, b)),
    ]
}

/// Writes the kernel; bits are taken of inputs only, whose size is known.
fn write<'k>(k: &'k KernelBuilder, ops: &[Op]) -> Vec<Var<'k>> {
    let bits = k.input("bits", 3, BIT);
    let small = k.input("small", 3, Range::new(0, 15));
    let mut vars: Vec<Var<'k>> = bits.iter().chain(&small).copied().collect();
    for op in ops {
        let at = |index: &usize| vars[index % vars.len()];
        let all = |indices: &[usize]| indices.iter().map(at).collect::<Vec<_>>();
        let new = match op {
            Op::Add(a, b) => at(a) + at(b),
            Op::Sub(a, b) => at(a) - at(b),
            Op::Mul(a, b) => at(a) * at(b),
            Op::Scale(c, a) => *c * at(a),
            Op::Shift(c, a) => at(a) + *c,
            Op::Sum(all_of) => k.sum(&all(all_of)),
            Op::Product(all_of) => k.product(&all(all_of)),
            Op::Select(c, a, b) => k.select(bits[c % 3], at(a), at(b)),
            Op::Bits(a, n) => {
                let bits = k.to_bits(small[a % 3], 4);
                k.xor(&bits[..*n.min(&4)])
            }
            Op::AssertEqualToItself(a, b) => {
                // (a + b)² = a² + 2ab + b²: true, and no identity before products are multiplied out.
                let (a, b) = (at(a), at(b));
                let square = (a + b) * (a + b);
                k.assert_eq(square, a * a + 2 * a * b + b * b);
                square
            }
        };
        vars.push(new);
    }
    vars
}

/// The same in plain arithmetic.
fn interpret(ops: &[Op], inputs: &[Fr]) -> Vec<Fr> {
    let mut values = inputs.to_vec();
    for op in ops {
        let at = |index: &usize| values[index % values.len()];
        let new = match op {
            Op::Add(a, b) => at(a) + at(b),
            Op::Sub(a, b) => at(a) - at(b),
            Op::Mul(a, b) => at(a) * at(b),
            Op::Scale(c, a) => fr(*c) * at(a),
            Op::Shift(c, a) => at(a) + fr(*c),
            Op::Sum(all) => all.iter().map(at).sum(),
            Op::Product(all) => all.iter().map(at).product(),
            Op::Select(c, a, b) => {
                if inputs[c % 3] == Fr::ONE {
                    at(a)
                } else {
                    at(b)
                }
            }
            Op::Bits(a, n) => {
                let value = (0..16).find(|&v| fr(v) == inputs[3 + a % 3]).unwrap();
                fr(i64::from((value & ((1 << n.min(&4)) - 1)).count_ones() % 2))
            }
            Op::AssertEqualToItself(a, b) => {
                let sum = at(a) + at(b);
                sum * sum
            }
        };
        values.push(new);
    }
    values
}

fn compile(ops: &[Op], options: &CompileOptions) -> CircuitKernel {
    CircuitKernel::compile_with("random", options, |k| {
        let vars = write(k, ops);
        // Every input is used, and every value is seen.
        k.output("all", &vars);
        k.output("last", &vars[vars.len() - 1..]);
    })
    .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn all_forms_agree(
        ops in proptest::collection::vec(op(), 1..40),
        bits in proptest::collection::vec(0i64..2, 3),
        small in proptest::collection::vec(0i64..16, 3),
        degree in 2usize..9,
        instances in 1usize..5000,
    ) {
        let inputs = [bits, small].map(|values| values.into_iter().map(fr).collect::<Vec<_>>());
        let expected = interpret(&ops, &inputs.concat());
        for max_degree in [None, Some(degree)] {
            let kernel = compile(&ops, &CompileOptions { instances, max_degree });
            if let Some(degree) = max_degree {
                prop_assert!(kernel.circuit().layers.iter().all(|layer| layer.degree() <= degree.max(2)));
            }
            prop_assert_eq!(&run_circuit(&kernel, &inputs)[0], &expected);
            prop_assert_eq!(&kernel.run(&inputs).unwrap()[0], &expected);
            let wires = kernel.wires(&inputs).unwrap();
            prop_assert_eq!(kernel.relation().unwrap().r1cs().check(&wires), Ok(()));
            let outputs = &wires[1 + inputs.concat().len()..][..expected.len()];
            prop_assert_eq!(outputs, &expected);
        }
    }

    /// Outputs and assertions that mention what is wrong notice it: every hint changed, one at a time, breaks an assertion of the
    /// circuit and a constraint.
    #[test]
    fn every_hint_is_bound(value in 0i64..16, other in 0i64..16, wire in 0usize..1000, delta in 1i64..1000) {
        let kernel = CircuitKernel::compile("bits", |k| {
            let x = k.input("x", 2, Range::new(0, 15));
            let (a, b) = (k.to_bits(x[0], 4), k.to_bits(x[1], 5));
            let xor: Vec<_> = a.iter().zip(&b).map(|(&a, &b)| k.xor(&[a, b])).collect();
            k.output_scalar("xor", k.from_bits(&xor));
        }).unwrap();
        let inputs = [vec![fr(value), fr(other)]];
        let circuit = kernel.circuit();
        let mut bottom = inputs.concat();
        bottom.extend(advise(&kernel, &inputs[0]));
        prop_assert!(evaluate(circuit, bottom.clone()).failed.is_empty());
        let wire = 2 + wire % (bottom.len() - 2);
        bottom[wire] += fr(delta);
        prop_assert!(!evaluate(circuit, bottom).failed.is_empty());
        let relation = kernel.relation().unwrap();
        let mut wires = kernel.wires(&inputs).unwrap();
        let changed = 1 + wire % (wires.len() - 1);
        wires[changed] += fr(delta);
        prop_assert!(relation.r1cs().check(&wires).is_err());
    }
}

/// A wire that the mutation of a gate's coefficient must reach: assertions are not lost on the way through layers.
#[test]
fn deep_assertions_survive() {
    for degree in 2..=8 {
        let options = CompileOptions {
            instances: 1,
            max_degree: Some(degree),
        };
        let kernel = CircuitKernel::compile_with("deep", &options, |k| {
            let x = k.input("x", 10, Range::new(-5, 5));
            let y = k.scalar("y", Range::FIELD);
            k.assert_eq(k.product(&x), y);
            k.output("sum", &[k.sum(&x)]);
        })
        .unwrap();
        let inputs = vec![(1..=10).map(fr).collect::<Vec<_>>(), vec![fr(3_628_800)]];
        assert_eq!(run_circuit(&kernel, &inputs)[0], [fr(55)]);
        let mut wrong = inputs.concat();
        wrong[10] += Fr::ONE;
        assert_eq!(
            evaluate(kernel.circuit(), wrong.clone()).failed.len(),
            1,
            "degree {degree}"
        );
        assert!(
            kernel
                .run(&[wrong[..10].to_vec(), wrong[10..].to_vec()])
                .is_err()
        );
    }
}

#[test]
fn long_chains_take_linear_time() {
    let kernel = CircuitKernel::compile("chain", |k| {
        let x = k.input("x", 20_000, Range::new(0, 255));
        let sum = x.iter().skip(1).fold(x[0], |sum, &x| sum + x);
        let nested = x.iter().fold(k.constant(Fr::ZERO), |sum, &x| 2 * sum - x);
        k.output("sum", &[sum, nested * sum]);
    })
    .unwrap();
    let report = kernel.report();
    assert!(report.levels.len() <= 2, "{report}");
    let sum = run_circuit(&kernel, &[vec![Fr::ONE; 20_000]])[0][0];
    assert_eq!(sum, fr(20_000));
}
