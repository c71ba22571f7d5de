//! The operations of a set of lanes, for code that runs on every instruction set.
//!
//! Code over lanes is written once, generic in [`LaneOps`], as a [`LaneKernel`]; [`super::dispatch`] runs it on
//! the active instruction set. A kernel whose `call` is `#[inline(always)]` is compiled with the vector
//! instructions of the machine although it contains no unsafe code itself.

use std::fmt::Debug;

use super::constants::LaneField;

/// Elements of one [`LaneOps::Lanes`].
pub const WIDTH: usize = 8;

/// Products that one [`LaneOps::Wide`] may take before it must be reduced.
///
/// 96 products of reduced values are the most that one final fold brings back below `1.75p`.
pub const MAX_WIDE_PRODUCTS: usize = 96;

/// Products with integers that one [`LaneOps::Wide`] may take before it must be reduced.
pub const MAX_SIGNED_PRODUCTS: usize = 512;

/// Magnitude bits of an integer that [`LaneOps::mul_add_signed`] takes.
pub const SIGNED_BITS: u32 = 51;

/// Arithmetic on [`WIDTH`] field elements at once.
///
/// # Bounds
/// Values are kept below `1.75p`, not below `p`; only [`unpack`](LaneOps::unpack), [`sum`](LaneOps::sum) and
/// [`is_zero`](LaneOps::is_zero) see canonical values. Every operation takes and gives values in that range,
/// except the results of the `_lazy` operations, which are operands of [`mul`](LaneOps::mul),
/// [`square`](LaneOps::square) or nothing.
pub trait LaneOps: Copy + Debug + Send + Sync + 'static {
    /// Eight elements; an array of them is a table that stays in lanes.
    type Lanes<F: LaneField>: Copy + Debug + Send + Sync + 'static;

    /// An unreduced sum of products.
    type Wide<F: LaneField>: Copy + Send + Sync;

    /// Runs `kernel` compiled for this instruction set.
    fn run<K: LaneKernel>(self, kernel: K) -> K::Output;

    /// Runs `task` compiled for this instruction set.
    fn run_task<T: LaneTask<Self>>(self, task: T) -> T::Output;

    /// Takes eight elements into lanes. One multiplication for the change of radix.
    fn pack<F: LaneField>(self, values: &[F; WIDTH]) -> Self::Lanes<F>;

    /// Gives back the eight elements. One multiplication for the change of radix, and the final reduction.
    fn unpack<F: LaneField>(self, x: Self::Lanes<F>) -> [F; WIDTH];

    /// Takes eight representatives into lanes as they are: the lanes hold `x` over
    /// [`words_unit`](LaneOps::words_unit). No multiplication.
    #[inline(always)]
    fn pack_words<F: LaneField>(self, values: &[F; WIDTH]) -> Self::Lanes<F> {
        self.gather_words(values.each_ref())
    }

    /// [`pack_words`](LaneOps::pack_words) of elements that lie apart.
    fn gather_words<F: LaneField>(self, values: [&F; WIDTH]) -> Self::Lanes<F>;

    /// [`pack_words`](LaneOps::pack_words) with one element in every lane.
    fn splat_words<F: LaneField>(self, value: &F) -> Self::Lanes<F>;

    /// The inverse of [`pack_words`](LaneOps::pack_words), with the final reduction.
    fn unpack_words<F: LaneField>(self, x: Self::Lanes<F>) -> [F; WIDTH];

    /// Puts lanes into the memory of eight elements, in an order of its own: what is left are not elements, and
    /// only [`unstow`](LaneOps::unstow) makes sense of it. No multiplication and no final reduction.
    fn stow<F: LaneField>(self, x: Self::Lanes<F>, memory: &mut [F; WIDTH]);

    /// The inverse of [`stow`](LaneOps::stow).
    fn unstow<F: LaneField>(self, memory: &[F; WIDTH]) -> Self::Lanes<F>;

    /// Asks for the memory of eight elements that will be read or written soon.
    fn prefetch<F: LaneField>(self, memory: &[F; WIDTH]);

    /// What [`pack_words`](LaneOps::pack_words) divides by: the quotient of the two Montgomery radices.
    fn words_unit<F: LaneField>(self) -> F;

    /// The inverse of [`words_unit`](LaneOps::words_unit).
    fn words_factor<F: LaneField>(self) -> F;

    /// One element in every lane.
    fn splat<F: LaneField>(self, value: F) -> Self::Lanes<F>;

    /// Zero in every lane.
    fn zero<F: LaneField>(self) -> Self::Lanes<F>;

    /// `a + b`.
    fn add<F: LaneField>(self, a: Self::Lanes<F>, b: Self::Lanes<F>) -> Self::Lanes<F>;

    /// `a − b`.
    fn sub<F: LaneField>(self, a: Self::Lanes<F>, b: Self::Lanes<F>) -> Self::Lanes<F>;

    /// `a + b` as an operand of one multiplication; saves the fold of [`add`](LaneOps::add).
    fn add_lazy<F: LaneField>(self, a: Self::Lanes<F>, b: Self::Lanes<F>) -> Self::Lanes<F>;

    /// `a − b` as an operand of one multiplication; saves the fold of [`sub`](LaneOps::sub).
    fn sub_lazy<F: LaneField>(self, a: Self::Lanes<F>, b: Self::Lanes<F>) -> Self::Lanes<F>;

    /// `a·b`; both operands may be lazy.
    fn mul<F: LaneField>(self, a: Self::Lanes<F>, b: Self::Lanes<F>) -> Self::Lanes<F>;

    /// `a·b + c`, at little more than the cost of [`mul`](LaneOps::mul); `a` and `b` may be lazy, `c` not.
    fn mul_plus<F: LaneField>(
        self,
        a: Self::Lanes<F>,
        b: Self::Lanes<F>,
        c: Self::Lanes<F>,
    ) -> Self::Lanes<F>;

    /// `a²`; the operand may be lazy.
    fn square<F: LaneField>(self, a: Self::Lanes<F>) -> Self::Lanes<F>;

    /// The empty sum of products.
    fn wide_zero<F: LaneField>(self) -> Self::Wide<F>;

    /// `acc + a·b`, unreduced: half the cost of [`mul`](LaneOps::mul). Neither operand may be lazy.
    ///
    /// The caller reduces after at most [`MAX_WIDE_PRODUCTS`] products; more give a wrong value.
    fn mul_add<F: LaneField>(
        self,
        acc: Self::Wide<F>,
        a: Self::Lanes<F>,
        b: Self::Lanes<F>,
    ) -> Self::Wide<F>;

    /// The value of a sum of at most [`MAX_WIDE_PRODUCTS`] products.
    fn reduce<F: LaneField>(self, acc: Self::Wide<F>) -> Self::Lanes<F>;

    /// The empty sum of products with integers.
    fn signed_zero<F: LaneField>(self) -> Self::Wide<F>;

    /// `acc + a·v` over [`integer_unit`](LaneOps::integer_unit), unreduced: a tenth of the cost of
    /// [`mul`](LaneOps::mul). The operand is not lazy, and `|v| < 2^51`.
    ///
    /// The sum starts from [`signed_zero`](LaneOps::signed_zero); the caller reduces after at most
    /// [`MAX_SIGNED_PRODUCTS`] products; more give a wrong value.
    fn mul_add_signed<F: LaneField>(
        self,
        acc: Self::Wide<F>,
        a: Self::Lanes<F>,
        v: &[i64; WIDTH],
    ) -> Self::Wide<F>;

    /// What a product with an integer is divided by: the Montgomery radix.
    fn integer_unit<F: LaneField>(self) -> F;

    /// Which lanes hold zero, as a bit mask; compares canonical values.
    fn is_zero<F: LaneField>(self, x: Self::Lanes<F>) -> u8;

    /// `−a`.
    #[inline(always)]
    fn neg<F: LaneField>(self, a: Self::Lanes<F>) -> Self::Lanes<F> {
        self.sub(self.zero(), a)
    }

    /// `2a`.
    #[inline(always)]
    fn double<F: LaneField>(self, a: Self::Lanes<F>) -> Self::Lanes<F> {
        self.add(a, a)
    }

    /// The sum of the eight elements.
    #[inline(always)]
    fn sum<F: LaneField>(self, x: Self::Lanes<F>) -> F {
        self.unpack(x).into_iter().sum()
    }
}

/// A computation over lanes, generic in the instruction set.
///
/// Implementations mark `call`, and the generic functions that it calls in its inner loops,
/// `#[inline(always)]`: a function left out of line is compiled without the vector instructions.
pub trait LaneKernel {
    /// What the computation returns.
    type Output;

    /// Computes on the lanes of `ops`.
    fn call<S: LaneOps>(self, ops: S) -> Self::Output;
}

/// A piece of a computation whose data are already in the lanes of one instruction set.
///
/// As for [`LaneKernel`], `call` is marked `#[inline(always)]`.
pub trait LaneTask<S> {
    /// What the piece returns.
    type Output;

    /// Computes on the lanes of `ops`.
    fn call(self, ops: S) -> Self::Output;
}
