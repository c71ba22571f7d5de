//! The Montgomery multiplier: sixteen processing elements in a row, one product accepted every 17 cycles.
//!
//! # Algorithm
//! Word-serial Montgomery multiplication ([Mon85], scanned as in [KAK96] CIOS) with 16-bit words and `R = 2^256`.
//! Element `i` holds word `a_i` and turns the accumulator `t` into
//! ```text
//! q = (t_0 + a_i·b_0)·n' mod 2^16            n' = −m^−1 mod 2^16
//! t ← (t + a_i·b + q·m) / 2^16
//! ```
//! Operands travel as frames of 17 words, least significant first; word 16 is zero. `b` and the modulus walk along the
//! row at 12 cycles an element and `a` at 11, so that element `i` meets word `a_i` in the cycle before its word of `b`; the modulus, 6 cycles behind `b`, meets `q`.
//! Nothing but a register follows a multiplier slice: slices lie in a few rows of the chip, and the way from them is long.
//!
//! # Bound
//! For `a < αm` and `b < βm` the result is below `(αβ·m/R + 1)·m`, with `m/R < 0.19`: operands below `2m` give a
//! result below `1.76m`, and nothing is ever subtracted. Inside, `t < 3m < 2^256`.
//!
//! Latency: [`LATENCY`] cycles from the first word of `a` to the first word of the product.
//!
//! [Mon85]: https://doi.org/10.1090/S0025-5718-1985-0777282-X
//! [KAK96]: https://doi.org/10.1109/40.502403

use rust_hdl::prelude::*;

use crate::constants::{modulus, modulus_frame};
use crate::leaves::{Delay, Multiplier, Shift};

/// Cycles from a word of `b` to the same word of the modulus: what `q` takes.
pub const MODULUS_CYCLES: usize = 6;

/// Words of an operand, and processing elements.
pub const WORDS: usize = 16;

/// Cycles from the first word of `a` to the first word of the product.
pub const LATENCY: usize = 12 * WORDS + 1;

/// One row of the multiplication: consumes one word of `a` and shifts the accumulator by one word.
///
/// Latency: 12 cycles; the first word that it computes is zero by construction and is dropped.
#[derive(LogicBlock, Default)]
pub struct Element {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Scalar field if set, base field otherwise.
    pub scalar_field: Signal<In, Bit>,
    /// Comes a cycle before word 0 of `b` and of the accumulator.
    pub first: Signal<In, Bit>,
    /// Words of `a`, this element's own at `first`.
    pub a: Signal<In, Bits<16>>,
    /// Words of `b`.
    pub b: Signal<In, Bits<16>>,
    /// Words of the modulus, each 6 cycles after that of `b`.
    pub m: Signal<In, Bits<16>>,
    /// Words of the accumulator.
    pub t: Signal<In, Bits<16>>,
    /// The field, a cycle later.
    pub scalar_field_out: Signal<Out, Bit>,
    /// `first` for the next element.
    pub first_out: Signal<Out, Bit>,
    /// `a`, 11 cycles later.
    pub a_out: Signal<Out, Bits<16>>,
    /// `b`, 12 cycles later.
    pub b_out: Signal<Out, Bits<16>>,
    /// The modulus, 12 cycles later.
    pub m_out: Signal<Out, Bits<16>>,
    /// The new accumulator.
    pub t_out: Signal<Out, Bits<16>>,
    field: DFF<Bit>,
    a_hold: DFF<Bits<16>>,
    ab: Multiplier,
    qm: Multiplier,
    u: DFF<Bits<32>>,
    u_low: Signal<Local, Bits<16>>,
    u_high: DFF<Bits<16>>,
    v: DFF<Bits<32>>,
    v_low: Signal<Local, Bits<16>>,
    v_high: DFF<Bits<16>>,
    w: DFF<Bits<18>>,
    w_low: Signal<Local, Bits<16>>,
    q_left: DFF<Bits<16>>,
    q_middle: DFF<Bits<16>>,
    q_right: DFF<Bits<16>>,
    q: DFF<Bits<16>>,
    x: DFF<Bits<19>>,
    x_wide: Signal<Local, Bits<20>>,
    carry: DFF<Bits<4>>,
    total: Signal<Local, Bits<20>>,
    t_next: DFF<Bits<16>>,
    cycle: DFF<Bits<4>>,
    t_delay: Shift<16, 3>,
    w_delay: Delay<18, 5>,
    m_delay: Delay<16, 12>,
    b_delay: Delay<16, 12>,
    a_delay: Delay<16, 11>,
    first_delay: Shift<1, 6>,
    first_rest: Shift<1, 6>,
    first_bits: Signal<Local, Bits<1>>,
}

