//! The sequencer: runs lists of jobs, each a modulo-scheduled program over a stream of items.
//!
//! # A job
//! A program is a loop of `interval` instructions, one a frame. Every time around (an *iteration*) at most one new item enters;
//! an item takes several iterations from its first read to its last write, so that up to eight items are under way, each in
//! its own stage. [`Items`] admits them, and [`Operands`] turns an instruction into addresses for all of them.
//!
//! Results are written only for items that exist, which makes filling, draining and stalling harmless.

use rust_hdl::prelude::*;

use crate::items::Items;
use crate::lane::FRAME;
use crate::leaves::Multiplier;
use crate::operands::Operands;

/// Cycles from `start`, in cycle `phase` of a frame, to the first frame of the first job: at least 14, and then to the end of a frame.
pub const fn start_cycles(phase: usize) -> usize {
    14 + (FRAME + 3 - phase) % FRAME
}

/// Cycles from the last frame of a job to the first of the next.
pub const NEXT_CYCLES: usize = FRAME;

#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
enum Phase {
    Idle,
    Fetch,
    Latch,
    Scale,
    Offset,
    Begin,
    Run,
    Next,
}

/// The sequencer.
#[derive(LogicBlock, Default)]
pub struct Sequencer {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Run the list; sampled while not `busy`.
    pub start: Signal<In, Bit>,
    /// Abandon everything.
    pub reset: Signal<In, Bit>,
    /// Row of the first job.
    pub first_job: Signal<In, Bits<16>>,
    /// Jobs of the list.
    pub jobs: Signal<In, Bits<8>>,
    /// Times to run the list.
    pub repeats: Signal<In, Bits<16>>,
    /// Something is running.
    pub busy: Signal<Out, Bit>,
    /// Cycle of the frame.
    pub cycle: Signal<Out, Bits<5>>,
    /// Row that the executor wants, when not `busy`.
    pub host_address: Signal<In, Bits<16>>,
    /// Where to read.
    pub address: Signal<Out, Bits<16>>,
    /// Where to write.
    pub write_address: Signal<Out, Bits<16>>,
    /// Write the lane's result to `write_address`.
    pub write: Signal<Out, Bit>,
    /// The read bus.
    pub read_bus: Signal<In, Bits<256>>,
    /// Field of the job.
    pub scalar_field: Signal<Out, Bit>,
    /// Adder 0 subtracts.
    pub subtract_0: Signal<Out, Bit>,
    /// Adder 1 subtracts.
    pub subtract_1: Signal<Out, Bit>,
    /// An item enters.
    pub issued: Signal<Out, Bit>,
    /// An item waits for its bucket.
    pub stalled: Signal<Out, Bit>,
    /// A product is written.
    pub product_written: Signal<Out, Bit>,
    /// A sum is written.
    pub sum_written: Signal<Out, Bit>,
    items: Items,
    operands: Operands,
    phase: DFF<Phase>,
    running: Signal<Local, Bit>,
    frame_cycle: DFF<Bits<5>>,
    delay: DFF<Bits<3>>,
    job: DFF<Bits<16>>,
    jobs_left: DFF<Bits<8>>,
    round: DFF<Bits<16>>,
    next_round: Signal<Local, Bits<16>>,
    descriptor: DFF<Bits<256>>,
    descriptor_load: DFF<Bit>,
    scaled_a: Multiplier,
    scaled_b: Multiplier,
    moved_a: DFF<Bits<16>>,
    moved_b: DFF<Bits<16>>,
    outer_a: Signal<Local, Bits<16>>,
    outer_b: Signal<Local, Bits<16>>,
    program_row: Signal<Local, Bits<16>>,
    interval: Signal<Local, Bits<16>>,
    last: DFF<Bits<16>>,
    slot: DFF<Bits<16>>,
    last_slot: DFF<Bit>,
    next_row: DFF<Bits<16>>,
    boundary: DFF<Bit>,
    fetching: DFF<Bit>,
    fetched: DFF<Bit>,
    last_job: DFF<Bit>,
    last_round: DFF<Bit>,
}

