//! Points sorted by the bucket of their digit.

use std::ops::Range;

use super::digits::Digits;
use super::segments::{Entry, entry};

/// Entries by group and bucket; `ends[group · buckets + bucket]` is where a bucket ends.
pub(super) struct Sorted {
    pub(super) entries: Vec<Entry>,
    pub(super) ends: Vec<u32>,
}

/// Sorts the nonzero digits of `groups` by counting.
///
/// Group `g` is window `g % windows` of row `g / windows`.
pub(super) fn sort(digits: &Digits, row_len: usize, groups: Range<usize>) -> Sorted {
    let windows = digits.windows;
    let buckets = windows.buckets();
    let pieces = |group: usize| {
        let (row, window) = (group / windows.count, group % windows.count);
        digits.pieces(window, row * row_len, (row + 1) * row_len)
    };
    // The bucket of a digit, from 1; zero for none.
    let magnitude = |digit: u16| usize::from(digit).abs_diff(buckets);
    let mut ends = Vec::with_capacity(groups.len() * buckets);
    let mut counts = vec![0u32; buckets + 1];
    let mut total = 0;
    for group in groups.clone() {
        counts.fill(0);
        for piece in pieces(group) {
            for &digit in piece {
                counts[magnitude(digit)] += 1;
            }
        }
        // Starts for now; placing an entry moves its start up to its end.
        ends.extend(counts[1..].iter().map(|&count| {
            total += count;
            total - count
        }));
    }
    let mut entries = vec![0; total as usize];
    for (group, ends) in groups.zip(ends.chunks_mut(buckets)) {
        let mut index = 0;
        for piece in pieces(group) {
            for &digit in piece {
                if let Some(bucket) = magnitude(digit).checked_sub(1) {
                    let place = &mut ends[bucket];
                    entries[*place as usize] = entry(index, usize::from(digit) < buckets);
                    *place += 1;
                }
                index += 1;
            }
        }
    }
    Sorted { entries, ends }
}
