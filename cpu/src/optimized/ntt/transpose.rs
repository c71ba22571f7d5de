//! Transposition in place, by vectors of eight elements.

use rayon::prelude::*;

use super::Vector;

/// Swaps tile `(i, k)` with tile `(k, i)` of the square of `side · 8` rows whose row `r` is
/// `rows[r][..side]`; a tile is 8 rows of one vector each, whose contents are already transposed.
pub(super) fn swap_tiles(rows: Vec<&mut [Vector]>, side: usize) {
    let mut vectors: Vec<Option<&mut Vector>> = rows.into_iter().flatten().map(Some).collect();
    let mut pairs = Vec::with_capacity(vectors.len() / 2);
    for row in 0..8 * side {
        let (i, line) = (row / 8, row % 8);
        for k in i + 1..side {
            let one = vectors[row * side + k].take();
            let other = vectors[(8 * k + line) * side + i].take();
            pairs.extend(one.zip(other));
        }
    }
    pairs
        .into_par_iter()
        .with_min_len(1 << 10)
        .for_each(|(one, other)| std::mem::swap(one, other));
}

/// Brings the blocks at even places to the front and those at odd places behind them, in order.
pub(super) fn unshuffle<T: Copy + Send>(values: &mut [T], block: usize) {
    let count = values.len() / block;
    let target = |place: usize| place / 2 + (place % 2) * count / 2;
    // One list of blocks per cycle of the permutation, each block going where the next one is.
    let mut blocks: Vec<Option<&mut [T]>> = values.chunks_exact_mut(block).map(Some).collect();
    let mut cycles = Vec::new();
    for start in 0..count {
        let mut cycle = Vec::new();
        let mut place = start;
        while let Some(block) = blocks[place].take() {
            cycle.push(block);
            place = target(place);
        }
        if cycle.len() > 1 {
            cycles.push(cycle);
        }
    }
    cycles.into_par_iter().for_each(|mut cycle| {
        // The last place ends up with the last but one block, and so on; the first with the last.
        let (first, rest) = cycle.split_at_mut(1);
        rest.iter_mut()
            .for_each(|block| first[0].swap_with_slice(block));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_blocks_come_first() {
        for count in [2, 4, 8, 64] {
            let mut values: Vec<usize> = (0..3 * count).collect();
            unshuffle(&mut values, 3);
            let expected: Vec<usize> = (0..count)
                .map(|place| {
                    if place < count / 2 {
                        2 * place
                    } else {
                        2 * (place - count / 2) + 1
                    }
                })
                .flat_map(|block| 3 * block..3 * block + 3)
                .collect();
            assert_eq!(values, expected);
        }
    }
}
