//! The phases over the wires of one layer, its terms shared among threads.

use kernelwise_core::field::{AdditiveGroup, Fr};
use kernelwise_core::kernels::{GatePhase, GridWeights, LayerWeights, LevelClaim, combine};
use kernelwise_core::poly::eq_table;
use rayon::prelude::*;

/// Terms per thread at least: tens of microseconds of work.
const TERMS: usize = 1 << 9;

/// Entries of an `eq` table per thread at least.
const ENTRIES: usize = 1 << 9;

/// [`GatePhase`] in parts that add up.
pub(super) struct Phases<'a>(Vec<GatePhase<'a>>);

impl<'a> Phases<'a> {
    /// Before the first factor.
    pub(super) fn new(weights: LayerWeights<'a>) -> Self {
        let LayerWeights {
            constant,
            linear,
            products,
        } = weights;
        let share = products
            .len()
            .div_ceil(rayon::current_num_threads())
            .max(TERMS);
        let (first, rest) = products.split_at(share.min(products.len()));
        let part = |constant, linear, products: &[(Fr, &'a [u32])]| {
            GatePhase::new(LayerWeights {
                constant,
                linear,
                products: products.to_vec(),
            })
        };
        let width = linear.len();
        let others = rest
            .chunks(share)
            .map(|products| part(Fr::ZERO, vec![Fr::ZERO; width], products));
        let others: Vec<GatePhase<'a>> = others.collect();
        Self(
            std::iter::once(part(constant, linear, first))
                .chain(others)
                .collect(),
        )
    }

    /// See [`GatePhase::table`].
    pub(super) fn table(&self, values: &[Fr]) -> Vec<Fr> {
        let parts = self.0.par_iter().map(|part| part.table(values));
        let sum = parts.reduce_with(|mut sum, part| {
            sum.iter_mut()
                .zip(part)
                .for_each(|(sum, value)| *sum += value);
            sum
        });
        sum.unwrap_or_default()
    }

    /// See [`GatePhase::bind`].
    pub(super) fn bind(&mut self, eq: &[Fr]) -> Fr {
        self.0.par_iter_mut().map(|part| part.bind(eq)).sum()
    }
}

/// [`combine`], its weights shared among threads.
pub(super) fn combine_all(
    grid: &GridWeights,
    challenge: Fr,
    claims: &[(Vec<Fr>, Fr)],
) -> LevelClaim {
    let width = claims.first().map_or(0, |(weights, _)| weights.len());
    let part = |start: usize| {
        let end = width.min(start + ENTRIES);
        let claims = claims.iter();
        let own = claims.map(|(weights, value)| (weights[start..end].to_vec(), *value));
        combine(grid.clone(), challenge, own)
    };
    let mut parts: Vec<LevelClaim> = (0..width.div_ceil(ENTRIES).max(1))
        .into_par_iter()
        .map(|index| part(index * ENTRIES))
        .collect();
    let rest = parts.split_off(1);
    let mut whole = parts.swap_remove(0);
    rest.into_iter()
        .for_each(|part| whole.wires.extend(part.wires));
    whole
}

/// The first `len` entries of [`eq_table`].
pub(super) fn eq_table_of(point: &[Fr], len: usize) -> Vec<Fr> {
    let (high, low) = point.split_at(point.len() / 2);
    let (high, low) = (eq_table(high), eq_table(low));
    let mut table = vec![Fr::ZERO; len];
    table
        .par_chunks_mut(low.len())
        .with_min_len(ENTRIES.div_ceil(low.len()))
        .zip(&high)
        .for_each(|(row, high)| {
            for (entry, low) in row.iter_mut().zip(&low) {
                *entry = *high * low;
            }
        });
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_those_of_the_verifier() {
        for num_vars in 0..7u64 {
            let point: Vec<Fr> = (0..num_vars).map(|i| Fr::from(i * i + 3)).collect();
            let whole = eq_table(&point);
            for len in [1, whole.len() / 2 + 1, whole.len()] {
                assert_eq!(eq_table_of(&point, len), whole[..len]);
            }
        }
    }
}
