//! How one batch of sums is cut: windows, tiles, segments, chunks.

use kernelwise_hal::{IntSlice, Scalars};

use crate::driver::Properties;

/// The widest window: digits are stored in 16 bits.
const MAX_BITS: u32 = 16;
/// Entries of one batch, so that positions and indices fit 32 bits with a sign.
const MAX_ENTRIES: usize = 1 << 30;
/// Segments shorter than this cost more to combine than they gain.
const MIN_SEGMENT: usize = 16;
/// The longest segment that the kernels count.
const MAX_SEGMENT: usize = 1024;
/// Buckets that one thread reduces, at most: what follows is serial.
const MAX_CHUNK: usize = 64;
/// Threads that keep one multiprocessor's multipliers busy: one warp for each of four schedulers.
const BUSY_THREADS: usize = 128;
/// Segments of one bucket that one thread combines; the kernels' constant.
const COMBINE: usize = 8;

/// Rounds of additions by pairs, at most: what is left is a sixteenth, and buckets are filled up to multiples of sixteen.
const MAX_ROUNDS: u32 = 4;
/// Threads of a block that adds pairs; the kernels' constant.
const PAIR_THREADS: usize = 128;
/// Pairs per thread, at most: enough that their inversion hardly counts, and few enough that what they read twice is still near.
const MAX_EACH: usize = 32;
/// Blocks of pairs for each multiprocessor, at least: while one inverts, others multiply.
const PAIR_BLOCKS: usize = 8;

/// Products of the coordinate field per entry that is sorted, in time.
const SORT_COST: usize = 2;
/// Products per mixed addition.
const ENTRY_COST: usize = 10;
/// Products per addition of a pair, including its share of memory, which such additions need more of.
const PAIR_COST: usize = 7;
/// Products per thread of a block for the inversion that its pairs share.
const INVERSION_COST: usize = 17;
/// Products per bucket of a reduction: two full additions.
const BUCKET_COST: usize = 28;
/// Products per bit of a chunk's first index: a doubling, and an addition half of the time.
const BIT_COST: usize = 16;

/// The scalars' width as signed integers.
fn signed_bits(scalars: Scalars<'_>) -> u32 {
    match scalars {
        Scalars::Fr(_) => 255,
        Scalars::Int(IntSlice::I8(_)) => 8,
        Scalars::Int(IntSlice::I16(_)) => 16,
        Scalars::Int(IntSlice::I32(_)) => 32,
        Scalars::Int(IntSlice::I64(_)) => 64,
        Scalars::Bits(_) => 1,
    }
}

/// Whether entries may be added by pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pairing {
    /// Where that is cheaper.
    Allowed,
    /// There is no kernel for it, or no memory.
    Never,
}

/// The digits of a scalar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Windows {
    windows: usize,
    bits: u32,
    buckets: usize,
}

impl Windows {
    /// Of unsigned bits.
    const BIT: Self = Self {
        windows: 1,
        bits: 1,
        buckets: 1,
    };

    /// Signed digits of `bits` bits, for integers of `width`.
    pub(super) fn signed(width: u32, bits: u32) -> Self {
        Self {
            windows: width.div_ceil(bits) as usize,
            bits,
            buckets: 1 << (bits - 1),
        }
    }
}

/// The shape of a batch of sums, and how its work is cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub(super) rows: usize,
    pub(super) row_len: usize,
    /// Digits of a scalar.
    pub(super) windows: usize,
    /// Bits of a digit.
    pub(super) bits: u32,
    /// Buckets of a task, which is one window of one row.
    pub(super) buckets: usize,
    /// Parts of a task that are counted and scattered by one block each.
    pub(super) tiles: usize,
    pub(super) tile_len: usize,
    /// Entries of one bucket that one thread adds.
    pub(super) segment_len: usize,
    /// Buckets that one thread reduces.
    pub(super) chunk: usize,
    /// Rounds of additions by pairs before segments are added.
    pub(super) rounds: u32,
    /// Blocks that pairs are divided among, if there are enough.
    pub(super) pair_blocks: usize,
}

impl Plan {
    /// The cheapest windows for `rows` sums of `row_len` scalars each, of the kind of `scalars`, with or without rounds of pairs.
    pub(super) fn new(
        card: &Properties,
        scalars: Scalars<'_>,
        (rows, row_len): (usize, usize),
        pairs: Pairing,
    ) -> Self {
        let width = signed_bits(scalars);
        let shape = (rows, row_len);
        let rounds = match pairs {
            Pairing::Allowed => 0..=MAX_ROUNDS,
            Pairing::Never => 0..=0,
        };
        let windows: Vec<Windows> = match width {
            // Unsigned bits have one digit and one bucket.
            1 => vec![Windows::BIT],
            _ => (2..=MAX_BITS)
                .filter(|&bits| Self::allowed(card, width, bits))
                .map(|bits| Windows::signed(width, bits))
                .collect(),
        };
        windows
            .into_iter()
            .flat_map(|windows| rounds.clone().map(move |rounds| (windows, rounds)))
            .map(|(windows, rounds)| Self::cut(card, shape, windows, rounds))
            .min_by_key(|plan| plan.cost(card))
            .unwrap_or_else(|| Self::cut(card, shape, Windows::signed(width, 2), 0))
    }