impl Logic for Element {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, field, a_hold, u, u_high, v, v_high, w, q_left, q_middle, q_right, q, x,
            carry, t_next, cycle
        );
        clock!(
            self,
            clock,
            ab,
            qm,
            t_delay,
            w_delay,
            m_delay,
            b_delay,
            a_delay,
            first_delay,
            first_rest
        );
        self.cycle.d.next = self.cycle.q.val() + 1;
        self.w_delay.at.next = self.cycle.q.val();
        self.m_delay.at.next = self.cycle.q.val();
        self.b_delay.at.next = self.cycle.q.val();
        self.a_delay.at.next = self.cycle.q.val();
        // Everything but the field holds for one product; the field for all that are under way.
        self.field.d.next = self.scalar_field.val();
        self.scalar_field_out.next = self.field.q.val();
        // The cycle before: this element's word of `a`.
        self.first_bits.next = 0.into();
        if self.first.val() {
            self.a_hold.d.next = self.a.val();
            self.first_bits.next = 1.into();
        }
        // Cycle 0: it meets word 0 of `b`.
        self.ab.a.next = self.a_hold.q.val();
        self.ab.b.next = self.b.val();
        self.u.d.next = self.ab.product.val();
        self.t_delay.data_in.next = self.t.val();
        // Cycle 3: the product; its upper half belongs to the next word.
        self.u_low.next = self.u.q.val().get_bits::<16>(0);
        self.u_high.d.next = self.u.q.val().get_bits::<16>(16);
        self.w.d.next = bit_cast::<18, 16>(self.t_delay.data_out.val())
            + bit_cast::<18, 16>(self.u_low.val())
            + bit_cast::<18, 16>(self.u_high.q.val());
        // Cycles 4 and 5: q = w_0·n', as a sum of shifts (n' = 2^15 − 2^13 + 2^10 − 2^7 + 2^3 + 1, or −1).
        self.w_low.next = self.w.q.val().get_bits::<16>(0);
        self.q_left.d.next = (self.w_low.val() << 15) - (self.w_low.val() << 13);
        self.q_middle.d.next = (self.w_low.val() << 10) - (self.w_low.val() << 7);
        self.q_right.d.next = (self.w_low.val() << 3) + self.w_low.val();
        if self.field.q.val() {
            self.q_left.d.next = !self.w_low.val();
            self.q_middle.d.next = 0.into();
            self.q_right.d.next = 1.into();
        }
        self.first_delay.data_in.next = self.first_bits.val();
        if self.first_delay.data_out.val().any() {
            self.q.d.next = self.q_left.q.val() + self.q_middle.q.val() + self.q_right.q.val();
        }
        // Cycles 6 to 9: q times the modulus, while the partial sum waits.
        self.qm.a.next = self.q.q.val();
        self.qm.b.next = self.m.val();
        self.w_delay.data_in.next = self.w.q.val();
        self.v.d.next = self.qm.product.val();
        self.v_low.next = self.v.q.val().get_bits::<16>(0);
        self.v_high.d.next = self.v.q.val().get_bits::<16>(16);
        self.x.d.next = bit_cast::<19, 18>(self.w_delay.data_out.val())
            + bit_cast::<19, 16>(self.v_low.val())
            + bit_cast::<19, 16>(self.v_high.q.val());
        // Cycle 10: the only carry loop.
        self.x_wide.next = bit_cast::<20, 19>(self.x.q.val());
        self.total.next = self.x_wide.val() + bit_cast::<20, 4>(self.carry.q.val());
        self.carry.d.next = self.total.val().get_bits::<4>(16);
        self.t_next.d.next = self.total.val().get_bits::<16>(0);
        // Cycle 11 shows word 0, which is zero; word 1 on cycle 12 is word 0 of the next element.
        self.t_out.next = self.t_next.q.val();
        self.m_delay.data_in.next = self.m.val();
        self.m_out.next = self.m_delay.data_out.val();
        self.b_delay.data_in.next = self.b.val();
        self.b_out.next = self.b_delay.data_out.val();
        self.a_delay.data_in.next = self.a.val();
        self.a_out.next = self.a_delay.data_out.val();
        self.first_rest.data_in.next = self.first_delay.data_out.val();
        self.first_out.next = self.first_rest.data_out.val().any();
    }
}

