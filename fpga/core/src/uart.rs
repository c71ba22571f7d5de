//! Receiver and transmitter of a serial line: 8 data bits, no parity, 1 stop bit.
//!
//! The divider is the number of clock cycles of a bit, at least 4. The receiver samples in the middle of a bit and
//! tolerates a line that is off by 4 % in either direction. Timers are compared with 2, a cycle ahead of time: what happens when they run out depends on
//! a register then.

use rust_hdl::prelude::*;

/// Cycles from `send` to the start bit on the line.
pub const SEND_CYCLES: usize = 2;

/// Cycles from `send` until the transmitter is ready again.
pub const fn byte_cycles(divider: usize) -> usize {
    10 * divider + 1
}

/// Cycles from the start bit on the line to the receiver's `strobe`: into the middle of the stop bit.
pub const fn receive_cycles(divider: usize) -> usize {
    9 * divider + divider / 2 + 3
}

#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
enum Line {
    Idle,
    Start,
    Data,
    Stop,
    Broken,
}

/// The receiver.
#[derive(LogicBlock, Default)]
pub struct Receiver {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Cycles of a bit.
    pub divider: Signal<In, Bits<16>>,
    /// The line, high when idle.
    pub line: Signal<In, Bit>,
    /// A byte arrived in this cycle.
    pub strobe: Signal<Out, Bit>,
    /// The byte, while `strobe`.
    pub octet: Signal<Out, Bits<8>>,
    /// The stop bit was missing in this cycle.
    pub fault: Signal<Out, Bit>,
    meta: DFF<Bit>,
    level: DFF<Bit>,
    state: DFF<Line>,
    timer: DFF<Bits<16>>,
    due: DFF<Bit>,
    count: DFF<Bits<4>>,
    data: DFF<Bits<8>>,
    arrived: DFF<Bit>,
    broken: DFF<Bit>,
}

impl Logic for Receiver {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, meta, level, state, timer, due, count, data, arrived, broken
        );
        self.meta.d.next = self.line.val();
        self.level.d.next = self.meta.q.val();
        self.arrived.d.next = false;
        self.broken.d.next = false;
        self.strobe.next = self.arrived.q.val();
        self.fault.next = self.broken.q.val();
        self.octet.next = self.data.q.val();
        self.timer.d.next = self.timer.q.val() - 1;
        self.due.d.next = self.timer.q.val() == 2;
        match self.state.q.val() {
            Line::Idle => {
                self.timer.d.next = self.divider.val() >> 1;
                self.due.d.next = false;
                self.count.d.next = 0.into();
                if !self.level.q.val() {
                    self.state.d.next = Line::Start;
                }
            }
            Line::Start => {
                if self.due.q.val() {
                    self.timer.d.next = self.divider.val();
                    self.state.d.next = Line::Data;
                    if self.level.q.val() {
                        self.state.d.next = Line::Idle;
                    }
                }
            }
            Line::Data => {
                if self.due.q.val() {
                    self.timer.d.next = self.divider.val();
                    self.count.d.next = self.count.q.val() + 1;
                    self.data.d.next = self.data.q.val() >> 1;
                    if self.level.q.val() {
                        self.data.d.next = (self.data.q.val() >> 1) | 0x80;
                    }
                    if self.count.q.val() == 7 {
                        self.state.d.next = Line::Stop;
                    }
                }
            }
            Line::Stop => {
                if self.due.q.val() {
                    if self.level.q.val() {
                        self.arrived.d.next = true;
                        self.state.d.next = Line::Idle;
                    } else {
                        self.broken.d.next = true;
                        self.state.d.next = Line::Broken;
                    }
                }
            }
            Line::Broken => {
                if self.level.q.val() {
                    self.state.d.next = Line::Idle;
                }
            }
            _ => {
                self.state.d.next = Line::Idle;
            }
        }
    }
}

/// The transmitter.
#[derive(LogicBlock, Default)]
pub struct Transmitter {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Cycles of a bit.
    pub divider: Signal<In, Bits<16>>,
    /// Send `octet`; sampled while `ready`.
    pub send: Signal<In, Bit>,
    /// The byte.
    pub octet: Signal<In, Bits<8>>,
    /// Nothing is being sent.
    pub ready: Signal<Out, Bit>,
    /// The line, high when idle.
    pub line: Signal<Out, Bit>,
    pull_low: DFF<Bit>,
    frame: DFF<Bits<10>>,
    left: DFF<Bits<4>>,
    timer: DFF<Bits<16>>,
    due: DFF<Bit>,
}

impl Logic for Transmitter {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, pull_low, frame, left, timer, due);
        self.line.next = !self.pull_low.q.val();
        self.ready.next = !self.left.q.val().any();
        self.pull_low.d.next = false;
        self.due.d.next = false;
        if self.left.q.val().any() {
            self.pull_low.d.next = !self.frame.q.val().get_bit(0);
            self.timer.d.next = self.timer.q.val() - 1;
            self.due.d.next = self.timer.q.val() == 2;
            if self.due.q.val() {
                self.timer.d.next = self.divider.val();
                self.frame.d.next = self.frame.q.val() >> 1;
                self.left.d.next = self.left.q.val() - 1;
            }
        } else if self.send.val() {
            // Start bit, data, stop bit.
            self.frame.d.next = (bit_cast::<10, 8>(self.octet.val()) << 1) | 0x200;
            self.left.d.next = 10.into();
            self.timer.d.next = self.divider.val();
        }
    }
}
