//! Sums of products of small integers with field coefficients, sixteen rows at a time.
//!
//! ```text
//! S[d][r] += Σ_t digit_d(c_t) · Π_{j ∈ factors_t} V_j[r]      V 16-bit, r < 16, d < 16
//! ```
//! A coefficient is its Montgomery form in sixteen signed digits of 16 bits, so that `Σ_d 2^(16d) S[d][r]` is congruent to the
//! Montgomery form of the sum. `vpdpwssd` multiplies 32 pairs of digits and products and adds them two by two to
//! sixteen 32-bit sums: two terms share an instruction, and the sixteen sums of a digit stay in a register.
#![expect(
    unsafe_code,
    reason = "vector loads at computed addresses have no safe form"
)]

use std::ops::Range;

use super::Level;

/// Rows that are summed together.
pub const ROWS: usize = 16;

/// Signed digits of a coefficient.
pub const DIGITS: usize = 16;

/// The largest number of factors of a term.
pub const MAX_FACTORS: usize = 5;

/// The largest magnitude of a product.
pub const MAX_PRODUCT: i64 = i16::MAX as i64;

/// Terms that a list may hold: sums of that many of the largest products stay below `2^51`.
pub const MAX_TERMS: usize = 1 << 20;

/// The values of one factor in all rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, align(32))]
pub struct Row(pub [i16; ROWS]);

impl Row {
    /// Zero in every row.
    pub const ZERO: Self = Self([0; ROWS]);
}

/// The digits of two coefficients, side by side.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
struct DigitPair([[i16; 2]; DIGITS]);

/// The sums of each digit in every row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigitSums(pub [[i64; ROWS]; DIGITS]);

impl DigitSums {
    /// Empty sums.
    pub const ZERO: Self = Self([[0; ROWS]; DIGITS]);
}

/// Terms with the same number of factors.
#[derive(Debug)]
pub struct ProductList {
    degree: usize,
    /// `degree` indices per term; an even number of terms.
    factors: Vec<u32>,
    digits: Vec<DigitPair>,
    /// Every index is below.
    values: usize,
}

impl ProductList {
    /// Terms of `degree` factors each, with the Montgomery forms of their coefficients.
    ///
    /// # Panics
    /// If there are more than [`MAX_TERMS`] terms, none or more than [`MAX_FACTORS`] factors per term, or not as many
    /// coefficients as terms.
    pub fn new(degree: usize, mut factors: Vec<u32>, coefficients: &[[u64; 4]]) -> Self {
        assert!(
            (1..=MAX_FACTORS).contains(&degree) && coefficients.len() <= MAX_TERMS,
            "{} terms of degree {degree}",
            coefficients.len()
        );
        assert_eq!(factors.len(), degree * coefficients.len());
        // Half a pair is completed by a term with coefficient zero.
        factors.resize(coefficients.len().next_multiple_of(2) * degree, 0);
        let digits = coefficients
            .chunks(2)
            .map(|pair| {
                let first = signed_digits(pair[0]);
                let second = signed_digits(pair.get(1).copied().unwrap_or_default());
                DigitPair(std::array::from_fn(|d| [first[d], second[d]]))
            })
            .collect();
        let values = factors.iter().max().map_or(0, |&most| most as usize + 1);
        Self {
            degree,
            factors,
            digits,
            values,
        }
    }

    /// Factors of each term.
    pub fn degree(&self) -> usize {
        self.degree
    }

    /// Number of pairs of terms.
    pub fn pairs(&self) -> usize {
        self.digits.len()
    }

    /// Adds the terms of `pairs` to `sums`. Where a product exceeds `bound` in magnitude, the sums of the row are arbitrary.
    ///
    /// # Panics
    /// If `values` lacks a factor, `pairs` reaches beyond the list, or `bound` exceeds [`MAX_PRODUCT`].
    pub fn accumulate(
        &self,
        level: Level,
        pairs: Range<usize>,
        values: &[Row],
        bound: i64,
        sums: &mut DigitSums,
    ) {
        assert!(self.values <= values.len() && bound <= MAX_PRODUCT);
        let factors = &self.factors[2 * self.degree * pairs.start..2 * self.degree * pairs.end];
        let digits = &self.digits[pairs];
        // Pairs whose 32-bit sums cannot overflow: two products by digits up to 2^15 each.
        let run = usize::try_from(((1i64 << 31) - 1) / ((bound.max(1)) << 16)).unwrap_or(1);
        let run = run.max(1);
        for (factors, digits) in factors
            .chunks(2 * self.degree * run)
            .zip(digits.chunks(run))
        {
            #[cfg(target_arch = "x86_64")]
            if level == Level::Avx512 && vnni_is_available() {
                // SAFETY: the CPU has the features, and the assertion above bounds every index of the list.
                unsafe { accumulate_vectors(self.degree, factors, digits, values, sums) };
                continue;
            }
            let _ = level;
            accumulate_scalars(self.degree, factors, digits, values, sums);
        }
    }
}

