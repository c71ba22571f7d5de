//! Items of a multi-scalar multiplication: one for every nonzero signed digit of every scalar.
//!
//! A scalar is cut into windows of `c` bits from the least significant end. A window's value plus the carry from below,
//! `v`, becomes the digit `v` if `v ≤ 2^(c−1)` and `v − 2^c` with a carry upwards otherwise; the carry out of the last window is
//! dropped, which makes the digits of a two's complement number right as well. Windows follow each other innermost, so
//! that neighbouring items fall into the buckets of different windows and rarely have to wait for each other.
//!
//! Cost: [`digit_cycles`], which hide behind the addition of the item before.

use rust_hdl::prelude::*;

/// Cycles of a digit of `window_bits` bits that is zero or taken at once.
pub const fn digit_cycles(window_bits: usize) -> usize {
    window_bits + 9
}

/// Cycles from the first step of a digit to its offer.
pub const OFFER_CYCLES: usize = 7;

#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
enum Step {
    Idle,
    Begin,
    Load,
    Digit,
    Compare,
    Sign,
    Index,
    Triple,
    Place,
    Check,
    Offer,
    Shift,
    Settle,
    Finished,
}

/// The recoder.
#[derive(LogicBlock, Default)]
pub struct Recoder {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Start with the first scalar; the other inputs hold from here on.
    pub start: Signal<In, Bit>,
    /// Abandon everything.
    pub reset: Signal<In, Bit>,
    /// Number of scalars.
    pub scalars: Signal<In, Bits<16>>,
    /// Row of the first scalar.
    pub scalar_row: Signal<In, Bits<16>>,
    /// Windows of a scalar.
    pub windows: Signal<In, Bits<8>>,
    /// Bits of a window, `c`.
    pub window_bits: Signal<In, Bits<4>>,
    /// `2^c − 1`.
    pub window_mask: Signal<In, Bits<16>>,
    /// First row of the buckets; a bucket has three rows.
    pub bucket_row: Signal<In, Bits<16>>,
    /// Rows from a window's buckets to those of the next window.
    pub window_rows: Signal<In, Bits<16>>,
    /// First row of the bases.
    pub base_row: Signal<In, Bits<16>>,
    /// Rows from a base to the next.
    pub base_rows: Signal<In, Bits<16>>,
    /// The row at `fetch_row` is wanted.
    pub fetch: Signal<Out, Bit>,
    /// The row of the next scalar.
    pub fetch_row: Signal<Out, Bits<16>>,
    /// The row that was wanted is on `row`.
    pub fetched: Signal<In, Bit>,
    /// The read bus.
    pub row: Signal<In, Bits<256>>,
    /// An item is there.
    pub have: Signal<Out, Bit>,
    /// The item is taken.
    pub take: Signal<In, Bit>,
    /// Row of the item's bucket.
    pub bucket: Signal<Out, Bits<16>>,
    /// Row of the item's base.
    pub base: Signal<Out, Bits<16>>,
    /// The digit is negative.
    pub negative: Signal<Out, Bit>,
    /// No more items will come.
    pub finished: Signal<Out, Bit>,
    step: DFF<Step>,
    left: DFF<Bits<16>>,
    none_left: DFF<Bit>,
    next_scalar: DFF<Bits<16>>,
    bits_left: DFF<Bits<256>>,
    bits_step: DFF<Bit>,
    carry: DFF<Bits<16>>,
    value: DFF<Bits<16>>,
    magnitude: DFF<Bits<16>>,
    minus: DFF<Bit>,
    above_half: DFF<Bit>,
    window_base: DFF<Bits<16>>,
    base_now: DFF<Bits<16>>,
    windows_left: DFF<Bits<8>>,
    shifts_left: DFF<Bits<4>>,
    low: Signal<Local, Bits<16>>,
    half: DFF<Bits<16>>,
    full: DFF<Bits<16>>,
    complement: Signal<Local, Bits<16>>,
    bucket_start: DFF<Bits<16>>,
    last_shift: DFF<Bit>,
    last_window: DFF<Bit>,
    triple: DFF<Bits<16>>,
    bucket_now: DFF<Bits<16>>,
}

