//! The lanes of a CPU with AVX-512 IFMA.
#![expect(
    unsafe_code,
    reason = "calls of functions compiled for AVX-512, guarded by a token of detection"
)]

use super::constants::LaneField;
use super::ifma;
use super::ops::{LaneKernel, LaneOps, LaneTask, WIDTH};

/// Proof that the CPU has the instructions of the lanes: only [`Avx512::detect`] makes one.
#[derive(Debug, Clone, Copy)]
pub struct Avx512(());

impl Avx512 {
    /// The lanes, if the CPU has the instructions that they need.
    ///
    /// Besides IFMA itself: VBMI2 for funnel shifts, DQ, BW and VL for masks. Every CPU since Ice Lake
    /// and Zen 4 that has IFMA at 512 bits has them all.
    pub fn detect() -> Option<Self> {
        let found = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512ifma")
            && is_x86_feature_detected!("avx512vbmi2");
        found.then_some(Self(()))
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn run_kernel<K: LaneKernel>(ops: Avx512, kernel: K) -> K::Output {
    kernel.call(ops)
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn run_task<T: LaneTask<Avx512>>(ops: Avx512, task: T) -> T::Output {
    task.call(ops)
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn pack<F: LaneField>(values: &[F; WIDTH]) -> ifma::Lanes<F> {
    let words = ifma::load_words(std::array::from_fn(|lane| values[lane].montgomery()));
    ifma::mul(words, ifma::splat(&F::LANES.enter))
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn unpack<F: LaneField>(x: ifma::Lanes<F>) -> [F; WIDTH] {
    let words = ifma::canonical(ifma::mul(x, ifma::splat(&F::LANES.leave)));
    ifma::store_words(words).map(F::from_montgomery)
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn gather_words<F: LaneField>(values: [&F; WIDTH]) -> ifma::Lanes<F> {
    ifma::load_words(values.map(|value| value.montgomery()))
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn unpack_words<F: LaneField>(x: ifma::Lanes<F>) -> [F; WIDTH] {
    ifma::store_words(ifma::canonical(x)).map(F::from_montgomery)
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn is_zero<F: LaneField>(x: ifma::Lanes<F>) -> u8 {
    ifma::zero_lanes(ifma::canonical(x))
}

impl LaneOps for Avx512 {
    type Lanes<F: LaneField> = ifma::Lanes<F>;
    type Wide<F: LaneField> = ifma::Wide<F>;

    #[inline(always)]
    fn run<K: LaneKernel>(self, kernel: K) -> K::Output {
        // SAFETY: `self` proves that the CPU has the features `run_kernel` is compiled for.
        unsafe { run_kernel(self, kernel) }
    }

    #[inline(always)]
    fn run_task<T: LaneTask<Self>>(self, task: T) -> T::Output {
        // SAFETY: `self` proves that the CPU has the features `run_task` is compiled for.
        unsafe { run_task(self, task) }
    }

    #[inline(always)]
    fn gather_words<F: LaneField>(self, values: [&F; WIDTH]) -> Self::Lanes<F> {
        // SAFETY: `self` proves that the CPU has the features `gather_words` is compiled for.
        unsafe { gather_words(values) }
    }

    #[inline(always)]
    fn splat_words<F: LaneField>(self, value: &F) -> Self::Lanes<F> {
        // SAFETY: `self` proves that the CPU has the features `splat_words` is compiled for.
        unsafe { ifma::splat_words(value.montgomery()) }
    }

    #[inline(always)]
    fn unpack_words<F: LaneField>(self, x: Self::Lanes<F>) -> [F; WIDTH] {
        // SAFETY: `self` proves that the CPU has the features `unpack_words` is compiled for.
        unsafe { unpack_words(x) }
    }

    #[inline(always)]
    fn stow<F: LaneField>(self, x: Self::Lanes<F>, memory: &mut [F; WIDTH]) {
        // SAFETY: `self` proves that the CPU has the features `stow` is compiled for.
        unsafe { ifma::stow(x, memory) }
    }

    #[inline(always)]
    fn unstow<F: LaneField>(self, memory: &[F; WIDTH]) -> Self::Lanes<F> {
        // SAFETY: `self` proves that the CPU has the features `unstow` is compiled for.
        unsafe { ifma::unstow(memory) }
    }

    #[inline(always)]
    fn prefetch<F: LaneField>(self, memory: &[F; WIDTH]) {
        // SAFETY: `self` proves that the CPU has the features `prefetch` is compiled for.
        unsafe { ifma::prefetch(memory) }
    }

    #[inline(always)]
    fn words_unit<F: LaneField>(self) -> F {
        F::from_montgomery(F::LANES.words_unit)
    }

    #[inline(always)]
    fn words_factor<F: LaneField>(self) -> F {
        F::from_montgomery(F::LANES.words_factor)
    }

    #[inline(always)]
    fn pack<F: LaneField>(self, values: &[F; WIDTH]) -> Self::Lanes<F> {
        // SAFETY: `self` proves that the CPU has the features `pack` is compiled for.
        unsafe { pack(values) }
    }

    #[inline(always)]
    fn unpack<F: LaneField>(self, x: Self::Lanes<F>) -> [F; WIDTH] {
        // SAFETY: `self` proves that the CPU has the features `unpack` is compiled for.
        unsafe { unpack(x) }
    }

    #[inline(always)]
    fn splat<F: LaneField>(self, value: F) -> Self::Lanes<F> {
        self.pack(&[value; WIDTH])
    }

    #[inline(always)]
    fn zero<F: LaneField>(self) -> Self::Lanes<F> {
        // SAFETY: `self` proves that the CPU has the features `zero` is compiled for.
        unsafe { ifma::zero() }
    }

    #[inline(always)]
    fn add<F: LaneField>(self, a: Self::Lanes<F>, b: Self::Lanes<F>) -> Self::Lanes<F> {
        // SAFETY: `self` proves that the CPU has the features `add` is compiled for.
        unsafe { ifma::add(a, b) }
    }

    #[inline(always)]
    fn sub<F: LaneField>(self, a: Self::Lanes<F>, b: Self::Lanes<F>) -> Self::Lanes<F> {
        // SAFETY: `self` proves that the CPU has the features `sub` is compiled for.
        unsafe { ifma::sub(a, b) }
    }

    #[inline(always)]
    fn add_lazy<F: LaneField>(self, a: Self::Lanes<F>, b: Self::Lanes<F>) -> Self::Lanes<F> {
        // SAFETY: `self` proves that the CPU has the features `add_lazy` is compiled for.
        unsafe { ifma::add_lazy(a, b) }
    }

    #[inline(always)]
    fn sub_lazy<F: LaneField>(self, a: Self::Lanes<F>, b: Self::Lanes<F>) -> Self::Lanes<F> {
        // SAFETY: `self` proves that the CPU has the features `sub_lazy` is compiled for.
        unsafe { ifma::sub_lazy(a, b) }
    }

    #[inline(always)]
    fn mul<F: LaneField>(self, a: Self::Lanes<F>, b: Self::Lanes<F>) -> Self::Lanes<F> {
        // SAFETY: `self` proves that the CPU has the features `mul` is compiled for.
        unsafe { ifma::mul(a, b) }
    }

    #[inline(always)]
    fn mul_plus<F: LaneField>(
        self,
        a: Self::Lanes<F>,
        b: Self::Lanes<F>,
        c: Self::Lanes<F>,
    ) -> Self::Lanes<F> {
        // SAFETY: `self` proves that the CPU has the features `mul_plus` is compiled for.
        unsafe { ifma::mul_plus(a, b, c) }
    }

    #[inline(always)]
    fn square<F: LaneField>(self, a: Self::Lanes<F>) -> Self::Lanes<F> {
        // SAFETY: `self` proves that the CPU has the features `square` is compiled for.
        unsafe { ifma::square(a) }
    }

    #[inline(always)]
    fn wide_zero<F: LaneField>(self) -> Self::Wide<F> {
        // SAFETY: `self` proves that the CPU has the features `wide_zero` is compiled for.
        unsafe { ifma::wide_zero() }
    }

    #[inline(always)]
    fn mul_add<F: LaneField>(
        self,
        acc: Self::Wide<F>,
        a: Self::Lanes<F>,
        b: Self::Lanes<F>,
    ) -> Self::Wide<F> {
        // SAFETY: `self` proves that the CPU has the features `mul_add` is compiled for.
        unsafe { ifma::mul_add(acc, a, b) }
    }

    #[inline(always)]
    fn reduce<F: LaneField>(self, acc: Self::Wide<F>) -> Self::Lanes<F> {
        // SAFETY: `self` proves that the CPU has the features `reduce_sum` is compiled for.
        unsafe { ifma::reduce_sum(acc) }
    }

    #[inline(always)]
    fn signed_zero<F: LaneField>(self) -> Self::Wide<F> {
        // SAFETY: `self` proves that the CPU has the features `signed_zero` is compiled for.
        unsafe { ifma::signed_zero() }
    }

    #[inline(always)]
    fn mul_add_signed<F: LaneField>(
        self,
        acc: Self::Wide<F>,
        a: Self::Lanes<F>,
        v: &[i64; WIDTH],
    ) -> Self::Wide<F> {
        // SAFETY: `self` proves that the CPU has the features `mul_add_signed` is compiled for.
        unsafe { ifma::mul_add_signed(acc, a, v) }
    }

    #[inline(always)]
    fn integer_unit<F: LaneField>(self) -> F {
        F::from_montgomery(F::LANES.integer_unit)
    }

    #[inline(always)]
    fn is_zero<F: LaneField>(self, x: Self::Lanes<F>) -> u8 {
        // SAFETY: `self` proves that the CPU has the features `is_zero` is compiled for.
        unsafe { is_zero(x) }
    }
}