impl Logic for Sequencer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            phase,
            frame_cycle,
            delay,
            job,
            jobs_left,
            round,
            descriptor,
            descriptor_load,
            moved_a,
            moved_b,
            last,
            slot,
            last_slot,
            next_row,
            boundary,
            fetching,
            fetched,
            last_job,
            last_round
        );
        clock!(self, clock, items, operands, scaled_a, scaled_b);

        // Frames never stop.
        self.frame_cycle.d.next = self.frame_cycle.q.val() + 1;
        if self.frame_cycle.q.val() == 16 {
            self.frame_cycle.d.next = 0.into();
        }
        self.cycle.next = self.frame_cycle.q.val();
        self.running.next = self.phase.q.val() == Phase::Run;

        // The job. Its load flag reaches far, and is therefore decided a cycle ahead.
        self.descriptor_load.d.next = false;
        if self.descriptor_load.q.val() {
            self.descriptor.d.next = self.read_bus.val();
        }
        self.program_row.next = self.descriptor.q.val().get_bits::<16>(0);
        self.interval.next = self.descriptor.q.val().get_bits::<16>(16);
        self.outer_a.next = self.descriptor.q.val().get_bits::<16>(96);
        self.outer_b.next = self.descriptor.q.val().get_bits::<16>(144);
        self.scalar_field.next = self.descriptor.q.val().get_bit(176);
        self.scaled_a.a.next = self.outer_a.val();
        self.scaled_a.b.next = self.round.q.val();
        self.scaled_b.a.next = self.outer_b.val();
        self.scaled_b.b.next = self.round.q.val();

        // The place in the program, known long before it matters.
        self.last_slot.d.next = self.slot.q.val() == self.last.q.val();
        self.next_row.d.next = self.program_row.val() + self.slot.q.val() + 1;
        if self.last_slot.q.val() {
            self.next_row.d.next = self.program_row.val();
        }
        self.boundary.d.next = (self.frame_cycle.q.val() == 15)
            && self.last_slot.q.val()
            && self.running.val()
            && !self.reset.val();

        // Items.
        self.items.reset.next = self.reset.val();
        self.items.descriptor.next = self.descriptor.q.val();
        self.items.load.next = false;
        self.moved_a.d.next = self.scaled_a.product.val().get_bits::<16>(0);
        self.moved_b.d.next = self.scaled_b.product.val().get_bits::<16>(0);
        self.items.first_a.next = self.descriptor.q.val().get_bits::<16>(64) + self.moved_a.q.val();
        self.items.first_b.next =
            self.descriptor.q.val().get_bits::<16>(112) + self.moved_b.q.val();
        self.items.clear.next = false;
        self.items.boundary.next = self.boundary.q.val();
        self.items.row.next = self.read_bus.val();
        self.items.fetched.next = self.fetched.q.val();
        self.fetched.d.next = false;
        self.issued.next = self.items.enters.val();
        self.stalled.next = self.items.stalled.val();

        // Operands.
        self.operands.cycle.next = self.frame_cycle.q.val();
        self.operands.running.next = self.running.val();
        self.operands.row.next = self.read_bus.val();
        self.operands.next_instruction.next = self.next_row.q.val();
        self.operands.next_scalar.next = self.items.fetch_row.val();
        self.operands.direct.next = false;
        self.operands.direct_row.next = self.host_address.val();
        self.operands.quarter.next = self.descriptor.q.val().get_bits::<16>(160);
        self.operands.iteration.next = self.items.iteration.val();
        self.operands.valid.next = self.items.valid.val();
        self.operands.enters.next = self.items.enters.val();
        self.operands.item.next = self.items.item.val();
        self.address.next = self.operands.address.val();
        self.write_address.next = self.operands.write_address.val();
        self.write.next = self.operands.write.val();
        self.subtract_0.next = self.operands.subtract_0.val();
        self.subtract_1.next = self.operands.subtract_1.val();
        self.product_written.next = self.operands.product_written.val();
        self.sum_written.next = self.operands.sum_written.val();

        self.next_round.next = self.round.q.val() + 1;
        // Both hold still while a job runs.
        self.last_round.d.next = self.next_round.val() == self.repeats.val();
        self.last_job.d.next = self.jobs_left.q.val() == 1;
        self.busy.next = true;
        match self.phase.q.val() {
            Phase::Idle => {
                self.busy.next = false;
                self.operands.direct.next = true;
                if self.start.val() {
                    self.job.d.next = self.first_job.val();
                    self.jobs_left.d.next = self.jobs.val();
                    self.round.d.next = 0.into();
                    self.delay.d.next = 0.into();
                    self.phase.d.next = Phase::Fetch;
                }
            }
            Phase::Fetch => {
                // Six cycles from a row's address to the read bus.
                self.operands.direct.next = true;
                self.operands.direct_row.next = self.job.q.val();
                self.items.reset.next = true;
                self.fetching.d.next = false;
                self.delay.d.next = self.delay.q.val() + 1;
                if self.delay.q.val() == 6 {
                    self.descriptor_load.d.next = true;
                    self.phase.d.next = Phase::Latch;
                }
            }
            Phase::Latch => {
                self.delay.d.next = 2.into();
                self.phase.d.next = Phase::Scale;
            }
            Phase::Scale => {
                // Three cycles for the products of outer steps and repetition.
                self.delay.d.next = self.delay.q.val() - 1;
                if !self.delay.q.val().any() {
                    self.phase.d.next = Phase::Offset;
                }
            }
            Phase::Offset => {
                self.items.load.next = true;
                self.last.d.next = self.interval.val() - 1;
                self.phase.d.next = Phase::Begin;
            }
            Phase::Begin => {
                // Enter as if in the last slot of an empty iteration.
                self.items.clear.next = true;
                self.slot.d.next = self.last.q.val();
                if self.frame_cycle.q.val() == 16 {
                    self.phase.d.next = Phase::Run;
                }
            }
            Phase::Run => {
                if self.frame_cycle.q.val() == 14 {
                    self.fetching.d.next = self.items.fetch.val();
                }
                self.fetched.d.next = (self.frame_cycle.q.val() == 1) && self.fetching.q.val();
                if self.frame_cycle.q.val() == 16 {
                    self.slot.d.next = self.slot.q.val() + 1;
                    if self.last_slot.q.val() {
                        self.slot.d.next = 0.into();
                    }
                }
                if self.items.finished.val() {
                    self.phase.d.next = Phase::Next;
                }
            }
            Phase::Next => {
                self.job.d.next = self.job.q.val() + 1;
                self.jobs_left.d.next = self.jobs_left.q.val() - 1;
                self.delay.d.next = 0.into();
                self.phase.d.next = Phase::Fetch;
                if self.last_job.q.val() {
                    self.job.d.next = self.first_job.val();
                    self.jobs_left.d.next = self.jobs.val();
                    self.round.d.next = self.next_round.val();
                    if self.last_round.q.val() {
                        self.phase.d.next = Phase::Idle;
                    }
                }
            }
            _ => {
                self.phase.d.next = Phase::Idle;
            }
        }
        if self.reset.val() {
            self.phase.d.next = Phase::Idle;
        }
    }
}
