//! Sums of many segments of points, eight at a time, without conflicts.
//!
//! Every segment is cut into slots of bounded length, the slots are sorted by length, and each lane of a
//! vector owns one slot: step `t` adds the `t`-th point of every slot that has one. The slots that still
//! have points are a prefix of the order, so lanes are full, no two lanes share an accumulator, and the
//! accumulators never leave the lanes. A second round adds the slots of segments that were cut.

use rayon::prelude::*;

use super::adder::Adder;
use super::point::{
    Packed, PointLanes, gather_entries, negate, prefetch_far, prefetch_near, scatter,
};
use crate::simd::ops::WIDTH;

/// Slots per batch, and the number at which a cut aims.
///
/// 256 vectors share an inversion (below 1 ns per addition), and their 480 KB stay in a second-level cache; half as
/// many where a point is twice as large.
const fn batch_slots<const D: usize>() -> usize {
    256 / D * WIDTH
}

/// The shortest useful slot: below this, a step has too few additions for its inversion.
const SHORTEST: usize = 4;

/// Vectors between asking for a point and using it: hides an access to main memory.
const AHEAD: usize = 6;

/// One point of a sum: twice its index, plus one if it is subtracted.
pub(super) type Entry = u32;

/// The entry of point `index`.
pub(super) fn entry(index: usize, negative: bool) -> Entry {
    (index as u32) << 1 | u32::from(negative)
}

/// Consecutive entries of one sum.
#[derive(Debug, Clone, Copy, Default)]
struct Slot {
    start: u32,
    len: u32,
    /// Where the sum goes: a segment, or with [`PARTIAL`] a place among the partial sums.
    destination: u32,
}

/// Marks the destination of a slot that is only a part of its segment.
const PARTIAL: u32 = 1 << 31;

/// Sums segment `s = entries[ends[s − 1]..ends[s]]` of `points` into `sums[s]`, for every `s`.
///
/// The last of `points` MUST be the identity: it fills lanes that have nothing to add.
///
/// # Cost
/// One lane addition per entry, less one per nonempty segment.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
pub(super) fn sum_segments<const D: usize>(
    points: &[Packed<D>],
    entries: &[Entry],
    ends: &[u32],
    sums: &mut [Packed<D>],
) {
    let batch = batch_slots::<D>();
    let limit = (entries.len() / batch).max(SHORTEST);
    let Cut {
        slots,
        partial_segments,
        partial_ends,
    } = cut(ends, limit);
    let mut results = vec![Packed::IDENTITY; slots.len()];
    let tasks = results.par_chunks_mut(batch).zip(slots.par_chunks(batch));
    tasks.for_each_init(Workspace::default, |workspace, (results, slots)| {
        sum_slots(workspace, points, entries, slots, results);
    });
    let count = partial_ends.last().map_or(0, |&end| end as usize);
    let mut partials = vec![Packed::IDENTITY; count + 1];
    for (slot, result) in slots.iter().zip(results) {
        let destination = (slot.destination & !PARTIAL) as usize;
        if slot.destination & PARTIAL == 0 {
            sums[destination] = result;
        } else {
            partials[destination] = result;
        }
    }
    if count > 0 {
        let entries: Vec<Entry> = (0..count).map(|i| entry(i, false)).collect();
        let mut rest = vec![Packed::IDENTITY; partial_ends.len()];
        sum_segments(&partials, &entries, &partial_ends, &mut rest);
        for (segment, sum) in partial_segments.into_iter().zip(rest) {
            sums[segment as usize] = sum;
        }
    }
}

/// Slots in descending order of length, and the segments that have several of them.
struct Cut {
    slots: Vec<Slot>,
    partial_segments: Vec<u32>,
    partial_ends: Vec<u32>,
}

