//! The microprogram assembler: from operations on values to a modulo-scheduled loop.
//!
//! A program is written for one item. The assembler finds the shortest *interval* at which items can follow each other:
//! every unit starts at most one operation a frame, so an operation at frame `f` of its item takes its unit's place
//! `f mod interval` in all iterations ([Rau94], without the loop-carried recurrences, which the caller spaces out). Operations
//! are placed in order of the longest path behind them, at the first frame where their operands are there and a place is free.
//!
//! Registers are handed out by lifetime. A row that an item both reads and overwrites is ordered: whoever was written
//! before the overwriting operation reads the old value.
//!
//! [Rau94]: https://doi.org/10.1145/192724.192731

use super::{Address, Base, CONTEXTS, Instruction, PRODUCT_FRAMES, REGISTERS, Row, SUM_FRAMES};

/// A result of an earlier operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value(usize);

/// An operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A result.
    Value(Value),
    /// A row, or one relative to a pointer of the item, `quarter` quarters further.
    Memory {
        /// Row or offset.
        row: u16,
        /// Pointer or none; never registers.
        base: Base,
        /// Quarters to add.
        quarter: u8,
    },
}

impl Source {
    /// The row itself.
    pub fn row(row: u16) -> Self {
        Self::Memory {
            row,
            base: Base::Fixed,
            quarter: 0,
        }
    }

    /// `offset` rows after pointer a.
    pub fn a(offset: u16) -> Self {
        Self::Memory {
            row: offset,
            base: Base::PointerA,
            quarter: 0,
        }
    }

    /// `offset` rows after pointer b.
    pub fn b(offset: u16) -> Self {
        Self::Memory {
            row: offset,
            base: Base::PointerB,
            quarter: 0,
        }
    }
}

impl From<Value> for Source {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

/// Why a program does not fit the core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AssembleError {
    /// Too many results are alive at once.
    #[error("more than {REGISTERS} results alive at once")]
    Registers,
    /// An operation has another destination than a row.
    #[error("a result goes to a register by name")]
    Destination,
    /// No interval up to the limit admits a schedule.
    #[error("no schedule up to an interval of {limit} frames")]
    Interval {
        /// The longest interval tried.
        limit: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Product,
    Sum { subtract: bool, signed: bool },
}

#[derive(Debug, Clone, Copy)]
struct Operation {
    kind: Kind,
    operands: [Source; 2],
    target: Option<Source>,
}

impl Operation {
    /// Frames until the result is named.
    fn frames(&self) -> usize {
        match self.kind {
            Kind::Product => PRODUCT_FRAMES,
            Kind::Sum { .. } => SUM_FRAMES,
        }
    }
}

/// An assembled program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// One iteration.
    pub instructions: Vec<Instruction>,
    /// Iterations that an item takes.
    pub stages: u8,
    /// Products of an item.
    pub products: usize,
    /// Sums and differences of an item.
    pub sums: usize,
}

impl Program {
    /// Frames from one item to the next.
    pub fn interval(&self) -> usize {
        self.instructions.len()
    }

    /// The rows to put into memory.
    pub fn rows(&self) -> Vec<Row> {
        self.instructions.iter().map(Instruction::encode).collect()
    }
}

/// Collects the operations of one item.
#[derive(Debug, Default)]
pub struct Assembler {
    operations: Vec<Operation>,
}

/// Beyond this interval an item would take longer than anything the driver asks for.
const MAX_INTERVAL: usize = 512;

/// Orders of placement that are tried at every interval. Which of two operations of about the same height comes first decides
/// whether a schedule without a free place closes, and how long an item takes.
const ORDERS: u64 = 32;

impl Assembler {
    /// No operations.
    pub fn new() -> Self {
        Self::default()
    }

    fn push(&mut self, kind: Kind, a: Source, b: Source) -> Value {
        self.operations.push(Operation {
            kind,
            operands: [a, b],
            target: None,
        });
        Value(self.operations.len() - 1)
    }

    /// `a · b / R`.
    pub fn mul(&mut self, a: impl Into<Source>, b: impl Into<Source>) -> Value {
        self.push(Kind::Product, a.into(), b.into())
    }

