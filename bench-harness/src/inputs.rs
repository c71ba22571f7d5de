//! Deterministic inputs: equal on every machine and in every run.

use kernelwise_field::{CurveGroup, Fr, PrimeField};

/// SplitMix64, [Steele, Lea, Flood 2014](https://doi.org/10.1145/2660193.2660195): small, and good enough for inputs.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// A generator whose stream depends on `seed` alone.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A field element, uniform but for a bias of 2^-128.
    pub fn field(&mut self) -> Fr {
        let bytes: Vec<u8> = (0..6).flat_map(|_| self.next_u64().to_le_bytes()).collect();
        Fr::from_le_bytes_mod_order(&bytes)
    }

    /// `len` field elements.
    pub fn fields(&mut self, len: usize) -> Vec<Fr> {
        (0..len).map(|_| self.field()).collect()
    }

    /// `len` uniform integers, from the upper bits of the stream.
    pub fn integers<T>(&mut self, len: usize, from_bits: impl Fn(u64) -> T) -> Vec<T> {
        (0..len).map(|_| from_bits(self.next_u64())).collect()
    }
}

/// `len` points without known relations between them.
///
/// A random walk over sixteen random steps: one addition per point instead of one scalar multiplication.
pub fn points<G: CurveGroup<ScalarField = Fr>>(seed: u64, len: usize) -> Vec<G::Affine> {
    let mut rng = Rng::new(seed);
    let steps: Vec<G> = (0..16).map(|_| G::generator() * rng.field()).collect();
    let steps = G::normalize_batch(&steps);
    let mut at = G::zero();
    let walk: Vec<G> = (0..len)
        .map(|_| {
            at += steps[(rng.next_u64() >> 60) as usize];
            at
        })
        .collect();
    G::normalize_batch(&walk)
}

#[cfg(test)]
mod tests {
    use kernelwise_field::G1;

    use super::*;

    #[test]
    fn streams_are_reproducible_and_seeds_differ() {
        // The first output of SplitMix64 for seed 0, from its reference implementation.
        assert_eq!(Rng::new(0).next_u64(), 0xe220_a839_7b1d_cdaf);
        assert_eq!(Rng::new(7).fields(3), Rng::new(7).fields(3));
        assert_ne!(Rng::new(7).field(), Rng::new(8).field());
    }

    #[test]
    fn points_are_on_the_curve_and_distinct() {
        let points = points::<G1>(1, 40);
        assert!(points.iter().all(|point| point.is_on_curve()));
        let distinct: std::collections::HashSet<_> = points.iter().collect();
        assert_eq!(distinct.len(), 40);
    }
}
