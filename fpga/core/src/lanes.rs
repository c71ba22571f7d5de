//! Several cores on one chip, each with a serial line of its own.
//!
//! What keeps a core waiting is its line, which carries some thousand scalars a second where the core adds some hundred thousand. So lanes share
//! nothing but the clock: a lane has its own memory, sequencer and line, and a host divides sums and sumchecks among lines.

use rust_hdl::prelude::*;

use crate::core::Core;

/// Address bits of a lane's memory where four share an ECP5-85F: 32 of its 208 blocks each.
pub const ROW_BITS: usize = 11;

/// Four lanes for an ECP5-85F.
pub type Quad = Lanes<4, ROW_BITS, 8>;

/// `L` cores with memories of `2^A` rows in blocks of `B` bits.
#[derive(LogicBlock)]
pub struct Lanes<const L: usize, const A: usize, const B: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Clock cycles of a bit on the serial lines.
    pub divider: Signal<In, Bits<16>>,
    /// Serial lines from the host.
    pub rx: [Signal<In, Bit>; L],
    /// Serial lines to the host.
    pub tx: [Signal<Out, Bit>; L],
    /// Jobs are running, by lane.
    pub running: [Signal<Out, Bit>; L],
    /// A request is being carried out or answered, by lane.
    pub busy: [Signal<Out, Bit>; L],
    cores: [Core<A, B>; L],
}

impl<const L: usize, const A: usize, const B: usize> Default for Lanes<L, A, B> {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            divider: Default::default(),
            rx: array_init::array_init(|_| Default::default()),
            tx: array_init::array_init(|_| Default::default()),
            running: array_init::array_init(|_| Default::default()),
            busy: array_init::array_init(|_| Default::default()),
            cores: array_init::array_init(|_| Core::default()),
        }
    }
}

impl<const L: usize, const A: usize, const B: usize> Logic for Lanes<L, A, B> {
    #[hdl_gen]
    fn update(&mut self) {
        for i in 0..L {
            self.cores[i].clock.next = self.clock.val();
            self.cores[i].divider.next = self.divider.val();
            self.cores[i].rx.next = self.rx[i].val();
            self.tx[i].next = self.cores[i].tx.val();
            self.running[i].next = self.cores[i].running.val();
            self.busy[i].next = self.cores[i].busy.val();
        }
    }
}
