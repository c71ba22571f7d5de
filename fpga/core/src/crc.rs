//! CRC-32 of the serial frames (the reflected polynomial of IEEE 802.3), one bit a cycle.

use rust_hdl::prelude::*;

/// What the register holds after a message and its own checksum.
pub const RESIDUE: u64 = 0xdebb_20e3;

/// Cycles from `feed` until `register` covers the byte, and the next one may come.
pub const LATENCY: usize = 9;

/// The checksum of a stream of bytes.
///
/// Latency: [`LATENCY`] cycles a byte, where a serial line leaves 40.
#[derive(LogicBlock, Default)]
pub struct Crc32 {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Forget everything.
    pub clear: Signal<In, Bit>,
    /// Take `octet`; only while not `busy`.
    pub feed: Signal<In, Bit>,
    /// The byte.
    pub octet: Signal<In, Bits<8>>,
    /// Bits are left.
    pub busy: Signal<Out, Bit>,
    /// The register: the complement of the checksum.
    pub register: Signal<Out, Bits<32>>,
    // Kept inverted, so that it starts at zero.
    inverted: DFF<Bits<32>>,
    value: Signal<Local, Bits<32>>,
    stepped: Signal<Local, Bits<32>>,
    bits: DFF<Bits<8>>,
    left: DFF<Bits<4>>,
}

impl Logic for Crc32 {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, inverted, bits, left);
        self.value.next = !self.inverted.q.val();
        self.register.next = self.value.val();
        self.busy.next = self.left.q.val().any();
        self.stepped.next = self.value.val() >> 1;
        if self.value.val().get_bit(0) ^ self.bits.q.val().get_bit(0) {
            self.stepped.next = (self.value.val() >> 1) ^ 0xedb8_8320_u64;
        }
        if self.left.q.val().any() {
            self.inverted.d.next = !self.stepped.val();
            self.bits.d.next = self.bits.q.val() >> 1;
            self.left.d.next = self.left.q.val() - 1;
        } else if self.feed.val() {
            self.bits.d.next = self.octet.val();
            self.left.d.next = 8.into();
        }
        if self.clear.val() {
            self.inverted.d.next = 0.into();
            self.left.d.next = 0.into();
        }
    }
}
