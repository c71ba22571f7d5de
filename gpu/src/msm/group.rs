//! The groups whose sums the kernels compute, and how their points are stored.

use kernelwise_field::{BigInt, Fq, Fq2, G1, G2, PrimeField};
use kernelwise_hal::MsmGroup;

use crate::driver::Element;

/// Words of a loose field element: a representative below twice the modulus.
pub(crate) type Loose = [u64; 4];

/// A group in which the kernels add.
pub(crate) trait KernelGroup: MsmGroup<Affine: Element> {
    /// Field elements of a coordinate.
    const DEGREE: usize;
    /// Sums of the segments of all buckets.
    const ACCUMULATE: &'static str;
    /// One step from segments to buckets.
    const COMBINE: &'static str;
    /// Weighted sums of chunks of buckets.
    const REDUCE: &'static str;
    /// Sums of consecutive values.
    const SUM: &'static str;
    /// Windows to rows.
    const JOIN: &'static str;

    /// Additions by pairs, where there are kernels for them.
    const PAIRS: Option<Pairs>;

    /// Field elements of a sum: X, Y, ZZ, ZZZ.
    const SUM_ELEMENTS: usize = 4 * Self::DEGREE;

    /// The point (X/ZZ, Y/ZZZ), the identity if ZZ is zero. With Z = ZZ, X/ZZ = (X·ZZ)/Z² and, since ZZ³ = ZZZ²,
    /// Y/ZZZ = (Y·ZZZ)/Z³.
    fn from_sum(sum: &[Loose]) -> Self;
}

/// The kernels that add entries by pairs.
pub(crate) struct Pairs {
    /// The first round, over entries.
    pub(super) first: &'static str,
    /// Another round, over points.
    pub(super) next: &'static str,
    /// Sums of the segments of what is left.
    pub(super) accumulate: &'static str,
}

/// The canonical element.
fn canonical(words: Loose) -> Fq {
    let value = BigInt(words);
    if value < Fq::MODULUS {
        return Fq::new_unchecked(value);
    }
    let mut borrow = false;
    let mut reduced = words;
    for (word, modulus) in reduced.iter_mut().zip(Fq::MODULUS.0) {
        let (difference, below) = word.overflowing_sub(modulus);
        let (difference, below_too) = difference.overflowing_sub(borrow.into());
        *word = difference;
        borrow = below || below_too;
    }
    Fq::new_unchecked(BigInt(reduced))
}

impl KernelGroup for G1 {
    const DEGREE: usize = 1;
    const ACCUMULATE: &'static str = "kw_msm_accumulate_g1";
    const COMBINE: &'static str = "kw_msm_combine_g1";
    const REDUCE: &'static str = "kw_msm_reduce_g1";
    const SUM: &'static str = "kw_msm_sum_g1";
    const JOIN: &'static str = "kw_msm_join_g1";
    const PAIRS: Option<Pairs> = Some(Pairs {
        first: "kw_msm_pairs_first",
        next: "kw_msm_pairs_next",
        accumulate: "kw_msm_accumulate_pairs",
    });

    fn from_sum(sum: &[Loose]) -> Self {
        let &[x, y, zz, zzz] = sum else {
            return Self::default();
        };
        let [x, y, zz, zzz] = [x, y, zz, zzz].map(canonical);
        Self::new_unchecked(x * zz, y * zzz, zz)
    }
}

impl KernelGroup for G2 {
    const DEGREE: usize = 2;
    const ACCUMULATE: &'static str = "kw_msm_accumulate_g2";
    const COMBINE: &'static str = "kw_msm_combine_g2";
    const REDUCE: &'static str = "kw_msm_reduce_g2";
    const SUM: &'static str = "kw_msm_sum_g2";
    const JOIN: &'static str = "kw_msm_join_g2";
    const PAIRS: Option<Pairs> = None;

    fn from_sum(sum: &[Loose]) -> Self {
        let (&[x, y, zz, zzz], []) = sum.as_chunks() else {
            return Self::default();
        };
        let element = |[c0, c1]: [Loose; 2]| Fq2::new(canonical(c0), canonical(c1));
        let [x, y, zz, zzz] = [x, y, zz, zzz].map(element);
        Self::new_unchecked(x * zz, y * zzz, zz)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernelwise_field::{Field, G1Affine, PrimeGroup, Zero};

    #[test]
    fn sums_become_points() {
        let g = G1Affine::from(G1::generator());
        let z = Fq::from(7u64);
        let loose = |x: Fq| {
            let (mut words, mut carry) = (x.0.0, 0u128);
            for (word, modulus) in words.iter_mut().zip(Fq::MODULUS.0) {
                carry += u128::from(*word) + u128::from(modulus);
                *word = carry as u64;
                carry >>= 64;
            }
            words
        };
        let (zz, zzz) = (z.square(), z.square() * z);
        let sum = [g.x * zz, g.y * zzz, zz, zzz];
        assert_eq!(G1::from_sum(&sum.map(loose)), G1::generator());
        assert_eq!(G1::from_sum(&sum.map(|x| x.0.0)), G1::generator());
        assert!(G1::from_sum(&[[1, 0, 0, 0], [1, 0, 0, 0], loose(Fq::zero()), [0; 4]]).is_zero());
    }
}
