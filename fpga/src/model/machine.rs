//! Memory, lane and sequencer, one frame at a time.

use std::collections::VecDeque;

use crate::isa::{
    Address, Base, CONTEXTS, FRAME_CYCLES, Instruction, Job, PRODUCT_FRAMES, REGISTERS, ROWS, Row,
    SUM_FRAMES,
};

use super::arithmetic::{Modulus, add, mul, sub};
use super::recoder::Recoder;

/// What the core counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Cycles while jobs ran.
    pub run_cycles: u64,
    /// Items that entered.
    pub items: u64,
    /// Iterations in which an item waited for its bucket.
    pub stalls: u64,
    /// Products written.
    pub products: u64,
    /// Sums written.
    pub sums: u64,
}

/// Pointers of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Item {
    pub(super) a: u16,
    pub(super) b: u16,
    pub(super) negative: bool,
}

/// The machine.
#[derive(Debug, Clone)]
pub struct Machine {
    rows: Vec<Row>,
    counters: Counters,
}

impl Default for Machine {
    fn default() -> Self {
        Self::with_rows(ROWS)
    }
}

/// Cycles of a job outside its frames: fetching it, and waiting for a frame to begin.
const JOB_CYCLES: u64 = FRAME_CYCLES;

impl Machine {
    /// Memory full of zeros.
    pub fn new() -> Self {
        Self::default()
    }

    /// As [`new`](Self::new), with a memory of `rows` rows, at least one.
    pub fn with_rows(rows: usize) -> Self {
        Self {
            rows: vec![[0; 4]; rows.max(1)],
            counters: Counters::default(),
        }
    }

    /// Rows of memory.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// What was counted since the beginning or the last [`reset`](Self::reset).
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// Clears the counters.
    pub fn reset(&mut self) {
        self.counters = Counters::default();
    }

    /// The row at `address`, modulo the size of memory.
    pub fn read(&self, address: u16) -> Row {
        self.rows[usize::from(address) % self.rows.len()]
    }

    /// Replaces the row at `address`, modulo the size of memory.
    pub fn write(&mut self, address: u16, row: Row) {
        let rows = self.rows.len();
        self.rows[usize::from(address) % rows] = row;
    }

    /// Runs `repeats` times the list of `jobs` jobs from row `first`.
    ///
    /// `phase` is the cycle of the frame in which the list begins; it decides how long the first job waits for
    /// a frame. Returns the cycles that passed.
    pub fn run(&mut self, first: u16, jobs: u8, repeats: u16, phase: u64) -> u64 {
        let mut cycles = 13 + (FRAME_CYCLES + 4 - phase % FRAME_CYCLES) % FRAME_CYCLES;
        for repetition in 0..repeats {
            for index in 0..u16::from(jobs) {
                if (repetition, index) != (0, 0) {
                    cycles += JOB_CYCLES - 1;
                }
                let mut job = Job::decode(&self.read(first.wrapping_add(index)));
                if job.recoding.is_none() {
                    job.a = job.a.wrapping_add(job.a_outer.wrapping_mul(repetition));
                    job.b = job.b.wrapping_add(job.b_outer.wrapping_mul(repetition));
                }
                cycles += FRAME_CYCLES * Run::new(job).play(self) + 1;
            }
        }
        self.counters.run_cycles += cycles;
        cycles
    }
}

/// One job under way.
struct Run {
    job: Job,
    modulus: Modulus,
    recoder: Option<Recoder>,
    iteration: usize,
    /// Items by iteration modulo the number of contexts; stale where `valid` has no bit.
    items: [Item; CONTEXTS],
    valid: u8,
    recent: VecDeque<Option<u16>>,
    pause: u8,
    drain: u8,
    left: u16,
    next: Item,
    /// What the recoder offered, and whether it had finished, in cycle 15 of the frame.
    offered: (Option<Item>, bool),
    products: VecDeque<Row>,
    sums: [VecDeque<Row>; 2],
}

impl Run {
    fn new(job: Job) -> Self {
        Self {
            job,
            modulus: if job.scalar_field {
                Modulus::SCALAR
            } else {
                Modulus::BASE
            },
            recoder: job.recoding.map(|recoding| Recoder::new(job, recoding)),
            iteration: 0,
            items: [Item::default(); CONTEXTS],
            valid: 0,
            recent: VecDeque::from([None; CONTEXTS - 1]),
            pause: 0,
            drain: 1,
            left: job.items,
            next: Item {
                a: job.a,
                b: job.b,
                negative: false,
            },
            offered: (None, false),
            products: VecDeque::from([[0; 4]; PRODUCT_FRAMES]),
            sums: [const { VecDeque::new() }; 2]
                .map(|_: VecDeque<Row>| VecDeque::from([[0; 4]; SUM_FRAMES])),
        }
    }