    /// `a + b`.
    pub fn add(&mut self, a: impl Into<Source>, b: impl Into<Source>) -> Value {
        self.push(
            Kind::Sum {
                subtract: false,
                signed: false,
            },
            a.into(),
            b.into(),
        )
    }

    /// `a − b`.
    pub fn sub(&mut self, a: impl Into<Source>, b: impl Into<Source>) -> Value {
        self.push(
            Kind::Sum {
                subtract: true,
                signed: false,
            },
            a.into(),
            b.into(),
        )
    }

    /// `a + b` for positive items, `a − b` for negative ones.
    pub fn add_signed(&mut self, a: impl Into<Source>, b: impl Into<Source>) -> Value {
        self.push(
            Kind::Sum {
                subtract: false,
                signed: true,
            },
            a.into(),
            b.into(),
        )
    }

    /// Puts `value` into memory; later operations find it there.
    pub fn store(&mut self, value: Value, target: Source) {
        self.operations[value.0].target = Some(target);
    }

    /// The program.
    ///
    /// # Errors
    /// [`AssembleError`] if it does not fit.
    pub fn assemble(&self) -> Result<Program, AssembleError> {
        let products = self
            .operations
            .iter()
            .filter(|op| op.kind == Kind::Product)
            .count();
        let sums = self.operations.len() - products;
        // Sums become readable two frames later: an interval of two keeps running totals right.
        let shortest = products.max(sums.div_ceil(2)).max(2);
        let orders: Vec<Vec<usize>> = (0..ORDERS).map(|order| self.by_height(order)).collect();
        let schedule = (shortest..=MAX_INTERVAL)
            .find_map(|interval| {
                let schedules = orders
                    .iter()
                    .filter_map(|order| self.schedule(interval, order));
                schedules.min_by_key(|schedule| self.last_frame(schedule))
            })
            .ok_or(AssembleError::Interval {
                limit: MAX_INTERVAL,
            })?;
        let locations = self.allocate(&schedule)?;
        Ok(Program {
            instructions: self.encode(&schedule, &locations),
            stages: (self.last_frame(&schedule) / schedule.interval + 1) as u8,
            products,
            sums,
        })
    }

    /// Pairs (earlier, later, frames) that must be kept, in frames between their operands.
    fn edges(&self) -> Vec<(usize, usize, isize)> {
        let mut edges = Vec::new();
        for (later, op) in self.operations.iter().enumerate() {
            for operand in op.operands {
                if let Source::Value(value) = operand {
                    let frames = self.operations[value.0].frames() + 1;
                    edges.push((value.0, later, frames as isize));
                }
            }
            // Who reads the row that this operation overwrites must have read it when the result arrives.
            if let Some(target) = op.target {
                for (earlier, reader) in self.operations[..later].iter().enumerate() {
                    if reader.operands.contains(&target) {
                        edges.push((earlier, later, -(op.frames() as isize)));
                    }
                }
            }
        }
        edges
    }