impl Logic for Recoder {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            step,
            left,
            none_left,
            above_half,
            next_scalar,
            bits_left,
            bits_step,
            carry,
            value,
            magnitude,
            minus,
            window_base,
            base_now,
            windows_left,
            shifts_left,
            half,
            full,
            bucket_start,
            last_shift,
            last_window,
            triple,
            bucket_now
        );
        self.fetch.next = false;
        self.fetch_row.next = self.next_scalar.q.val();
        self.have.next = false;
        self.finished.next = false;
        self.negative.next = self.minus.q.val();
        self.base.next = self.base_now.q.val();
        self.bucket.next = self.bucket_now.q.val();
        self.low.next = self.bits_left.q.val().get_bits::<16>(0);
        self.half.d.next = (self.window_mask.val() >> 1) + 1;
        self.full.d.next = self.window_mask.val() + 1;
        // Both hold still for a cycle before they are asked for.
        self.none_left.d.next = !self.left.q.val().any();
        self.above_half.d.next = self.value.q.val() > self.half.q.val();
        self.complement.next = self.full.q.val() - self.value.q.val();
        // The row of the bucket, one addition a cycle; the scoreboard then takes two cycles to compare it. Magnitude 1 is the first bucket.
        self.bucket_start.d.next = self.bucket_row.val() - 3;
        self.triple.d.next = self.magnitude.q.val() + (self.magnitude.q.val() << 1);
        self.bucket_now.d.next = self.window_base.q.val() + self.triple.q.val();
        // Flags reach all of the wide register, and are therefore decided a cycle ahead.
        self.bits_step.d.next = self.step.q.val() == Step::Shift;
        if self.bits_step.q.val() {
            self.bits_left.d.next = self.bits_left.q.val() >> 1;
        }
        if self.fetched.val() {
            self.bits_left.d.next = self.row.val();
        }
        // Counters are compared a cycle ahead as well.
        self.last_window.d.next = !self.windows_left.q.val().any();
        self.last_shift.d.next = self.shifts_left.q.val() == 1;
        if self.step.q.val() == Step::Shift {
            self.last_shift.d.next = self.shifts_left.q.val() == 2;
        }
        match self.step.q.val() {
            Step::Idle => {
                if self.start.val() {
                    self.left.d.next = self.scalars.val();
                    self.next_scalar.d.next = self.scalar_row.val();
                    self.base_now.d.next = self.base_row.val();
                    self.step.d.next = Step::Begin;
                }
            }
            Step::Begin => {
                self.step.d.next = Step::Load;
            }
            Step::Load => {
                if self.none_left.q.val() {
                    self.step.d.next = Step::Finished;
                } else {
                    self.fetch.next = true;
                    if self.fetched.val() {
                        self.window_base.d.next = self.bucket_start.q.val();
                        self.windows_left.d.next = self.windows.val();
                        self.carry.d.next = 0.into();
                        self.step.d.next = Step::Digit;
                    }
                }
            }
            Step::Digit => {
                self.value.d.next = (self.low.val() & self.window_mask.val()) + self.carry.q.val();
                self.step.d.next = Step::Compare;
            }
            Step::Compare => {
                self.step.d.next = Step::Sign;
            }
            Step::Sign => {
                self.shifts_left.d.next = self.window_bits.val();
                self.windows_left.d.next = self.windows_left.q.val() - 1;
                self.minus.d.next = false;
                self.carry.d.next = 0.into();
                self.magnitude.d.next = self.value.q.val();
                if self.above_half.q.val() {
                    self.minus.d.next = true;
                    self.carry.d.next = 1.into();
                    self.magnitude.d.next = self.complement.val();
                }
                self.step.d.next = Step::Index;
            }
            Step::Index => {
                self.step.d.next = Step::Triple;
            }
            Step::Triple => {
                self.step.d.next = Step::Place;
            }
            Step::Place => {
                self.step.d.next = Step::Check;
            }
            Step::Check => {
                self.step.d.next = Step::Offer;
            }
            Step::Offer => {
                if self.magnitude.q.val() == 0 {
                    self.step.d.next = Step::Shift;
                } else {
                    self.have.next = true;
                    if self.take.val() {
                        self.step.d.next = Step::Shift;
                    }
                }
            }
            Step::Shift => {
                self.shifts_left.d.next = self.shifts_left.q.val() - 1;
                if self.last_shift.q.val() {
                    self.window_base.d.next = self.window_base.q.val() + self.window_rows.val();
                    self.step.d.next = Step::Settle;
                    if self.last_window.q.val() {
                        self.left.d.next = self.left.q.val() - 1;
                        self.next_scalar.d.next = self.next_scalar.q.val() + 1;
                        self.base_now.d.next = self.base_now.q.val() + self.base_rows.val();
                    }
                }
            }
            Step::Settle => {
                self.step.d.next = Step::Digit;
                if self.last_window.q.val() {
                    self.step.d.next = Step::Load;
                }
            }
            Step::Finished => {
                self.finished.next = true;
            }
            _ => {
                self.step.d.next = Step::Idle;
            }
        }
        if self.reset.val() {
            self.step.d.next = Step::Idle;
        }
    }
}
