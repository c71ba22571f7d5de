//! The whole core between two serial lines, and several of them on one chip.

use rust_hdl::prelude::*;

use crate::executor::Executor;
use crate::framer::Framer;
use crate::lane::Lane;
use crate::memory::{Memory, ROW_BITS};
use crate::sequencer::Sequencer;
use crate::uart::{Receiver, Transmitter};

/// The core: memory of `2^A` rows in blocks of `B` bits, lane, sequencer, executor, framer and serial line.
#[derive(LogicBlock)]
pub struct Core<const A: usize, const B: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Clock cycles of a bit on the serial line.
    pub divider: Signal<In, Bits<16>>,
    /// Serial line from the host.
    pub rx: Signal<In, Bit>,
    /// Serial line to the host.
    pub tx: Signal<Out, Bit>,
    /// Jobs are running.
    pub running: Signal<Out, Bit>,
    /// A request is being carried out or answered.
    pub busy: Signal<Out, Bit>,
    receiver: Receiver,
    transmitter: Transmitter,
    framer: Framer,
    executor: Executor,
    sequencer: Sequencer,
    lane: Lane,
    memory: Memory<A, 256, B>,
    host_address: DFF<Bits<16>>,
    host_write: DFF<Bit>,
    host_row: DFF<Bits<256>>,
    host_read: DFF<Bits<256>>,
    read_bus: DFF<Bits<256>>,
    write_row: DFF<Bits<256>>,
    write_now: DFF<Bit>,
    write_address: DFF<Bits<A>>,
    host_write_late: DFF<Bit>,
    host_write_due: DFF<Bit>,
    owner: DFF<Bit>,
    identity: Constant<Bits<256>>,
    identity_row: Signal<Local, Bits<256>>,
    cycles: DFF<Bits<32>>,
    run_cycles: DFF<Bits<32>>,
    items: DFF<Bits<32>>,
    stalls: DFF<Bits<32>>,
    products: DFF<Bits<32>>,
    sums: DFF<Bits<32>>,
    requests: DFF<Bits<32>>,
    drops: DFF<Bits<32>>,
    counters: Signal<Local, Bits<256>>,
}

/// The core that has a chip to itself: all the rows that addresses reach.
pub type Single = Core<ROW_BITS, 2>;

/// Bytes of the identity row: magic, version, address bits, lanes, contexts, data bytes of a frame; the divider follows.
pub fn identity(row_bits: usize) -> [u8; 12] {
    let mut bytes = *b"KWFPGA\0\x01\0\0\0\0";
    bytes[8] = row_bits as u8;
    bytes[9] = 1;
    bytes[10] = 8;
    bytes[11] = (crate::framer::MAX_DATA_BYTES / 32) as u8;
    bytes
}

impl<const A: usize, const B: usize> Default for Core<A, B> {
    fn default() -> Self {
        let mut row = Bits::<256>::default();
        for (i, byte) in identity(A).iter().enumerate() {
            for bit in 0..8 {
                row = row.replace_bit(8 * i + bit, (byte >> bit) & 1 == 1);
            }
        }
        Self {
            clock: Default::default(),
            divider: Default::default(),
            rx: Default::default(),
            tx: Default::default(),
            running: Default::default(),
            busy: Default::default(),
            receiver: Default::default(),
            transmitter: Default::default(),
            framer: Default::default(),
            executor: Default::default(),
            sequencer: Default::default(),
            lane: Default::default(),
            memory: Default::default(),
            host_address: Default::default(),
            host_write: Default::default(),
            host_row: Default::default(),
            host_read: Default::default(),
            read_bus: Default::default(),
            write_row: Default::default(),
            write_now: Default::default(),
            write_address: Default::default(),
            host_write_late: Default::default(),
            host_write_due: Default::default(),
            owner: Default::default(),
            identity: Constant::new(row),
            identity_row: Default::default(),
            cycles: Default::default(),
            run_cycles: Default::default(),
            items: Default::default(),
            stalls: Default::default(),
            products: Default::default(),
            sums: Default::default(),
            requests: Default::default(),
            drops: Default::default(),
            counters: Default::default(),
        }
    }
}

impl<const A: usize, const B: usize> Core<A, B> {
    /// Puts a row into memory before a simulation begins, least significant limb first.
    pub fn preload(&mut self, row: u16, limbs: [u64; 4]) {
        let set = |value: Bits<256>, bit: usize| {
            value.replace_bit(bit, limbs[bit / 64] >> (bit % 64) & 1 == 1)
        };
        self.memory
            .preload(row, (0..256).fold(Bits::default(), set));
    }
}

