//! Every misuse is an error that names kernel and argument, with what was expected and what came.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use kernelwise_core::circuit::HintFunction;
use kernelwise_core::field::Fr;
use kernelwise_core::program::Range;
use kernelwise_language::{BIT, BYTE, CircuitKernel, Context, KernelBuilder, KernelError, Table};

fn refused(write: impl FnOnce(&KernelBuilder)) -> String {
    match CircuitKernel::compile("kernel", write) {
        Ok(_) => panic!("compiled"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn in_kernels() {
    type Write = fn(&KernelBuilder);
    let cases: [(Write, &str); 13] = [
        (|k| drop(k.input("x", 0, BIT)), "input `x`: expected 1 to"),
        (
            |k| {
                let x = k.scalar("x", BIT);
                k.scalar("x", BIT);
                k.output_scalar("y", x);
            },
            "input `x`: expected one declaration, got two",
        ),
        (
            |k| {
                let x = k.scalar("x", BIT);
                k.input("unused", 3, BIT);
                k.output_scalar("y", x);
            },
            "input `unused`: expected an output, assertion or lookup that depends on it, got none",
        ),
        (
            |k| {
                let x = k.scalar("x", BIT);
                k.output_scalar("y", x);
                k.output_scalar("y", x + 1);
            },
            "output `y`: expected one declaration, got two",
        ),
        (
            |k| {
                let x = k.scalar("x", BIT);
                k.output("y", &[]);
                k.output_scalar("z", x);
            },
            "output `y`: expected 1 to",
        ),
        (
            |k| {
                let x = k.scalar("x", BYTE);
                k.output("bits", &k.to_bits(x, 254));
            },
            "to_bits: expected 1 to 253 bits, got 254",
        ),
        (
            |k| {
                let x = k.scalar("x", BYTE);
                k.output("y", &k.hint("advice", HintFunction::Inverse, &[x], 1));
            },
            "hint `advice`: expected an assertion or lookup that constrains result 0, got none",
        ),
        (
            |k| {
                // An assertion that does not depend on the hint, though it mentions it.
                let x = k.scalar("x", BYTE);
                let hint = k.hint("advice", HintFunction::Inverse, &[x], 1)[0];
                k.assert_eq((hint + x) * (hint + x), hint * hint + 2 * hint * x + x * x);
                k.output_scalar("y", hint);
            },
            "hint `advice`",
        ),
        (
            |k| {
                let x = k.scalar("x", BYTE);
                k.hint("advice", HintFunction::Division, &[x], 2);
            },
            "hint `advice`: expected 2 arguments, 2 results, got 1 arguments, 2 results",
        ),
        (
            |k| {
                let x = k.scalar("x", BYTE);
                k.hint("advice", HintFunction::Lookup { table: 0 }, &[x], 1);
            },
            "hint `advice`: expected a function other than a lookup",
        ),
        (
            |k| {
                let x = k.scalar("x", BYTE);
                k.output_scalar("y", k.lookup(&Table::values("odd", vec![1, 2, 3]), x));
            },
            "table `odd`: expected a power of two of values, got 3 values",
        ),
        (
            |k| {
                let x = k.scalar("x", BYTE);
                k.assert_named("truth", x - x + 1);
                k.output_scalar("y", x);
            },
            "assertion `truth` cannot hold",
        ),
        (
            |k| {
                let x = k.scalar("x", BYTE);
                k.output_scalar("y", k.range_of_nothing(x));
            },
            "table `range 30`: expected at most 24 bits, got 30",
        ),
    ];
    for (write, expected) in cases {
        let error = refused(write);
        assert!(
            error.starts_with("kernel `kernel`: ") && error.contains(expected),
            "{error}\nexpected {expected}"
        );
    }
}

trait RangeOfNothing<'k> {
    fn range_of_nothing(&'k self, x: kernelwise_language::Var<'k>) -> kernelwise_language::Var<'k>;
}

impl<'k> RangeOfNothing<'k> for KernelBuilder {
    fn range_of_nothing(&'k self, x: kernelwise_language::Var<'k>) -> kernelwise_language::Var<'k> {
        self.range(x, 30);
        x
    }
}

#[test]
fn waived_hints_are_allowed_by_name() {
    let write = |k: &KernelBuilder, waived: &str| {
        let x = k.scalar("x", BYTE);
        k.allow_unconstrained(waived);
        k.output_scalar("x", x);
        k.output("y", &k.hint("advice", HintFunction::Inverse, &[x], 1));
    };
    assert!(CircuitKernel::compile("kernel", |k| write(k, "advice")).is_ok());
    assert!(refused(|k| write(k, "another")).contains("hint `advice`"));
}

#[test]
fn values_of_another_kernel() {
    let other = CircuitKernel::compile("other", |k| {
        let x = k.scalar("x", BIT);
        let inner = CircuitKernel::compile("inner", |inner| {
            let y = inner.scalar("y", BIT);
            inner.output_scalar("z", y + x_of(inner, x));
        });
        let error = inner.unwrap_err().to_string();
        assert_eq!(
            error,
            "kernel `inner`: a value: expected one of this kernel, got one of kernel `other`"
        );
        k.output_scalar("z", x);
    });
    other.unwrap();
}

/// Shortens the lifetime, so that the compiler does not see what the builder must.
fn x_of<'k>(_: &'k KernelBuilder, x: kernelwise_language::Var<'k>) -> kernelwise_language::Var<'k> {
    x
}

#[test]
fn in_launches() {
    let kernel = CircuitKernel::compile("add", |k| {
        let (x, y) = (k.input("x", 3, BYTE), k.scalar("y", BIT));
        k.output("z", &x.iter().map(|&x| x + y).collect::<Vec<_>>());
    })
    .unwrap();
    let mut context = Context::new();
    let x = context.upload("x", &[4, 3], BYTE, vec![0i64; 12]).unwrap();
    let y = context.upload("y", &[4], BIT, vec![0i64; 4]).unwrap();
    let wide = context.upload("wide", &[4], BYTE, vec![0i64; 4]).unwrap();
    let mut refused = |grid: &[usize], arguments: &[kernelwise_language::Argument]| {
        context
            .launch(&kernel, grid, arguments.to_vec())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused(&[4], &[x.into()]),
        "kernel `add`: arguments: expected 2, got 1"
    );
    assert_eq!(
        refused(&[5], &[x.into(), y.into()]),
        "kernel `add`: argument `x`: expected axes of the grid [5], then [3], got `x` of shape [4, 3]"
    );
    assert_eq!(
        refused(&[4], &[x.into(), wide.into()]),
        "kernel `add`: argument `y`: expected values in 0..=1, got `wide` in 0..=255"
    );
    let ambiguous = refused(&[4, 4], &[x.into(), y.into()]);
    assert!(
        ambiguous.contains("named by `along` where several fit"),
        "{ambiguous}"
    );
    assert!(
        context
            .launch(&kernel, &[4, 4], [x.along(&[0]), y.along(&[1])])
            .is_ok()
    );
    assert!(context.slice(x, 1, 2..4).is_err());
    assert!(context.transpose(x, &[0, 0]).is_err());
    assert!(context.reshape(x, &[5]).is_err());
    assert!(context.download("x", x).is_err());
    let outside = context
        .upload("outside", &[1], BIT, vec![2i64])
        .unwrap_err();
    assert_eq!(
        outside.to_string(),
        "kernel `upload`: outside: expected values in 0..=1, got 2"
    );
    assert!(matches!(context.compile(), Err(KernelError::Graph(_))));
}

#[test]
fn violated_assertions_are_named() {
    let kernel = CircuitKernel::compile("even", |k| {
        let x = k.scalar("x", BYTE);
        let bits = k.to_bits(x, 8);
        k.assert_named("x is even", bits[0]);
        k.output_scalar("half", k.from_bits(&bits[1..]));
    })
    .unwrap();
    assert!(kernel.run(&[vec![Fr::from(4u64)]]).is_ok());
    let error = kernel.run(&[vec![Fr::from(5u64)]]).unwrap_err().to_string();
    assert_eq!(
        error,
        "kernel `even`: assertion `x is even`: expected 0, got 1"
    );
    let error = kernel.run(&[vec![]]).unwrap_err().to_string();
    assert_eq!(
        error,
        "kernel `even`: inputs: expected lists of [1] values, got [0]"
    );
    let field = CircuitKernel::compile("field", |k| {
        let x = k.scalar("x", Range::FIELD);
        k.output_scalar("y", x * x);
    });
    assert!(field.is_ok());
}