/// The row of sixteen elements.
///
/// Accepts a pair of operands every 17 cycles; `first` must come every 17 cycles, always in the same phase.
#[derive(LogicBlock)]
pub struct Montgomery {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Scalar field if set, base field otherwise; constant while products are under way.
    pub scalar_field: Signal<In, Bit>,
    /// Marks word 0 of the first factor.
    pub first: Signal<In, Bit>,
    /// Words of the first factor, below `2m`; word 16 is zero.
    pub a: Signal<In, Bits<16>>,
    /// Words of the second factor, below `2m`, each a cycle after that of the first; word 16 is zero.
    pub b: Signal<In, Bits<16>>,
    /// Words of `a·b/R mod m`, below `2m`, [`LATENCY`] cycles later; word 16 is zero.
    pub product: Signal<Out, Bits<16>>,
    elements: [Element; WORDS],
    slot: DFF<Bits<5>>,
    base_modulus: Constant<Bits<512>>,
    scalar_modulus: Constant<Bits<512>>,
    modulus_word: Signal<Local, Bits<16>>,
}

impl Default for Montgomery {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            scalar_field: Default::default(),
            first: Default::default(),
            a: Default::default(),
            b: Default::default(),
            product: Default::default(),
            elements: array_init::array_init(|_| Element::default()),
            slot: Default::default(),
            base_modulus: Constant::new(modulus_frame(&modulus(false))),
            scalar_modulus: Constant::new(modulus_frame(&modulus(true))),
            modulus_word: Default::default(),
        }
    }
}

impl Logic for Montgomery {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, slot);
        for i in 0..16 {
            self.elements[i].clock.next = self.clock.val();
        }
        // The modulus comes 6 cycles after `b`, when `q` is known.
        self.slot.d.next = self.slot.q.val() + 1;
        if self.slot.q.val() == 16 {
            self.slot.d.next = 0.into();
        }
        if self.first.val() {
            self.slot.d.next = 11.into();
        }
        self.modulus_word.next = self
            .base_modulus
            .val()
            .get_bits::<16>(self.slot.q.val().index() * 16);
        if self.scalar_field.val() {
            self.modulus_word.next = self
                .scalar_modulus
                .val()
                .get_bits::<16>(self.slot.q.val().index() * 16);
        }
        self.elements[0].scalar_field.next = self.scalar_field.val();
        self.elements[0].first.next = self.first.val();
        self.elements[0].a.next = self.a.val();
        self.elements[0].b.next = self.b.val();
        self.elements[0].m.next = self.modulus_word.val();
        self.elements[0].t.next = 0.into();
        for i in 0..15 {
            self.elements[i + 1].scalar_field.next = self.elements[i].scalar_field_out.val();
            self.elements[i + 1].first.next = self.elements[i].first_out.val();
            self.elements[i + 1].a.next = self.elements[i].a_out.val();
            self.elements[i + 1].b.next = self.elements[i].b_out.val();
            self.elements[i + 1].m.next = self.elements[i].m_out.val();
            self.elements[i + 1].t.next = self.elements[i].t_out.val();
        }
        self.product.next = self.elements[15].t_out.val();
    }
}
