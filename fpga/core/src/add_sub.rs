//! The word-serial adder and subtractor, which folds its result back below twice the modulus.
//!
//! For operands below `2m` it forms `s = a ± b` and `t = s ∓ 2m` in one pass and lets the last carry choose:
//! a sum keeps `s` if `s < 2m`, a difference keeps `s` if it is not negative. Either way the result is congruent and
//! below `2m`, and `4m < 2^256` keeps every word in place.
//!
//! Latency: the 256-bit result is complete [`LATENCY`] cycles after `first`.

use rust_hdl::prelude::*;

use crate::constants::{double, modulus, modulus_frame};

/// Cycles from `first`, a cycle before the first operand words, to the complete result.
pub const LATENCY: usize = 20;

/// One adder; its two candidate results build up in shift registers.
#[derive(LogicBlock)]
pub struct AddSub {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Scalar field if set, base field otherwise.
    pub scalar_field: Signal<In, Bit>,
    /// Comes a cycle before word 0.
    pub first: Signal<In, Bit>,
    /// Subtract; sampled at `first`.
    pub subtract: Signal<In, Bit>,
    /// Words of the left operand, below `2m`.
    pub a: Signal<In, Bits<16>>,
    /// Words of the right operand, below `2m`.
    pub b: Signal<In, Bits<16>>,
    /// The result, below `2m`: valid in the one cycle [`LATENCY`] after `first`.
    pub result: Signal<Out, Bits<256>>,
    mode: DFF<Bit>,
    mode_late: DFF<Bit>,
    slot: DFF<Bits<5>>,
    start: DFF<Bit>,
    right: Signal<Local, Bits<16>>,
    sum: DFF<Bits<17>>,
    sum_carry: Signal<Local, Bits<17>>,
    base_twice: Constant<Bits<512>>,
    scalar_twice: Constant<Bits<512>>,
    twice_word: Signal<Local, Bits<16>>,
    correction: DFF<Bits<16>>,
    first_late: DFF<Bit>,
    folded: DFF<Bits<17>>,
    folded_carry: Signal<Local, Bits<17>>,
    sum_word: Signal<Local, Bits<16>>,
    sum_late: DFF<Bits<17>>,
    take_sum: DFF<Bit>,
    sum_row: DFF<Bits<256>>,
    folded_row: DFF<Bits<256>>,
    sum_top: Signal<Local, Bits<256>>,
    folded_top: Signal<Local, Bits<256>>,
    sum_late_word: Signal<Local, Bits<16>>,
    folded_word: Signal<Local, Bits<16>>,
    chosen: DFF<Bits<256>>,
}

impl Default for AddSub {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            scalar_field: Default::default(),
            first: Default::default(),
            subtract: Default::default(),
            a: Default::default(),
            b: Default::default(),
            result: Default::default(),
            mode: Default::default(),
            mode_late: Default::default(),
            slot: Default::default(),
            start: Default::default(),
            right: Default::default(),
            sum: Default::default(),
            sum_carry: Default::default(),
            base_twice: Constant::new(modulus_frame(&double(&modulus(false)))),
            scalar_twice: Constant::new(modulus_frame(&double(&modulus(true)))),
            twice_word: Default::default(),
            correction: Default::default(),
            first_late: Default::default(),
            folded: Default::default(),
            folded_carry: Default::default(),
            sum_word: Default::default(),
            sum_late: Default::default(),
            take_sum: Default::default(),
            sum_row: Default::default(),
            folded_row: Default::default(),
            sum_top: Default::default(),
            folded_top: Default::default(),
            sum_late_word: Default::default(),
            folded_word: Default::default(),
            chosen: Default::default(),
        }
    }
}

impl Logic for AddSub {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, mode, mode_late, slot, start, sum, correction, first_late, folded,
            sum_late, take_sum, sum_row, folded_row, chosen
        );
        // The cycle before.
        self.start.d.next = self.first.val();
        self.slot.d.next = self.slot.q.val() + 1;
        if self.first.val() {
            self.mode.d.next = self.subtract.val();
            self.slot.d.next = 0.into();
        }
        // Cycle 0: a ± b. The carry into word 0 completes the two's complement of a subtraction.
        self.sum_carry.next = bit_cast::<17, 1>(self.sum.q.val().get_bits::<1>(16));
        if self.start.q.val() {
            self.sum_carry.next = 0.into();
            if self.mode.q.val() {
                self.sum_carry.next = 1.into();
            }
        }
        self.right.next = self.b.val();
        if self.mode.q.val() {
            self.right.next = !self.b.val();
        }
        self.sum.d.next = bit_cast::<17, 16>(self.a.val())
            + bit_cast::<17, 16>(self.right.val())
            + self.sum_carry.val();
        // The word of ∓2m to add on the next cycle.
        self.twice_word.next = self
            .base_twice
            .val()
            .get_bits::<16>(self.slot.q.val().index() * 16);
        if self.scalar_field.val() {
            self.twice_word.next = self
                .scalar_twice
                .val()
                .get_bits::<16>(self.slot.q.val().index() * 16);
        }
        self.correction.d.next = !self.twice_word.val();
        if self.mode.q.val() {
            self.correction.d.next = self.twice_word.val();
        }
        self.first_late.d.next = self.start.q.val();
        self.mode_late.d.next = self.mode.q.val();
        // Cycle 1: s ∓ 2m.
        self.folded_carry.next = bit_cast::<17, 1>(self.folded.q.val().get_bits::<1>(16));
        if self.first_late.q.val() {
            self.folded_carry.next = 1.into();
            if self.mode_late.q.val() {
                self.folded_carry.next = 0.into();
            }
        }
        self.sum_word.next = self.sum.q.val().get_bits::<16>(0);
        self.folded.d.next = bit_cast::<17, 16>(self.sum_word.val())
            + bit_cast::<17, 16>(self.correction.q.val())
            + self.folded_carry.val();
        self.sum_late.d.next = self.sum.q.val();
        // Cycle 2: both candidates shift in. A sum stands if subtracting 2m borrowed, a difference if it did not borrow.
        self.take_sum.d.next = !self.folded.q.val().get_bit(16);
        if self.mode_late.q.val() {
            self.take_sum.d.next = self.sum_late.q.val().get_bit(16);
        }
        self.sum_late_word.next = self.sum_late.q.val().get_bits::<16>(0);
        self.folded_word.next = self.folded.q.val().get_bits::<16>(0);
        self.sum_top.next = bit_cast::<256, 16>(self.sum_late_word.val());
        self.folded_top.next = bit_cast::<256, 16>(self.folded_word.val());
        self.sum_row.d.next = (self.sum_row.q.val() >> 16) | (self.sum_top.val() << 240);
        self.folded_row.d.next = (self.folded_row.q.val() >> 16) | (self.folded_top.val() << 240);
        self.chosen.d.next = self.folded_row.q.val();
        if self.take_sum.q.val() {
            self.chosen.d.next = self.sum_row.q.val();
        }
        self.result.next = self.chosen.q.val();
    }
}
