//! Tables bound so far, one row per slot.

use kernelwise_field::Fr;
use kernelwise_hal::IntSlice;
use kernelwise_hal::rounds::eq_table;
use rayon::prelude::*;

use super::super::rooms::Rooms;
use crate::simd::{LaneOps, LaneTask, WIDTH};

/// Elements per task at least: tens of microseconds of work.
const TASK: usize = 1 << 12;

/// Rows of `len` field elements, one after the other; the number of rows is a multiple of [`WIDTH`], so that vectors
/// may take elements of several rows.
pub(super) struct Values {
    /// Longer than the rows, with arbitrary contents beyond.
    room: Vec<Fr>,
    rows: usize,
    len: usize,
}

/// The number of rows for so many slots.
fn rows(slots: usize) -> usize {
    slots.next_multiple_of(WIDTH)
}

impl Values {
    /// Rows that are copied from tables of `len` entries.
    pub(super) fn new(rooms: &Rooms, tables: &[std::borrow::Cow<'_, [Fr]>], len: usize) -> Self {
        let rows = rows(tables.len());
        let mut room = rooms.take(rows * len);
        for (row, table) in room.chunks_mut(len).zip(tables) {
            row.copy_from_slice(table);
        }
        Self { room, rows, len }
    }

    /// Entries of a row.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// All rows.
    pub(super) fn elements(&self) -> &[Fr] {
        &self.room[..self.rows * self.len]
    }

    /// One row.
    pub(super) fn row(&self, slot: usize) -> &[Fr] {
        &self.room[slot * self.len..(slot + 1) * self.len]
    }

    /// Gives the memory back.
    pub(super) fn free(self, rooms: &Rooms) {
        rooms.give_back(self.room);
    }

    /// Binds the first variable of every row.
    pub(super) fn bind<S: LaneOps>(&mut self, ops: S, rooms: &Rooms, r: Fr) {
        let half = self.len / 2;
        let mut bound = rooms.take(self.rows * half);
        let r = ops.splat(r);
        in_tasks(&mut bound[..self.rows * half], TASK, |start, out| {
            ops.run_task(Bind {
                from: self.elements(),
                half,
                start,
                r,
                out,
            });
        });
        rooms.give_back(std::mem::replace(&mut self.room, bound));
        self.len = half;
    }

    /// Adds the integer tables `late` after the first `slots` rows, bound at the challenges of the window.
    pub(super) fn lift<S: LaneOps>(
        &mut self,
        ops: S,
        rooms: &Rooms,
        slots: usize,
        late: &[IntSlice<'_>],
        challenges: &[Fr],
    ) {
        let len = self.len;
        let all = rows(slots + late.len());
        let mut room = rooms.take(all * len);
        room[..slots * len].copy_from_slice(&self.room[..slots * len]);
        let factor = ops.integer_unit::<Fr>() * ops.words_factor::<Fr>();
        let weights: Vec<S::Lanes<Fr>> = eq_table(challenges)
            .into_iter()
            .map(|weight| ops.splat(weight * factor))
            .collect();
        // A row that is shorter than a vector is computed alone: neighbours may differ in type.
        let target = &mut room[slots * len..(slots + late.len()) * len];
        let rows_per_task = TASK.div_ceil(len);
        in_tasks(target, rows_per_task * len, |start, out| {
            ops.run_task(Lift {
                late: &late[start / len..],
                weights: &weights,
                len,
                out,
            });
        });
        rooms.give_back(std::mem::replace(&mut self.room, room));
        self.rows = all;
    }
}

/// Splits `out` into tasks of `size`, for several threads if there is enough to do.
fn in_tasks(out: &mut [Fr], size: usize, task: impl Fn(usize, &mut [Fr]) + Sync + Send) {
    if out.len() <= size || rayon::current_num_threads() == 1 {
        for (index, out) in out.chunks_mut(size).enumerate() {
            task(index * size, out);
        }
    } else {
        out.par_chunks_mut(size)
            .enumerate()
            .for_each(|(index, out)| task(index * size, out));
    }
}

/// Eight entries of half rows from position `start` on, counted over all rows: the lower or the `upper` half.
#[inline(always)]
pub(super) fn eight<S: LaneOps>(
    ops: S,
    elements: &[Fr],
    half: usize,
    start: usize,
    upper: usize,
) -> S::Lanes<Fr> {
    if half >= WIDTH {
        let first = start / half * 2 * half + upper * half + start % half;
        ops.pack_words(&elements[first..].as_chunks::<WIDTH>().0[0])
    } else {
        // Powers of two: shifts and masks.
        let log = half.ilog2();
        gather(ops, |lane| {
            let position = start + lane;
            &elements[((position >> log) << (log + 1)) + upper * half + (position & (half - 1))]
        })
    }
}

/// Elements that lie apart, written out: a closure that an array calls would not be compiled for the lanes.
#[inline(always)]
pub(super) fn gather<'a, S: LaneOps>(ops: S, at: impl Fn(usize) -> &'a Fr) -> S::Lanes<Fr> {
    const { assert!(WIDTH == 8) };
    ops.gather_words([at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)])
}