/// Cuts every segment into slots of at most `limit` entries.
fn cut(ends: &[u32], limit: usize) -> Cut {
    let starts = || std::iter::once(0).chain(ends.iter().copied());
    // Counting sort: `place[len]` is where the next slot of that length goes.
    let mut place = vec![0u32; limit + 2];
    for (start, &end) in starts().zip(ends) {
        let len = (end - start) as usize;
        place[limit] += (len / limit) as u32;
        place[len % limit] += 1;
    }
    place[0] = 0;
    let mut total = 0;
    for count in place.iter_mut().rev() {
        total += std::mem::replace(count, total);
    }
    let mut slots = vec![Slot::default(); total as usize];
    let (mut partial_segments, mut partial_ends) = (Vec::new(), Vec::new());
    let mut partials = 0;
    for (segment, (mut start, &end)) in starts().zip(ends).enumerate() {
        let whole = (end - start) as usize <= limit;
        if !whole {
            partial_segments.push(segment as u32);
        }
        while start < end {
            let len = (end - start).min(limit as u32);
            let destination = if whole {
                segment as u32
            } else {
                PARTIAL | partials
            };
            partials += u32::from(!whole);
            let place = &mut place[len as usize];
            slots[*place as usize] = Slot {
                start,
                len,
                destination,
            };
            *place += 1;
            start += len;
        }
        if !whole {
            partial_ends.push(partials);
        }
    }
    Cut {
        slots,
        partial_segments,
        partial_ends,
    }
}

/// Storage that batches reuse.
#[derive(Default)]
struct Workspace<const D: usize> {
    adder: Adder<D>,
    sums: Vec<PointLanes<D>>,
    schedule: Vec<Entry>,
}

/// Entries between the rows of a schedule: keeps rows of equal length out of the same cache sets.
const ROW_GAP: usize = 2 * WIDTH;

/// Lays out the entries of slots step by step: row `t` holds the `t`-th entry of every slot that has one,
/// filled up to whole vectors with `identity`. Returns the start of each row and its number of vectors.
fn lay_out(
    schedule: &mut Vec<Entry>,
    entries: &[Entry],
    slots: &[Slot],
    identity: Entry,
) -> Vec<(usize, usize)> {
    let steps = slots.first().map_or(0, |slot| slot.len);
    let mut rows = Vec::with_capacity(steps as usize);
    let (mut active, mut start) = (slots.len(), 0);
    for step in 0..steps {
        while active > 0 && slots[active - 1].len <= step {
            active -= 1;
        }
        let vectors = active.div_ceil(WIDTH);
        rows.push((start, vectors));
        start += vectors * WIDTH + ROW_GAP;
    }
    schedule.clear();
    schedule.resize(start, identity);
    for (place, slot) in slots.iter().enumerate() {
        let entries = &entries[slot.start as usize..][..slot.len as usize];
        for (entry, (start, _)) in entries.iter().zip(&rows) {
            schedule[start + place] = *entry;
        }
    }
    rows
}

/// Sums one batch of slots, sorted by descending length, into `results`; the last point is the identity.
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512ifma,avx512vbmi2")]
fn sum_slots<const D: usize>(
    workspace: &mut Workspace<D>,
    points: &[Packed<D>],
    entries: &[Entry],
    slots: &[Slot],
    results: &mut [Packed<D>],
) {
    let Workspace {
        adder,
        sums,
        schedule,
    } = workspace;
    let rows = lay_out(schedule, entries, slots, entry(points.len() - 1, false));
    let (vectors, _) = schedule.as_chunks::<WIDTH>();
    let operand = |vector: usize| {
        if let Some(soon) = vectors.get(vector + AHEAD) {
            prefetch_near(points, soon);
        }
        gather_entries(points, &vectors[vector])
    };
    sums.clear();
    for (step, &(start, len)) in rows.iter().enumerate() {
        let first = start / WIDTH;
        if step == 0 {
            sums.extend((first..first + len).map(|vector| {
                let (points, negative) = operand(vector);
                if negative == 0 {
                    points
                } else {
                    negate(points, negative)
                }
            }));
        } else {
            let next = rows
                .get(step + 1)
                .map_or(vectors.len(), |(start, _)| start / WIDTH);
            adder.add_assign(
                &mut sums[..len],
                |_, vector| operand(first + vector),
                |vector| {
                    if let Some(later) = vectors.get(next + vector) {
                        prefetch_far(points, later);
                    }
                },
            );
        }
    }
    for (results, sums) in results.chunks_mut(WIDTH).zip(sums) {
        scatter(*sums, results);
    }
}
