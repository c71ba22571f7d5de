//! What the core executes: instructions, jobs, and the rows that encode them.
//!
//! Memory is [`ROWS`] rows of 256 bits, or fewer where several lanes share a chip. Everything is a row: field elements (lazy Montgomery form, below twice the modulus),
//! instructions, jobs, scalars. [`crate::model`] says what they mean, to the cycle.

mod assembler;
mod instruction;
mod job;
mod schedule;

pub use assembler::{AssembleError, Assembler, Program, Source, Value};
pub use instruction::{Address, Base, Instruction};
pub use job::{Job, Recoding};

/// 256 bits, least significant limb first.
pub type Row = [u64; 4];

/// Rows of memory of a core that shares its chip with no other, and the most that addresses reach.
pub const ROWS: usize = 1 << 13;

/// Clock cycles of a frame: sixteen words and a pause.
pub const FRAME_CYCLES: u64 = 17;

/// Items that can be under way at once, each with registers of its own.
pub const CONTEXTS: usize = 8;

/// Registers of an item.
pub const REGISTERS: usize = 32;

/// Frames from an instruction that multiplies to the one that names where the product goes.
pub const PRODUCT_FRAMES: usize = 12;

/// Frames from an instruction that adds to the one that names where the sum goes.
pub const SUM_FRAMES: usize = 1;

/// Addresses from here on are registers of the core.
pub const REGISTER_SPACE: u16 = 0x8000;