    /// Whether digits of so many bits fit: their counters into shared memory, and they into 16 bits. A top digit that fills its
    /// window can be 2^(bits-1) after a carry, one more than 16 bits hold.
    pub(super) fn allowed(card: &Properties, width: u32, bits: u32) -> bool {
        let counters_fit = 4u64 << (bits - 1) <= u64::from(card.shared_bytes_per_block);
        let full_top = bits == MAX_BITS && width > bits && width.is_multiple_of(bits);
        counters_fit && bits <= width && !full_top
    }

    /// Cuts the work of given windows and rounds.
    pub(super) fn cut(
        card: &Properties,
        (rows, row_len): (usize, usize),
        windows: Windows,
        rounds: u32,
    ) -> Self {
        let Windows {
            windows,
            bits,
            buckets,
        } = windows;
        let tasks = (rows * windows).max(1);
        let multiprocessors = card.multiprocessors.max(1) as usize;
        // Enough blocks for every multiprocessor, each with more entries than counters to clear.
        let tiles = (4 * multiprocessors)
            .div_ceil(tasks)
            .min(row_len / buckets.max(1024))
            .max(1);
        let population = row_len.div_ceil(buckets << rounds);
        let chunk = (tasks * buckets)
            .div_ceil(multiprocessors * BUSY_THREADS)
            .next_power_of_two()
            .clamp(1, MAX_CHUNK)
            .min(buckets);
        Self {
            rows,
            row_len,
            windows,
            bits,
            buckets,
            tiles,
            tile_len: row_len.div_ceil(tiles).max(1),
            segment_len: (2 * population)
                .next_power_of_two()
                .clamp(MIN_SEGMENT, MAX_SEGMENT),
            chunk,
            rounds,
            pair_blocks: PAIR_BLOCKS * multiprocessors,
        }
    }

    /// Windows of rows.
    pub(super) fn tasks(&self) -> usize {
        self.rows * self.windows
    }

    /// Digits, of which those that are not zero become entries.
    pub(super) fn entries(&self) -> usize {
        self.tasks() * self.row_len
    }

    /// Buckets of all tasks.
    pub(super) fn all_buckets(&self) -> usize {
        self.tasks() * self.buckets
    }

    /// Entries at most, with those that fill up buckets.
    pub(super) fn padded_entries(&self) -> usize {
        let filled_up = self.all_buckets().min(self.entries());
        self.entries() + filled_up * ((1 << self.rounds) - 1)
    }

    /// Pairs that the round after `rounds` others adds at most.
    pub(super) fn pairs(&self, rounds: u32) -> usize {
        self.padded_entries() >> (rounds + 1)
    }

    /// Pairs of one thread, in a round of so many.
    pub(super) fn pairs_each(&self, pairs: usize) -> usize {
        (pairs / (PAIR_THREADS * self.pair_blocks)).clamp(1, MAX_EACH)
    }

    /// Blocks of a round of so many pairs, and the threads of one.
    pub(super) fn pair_grid(&self, pairs: usize) -> (usize, usize) {
        let of_block = PAIR_THREADS * self.pairs_each(pairs);
        (pairs.div_ceil(of_block).max(1), PAIR_THREADS)
    }

    /// Segments that there can be at most.
    pub(super) fn max_segments(&self) -> usize {
        let left = self.padded_entries() >> self.rounds;
        let cut = self.all_buckets() + left / self.segment_len;
        cut.min(left).max(1)
    }

    /// Chunks of a task.
    pub(super) fn chunks(&self) -> usize {
        self.buckets.div_ceil(self.chunk)
    }

    /// Distances of the segments that each step of combining them takes in.
    pub(super) fn combine_strides(&self) -> impl Iterator<Item = usize> + use<> {
        let left = self.row_len.div_ceil(1 << self.rounds);
        let longest = left.div_ceil(self.segment_len);
        std::iter::successors(Some(1), |stride| Some(stride * COMBINE))
            .take_while(move |&stride| stride < longest)
    }

    /// Memory of a batch in bytes, with scalars of `scalar_bytes` and sums of `sum_bytes`.
    pub(super) fn bytes(&self, scalar_bytes: usize, sum_bytes: usize) -> u64 {
        let (entries, buckets) = (self.entries() as u64, self.all_buckets() as u64);
        // Those of the next part travel meanwhile.
        let scalars = (2 * self.rows * self.row_len * scalar_bytes) as u64;
        let sorted =
            entries * 2 + self.padded_entries() as u64 * 4 + buckets * (12 + 4 * self.tiles as u64);
        // A round's points, with their prefixes, while those of the round before are read.
        let rounds: u64 = (0..self.rounds.min(2))
            .map(|round| self.pairs(round) as u64 * if round == 0 { 96 } else { 64 })
            .sum();
        let segments = self.max_segments() as u64 * (16 + sum_bytes as u64);
        let parts = (self.tasks() * (self.chunks() + 2) * sum_bytes) as u64;
        scalars + sorted + rounds + segments + parts
    }

