//! Requests from bytes: finds frames, checks them, and keeps one whole frame for the executor.
//!
//! A frame is `'K' 'W'`, a header of 18 bytes, data, and the CRC-32 of header and data. Whatever is wrong with it is
//! dropped without a word, and the host repeats. The framer never waits for anything but bytes, and a pause of
//! `2^18` cycles ends whatever it was collecting, so that no damage to a frame outlives the next one.
//!
//! While the executor works, frames are followed but not kept; of these, only a reset has an effect.

use rust_hdl::prelude::*;

use crate::crc::Crc32;
use crate::memory::Memory;

/// Bytes of a header.
pub const HEADER_BYTES: usize = 18;

/// Most data bytes of a frame.
pub const MAX_DATA_BYTES: usize = 3840;

/// Cycles from the strobe of a frame's last byte to `ready`, `reset` or `dropped`; a reset is `ready` one later.
pub const LATENCY: usize = 11;

/// Cycles from the strobe of the last byte that came of an unfinished frame to `dropped`.
pub const PAUSE_CYCLES: usize = (1 << 18) + 2;

#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
enum Hunt {
    First,
    Second,
    Body,
    Settle,
    Judge,
}

/// The framer.
#[derive(LogicBlock, Default)]
pub struct Framer {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// A byte arrived.
    pub strobe: Signal<In, Bit>,
    /// The byte, there a cycle before `strobe` already.
    pub octet: Signal<In, Bits<8>>,
    /// The executor waits for a frame.
    pub idle: Signal<In, Bit>,
    /// A frame is complete, for one cycle: its header and data lie in the buffer.
    pub ready: Signal<Out, Bit>,
    /// Abandon everything, for one cycle.
    pub reset: Signal<Out, Bit>,
    /// A frame was dropped, for one cycle.
    pub dropped: Signal<Out, Bit>,
    /// Buffer address to read.
    pub read_address: Signal<In, Bits<12>>,
    /// The byte at the address of two cycles before.
    pub read_byte: Signal<Out, Bits<8>>,
    buffer: Memory<12, 8, 4>,
    store: DFF<Bit>,
    store_at: DFF<Bits<12>>,
    stored: DFF<Bits<8>>,
    crc: Crc32,
    state: DFF<Hunt>,
    keep: DFF<Bit>,
    count: DFF<Bits<16>>,
    next_count: Signal<Local, Bits<16>>,
    at_end: DFF<Bit>,
    too_long: DFF<Bit>,
    total: DFF<Bits<16>>,
    length: Signal<Local, Bits<16>>,
    length_low: DFF<Bits<8>>,
    wants_reset: DFF<Bit>,
    silence: DFF<Bits<19>>,
    whole: DFF<Bit>,
    accept: DFF<Bit>,
    abandon: DFF<Bit>,
    after_reset: DFF<Bit>,
    drop_now: DFF<Bit>,
}

impl Logic for Framer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            state,
            keep,
            count,
            at_end,
            too_long,
            total,
            length_low,
            wants_reset,
            silence,
            whole,
            accept,
            abandon,
            after_reset,
            drop_now,
            store,
            store_at,
            stored
        );
        clock!(self, clock, crc, buffer);
        self.buffer.read_address.next = self.read_address.val();
        self.read_byte.next = self.buffer.read_data.val();
        self.store.d.next = false;
        self.store_at.d.next = self.count.q.val().get_bits::<12>(0);
        self.stored.d.next = self.octet.val();
        self.buffer.write_address.next = self.store_at.q.val();
        self.buffer.write_data.next = self.stored.q.val();
        self.buffer.write_enable.next = self.store.q.val();
        self.crc.clear.next = false;
        self.crc.feed.next = false;
        self.crc.octet.next = self.octet.val();
        // What is decided here is known far away, one cycle later; an accepted reset is a request, another cycle later.
        self.whole.d.next = self.crc.register.val() == 0xdebb_20e3_u64;
        self.ready.next = self.accept.q.val();
        self.accept.d.next = self.after_reset.q.val();
        self.after_reset.d.next = false;
        self.reset.next = self.abandon.q.val();
        self.abandon.d.next = false;
        self.dropped.next = self.drop_now.q.val();
        self.drop_now.d.next = false;
        self.next_count.next = self.count.q.val() + 1;
        self.length.next =
            bit_cast::<16, 8>(self.length_low.q.val()) | (bit_cast::<16, 8>(self.octet.val()) << 8);
        // Bytes are many cycles apart, and each is there before its strobe.
        self.at_end.d.next = self.next_count.val() == self.total.q.val();
        self.too_long.d.next = self.length.val() > 3840;
        self.silence.d.next = self.silence.q.val() + 1;
        if self.strobe.val() {
            self.silence.d.next = 0.into();
        }
        match self.state.q.val() {
            Hunt::First => {
                self.silence.d.next = 0.into();
                if self.strobe.val() && (self.octet.val() == 0x4b) {
                    self.state.d.next = Hunt::Second;
                }
            }
            Hunt::Second => {
                self.crc.clear.next = true;
                self.count.d.next = 0.into();
                self.total.d.next = 22.into();
                self.keep.d.next = self.idle.val();
                self.wants_reset.d.next = false;
                if self.strobe.val() {
                    self.state.d.next = Hunt::First;
                    if self.octet.val() == 0x57 {
                        self.state.d.next = Hunt::Body;
                    } else if self.octet.val() == 0x4b {
                        self.state.d.next = Hunt::Second;
                    }
                }
            }
            Hunt::Body => {
                if self.strobe.val() {
                    self.crc.feed.next = true;
                    self.store.d.next = self.keep.q.val();
                    self.count.d.next = self.next_count.val();
                    if self.count.q.val() == 1 {
                        self.wants_reset.d.next = self.octet.val().get_bit(0);
                    }
                    if self.count.q.val() == 2 {
                        self.length_low.d.next = self.octet.val();
                    }
                    if self.at_end.q.val() {
                        self.state.d.next = Hunt::Settle;
                    }
                    if self.count.q.val() == 3 {
                        self.total.d.next = self.length.val() + 22;
                        if self.too_long.q.val() {
                            self.drop_now.d.next = true;
                            self.state.d.next = Hunt::First;
                        }
                    }
                }
            }
            Hunt::Settle => {
                if !self.crc.busy.val() {
                    self.state.d.next = Hunt::Judge;
                }
            }
            Hunt::Judge => {
                self.state.d.next = Hunt::First;
                if !self.whole.q.val() {
                    self.drop_now.d.next = true;
                } else if self.wants_reset.q.val() {
                    self.abandon.d.next = true;
                    self.after_reset.d.next = self.keep.q.val();
                } else if self.keep.q.val() {
                    self.accept.d.next = true;
                } else {
                    self.drop_now.d.next = true;
                }
            }
            _ => {
                self.state.d.next = Hunt::First;
            }
        }
        if self.silence.q.val().get_bit(18) {
            self.silence.d.next = 0.into();
            self.drop_now.d.next = true;
            self.state.d.next = Hunt::First;
        }
    }
}
