//! The microprogram assembler: from operations on values to a modulo-scheduled loop.
//!
//! A program is written for one item; a `Schedule` says when each of its operations starts, as items follow each other.
//!
//! Registers are handed out by lifetime. A row that an item both reads and overwrites is ordered: whoever was written
//! before the overwriting operation reads the old value.

use super::schedule::Schedule;
use super::{Address, Base, Instruction, PRODUCT_FRAMES, REGISTERS, Row, SUM_FRAMES};

/// A result of an earlier operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value(pub(super) usize);

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
pub(super) enum Kind {
    Product,
    Sum { subtract: bool, signed: bool },
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Operation {
    pub(super) kind: Kind,
    pub(super) operands: [Source; 2],
    pub(super) target: Option<Source>,
}

impl Operation {
    /// Frames until the result is named.
    pub(super) fn frames(&self) -> usize {
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
        let schedule = Schedule::shortest(&self.operations)?;
        let locations = self.allocate(&schedule)?;
        let is_product = |op: &&Operation| op.kind == Kind::Product;
        let products = self.operations.iter().filter(is_product).count();
        let last_frame = schedule.last_frame(&self.operations);
        Ok(Program {
            instructions: self.encode(&schedule, &locations),
            stages: (last_frame / schedule.interval + 1) as u8,
            products,
            sums: self.operations.len() - products,
        })
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
