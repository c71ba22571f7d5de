//! Lanes without vector instructions: eight arkworks elements, one after the other.
//!
//! Always canonical, so the lazy and wide operations save nothing here; arkworks' own scalar code is the
//! fastest way that a CPU without AVX-512 IFMA has.

use super::constants::{LaneField, subtract_once};
use super::ops::{LaneKernel, LaneOps, LaneTask, WIDTH};

/// The lanes of any CPU.
#[derive(Debug, Clone, Copy)]
pub struct Portable;

#[inline(always)]
fn map<F: LaneField>(a: [F; WIDTH], b: [F; WIDTH], op: impl Fn(F, F) -> F) -> [F; WIDTH] {
    std::array::from_fn(|lane| op(a[lane], b[lane]))
}

/// `a·v / 2^64`: one step of a Montgomery multiplication, a quarter of the whole.
///
/// For `v < 2^52` the sum is below `p·(2^52 + 2^64)/2^64`, so one subtraction is enough.
#[inline(always)]
fn mul_word<F: LaneField>(a: F, v: u64) -> F {
    let (a, p) = (a.montgomery(), F::MODULUS.0);
    let quotient = a[0].wrapping_mul(v).wrapping_mul(F::LANES.quotient_word);
    let mut out = [0; 4];
    let (mut product, mut multiple) = (0u128, 0u128);
    for i in 0..4 {
        product += u128::from(a[i]) * u128::from(v);
        multiple += u128::from(quotient) * u128::from(p[i]);
        let (low, carry) = (product as u64).overflowing_add(multiple as u64);
        product = (product >> 64) + u128::from(carry);
        multiple >>= 64;
        // The lowest word of the sum is zero.
        if i > 0 {
            out[i - 1] = low;
        }
    }
    out[3] = (product + multiple) as u64;
    F::from_montgomery(subtract_once(out, p))
}

impl LaneOps for Portable {
    type Lanes<F: LaneField> = [F; WIDTH];
    type Wide<F: LaneField> = [F; WIDTH];

    #[inline(always)]
    fn run<K: LaneKernel>(self, kernel: K) -> K::Output {
        kernel.call(self)
    }

    #[inline(always)]
    fn run_task<T: LaneTask<Self>>(self, task: T) -> T::Output {
        task.call(self)
    }

    #[inline(always)]
    fn gather_words<F: LaneField>(self, values: [&F; WIDTH]) -> Self::Lanes<F> {
        values.map(|value| *value)
    }

    #[inline(always)]
    fn splat_words<F: LaneField>(self, value: &F) -> Self::Lanes<F> {
        [*value; WIDTH]
    }

    #[inline(always)]
    fn unpack_words<F: LaneField>(self, x: Self::Lanes<F>) -> [F; WIDTH] {
        x
    }

    #[inline(always)]
    fn stow<F: LaneField>(self, x: Self::Lanes<F>, memory: &mut [F; WIDTH]) {
        *memory = x;
    }

    #[inline(always)]
    fn unstow<F: LaneField>(self, memory: &[F; WIDTH]) -> Self::Lanes<F> {
        *memory
    }

    #[inline(always)]
    fn prefetch<F: LaneField>(self, _memory: &[F; WIDTH]) {}

    #[inline(always)]
    fn words_unit<F: LaneField>(self) -> F {
        F::ONE
    }

    #[inline(always)]
    fn words_factor<F: LaneField>(self) -> F {
        F::ONE
    }

    #[inline(always)]
    fn pack<F: LaneField>(self, values: &[F; WIDTH]) -> Self::Lanes<F> {
        *values
    }

    #[inline(always)]
    fn unpack<F: LaneField>(self, x: Self::Lanes<F>) -> [F; WIDTH] {
        x
    }

    #[inline(always)]
    fn splat<F: LaneField>(self, value: F) -> Self::Lanes<F> {
        [value; WIDTH]
    }

    #[inline(always)]
    fn zero<F: LaneField>(self) -> Self::Lanes<F> {
        [F::ZERO; WIDTH]
    }

    #[inline(always)]
    fn add<F: LaneField>(self, a: Self::Lanes<F>, b: Self::Lanes<F>) -> Self::Lanes<F> {
        map(a, b, |a, b| a + b)
    }

    #[inline(always)]
    fn sub<F: LaneField>(self, a: Self::Lanes<F>, b: Self::Lanes<F>) -> Self::Lanes<F> {
        map(a, b, |a, b| a - b)
    }

    #[inline(always)]
    fn add_lazy<F: LaneField>(self, a: Self::Lanes<F>, b: Self::Lanes<F>) -> Self::Lanes<F> {
        self.add(a, b)
    }

    #[inline(always)]
    fn sub_lazy<F: LaneField>(self, a: Self::Lanes<F>, b: Self::Lanes<F>) -> Self::Lanes<F> {
        self.sub(a, b)
    }

    #[inline(always)]
    fn mul<F: LaneField>(self, a: Self::Lanes<F>, b: Self::Lanes<F>) -> Self::Lanes<F> {
        map(a, b, |a, b| a * b)
    }

    #[inline(always)]
    fn mul_plus<F: LaneField>(
        self,
        a: Self::Lanes<F>,
        b: Self::Lanes<F>,
        c: Self::Lanes<F>,
    ) -> Self::Lanes<F> {
        self.add(self.mul(a, b), c)
    }

    #[inline(always)]
    fn square<F: LaneField>(self, a: Self::Lanes<F>) -> Self::Lanes<F> {
        a.map(|a| a.square())
    }

    #[inline(always)]
    fn wide_zero<F: LaneField>(self) -> Self::Wide<F> {
        self.zero()
    }

    #[inline(always)]
    fn mul_add<F: LaneField>(
        self,
        acc: Self::Wide<F>,
        a: Self::Lanes<F>,
        b: Self::Lanes<F>,
    ) -> Self::Wide<F> {
        self.add(acc, self.mul(a, b))
    }

    #[inline(always)]
    fn reduce<F: LaneField>(self, acc: Self::Wide<F>) -> Self::Lanes<F> {
        acc
    }

    #[inline(always)]
    fn signed_zero<F: LaneField>(self) -> Self::Wide<F> {
        self.zero()
    }

    #[inline(always)]
    fn mul_add_signed<F: LaneField>(
        self,
        acc: Self::Wide<F>,
        a: Self::Lanes<F>,
        v: &[i64; WIDTH],
    ) -> Self::Wide<F> {
        std::array::from_fn(|lane| {
            let product = mul_word(a[lane], v[lane].unsigned_abs());
            if v[lane] < 0 {
                acc[lane] - product
            } else {
                acc[lane] + product
            }
        })
    }

    #[inline(always)]
    fn integer_unit<F: LaneField>(self) -> F {
        F::from(1u128 << 64)
    }

    #[inline(always)]
    fn is_zero<F: LaneField>(self, x: Self::Lanes<F>) -> u8 {
        x.iter()
            .enumerate()
            .fold(0, |mask, (lane, x)| mask | u8::from(x.is_zero()) << lane)
    }
}