/// Sixteen digits in `[−2^15, 2^15)` of a number below `2^255`: adding half the radix to every digit and taking it
/// away again moves the carries.
fn signed_digits(limbs: [u64; 4]) -> [i16; DIGITS] {
    const HALVES: u64 = 0x8000_8000_8000_8000;
    let mut digits = [0; DIGITS];
    let mut carry = false;
    for (digits, limb) in digits.as_chunks_mut::<4>().0.iter_mut().zip(limbs) {
        let (sum, first) = limb.overflowing_add(HALVES);
        let (sum, second) = sum.overflowing_add(u64::from(carry));
        carry = first || second;
        let sum = sum ^ HALVES;
        *digits = [0, 16, 32, 48].map(|shift| (sum >> shift) as i16);
    }
    digits
}

#[cfg(target_arch = "x86_64")]
fn vnni_is_available() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vnni")
}

/// [`ProductList::accumulate`] with any instructions.
fn accumulate_scalars(
    degree: usize,
    factors: &[u32],
    digits: &[DigitPair],
    values: &[Row],
    sums: &mut DigitSums,
) {
    for (factors, digits) in factors.chunks_exact(2 * degree).zip(digits) {
        for (term, factors) in factors.chunks_exact(degree).enumerate() {
            let mut product = [1i64; ROWS];
            for &factor in factors {
                for (product, &value) in product.iter_mut().zip(&values[factor as usize].0) {
                    *product = product.wrapping_mul(value.into());
                }
            }
            for (sums, digit) in sums.0.iter_mut().zip(&digits.0) {
                for (sum, product) in sums.iter_mut().zip(product) {
                    *sum = sum.wrapping_add(i64::from(digit[term]).wrapping_mul(product));
                }
            }
        }
    }
}

/// [`ProductList::accumulate`] with vectors, for terms whose 32-bit sums do not overflow.
///
/// # Safety
/// The CPU has AVX-512 F, BW, VL and VNNI; `values` has every factor; `factors` has `2 · degree` indices per entry of `digits`.
#[cfg(target_arch = "x86_64")]
unsafe fn accumulate_vectors(
    degree: usize,
    factors: &[u32],
    digits: &[DigitPair],
    values: &[Row],
    sums: &mut DigitSums,
) {
    // SAFETY: as the caller vouches.
    unsafe {
        match degree {
            1 => run::<1>(factors, digits, values, sums),
            2 => run::<2>(factors, digits, values, sums),
            3 => run::<3>(factors, digits, values, sums),
            4 => run::<4>(factors, digits, values, sums),
            _ => run::<5>(factors, digits, values, sums),
        }
    }
}

