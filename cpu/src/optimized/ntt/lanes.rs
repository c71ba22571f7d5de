//! Eight transforms side by side, one per lane.
//!
//! Level by level, a polynomial modulo `X^2h − z²` is reduced modulo `X^h − z` and `X^h + z`:
//! ```text
//! (a, b) → (a + z·b, a − z·b)
//! ```
//! where `z` is the same for a whole block and comes from one table in bit-reversed order. Natural order becomes
//! bit-reversed order. The first block of every level has `z = 1` and needs no multiplication.

use kernelwise_field::Fr;

use crate::simd::LaneOps;

/// Values of a block that is transformed to the end before the next one begins: 64 of 320 bytes stay in a
/// first-level cache.
const INNER: usize = 64;

/// Transforms `x` in place. `twiddles` are those of `x.len()` or of a multiple of it.
#[inline(always)]
pub(super) fn transform<S: LaneOps>(ops: S, x: &mut [S::Lanes<Fr>], twiddles: &[Fr]) {
    // Blocks of each level in turn while they are long, then each short block through all its levels.
    let mut len = x.len();
    while len > INNER {
        len = levels(ops, x, 0, len, twiddles);
    }
    for (block, x) in x.chunks_exact_mut(len.max(1)).enumerate() {
        let (mut first, mut len) = (block, x.len());
        while len > 1 {
            let next = levels(ops, x, first, len, twiddles);
            first *= len / next;
            len = next;
        }
    }
}

/// Two levels, or the last one, of the blocks of `len` values in `x`, the first of which has index `first` among
/// all of its level. Returns the length of the next level's blocks.
#[inline(always)]
fn levels<S: LaneOps>(
    ops: S,
    x: &mut [S::Lanes<Fr>],
    first: usize,
    len: usize,
    twiddles: &[Fr],
) -> usize {
    if len == 2 {
        for (block, x) in (first..).zip(x.as_chunks_mut::<2>().0) {
            let z = ops.splat_words(&twiddles[block]);
            [x[0], x[1]] = butterfly(ops, x[0], x[1], (block > 0).then_some(z));
        }
        return 1;
    }
    let quarter = len / 4;
    for (block, x) in (first..).zip(x.chunks_exact_mut(len)) {
        let (low, high) = x.split_at_mut(2 * quarter);
        let (a, b) = low.split_at_mut(quarter);
        let (c, d) = high.split_at_mut(quarter);
        let lanes = a.iter_mut().zip(b).zip(c).zip(d);
        let [z2, z3] = [2 * block, 2 * block + 1].map(|index| ops.splat_words(&twiddles[index]));
        if block == 0 {
            for (((a, b), c), d) in lanes {
                let [a1, c1] = butterfly(ops, *a, *c, None);
                let [b1, d1] = butterfly(ops, *b, *d, None);
                [*a, *b] = butterfly(ops, a1, b1, None);
                [*c, *d] = butterfly(ops, c1, d1, Some(z3));
            }
        } else {
            let z1 = ops.splat_words(&twiddles[block]);
            for (((a, b), c), d) in lanes {
                let [a1, c1] = butterfly(ops, *a, *c, Some(z1));
                let [b1, d1] = butterfly(ops, *b, *d, Some(z1));
                [*a, *b] = butterfly(ops, a1, b1, Some(z2));
                [*c, *d] = butterfly(ops, c1, d1, Some(z3));
            }
        }
    }
    quarter
}

#[inline(always)]
fn butterfly<S: LaneOps>(
    ops: S,
    a: S::Lanes<Fr>,
    b: S::Lanes<Fr>,
    z: Option<S::Lanes<Fr>>,
) -> [S::Lanes<Fr>; 2] {
    let b = match z {
        Some(z) => ops.mul::<Fr>(b, z),
        None => b,
    };
    [ops.add::<Fr>(a, b), ops.sub::<Fr>(a, b)]
}
