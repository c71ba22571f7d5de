//! From the fields of an instruction to addresses, and to the writes of results.
//!
//! An operand names a stage, and thereby the item whose pointers and registers it means:
//! ```text
//! address = row + quarter·q + { 0 | 32·context | pointer a | pointer b } of the item at that stage
//! ```
//!
//! # Timing
//! A field leaves the instruction in cycle `i` of the frame; its address is valid in cycle `i +` [`ADDRESS_CYCLES`], its row is on the
//! read bus in cycle `i +` [`READ_CYCLES`]; memory is written in cycle `i +` [`WRITE_CYCLES`]. The next instruction takes the turn of a ninth field, which there is not: its
//! address is valid in cycle 11, and it is complete in cycle 15.

use rust_hdl::prelude::*;

/// Cycles from a field to its address.
pub const ADDRESS_CYCLES: usize = 3;

/// Cycles from an operand's field to its row on the read bus.
pub const READ_CYCLES: usize = ADDRESS_CYCLES + crate::memory::LATENCY + 1;

/// Cycles from a result's field to the write to memory.
pub const WRITE_CYCLES: usize = 5;

/// Twelve addresses a frame, two more rows to fetch, and up to three writes.
#[derive(LogicBlock, Default)]
pub struct Operands {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Cycle of the frame.
    pub cycle: Signal<In, Bits<5>>,
    /// A program runs.
    pub running: Signal<In, Bit>,
    /// The read bus.
    pub row: Signal<In, Bits<256>>,
    /// Where the next instruction is.
    pub next_instruction: Signal<In, Bits<16>>,
    /// Where the next scalar is.
    pub next_scalar: Signal<In, Bits<16>>,
    /// Read from `direct_row` instead.
    pub direct: Signal<In, Bit>,
    /// The row to read if `direct`.
    pub direct_row: Signal<In, Bits<16>>,
    /// A quarter of the job's tables, in rows.
    pub quarter: Signal<In, Bits<16>>,
    /// Number of the iteration.
    pub iteration: Signal<In, Bits<3>>,
    /// Bit `i`: there is an item at stage `i`.
    pub valid: Signal<In, Bits<8>>,
    /// `item` enters with the next iteration.
    pub enters: Signal<In, Bit>,
    /// Pointer a, pointer b, sign.
    pub item: Signal<In, Bits<40>>,
    /// Where to read.
    pub address: Signal<Out, Bits<16>>,
    /// Where to write.
    pub write_address: Signal<Out, Bits<16>>,
    /// Write the lane's result to `write_address`.
    pub write: Signal<Out, Bit>,
    /// Adder 0 subtracts.
    pub subtract_0: Signal<Out, Bit>,
    /// Adder 1 subtracts.
    pub subtract_1: Signal<Out, Bit>,
    /// A product is written.
    pub product_written: Signal<Out, Bit>,
    /// A sum is written.
    pub sum_written: Signal<Out, Bit>,
    instruction: DFF<Bits<240>>,
    instruction_load: DFF<Bit>,
    instruction_hold: DFF<Bit>,
    flags: DFF<Bits<16>>,
    item_file: RAM<Bits<40>, 3>,
    field: Signal<Local, Bits<20>>,
    stage: Signal<Local, Bits<3>>,
    ring: Signal<Local, Bits<3>>,
    field_held: DFF<Bits<20>>,
    ring_held: DFF<Bits<3>>,
    exists_held: DFF<Bit>,
    row_part: Signal<Local, Bits<16>>,
    mode: Signal<Local, Bits<2>>,
    quarters: Signal<Local, Bits<2>>,
    triple_quarter: DFF<Bits<16>>,
    addend: DFF<Bits<16>>,
    item_read: Signal<Local, Bits<40>>,
    sum_left: DFF<Bits<16>>,
    sum_right: DFF<Bits<16>>,
    exists: DFF<Bit>,
    negative: DFF<Bit>,
    negative_0: DFF<Bit>,
    negative_1: DFF<Bit>,
    turned_0: DFF<Bit>,
    turned_1: DFF<Bit>,
    address_now: DFF<Bits<16>>,
    address_late: DFF<Bits<16>>,
    write_now: DFF<Bit>,
    write_late: DFF<Bit>,
    product_now: DFF<Bit>,
    sum_now: DFF<Bit>,
    take_instruction: DFF<Bit>,
    take_scalar: DFF<Bit>,
    take_direct: DFF<Bit>,
}