/// # Safety
/// As [`accumulate_vectors`], with `D` factors per term.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vnni")]
unsafe fn run<const D: usize>(
    factors: &[u32],
    digits: &[DigitPair],
    values: &[Row],
    sums: &mut DigitSums,
) {
    use std::arch::x86_64::*;
    let product = |factors: &[u32; D]| {
        let mut product = _mm256_set1_epi16(1);
        for (j, &factor) in factors.iter().enumerate() {
            // SAFETY: the caller vouches for the index; a row is 32 bytes, aligned to 32.
            let row = unsafe {
                _mm256_load_si256(values.as_ptr().add(factor as usize).cast::<__m256i>())
            };
            product = if j == 0 {
                row
            } else {
                _mm256_mullo_epi16(product, row)
            };
        }
        product
    };
    let mut wide = [_mm512_setzero_si512(); DIGITS];
    for (pair, digits) in factors
        .as_chunks::<D>()
        .0
        .as_chunks::<2>()
        .0
        .iter()
        .zip(digits)
    {
        let (first, second) = (product(&pair[0]), product(&pair[1]));
        let products = _mm512_or_si512(
            _mm512_cvtepu16_epi32(first),
            _mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(second)),
        );
        for (sum, digit) in wide.iter_mut().zip(&digits.0) {
            // SAFETY: two digits are four bytes, of which every pattern is an integer.
            let digit = unsafe { std::mem::transmute::<[i16; 2], i32>(*digit) };
            *sum = _mm512_dpwssd_epi32(*sum, products, _mm512_set1_epi32(digit));
        }
    }
    for (sums, wide) in sums.0.iter_mut().zip(wide) {
        let halves = [
            _mm512_cvtepi32_epi64(_mm512_castsi512_si256(wide)),
            _mm512_cvtepi32_epi64(_mm512_extracti64x4_epi64::<1>(wide)),
        ];
        for (sums, half) in sums.as_chunks_mut::<8>().0.iter_mut().zip(halves) {
            let target = sums.as_mut_ptr().cast::<__m512i>();
            // SAFETY: eight sums are 64 bytes; loads and stores have no alignment requirement.
            unsafe {
                let sum = _mm512_add_epi64(_mm512_loadu_si512(target), half);
                _mm512_storeu_si512(target, sum);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(i: usize) -> u64 {
        (i as u64 + 1)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(23)
            ^ 0x5bd1_e995
    }

    /// The digits of a number add up to it.
    #[test]
    fn digits_are_those_of_the_number() {
        let largest = [u64::MAX, u64::MAX, u64::MAX, u64::MAX >> 2];
        for limbs in [[0; 4], largest, [0x8000, 0, 0x7fff_ffff_8000_8000, 5]] {
            let mut back = [0u64; 4];
            let mut carry = 0i128;
            for (k, digits) in signed_digits(limbs).as_chunks::<4>().0.iter().enumerate() {
                for (j, &digit) in digits.iter().enumerate() {
                    carry += i128::from(digit) << (16 * j);
                }
                back[k] = carry as u64;
                carry >>= 64;
            }
            assert_eq!((back, carry), (limbs, 0));
        }
    }

    #[test]
    fn vectors_agree_with_scalars() {
        for degree in 1..=MAX_FACTORS {
            for (terms, most) in [(1, 1), (2, 3), (7, 2), (600, 7), (4099, 1)] {
                let most = if degree == 1 { MAX_PRODUCT } else { most };
                let bound = most.pow(degree as u32);
                let values: Vec<Row> = (0..50)
                    .map(|i| {
                        Row(std::array::from_fn(|r| {
                            let span = 2 * most as u64 + 1;
                            ((noise(i * ROWS + r) % span) as i64 - most) as i16
                        }))
                    })
                    .collect();
                let factors = (0..terms * degree)
                    .map(|i| (noise(i) % 50) as u32)
                    .collect();
                let coefficients: Vec<[u64; 4]> = (0..terms)
                    .map(|i| {
                        std::array::from_fn(|k| noise(4 * i + k) >> (if k == 3 { 2 } else { 0 }))
                    })
                    .collect();
                let list = ProductList::new(degree, factors, &coefficients);
                let mut expected = DigitSums::ZERO;
                accumulate_scalars(degree, &list.factors, &list.digits, &values, &mut expected);
                for level in [Level::Portable, Level::detect()] {
                    let mut sums = DigitSums::ZERO;
                    let middle = list.pairs() / 2;
                    list.accumulate(level, 0..middle, &values, bound, &mut sums);
                    list.accumulate(level, middle..list.pairs(), &values, bound, &mut sums);
                    assert_eq!(sums, expected, "{level:?}");
                }
            }
        }
    }

    /// The largest products and digits, all of one sign.
    #[test]
    fn sums_do_not_overflow() {
        for bound in [1, 2, 3, 100, MAX_PRODUCT] {
            let values = [Row([-(bound as i16); ROWS])];
            // Every digit is −2^15 but the highest.
            let coefficients = vec![
                [
                    0x8000_7fff_7fff_8000u64,
                    0x7fff_7fff_7fff_7fff,
                    0x7fff_7fff_7fff_7fff,
                    0x3fff_7fff_7fff_7fff
                ];
                70_000
            ];
            let list = ProductList::new(1, vec![0; coefficients.len()], &coefficients);
            let mut expected = DigitSums::ZERO;
            accumulate_scalars(1, &list.factors, &list.digits, &values, &mut expected);
            let mut sums = DigitSums::ZERO;
            list.accumulate(Level::detect(), 0..list.pairs(), &values, bound, &mut sums);
            assert_eq!(sums, expected);
        }
    }
}
