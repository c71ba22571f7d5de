//! The sequencer: runs lists of jobs, each a modulo-scheduled program over a stream of items.
//!
//! # A job
//! A program is a loop of `interval` instructions, one a frame. Every time around (an *iteration*) at most one new item enters;
//! an item takes several iterations from its first read to its last write, so that up to eight items are under way, each in
//! its own stage. An operand names a stage, and thereby the item whose pointers and registers it means:
//! ```text
//! address = row + quarter·q + { 0 | 32·context | pointer a | pointer b } of the item at that stage
//! ```
//! Results are written only for items that exist, which makes filling, draining and stalling harmless.
//!
//! Items come from two affine counters, or from the [`Recoder`], whose items name the bucket to add to. An item whose
//! bucket one of the last seven items named waits until that item has left: the scoreboard.
//!
//! # Timing
//! An operand field leaves the instruction in cycle `i` of the frame; its address is valid in cycle `i + 3`, its row is on the
//! read bus in cycle `i + 6`; results are written in cycle `i + 4`. The next instruction's address is valid in cycle 12, and it is
//! complete in cycle 15.

use rust_hdl::prelude::*;

use crate::leaves::Multiplier;
use crate::recoder::Recoder;

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
    recoder: Recoder,
    phase: DFF<Phase>,
    frame_cycle: DFF<Bits<5>>,
    delay: DFF<Bits<3>>,
    job: DFF<Bits<16>>,
    jobs_left: DFF<Bits<8>>,
    round: DFF<Bits<16>>,
    descriptor: DFF<Bits<256>>,
    scaled_a: Multiplier,
    scaled_b: Multiplier,
    outer_a: Signal<Local, Bits<16>>,
    outer_b: Signal<Local, Bits<16>>,
    program_row: Signal<Local, Bits<16>>,
    interval: Signal<Local, Bits<16>>,
    items: Signal<Local, Bits<16>>,
    spacing: Signal<Local, Bits<8>>,
    stages: Signal<Local, Bits<8>>,
    stride_a: Signal<Local, Bits<16>>,
    stride_b: Signal<Local, Bits<16>>,
    quarter: Signal<Local, Bits<16>>,
    recoding: Signal<Local, Bit>,
    triple_quarter: DFF<Bits<16>>,
    counter: DFF<Bits<16>>,
    instruction: DFF<Bits<240>>,
    flags: DFF<Bits<16>>,
    slot: DFF<Bits<16>>,
    last_slot: DFF<Bit>,
    boundary: DFF<Bit>,
    iteration: DFF<Bits<3>>,
    next_iteration: Signal<Local, Bits<3>>,
    valid: DFF<Bits<8>>,
    shifted: Signal<Local, Bits<8>>,
    pause: DFF<Bits<8>>,
    drain: DFF<Bits<8>>,
    items_left: DFF<Bits<16>>,
    affine_a: DFF<Bits<16>>,
    affine_b: DFF<Bits<16>>,
    have: Signal<Local, Bit>,
    exhausted: Signal<Local, Bit>,
    exhausted_held: DFF<Bit>,
    ready: DFF<Bit>,
    waiting: DFF<Bit>,
    next_row: DFF<Bits<16>>,
    override_now: DFF<Bit>,
    override_row: DFF<Bits<16>>,
    conflict: DFF<Bit>,
    issue: Signal<Local, Bit>,
    item_a: Signal<Local, Bits<16>>,
    item_b: Signal<Local, Bits<16>>,
    item_negative: Signal<Local, Bit>,
    recent: DFF<Bits<112>>,
    recent_valid: DFF<Bits<8>>,
    item_file: RAM<Bits<40>, 3>,
    item_word: Signal<Local, Bits<40>>,
    field: Signal<Local, Bits<20>>,
    stage: Signal<Local, Bits<3>>,
    ring: Signal<Local, Bits<3>>,
    field_held: DFF<Bits<20>>,
    ring_held: DFF<Bits<3>>,
    exists_held: DFF<Bit>,
    mode: Signal<Local, Bits<2>>,
    quarters: Signal<Local, Bits<2>>,
    item_read: Signal<Local, Bits<40>>,
    sum_left: DFF<Bits<16>>,
    sum_right: DFF<Bits<16>>,
    exists: DFF<Bit>,
    negative: DFF<Bit>,
    address_now: DFF<Bits<16>>,
    write_now: DFF<Bit>,
    negative_0: DFF<Bit>,
    negative_1: DFF<Bit>,
    product_now: DFF<Bit>,
    sum_now: DFF<Bit>,
    address_late: DFF<Bits<16>>,
    write_late: DFF<Bit>,
    fetching: DFF<Bit>,
    next_round: Signal<Local, Bits<16>>,
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
            triple_quarter,
            counter,
            instruction,
            flags,
            slot,
            iteration,
            valid,
            pause,
            drain,
            items_left,
            affine_a,
            affine_b,
            recent,
            recent_valid,
            field_held,
            ring_held,
            exists_held,
            sum_left,
            sum_right,
            exists,
            negative,
            address_now,
            write_now,
            negative_0,
            negative_1,
            product_now,
            sum_now,
            fetching,
            last_slot,
            boundary,
            conflict,
            exhausted_held,
            ready,
            waiting,
            next_row,
            address_late,
            write_late,
            override_now,
            override_row
        );
        clock!(self, clock, recoder, scaled_a, scaled_b);
        self.item_file.read_clock.next = self.clock.val();
        self.item_file.write_clock.next = self.clock.val();

        // Frames never stop.
        self.frame_cycle.d.next = self.frame_cycle.q.val() + 1;
        if self.frame_cycle.q.val() == 16 {
            self.frame_cycle.d.next = 0.into();
        }
        self.cycle.next = self.frame_cycle.q.val();

        // The job's parameters.
        self.program_row.next = self.descriptor.q.val().get_bits::<16>(0);
        self.interval.next = self.descriptor.q.val().get_bits::<16>(16);
        self.items.next = self.descriptor.q.val().get_bits::<16>(32);
        self.spacing.next = self.descriptor.q.val().get_bits::<8>(48);
        self.stages.next = self.descriptor.q.val().get_bits::<8>(56);
        self.stride_a.next = self.descriptor.q.val().get_bits::<16>(80);
        self.outer_a.next = self.descriptor.q.val().get_bits::<16>(96);
        self.stride_b.next = self.descriptor.q.val().get_bits::<16>(128);
        self.outer_b.next = self.descriptor.q.val().get_bits::<16>(144);
        self.quarter.next = self.descriptor.q.val().get_bits::<16>(160);
        self.scalar_field.next = self.descriptor.q.val().get_bit(176);
        self.recoding.next = self.descriptor.q.val().get_bit(177);
        self.recoder.scalars.next = self.items.val();
        self.recoder.bucket_row.next = self.descriptor.q.val().get_bits::<16>(64);
        self.recoder.base_row.next = self.descriptor.q.val().get_bits::<16>(112);
        self.recoder.base_rows.next = self.stride_b.val();
        self.recoder.scalar_row.next = self.descriptor.q.val().get_bits::<16>(192);
        self.recoder.windows.next = self.descriptor.q.val().get_bits::<8>(208);
        self.recoder.window_bits.next = self.descriptor.q.val().get_bits::<4>(216);
        self.recoder.window_rows.next = self.descriptor.q.val().get_bits::<16>(224);
        self.recoder.window_mask.next = self.descriptor.q.val().get_bits::<16>(240);
        self.recoder.row.next = self.read_bus.val();
        self.recoder.start.next = false;
        self.recoder.reset.next = self.reset.val();
        self.recoder.take.next = false;
        self.scaled_a.a.next = self.outer_a.val();
        self.scaled_a.b.next = self.round.q.val();
        self.scaled_b.a.next = self.outer_b.val();
        self.scaled_b.b.next = self.round.q.val();
        self.triple_quarter.d.next = self.quarter.val() + (self.quarter.val() << 1);

        // Items: the next one, and whether it may enter.
        self.have.next = self.items_left.q.val().any();
        self.exhausted.next = !self.items_left.q.val().any();
        self.item_a.next = self.affine_a.q.val();
        self.item_b.next = self.affine_b.q.val();
        self.item_negative.next = false;
        self.conflict.d.next = false;
        if self.recoding.val() {
            self.have.next = self.recoder.have.val();
            self.exhausted.next = self.recoder.finished.val();
            self.item_a.next = self.recoder.bucket.val();
            self.item_b.next = self.recoder.base.val();
            self.item_negative.next = self.recoder.negative.val();
            for i in 0..7 {
                if self.recent_valid.q.val().get_bit(i)
                    && (self.recent.q.val().get_bits::<16>(i * 16) == self.recoder.bucket.val())
                {
                    self.conflict.d.next = true;
                }
            }
        }
        // All of this holds still for many cycles before it is looked at, so that it can be decided ahead of the boundary.
        self.last_slot.d.next = self.slot.q.val() == self.counter.q.val();
        self.ready.d.next = self.have.val() && !self.pause.q.val().any() && !self.conflict.q.val();
        self.waiting.d.next = self.have.val() && self.conflict.q.val();
        self.exhausted_held.d.next = self.exhausted.val();
        self.boundary.d.next = (self.frame_cycle.q.val() == 15)
            && self.last_slot.q.val()
            && (self.phase.q.val() == Phase::Run);
        self.issue.next = self.boundary.q.val() && self.ready.q.val();
        self.issued.next = self.issue.val();
        self.stalled.next = self.boundary.q.val() && self.waiting.q.val();
        self.next_row.d.next = self.program_row.val() + self.slot.q.val() + 1;
        if self.last_slot.q.val() {
            self.next_row.d.next = self.program_row.val();
        }
        self.next_iteration.next = self.iteration.q.val() + 1;
        self.item_word.next =
            bit_cast::<40, 16>(self.item_a.val()) | (bit_cast::<40, 16>(self.item_b.val()) << 16);
        self.item_file.write_address.next = self.next_iteration.val();
        self.item_file.write_data.next = self.item_word.val();
        if self.item_negative.val() {
            self.item_file.write_data.next = self.item_word.val() | 0x1_0000_0000_u64;
        }
        self.item_file.write_enable.next = self.issue.val();
        self.shifted.next = self.valid.q.val() << 1;

        // Operand fields become addresses.
        self.field.next = self.instruction.q.val().get_bits::<20>(0);
        self.instruction.d.next = self.instruction.q.val() >> 20;
        self.stage.next = self.field.val().get_bits::<3>(15);
        self.ring.next = self.iteration.q.val() - self.stage.val();
        self.item_file.read_address.next = self.ring.val();
        self.field_held.d.next = self.field.val();
        self.ring_held.d.next = self.ring.val();
        self.exists_held.d.next = self.valid.q.val().get_bit(self.stage.val().index());
        self.mode.next = self.field_held.q.val().get_bits::<2>(13);
        self.quarters.next = self.field_held.q.val().get_bits::<2>(18);
        self.item_read.next = self.item_file.read_data.val();
        self.sum_left.d.next = bit_cast::<16, 13>(self.field_held.q.val().get_bits::<13>(0));
        if self.quarters.val() == 1 {
            self.sum_left.d.next =
                bit_cast::<16, 13>(self.field_held.q.val().get_bits::<13>(0)) + self.quarter.val();
        }
        if self.quarters.val() == 2 {
            self.sum_left.d.next = bit_cast::<16, 13>(self.field_held.q.val().get_bits::<13>(0))
                + (self.quarter.val() << 1);
        }
        if self.quarters.val() == 3 {
            self.sum_left.d.next = bit_cast::<16, 13>(self.field_held.q.val().get_bits::<13>(0))
                + self.triple_quarter.q.val();
        }
        self.sum_right.d.next = 0.into();
        if self.mode.val() == 1 {
            self.sum_right.d.next = bit_cast::<16, 3>(self.ring_held.q.val()) << 5;
        }
        if self.mode.val() == 2 {
            self.sum_right.d.next = self.item_read.val().get_bits::<16>(0);
        }
        if self.mode.val() == 3 {
            self.sum_right.d.next = self.item_read.val().get_bits::<16>(16);
        }
        self.exists.d.next = self.exists_held.q.val();
        self.negative.d.next = self.item_read.val().get_bit(32);
        self.address_now.d.next = self.sum_left.q.val() + self.sum_right.q.val();
        if self.override_now.q.val() {
            self.address_now.d.next = self.override_row.q.val();
        }
        self.override_now.d.next = false;
        self.override_row.d.next = self.next_row.q.val();
        self.address.next = self.address_now.q.val();
        // Results leave the lane in cycles 12, 14 and 15; their fields are the ninth, eleventh and twelfth.
        self.write_now.d.next = false;
        self.product_now.d.next = false;
        self.sum_now.d.next = false;
        if (self.phase.q.val() == Phase::Run) && self.exists.q.val() {
            if ((self.frame_cycle.q.val() == 10) && self.flags.q.val().get_bit(0))
                || ((self.frame_cycle.q.val() == 12) && self.flags.q.val().get_bit(1))
            {
                self.write_now.d.next = true;
                self.sum_now.d.next = true;
            }
            if (self.frame_cycle.q.val() == 13) && self.flags.q.val().get_bit(2) {
                self.write_now.d.next = true;
                self.product_now.d.next = true;
            }
        }
        self.address_late.d.next = self.address_now.q.val();
        self.write_late.d.next = self.write_now.q.val();
        self.write_address.next = self.address_late.q.val();
        self.write.next = self.write_late.q.val();
        self.product_written.next = self.product_now.q.val();
        self.sum_written.next = self.sum_now.q.val();
        // The sign of an item turns the adder whose right operand it belongs to.
        if self.frame_cycle.q.val() == 5 {
            self.negative_0.d.next = self.negative.q.val();
        }
        if self.frame_cycle.q.val() == 7 {
            self.negative_1.d.next = self.negative.q.val();
        }
        self.subtract_0.next = self.flags.q.val().get_bit(3)
            ^ (self.flags.q.val().get_bit(5) && self.negative_0.q.val());
        self.subtract_1.next = self.flags.q.val().get_bit(4)
            ^ (self.flags.q.val().get_bit(6) && self.negative_1.q.val());

        self.next_round.next = self.round.q.val() + 1;
        self.busy.next = true;
        self.recoder.fetched.next = false;
        match self.phase.q.val() {
            Phase::Idle => {
                self.busy.next = false;
                self.address_now.d.next = self.host_address.val();
                if self.start.val() {
                    self.job.d.next = self.first_job.val();
                    self.jobs_left.d.next = self.jobs.val();
                    self.round.d.next = 0.into();
                    self.delay.d.next = 0.into();
                    self.phase.d.next = Phase::Fetch;
                }
            }
            Phase::Fetch => {
                // Five cycles from a row's address to the read bus.
                self.address_now.d.next = self.job.q.val();
                self.recoder.reset.next = true;
                self.fetching.d.next = false;
                self.delay.d.next = self.delay.q.val() + 1;
                if self.delay.q.val() == 5 {
                    self.phase.d.next = Phase::Latch;
                }
            }
            Phase::Latch => {
                self.descriptor.d.next = self.read_bus.val();
                self.delay.d.next = 1.into();
                self.phase.d.next = Phase::Scale;
            }
            Phase::Scale => {
                // Two cycles for the products of outer steps and repetition.
                self.delay.d.next = 0.into();
                if !self.delay.q.val().any() {
                    self.phase.d.next = Phase::Offset;
                }
            }
            Phase::Offset => {
                self.affine_a.d.next = self.descriptor.q.val().get_bits::<16>(64)
                    + self.scaled_a.product.val().get_bits::<16>(0);
                self.affine_b.d.next = self.descriptor.q.val().get_bits::<16>(112)
                    + self.scaled_b.product.val().get_bits::<16>(0);
                self.items_left.d.next = self.items.val();
                self.counter.d.next = self.interval.val() - 1;
                self.recoder.start.next = self.recoding.val();
                self.phase.d.next = Phase::Begin;
            }
            Phase::Begin => {
                // Enter as if in the last slot of an empty iteration.
                self.slot.d.next = self.counter.q.val();
                self.valid.d.next = 0.into();
                self.recent_valid.d.next = 0.into();
                self.pause.d.next = 0.into();
                self.drain.d.next = 1.into();
                if self.frame_cycle.q.val() == 16 {
                    self.phase.d.next = Phase::Run;
                }
            }
            Phase::Run => {
                if self.frame_cycle.q.val() == 10 {
                    self.override_now.d.next = true;
                }
                if self.frame_cycle.q.val() == 14 {
                    self.override_now.d.next = true;
                    self.override_row.d.next = self.recoder.fetch_row.val();
                    self.fetching.d.next = self.recoder.fetch.val();
                }
                if self.frame_cycle.q.val() == 15 {
                    self.instruction.d.next = self.read_bus.val().get_bits::<240>(0);
                    self.flags.d.next = self.read_bus.val().get_bits::<16>(240);
                }
                if self.frame_cycle.q.val() == 16 {
                    self.instruction.d.next = self.instruction.q.val();
                }
                self.recoder.fetched.next =
                    (self.frame_cycle.q.val() == 2) && self.fetching.q.val();
                if self.frame_cycle.q.val() == 16 {
                    self.slot.d.next = self.slot.q.val() + 1;
                    if self.last_slot.q.val() {
                        self.slot.d.next = 0.into();
                    }
                }
                if self.boundary.q.val() {
                    self.iteration.d.next = self.next_iteration.val();
                    self.valid.d.next = self.shifted.val();
                    self.recent.d.next = self.recent.q.val() << 16;
                    self.recent_valid.d.next = self.recent_valid.q.val() << 1;
                    if self.pause.q.val().any() {
                        self.pause.d.next = self.pause.q.val() - 1;
                    }
                    if self.issue.val() {
                        self.valid.d.next = self.shifted.val() | 1;
                        self.recent.d.next =
                            (self.recent.q.val() << 16) | bit_cast::<112, 16>(self.item_a.val());
                        self.recent_valid.d.next = (self.recent_valid.q.val() << 1) | 1;
                        self.pause.d.next = self.spacing.val() - 1;
                        self.drain.d.next = self.stages.val();
                        self.items_left.d.next = self.items_left.q.val() - 1;
                        self.affine_a.d.next = self.affine_a.q.val() + self.stride_a.val();
                        self.affine_b.d.next = self.affine_b.q.val() + self.stride_b.val();
                        self.recoder.take.next = self.recoding.val();
                    } else if self.exhausted_held.q.val() {
                        self.drain.d.next = self.drain.q.val() - 1;
                        if self.drain.q.val() == 1 {
                            self.phase.d.next = Phase::Next;
                        }
                    }
                }
            }
            Phase::Next => {
                self.job.d.next = self.job.q.val() + 1;
                self.jobs_left.d.next = self.jobs_left.q.val() - 1;
                self.delay.d.next = 0.into();
                self.phase.d.next = Phase::Fetch;
                if self.jobs_left.q.val() == 1 {
                    self.job.d.next = self.first_job.val();
                    self.jobs_left.d.next = self.jobs.val();
                    self.round.d.next = self.next_round.val();
                    if self.next_round.val() == self.repeats.val() {
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
