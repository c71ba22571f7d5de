//! A job: a program, and the items to run it over.

use super::Row;

/// Where the items of a multi-scalar multiplication come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Recoding {
    /// Row of the first scalar; scalars are two's complement numbers, one a row.
    pub scalar_row: u16,
    /// Windows of a scalar.
    pub windows: u8,
    /// Bits of a window, `2 ..= 12`.
    pub window_bits: u8,
    /// Rows from a window's buckets to the next window's.
    pub window_rows: u16,
}

/// What the sequencer is told to do: one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Job {
    /// Row of the program's first instruction.
    pub program: u16,
    /// Instructions of the program.
    pub interval: u16,
    /// Iterations that an item takes.
    pub stages: u8,
    /// Items, or scalars when recoding.
    pub items: u16,
    /// Iterations from one item to the next, at least 1.
    pub spacing: u8,
    /// Pointer a of the first item; the first bucket when recoding.
    pub a: u16,
    /// Step of pointer a from item to item.
    pub a_step: u16,
    /// Step of pointer a from one repetition of the list to the next.
    pub a_outer: u16,
    /// Pointer b of the first item; the first base when recoding.
    pub b: u16,
    /// Step of pointer b from item to item, or from base to base.
    pub b_step: u16,
    /// Step of pointer b from one repetition of the list to the next.
    pub b_outer: u16,
    /// Rows of a quarter.
    pub quarter: u16,
    /// Scalar field if set, base field otherwise.
    pub scalar_field: bool,
    /// Items are the digits of scalars.
    pub recoding: Option<Recoding>,
}

impl Job {
    /// The row that holds this job.
    pub fn encode(&self) -> Row {
        let recoding = self.recoding.unwrap_or_default();
        let flags = u16::from(self.scalar_field) | u16::from(self.recoding.is_some()) << 1;
        let words = [
            self.program,
            self.interval,
            self.items,
            u16::from(self.spacing) | u16::from(self.stages) << 8,
            self.a,
            self.a_step,
            self.a_outer,
            self.b,
            self.b_step,
            self.b_outer,
            self.quarter,
            flags,
            recoding.scalar_row,
            u16::from(recoding.windows) | u16::from(recoding.window_bits & 15) << 8,
            recoding.window_rows,
            (1u16 << (recoding.window_bits & 15)) - 1,
        ];
        std::array::from_fn(|limb| {
            (0..4)
                .map(|i| u64::from(words[4 * limb + i]) << (16 * i))
                .sum()
        })
    }

    /// The job that a row holds.
    pub fn decode(row: &Row) -> Self {
        let word = |i: usize| (row[i / 4] >> (16 * (i % 4))) as u16;
        let recoding = Recoding {
            scalar_row: word(12),
            windows: word(13) as u8,
            window_bits: (word(13) >> 8) as u8 & 15,
            window_rows: word(14),
        };
        Self {
            program: word(0),
            interval: word(1),
            stages: (word(3) >> 8) as u8,
            items: word(2),
            spacing: word(3) as u8,
            a: word(4),
            a_step: word(5),
            a_outer: word(6),
            b: word(7),
            b_step: word(8),
            b_outer: word(9),
            quarter: word(10),
            scalar_field: word(11) & 1 == 1,
            recoding: (word(11) & 2 == 2).then_some(recoding),
        }
    }
}