    /// Operations by the longest path behind them, longest first; ties in program order. Every `order` but 0 shifts
    /// each of them by less than a sum takes, so that operands still come first.
    fn by_height(&self, order: u64) -> Vec<usize> {
        let shift = |i: usize| {
            let mixed = (order << 32 | i as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let mixed = (mixed ^ mixed >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            if order == 0 {
                0
            } else {
                (mixed >> 61) as isize
            }
        };
        let mut height = vec![0isize; self.operations.len()];
        let mut edges = self.edges();
        edges.sort_by_key(|&(earlier, _, _)| std::cmp::Reverse(earlier));
        for (earlier, later, frames) in edges {
            height[earlier] = height[earlier].max(height[later] + frames.max(0));
        }
        let mut operations: Vec<usize> = (0..height.len()).collect();
        // A sum takes two frames: eight quarters.
        operations.sort_by_key(|&i| (std::cmp::Reverse(4 * height[i] + shift(i)), i));
        operations
    }

    fn schedule(&self, interval: usize, order: &[usize]) -> Option<Schedule> {
        let edges = self.edges();
        let mut at: Vec<Option<(usize, usize)>> = vec![None; self.operations.len()];
        let mut taken = vec![[false; 3]; interval];
        for &index in order {
            let op = &self.operations[index];
            let mut earliest = 0isize;
            for &(earlier, later, frames) in &edges {
                if later == index {
                    // A reader of an overwritten row may come after its writer in this order: then retry is no help.
                    let (frame, _) = at[earlier]?;
                    earliest = earliest.max(frame as isize + frames);
                }
            }
            let units: &[usize] = match op.kind {
                Kind::Product => &[2],
                Kind::Sum { .. } => &[0, 1],
            };
            let earliest = earliest as usize;
            let (frame, unit) = (earliest..earliest + interval).find_map(|frame| {
                let unit = units.iter().find(|&&unit| !taken[frame % interval][unit])?;
                Some((frame, *unit))
            })?;
            if (frame + op.frames()) / interval >= CONTEXTS {
                return None;
            }
            taken[frame % interval][unit] = true;
            at[index] = Some((frame, unit));
        }
        Some(Schedule {
            interval,
            at: at.into_iter().collect::<Option<_>>()?,
        })
    }

    fn last_frame(&self, schedule: &Schedule) -> usize {
        let ends = self.operations.iter().zip(&schedule.at);
        ends.map(|(op, (frame, _))| frame + op.frames())
            .max()
            .unwrap_or(0)
    }

    /// Where every result lives.
    fn allocate(&self, schedule: &Schedule) -> Result<Vec<Source>, AssembleError> {
        let written = |i: usize| schedule.at[i].0 + self.operations[i].frames();
        let last_read = |i: usize| {
            let readers = self.operations.iter().zip(&schedule.at);
            readers
                .filter(|(op, _)| op.operands.contains(&Source::Value(Value(i))))
                .map(|(_, (frame, _))| *frame)
                .max()
                .unwrap_or(written(i) + 1)
        };
        let mut order: Vec<usize> = (0..self.operations.len()).collect();
        order.sort_by_key(|&i| written(i));
        let mut free_from = [0usize; REGISTERS];
        let mut locations = vec![Source::row(0); self.operations.len()];
        for i in order {
            locations[i] = match self.operations[i].target {
                Some(
                    Source::Memory {
                        base: Base::Register,
                        ..
                    }
                    | Source::Value(_),
                ) => {
                    return Err(AssembleError::Destination);
                }
                Some(target) => target,
                None => {
                    let register = (0..REGISTERS)
                        .find(|&register| free_from[register] <= written(i))
                        .ok_or(AssembleError::Registers)?;
                    free_from[register] = last_read(i);
                    Source::Memory {
                        row: register as u16,
                        base: Base::Register,
                        quarter: 0,
                    }
                }
            };
        }
        Ok(locations)
    }

    fn encode(&self, schedule: &Schedule, locations: &[Source]) -> Vec<Instruction> {
        let interval = schedule.interval;
        let mut instructions = vec![Instruction::default(); interval];
        let address = |source: Source, frame: usize| {
            let location = match source {
                Source::Value(value) => locations[value.0],
                memory => memory,
            };
            match location {
                Source::Memory { row, base, quarter } => Some(Address {
                    row,
                    base,
                    stage: (frame / interval) as u8,
                    quarter,
                }),
                Source::Value(_) => None,
            }
        };
        for (i, (op, &(frame, unit))) in self.operations.iter().zip(&schedule.at).enumerate() {
            let operands = op.operands.map(|operand| address(operand, frame));
            let due = frame + op.frames();
            let to = address(Source::Value(Value(i)), due);
            let start = &mut instructions[frame % interval];
            match op.kind {
                Kind::Product => start.product = operands,
                Kind::Sum { subtract, signed } => {
                    start.sums[unit] = operands;
                    start.subtract[unit] = subtract;
                    start.signed[unit] = signed;
                }
            }
            let end = &mut instructions[due % interval];
            match op.kind {
                Kind::Product => end.product_to = to,
                Kind::Sum { .. } => end.sums_to[unit] = to,
            }
        }
        instructions
    }
}

/// The frame and unit of every operation; unit 2 multiplies.
struct Schedule {
    interval: usize,
    at: Vec<(usize, usize)>,
}