    /// Whether positions fit their 32 bits.
    pub(super) fn fits(&self) -> bool {
        self.padded_entries() <= MAX_ENTRIES && self.all_buckets() <= MAX_ENTRIES
    }

    /// Products of the coordinate field, idle multipliers included.
    pub(super) fn cost(&self, card: &Properties) -> usize {
        let busy = card.multiprocessors.max(1) as usize * BUSY_THREADS;
        let serial = self.chunk * BUCKET_COST + self.bits as usize * BIT_COST;
        let reduction = (self.tasks() * self.chunks()).max(busy) * serial;
        let in_pairs: usize = (0..self.rounds)
            .map(|rounds| {
                let pairs = self.pairs(rounds);
                pairs * PAIR_COST + pairs * INVERSION_COST / self.pairs_each(pairs)
            })
            .sum();
        let left = self.padded_entries() >> self.rounds;
        // Threads of the sum over chunks, and the doublings of the host or of one thread per row.
        self.entries() * SORT_COST + in_pairs + left * ENTRY_COST + reduction
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::msm) fn h100() -> Properties {
        Properties {
            description: String::new(),
            multiprocessors: 132,
            shared_bytes_per_block: 227 << 10,
            compute_capability: (9, 0),
            memory_bytes: 80 << 30,
            clock_khz: 1_980_000,
            memory_clock_khz: 2_619_000,
            memory_bus_bits: 5120,
        }
    }

    #[test]
    fn long_sums_have_wide_windows() {
        let plan = Plan::new(&h100(), Scalars::Fr(&[]), (1, 1 << 22), Pairing::Never);
        assert_eq!((plan.windows, plan.bits, plan.buckets), (16, 16, 1 << 15));
        assert_eq!(plan.segment_len, 256);
        assert_eq!(
            plan.combine_strides().collect::<Vec<_>>(),
            [1, 8, 64, 512, 4096]
        );
        assert!(plan.tiles > 8);
        assert!(plan.bytes(32, 128) < 2 << 30);
    }

    #[test]
    fn well_populated_buckets_are_added_in_pairs() {
        let card = h100();
        let of = |len| Plan::new(&card, Scalars::Fr(&[]), (1, len), Pairing::Allowed);
        let long = of(1 << 22);
        assert!(long.rounds >= 3, "{long:?}");
        let alone = Plan::new(&card, Scalars::Fr(&[]), (1, 1 << 22), Pairing::Never);
        assert!(long.cost(&card) * 10 < alone.cost(&card) * 9);
        // What a round leaves is half of what it was given, and every pair has a thread.
        assert_eq!(long.pairs(0), long.padded_entries() / 2);
        let (blocks, threads) = long.pair_grid(long.pairs(0));
        assert!(blocks * threads * long.pairs_each(long.pairs(0)) >= long.pairs(0));
        assert!(long.bytes(32, 128) < 9 << 30);
        // Few entries a bucket: filling up would cost more than it gains.
        assert_eq!(of(1 << 10).rounds, 0);
        assert!(of(1 << 18).rounds > 0);
    }

    #[test]
    fn small_integers_have_no_more_digits_than_they_need() {
        let card = h100();
        for (scalars, windows) in [
            (Scalars::Bits(&[]), 1),
            (Scalars::Int(IntSlice::I8(&[])), 1),
            (Scalars::Int(IntSlice::I16(&[])), 1),
            (Scalars::Int(IntSlice::I32(&[])), 3),
            (Scalars::Int(IntSlice::I64(&[])), 5),
        ] {
            let plan = Plan::new(&card, scalars, (1, 1 << 22), Pairing::Allowed);
            assert_eq!(plan.windows, windows, "{scalars:?}");
        }
    }

    #[test]
    fn short_rows_have_few_buckets() {
        let plan = Plan::new(
            &h100(),
            Scalars::Int(IntSlice::I8(&[])),
            (4096, 16),
            Pairing::Allowed,
        );
        assert!(plan.buckets <= 8, "{plan:?}");
    }

    #[test]
    fn digits_fit_sixteen_bits() {
        let card = h100();
        for (width, bits, allowed) in [
            (16, 16, true),
            (32, 16, false),
            (64, 16, false),
            (255, 16, true),
        ] {
            assert_eq!(Plan::allowed(&card, width, bits), allowed, "{width} {bits}");
        }
        let small = Properties {
            shared_bytes_per_block: 48 << 10,
            ..card
        };
        assert!(Plan::allowed(&small, 255, 14) && !Plan::allowed(&small, 255, 15));
    }
}