    /// Frames until the job is done.
    fn play(mut self, machine: &mut Machine) -> u64 {
        // The first frame only fetches.
        let mut frames = 1;
        self.clock_recoder(machine);
        loop {
            if self.boundary(machine) {
                return frames;
            }
            for slot in 0..self.job.interval.max(1) {
                if slot != 0 {
                    self.tick_recoder(16, false, machine);
                }
                let row = machine.read(self.job.program.wrapping_add(slot));
                self.frame(&Instruction::decode(&row), machine);
                self.clock_recoder(machine);
                frames += 1;
            }
        }
    }

    fn tick_recoder(&mut self, cycle: u64, taken: bool, machine: &Machine) {
        if let Some(recoder) = &mut self.recoder {
            recoder.step(cycle, taken, &machine.rows);
        }
    }

    /// Cycles 0 to 15 of a frame.
    fn clock_recoder(&mut self, machine: &Machine) {
        for cycle in 0..FRAME_CYCLES - 1 {
            if let Some(recoder) = self.recoder.as_ref().filter(|_| cycle == FRAME_CYCLES - 2) {
                self.offered = (recoder.item(), recoder.finished());
            }
            self.tick_recoder(cycle, false, machine);
        }
    }

    /// Cycle 16 of the last frame of an iteration: lets an item in, or ends the job.
    fn boundary(&mut self, machine: &mut Machine) -> bool {
        let (item, exhausted) = match &self.recoder {
            Some(_) => self.offered,
            None => ((self.left != 0).then_some(self.next), self.left == 0),
        };
        let conflict =
            self.recoder.is_some() && item.is_some_and(|item| self.recent.contains(&Some(item.a)));
        machine.counters.stalls += u64::from(conflict);
        let issued = item.filter(|_| !conflict && self.pause == 0);
        self.iteration += 1;
        self.valid = self.valid << 1 | u8::from(issued.is_some());
        self.recent.pop_back();
        self.recent.push_front(issued.map(|item| item.a));
        self.pause = self.pause.saturating_sub(1);
        self.tick_recoder(16, issued.is_some(), machine);
        if let Some(item) = issued {
            self.items[self.iteration % CONTEXTS] = item;
            self.pause = self.job.spacing.wrapping_sub(1);
            self.drain = self.job.stages;
            self.left = self.left.wrapping_sub(1);
            self.next.a = self.next.a.wrapping_add(self.job.a_step);
            self.next.b = self.next.b.wrapping_add(self.job.b_step);
            machine.counters.items += 1;
        } else if exhausted {
            self.drain = self.drain.wrapping_sub(1);
            return self.drain == 0;
        }
        false
    }

    /// The address, and whether its item exists and is negative.
    fn resolve(&self, address: Address) -> (u16, bool, bool) {
        let context = self.iteration.wrapping_sub(usize::from(address.stage)) % CONTEXTS;
        let item = self.items[context];
        let base = match address.base {
            Base::Fixed => 0,
            Base::Register => (REGISTERS * context) as u16,
            Base::PointerA => item.a,
            Base::PointerB => item.b,
        };
        let quarters = self.job.quarter.wrapping_mul(u16::from(address.quarter));
        let row = address.row.wrapping_add(base).wrapping_add(quarters);
        (row, self.valid >> address.stage & 1 == 1, item.negative)
    }

    fn frame(&mut self, instruction: &Instruction, machine: &mut Machine) {
        let read = |address: Option<Address>| {
            let (row, _, negative) =
                address.map_or((0, false, false), |address| self.resolve(address));
            (machine.read(row), negative)
        };
        let [x, y] = instruction.product.map(read);
        let product = mul(&x.0, &y.0, &self.modulus);
        let sums: [Row; 2] = std::array::from_fn(|unit| {
            let [x, y] = instruction.sums[unit].map(read);
            let turned = instruction.signed[unit] && y.1;
            if instruction.subtract[unit] != turned {
                sub(&x.0, &y.0, &self.modulus)
            } else {
                add(&x.0, &y.0, &self.modulus)
            }
        });
        self.products.push_back(product);
        let mut results = [None, None, self.products.pop_front()];
        for (unit, sum) in sums.into_iter().enumerate() {
            self.sums[unit].push_back(sum);
            results[unit] = self.sums[unit].pop_front();
        }
        let [first, second] = instruction.sums_to;
        for (unit, (result, to)) in results
            .into_iter()
            .zip([first, second, instruction.product_to])
            .enumerate()
        {
            let (Some(result), Some(to)) = (result, to) else {
                continue;
            };
            let (row, exists, _) = self.resolve(to);
            if exists {
                machine.write(row, result);
                let count = if unit == 2 {
                    &mut machine.counters.products
                } else {
                    &mut machine.counters.sums
                };
                *count += 1;
            }
        }
    }
}