impl<const A: usize, const B: usize> Logic for Core<A, B> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            host_address,
            host_write,
            host_row,
            host_read,
            owner,
            read_bus,
            write_row,
            write_now,
            write_address,
            host_write_late,
            host_write_due,
            cycles,
            run_cycles,
            items,
            stalls,
            products,
            sums,
            requests,
            drops
        );
        clock!(
            self,
            clock,
            receiver,
            transmitter,
            framer,
            executor,
            sequencer,
            lane,
            memory
        );
        // Line to framer to executor.
        self.receiver.divider.next = self.divider.val();
        self.receiver.line.next = self.rx.val();
        self.framer.strobe.next = self.receiver.strobe.val();
        self.framer.octet.next = self.receiver.octet.val();
        self.framer.idle.next = self.executor.idle.val();
        self.framer.read_address.next = self.executor.buffer_address.val();
        self.executor.ready.next = self.framer.ready.val();
        self.executor.reset.next = self.framer.reset.val();
        self.executor.buffer_byte.next = self.framer.read_byte.val();
        self.transmitter.divider.next = self.divider.val();
        self.transmitter.send.next = self.executor.send.val();
        self.transmitter.octet.next = self.executor.octet.val();
        self.executor.sendable.next = self.transmitter.ready.val();
        self.tx.next = self.transmitter.line.val();
        // Executor to sequencer.
        self.sequencer.start.next = self.executor.start.val();
        self.sequencer.reset.next = self.framer.reset.val();
        self.sequencer.first_job.next = self.executor.first_job.val();
        self.sequencer.jobs.next = self.executor.jobs.val();
        self.sequencer.repeats.next = self.executor.repeats.val();
        self.executor.running.next = self.sequencer.busy.val();
        self.running.next = self.sequencer.busy.val();
        self.busy.next = !self.executor.idle.val();
        // Memory belongs to the sequencer while it runs, to the executor otherwise.
        self.host_address.d.next = self.executor.address.val();
        self.host_write.d.next = self.executor.write.val();
        self.host_row.d.next = self.executor.row.val();
        self.sequencer.host_address.next = self.executor.address.val();
        self.owner.d.next = self.sequencer.busy.val();
        // The executor holds its row for longer than the address takes.
        self.host_write_late.d.next = self.host_write.q.val();
        self.host_write_due.d.next = self.host_write_late.q.val();
        self.write_row.d.next = self.host_row.q.val();
        self.write_now.d.next = self.host_write_due.q.val();
        if self.owner.q.val() {
            self.write_row.d.next = self.lane.write_bus.val();
            self.write_now.d.next = self.sequencer.write.val();
        }
        self.write_address.d.next = self.sequencer.write_address.val().get_bits::<A>(0);
        // A register of its own: the way to the blocks is long.
        self.memory.write_data.next = self.write_row.q.val();
        self.memory.write_enable.next = self.write_now.q.val();
        self.memory.write_address.next = self.write_address.q.val();
        self.memory.read_address.next = self.sequencer.address.val().get_bits::<A>(0);
        // Behind the memory's own output register another one: the bus crosses the chip.
        self.read_bus.d.next = self.memory.read_data.val();
        self.sequencer.read_bus.next = self.read_bus.q.val();
        // Lane.
        self.lane.read_bus.next = self.read_bus.q.val();
        self.lane.cycle.next = self.sequencer.cycle.val();
        self.lane.scalar_field.next = self.sequencer.scalar_field.val();
        self.lane.subtract_0.next = self.sequencer.subtract_0.val();
        self.lane.subtract_1.next = self.sequencer.subtract_1.val();
        // Registers.
        self.cycles.d.next = self.cycles.q.val() + 1;
        if self.sequencer.busy.val() {
            self.run_cycles.d.next = self.run_cycles.q.val() + 1;
        }
        if self.sequencer.issued.val() {
            self.items.d.next = self.items.q.val() + 1;
        }
        if self.sequencer.stalled.val() {
            self.stalls.d.next = self.stalls.q.val() + 1;
        }
        if self.sequencer.product_written.val() {
            self.products.d.next = self.products.q.val() + 1;
        }
        if self.sequencer.sum_written.val() {
            self.sums.d.next = self.sums.q.val() + 1;
        }
        if self.framer.ready.val() {
            self.requests.d.next = self.requests.q.val() + 1;
        }
        if self.framer.dropped.val() || self.receiver.fault.val() {
            self.drops.d.next = self.drops.q.val() + 1;
        }
        if self.framer.reset.val() {
            self.cycles.d.next = 0.into();
            self.run_cycles.d.next = 0.into();
            self.items.d.next = 0.into();
            self.stalls.d.next = 0.into();
            self.products.d.next = 0.into();
            self.sums.d.next = 0.into();
            self.requests.d.next = 0.into();
            self.drops.d.next = 0.into();
        }
        self.counters.next = bit_cast::<256, 32>(self.cycles.q.val())
            | (bit_cast::<256, 32>(self.run_cycles.q.val()) << 32)
            | (bit_cast::<256, 32>(self.items.q.val()) << 64)
            | (bit_cast::<256, 32>(self.stalls.q.val()) << 96)
            | (bit_cast::<256, 32>(self.products.q.val()) << 128)
            | (bit_cast::<256, 32>(self.sums.q.val()) << 160)
            | (bit_cast::<256, 32>(self.requests.q.val()) << 192)
            | (bit_cast::<256, 32>(self.drops.q.val()) << 224);
        self.identity_row.next =
            self.identity.val() | (bit_cast::<256, 16>(self.divider.val()) << 96);
        self.executor.read_row.next = self.host_read.q.val();
        self.host_read.d.next = self.read_bus.q.val();
        if self.host_address.q.val().get_bit(15) {
            self.host_read.d.next = self.identity_row.val();
            if self.host_address.q.val().get_bit(0) {
                self.host_read.d.next = self.counters.val();
            }
        }
    }
}
