//! The lane: one multiplier and two adders between a row-wide read bus and a row-wide write bus.
//!
//! Time is cut into frames of 17 cycles. In every frame each unit takes two operands from the read bus and
//! delivers the result of an earlier frame to the write bus; the cycles at which it does so are fixed.
//!
//! | cycle of the frame | read bus holds | write bus holds |
//! |---|---|---|
//! | 6, 7 | operands of the multiplier | |
//! | 8, 9 | operands of adder 0 | |
//! | 10, 11 | operands of adder 1 | |
//! | 13 | | adder 0, from the frame before |
//! | 14 | | multiplier, from twelve frames before |
//! | 15 | | adder 1, from the frame before |
//!
//! Words need no multiplexer between memory and units: a row is loaded in one cycle and leaves as sixteen words and a zero.

use rust_hdl::prelude::*;

use crate::add_sub::AddSub;
use crate::montgomery::Montgomery;

/// Cycles of a frame.
pub const FRAME: usize = 17;

/// Cycle of the frame in which the write bus holds the product.
pub const PRODUCT_CYCLE: usize = 14;

/// Frames from the one with the factors to the one with the product.
pub const PRODUCT_FRAMES: usize = 12;

/// Cycles of the frame in which the write bus holds the results of adders 0 and 1.
pub const SUM_CYCLES: [usize; 2] = [13, 15];

/// Frames from the one with the operands to the one with the sum.
pub const SUM_FRAMES: usize = 1;

/// Turns a row into words, least significant first, followed by zeros.
#[derive(LogicBlock, Default)]
pub struct Serializer {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Take `row` at the end of this cycle.
    pub load: Signal<In, Bit>,
    /// The row.
    pub row: Signal<In, Bits<256>>,
    /// Word 0 in the cycle after `load`, word `i` another `i` cycles later.
    pub word: Signal<Out, Bits<16>>,
    rest: DFF<Bits<256>>,
}

impl Logic for Serializer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, rest);
        self.word.next = self.rest.q.val().get_bits::<16>(0);
        self.rest.d.next = self.rest.q.val() >> 16;
        if self.load.val() {
            self.rest.d.next = self.row.val();
        }
    }
}

/// The arithmetic of a lane.
#[derive(LogicBlock, Default)]
pub struct Lane {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Cycle of the frame, `0 .. 17`.
    pub cycle: Signal<In, Bits<5>>,
    /// Scalar field if set, base field otherwise.
    pub scalar_field: Signal<In, Bit>,
    /// The read bus.
    pub read_bus: Signal<In, Bits<256>>,
    /// Adder 0 subtracts; sampled in cycle 9.
    pub subtract_0: Signal<In, Bit>,
    /// Adder 1 subtracts; sampled in cycle 11.
    pub subtract_1: Signal<In, Bit>,
    /// The write bus.
    pub write_bus: Signal<Out, Bits<256>>,
    mul_a: Serializer,
    mul_b: Serializer,
    left_0: Serializer,
    right_0: Serializer,
    left_1: Serializer,
    right_1: Serializer,
    left_0_word: DFF<Bits<16>>,
    left_1_word: DFF<Bits<16>>,
    montgomery: Montgomery,
    adder_0: AddSub,
    adder_1: AddSub,
    product_row: DFF<Bits<256>>,
    product_word: DFF<Bits<16>>,
    product_top: Signal<Local, Bits<256>>,
    write_row: DFF<Bits<256>>,
    strobes: DFF<Bits<17>>,
}

impl Logic for Lane {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            left_0_word,
            left_1_word,
            product_word,
            product_row,
            write_row,
            strobes
        );
        clock!(
            self, clock, mul_a, mul_b, left_0, right_0, left_1, right_1, montgomery, adder_0,
            adder_1
        );
        // Strobe `i` is set in cycle `i`: decoded a cycle ahead, because hundreds of registers listen to it.
        self.strobes.d.next = self.strobes.q.val() << 1;
        if self.cycle.val() == 16 {
            self.strobes.d.next = 1.into();
        }
        self.mul_a.row.next = self.read_bus.val();
        self.mul_b.row.next = self.read_bus.val();
        self.left_0.row.next = self.read_bus.val();
        self.right_0.row.next = self.read_bus.val();
        self.left_1.row.next = self.read_bus.val();
        self.right_1.row.next = self.read_bus.val();
        self.mul_a.load.next = self.strobes.q.val().get_bit(6);
        self.mul_b.load.next = self.strobes.q.val().get_bit(7);
        self.left_0.load.next = self.strobes.q.val().get_bit(8);
        self.right_0.load.next = self.strobes.q.val().get_bit(9);
        self.left_1.load.next = self.strobes.q.val().get_bit(10);
        self.right_1.load.next = self.strobes.q.val().get_bit(11);
        // The left operand was loaded one cycle earlier, which is how the multiplier takes it; an adder's waits for the right one.
        self.left_0_word.d.next = self.left_0.word.val();
        self.left_1_word.d.next = self.left_1.word.val();
        self.montgomery.scalar_field.next = self.scalar_field.val();
        self.montgomery.first.next = self.strobes.q.val().get_bit(7);
        self.montgomery.a.next = self.mul_a.word.val();
        self.montgomery.b.next = self.mul_b.word.val();
        self.adder_0.scalar_field.next = self.scalar_field.val();
        self.adder_0.first.next = self.strobes.q.val().get_bit(9);
        self.adder_0.subtract.next = self.subtract_0.val();
        self.adder_0.a.next = self.left_0_word.q.val();
        self.adder_0.b.next = self.right_0.word.val();
        self.adder_1.scalar_field.next = self.scalar_field.val();
        self.adder_1.first.next = self.strobes.q.val().get_bit(11);
        self.adder_1.subtract.next = self.subtract_1.val();
        self.adder_1.a.next = self.left_1_word.q.val();
        self.adder_1.b.next = self.right_1.word.val();
        // Results are complete in cycles 12 (adder 0), 13 (multiplier) and 14 (adder 1).
        self.product_word.d.next = self.montgomery.product.val();
        self.product_top.next = bit_cast::<256, 16>(self.product_word.q.val());
        self.product_row.d.next =
            (self.product_row.q.val() >> 16) | (self.product_top.val() << 240);
        self.write_row.d.next = self.product_row.q.val();
        if self.strobes.q.val().get_bit(12) {
            self.write_row.d.next = self.adder_0.result.val();
        }
        if self.strobes.q.val().get_bit(14) {
            self.write_row.d.next = self.adder_1.result.val();
        }
        self.write_bus.next = self.write_row.q.val();
    }
}
