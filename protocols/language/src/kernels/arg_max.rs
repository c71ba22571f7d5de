//! Which of several integers is the largest.

use kernelwise_core::program::Range;

use crate::builder::{KernelBuilder, Var};
use crate::error::KernelError;
use crate::kernel::CircuitKernel;

/// Wider differences would not be told from negative ones among 64-bit integers.
const MAX_BITS: u32 = 60;

/// Input `x`: `len` integers in `range`; output `index`: where the largest of them is, the first one if there are several.
///
/// A tournament: of every two, the bits of the difference say which goes on, with its index.
///
/// # Cost
/// `len − 1` comparisons, each of one bit more than differences have, and two products.
///
/// # Errors
/// [`KernelError::Misuse`] for fewer than two integers, or more bits than can be compared.
pub fn arg_max(len: usize, range: Range) -> Result<CircuitKernel, KernelError> {
    let misuse = |argument: &str, expected: String, got: String| KernelError::Misuse {
        kernel: "arg-max".to_owned(),
        argument: argument.to_owned(),
        expected,
        got,
    };
    if len < 2 {
        return Err(misuse("len", "at least 2".to_owned(), len.to_string()));
    }
    let span = i128::from(range.hi) - i128::from(range.lo) + 1;
    let bits = i128::BITS - (span - 1).leading_zeros();
    if range == Range::FIELD || bits > MAX_BITS {
        let expected = format!("integers that span at most {MAX_BITS} bits");
        return Err(misuse("range", expected, range.to_string()));
    }
    CircuitKernel::compile("arg-max", |k| {
        let x = k.input("x", len, range);
        let mut standing: Vec<(Var<'_>, Var<'_>)> = (0u64..)
            .zip(x)
            .map(|(index, value)| (value, k.constant(index)))
            .collect();
        while standing.len() > 1 {
            let pairs = standing.chunks(2);
            standing = pairs
                .map(|pair| match *pair {
                    [first, second] => winner(k, bits, first, second),
                    _ => pair[0],
                })
                .collect();
        }
        k.output_scalar_in("index", standing[0].1, Range::new(0, len as i64 - 1));
    })
}

/// The larger value, the first of two equal ones.
fn winner<'k>(
    k: &'k KernelBuilder,
    bits: u32,
    (a, i): (Var<'k>, Var<'k>),
    (b, j): (Var<'k>, Var<'k>),
) -> (Var<'k>, Var<'k>) {
    // −2^bits ≤ b − a − 1 < 2^bits: the highest bit says whether b is larger.
    let digits = k.to_bits(b - a + ((1i64 << bits) - 1), bits as usize + 1);
    let larger = digits[bits as usize];
    (a + larger * (b - a), i + larger * (j - i))
}