impl Logic for Operands {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            instruction,
            instruction_load,
            instruction_hold,
            flags,
            field_held,
            ring_held,
            exists_held,
            triple_quarter,
            addend,
            sum_left,
            sum_right,
            exists,
            negative,
            negative_0,
            negative_1,
            turned_0,
            turned_1,
            address_now,
            address_late,
            write_now,
            write_late,
            product_now,
            sum_now,
            take_instruction,
            take_scalar,
            take_direct
        );
        self.item_file.read_clock.next = self.clock.val();
        self.item_file.write_clock.next = self.clock.val();

        // The instruction: a field leaves every cycle. Flags reach all of it, and are therefore decided a cycle ahead.
        self.instruction_load.d.next = (self.cycle.val() == 13) && self.running.val();
        self.instruction_hold.d.next = (self.cycle.val() == 14) || (self.cycle.val() == 15);
        if !self.instruction_hold.q.val() {
            self.instruction.d.next = self.instruction.q.val() >> 20;
        }
        if self.instruction_load.q.val() {
            self.instruction.d.next = self.row.val().get_bits::<240>(0);
            self.flags.d.next = self.row.val().get_bits::<16>(240);
        }

        // First cycle: the item that the field means.
        self.field.next = self.instruction.q.val().get_bits::<20>(0);
        self.stage.next = self.field.val().get_bits::<3>(15);
        self.ring.next = self.iteration.val() - self.stage.val();
        self.item_file.read_address.next = self.ring.val();
        self.item_file.write_address.next = self.iteration.val() + 1;
        self.item_file.write_data.next = self.item.val();
        self.item_file.write_enable.next = self.enters.val();
        self.field_held.d.next = self.field.val();
        self.ring_held.d.next = self.ring.val();
        self.exists_held.d.next = self.valid.val().get_bit(self.stage.val().index());
        self.quarters.next = self.field.val().get_bits::<2>(18);
        self.triple_quarter.d.next = self.quarter.val() + (self.quarter.val() << 1);
        self.addend.d.next = 0.into();
        if self.quarters.val() == 1 {
            self.addend.d.next = self.quarter.val();
        }
        if self.quarters.val() == 2 {
            self.addend.d.next = self.quarter.val() << 1;
        }
        if self.quarters.val() == 3 {
            self.addend.d.next = self.triple_quarter.q.val();
        }

        // Second cycle: the two parts of the address.
        self.mode.next = self.field_held.q.val().get_bits::<2>(13);
        self.row_part.next = bit_cast::<16, 13>(self.field_held.q.val().get_bits::<13>(0));
        self.item_read.next = self.item_file.read_data.val();
        self.sum_left.d.next = self.row_part.val() + self.addend.q.val();
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

        // Something else is to be read, in cycles 9 and 14, or when nothing runs.
        self.take_instruction.d.next = self.cycle.val() == 8;
        self.take_scalar.d.next = self.cycle.val() == 13;
        self.take_direct.d.next = self.direct.val();
        if self.take_instruction.q.val() {
            self.sum_left.d.next = self.next_instruction.val();
            self.sum_right.d.next = 0.into();
        }
        if self.take_scalar.q.val() {
            self.sum_left.d.next = self.next_scalar.val();
            self.sum_right.d.next = 0.into();
        }
        if self.take_direct.q.val() {
            self.sum_left.d.next = self.direct_row.val();
            self.sum_right.d.next = 0.into();
        }

        // Third cycle: the address. Its register lies among the blocks.
        self.address_now.d.next = self.sum_left.q.val() + self.sum_right.q.val();
        self.address.next = self.address_now.q.val();

        // Results leave the lane in cycles 13, 14 and 15; their fields are the last three.
        self.write_now.d.next = false;
        self.product_now.d.next = false;
        self.sum_now.d.next = false;
        if self.running.val() && self.exists.q.val() {
            if ((self.cycle.val() == 11) && self.flags.q.val().get_bit(0))
                || ((self.cycle.val() == 13) && self.flags.q.val().get_bit(1))
            {
                self.write_now.d.next = true;
                self.sum_now.d.next = true;
            }
            if (self.cycle.val() == 12) && self.flags.q.val().get_bit(2) {
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
        if self.cycle.val() == 5 {
            self.negative_0.d.next = self.negative.q.val();
        }
        if self.cycle.val() == 7 {
            self.negative_1.d.next = self.negative.q.val();
        }
        self.turned_0.d.next = self.flags.q.val().get_bit(3)
            ^ (self.flags.q.val().get_bit(5) && self.negative_0.q.val());
        self.turned_1.d.next = self.flags.q.val().get_bit(4)
            ^ (self.flags.q.val().get_bit(6) && self.negative_1.q.val());
        self.subtract_0.next = self.turned_0.q.val();
        self.subtract_1.next = self.turned_1.q.val();
    }
}