struct Bind<'t, L> {
    from: &'t [Fr],
    half: usize,
    start: usize,
    r: L,
    out: &'t mut [Fr],
}

impl<S: LaneOps> LaneTask<S> for Bind<'_, S::Lanes<Fr>> {
    type Output = ();

    #[inline(always)]
    fn call(self, ops: S) {
        for (v, out) in self.out.as_chunks_mut::<WIDTH>().0.iter_mut().enumerate() {
            let start = self.start + v * WIDTH;
            let low = eight(ops, self.from, self.half, start, 0);
            let high = eight(ops, self.from, self.half, start, 1);
            let rise = ops.sub_lazy::<Fr>(high, low);
            *out = ops.unpack_words(ops.mul_plus::<Fr>(rise, self.r, low));
        }
    }
}

struct Lift<'t, 'a, L> {
    late: &'t [IntSlice<'a>],
    weights: &'t [L],
    len: usize,
    out: &'t mut [Fr],
}

impl<S: LaneOps> LaneTask<S> for Lift<'_, '_, S::Lanes<Fr>> {
    type Output = ();

    #[inline(always)]
    fn call(self, ops: S) {
        let len = self.len;
        for (first, out) in self.out.chunks_mut(WIDTH).enumerate() {
            let first = first * WIDTH;
            let mut wide = ops.signed_zero::<Fr>();
            for (a, weight) in self.weights.iter().enumerate() {
                let mut values = [0i64; WIDTH];
                if len >= WIDTH {
                    load(self.late[first / len], a * len + first % len, &mut values);
                } else {
                    for (part, wire) in values[..out.len()]
                        .chunks_mut(len)
                        .zip(&self.late[first / len..])
                    {
                        load(*wire, a * len, part);
                    }
                }
                wide = ops.mul_add_signed(wide, *weight, &values);
            }
            let lanes = ops.unpack_words(ops.reduce(wide));
            out.copy_from_slice(&lanes[..out.len()]);
        }
    }
}

/// Integers from `start` on.
#[inline(always)]
fn load(values: IntSlice<'_>, start: usize, out: &mut [i64]) {
    #[inline(always)]
    fn widen<T: Copy + Into<i64>>(values: &[T], start: usize, out: &mut [i64]) {
        for (out, value) in out.iter_mut().zip(&values[start..]) {
            *out = (*value).into();
        }
    }
    match values {
        IntSlice::I8(v) => widen(v, start, out),
        IntSlice::I16(v) => widen(v, start, out),
        IntSlice::I32(v) => widen(v, start, out),
        IntSlice::I64(v) => widen(v, start, out),
    }
}
