//! The executor: carries out one request, and answers it.
//!
//! Every request does the same three things, any of which may be empty: write rows, run a list of jobs, read rows. A
//! request with the sequence number of the one before is a repetition: it is not carried out again, only answered.
//!
//! | header byte | meaning |
//! |---|---|
//! | 0 | sequence number |
//! | 1 | bit 0 reset, bit 1 sign extension |
//! | 2–3 | bytes of data |
//! | 4–5 | first row to write |
//! | 6 | rows to write |
//! | 7 | bytes of a row, 1 to 32; the rest is filled with zeros or the sign |
//! | 8–9 | row of the first job |
//! | 10 | jobs; none runs nothing |
//! | 12–13 | repetitions of the list |
//! | 14–15 | first row to read; from 0x8000 on, registers |
//! | 16 | rows to read |
//!
//! The answer is `'k' 'w'`, sequence number, status, rows, zero, the rows, and the CRC-32 of all but the first two bytes.
//! The status is 2 if no reset came since power-up (whatever the host believes to be in memory is not), else 1 for a
//! repetition, else 0.

use rust_hdl::prelude::*;

use crate::crc::Crc32;

/// Cycles from `ready` to the first byte of the answer, of a request that does nothing.
pub const LATENCY: usize = 60;

/// What writing rows adds to that.
pub const fn write_cycles(rows: usize) -> usize {
    if rows == 0 { 0 } else { 98 * rows + 1 }
}

/// Cycles from the byte before a row of the answer to the one in which the row's first byte is decided: fewer than that byte takes on the line.
pub const ROW_CYCLES: usize = 12;

#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
enum Task {
    Idle,
    HeaderAddress,
    HeaderWait,
    HeaderByte,
    HeaderEnd,
    Decide,
    FillAddress,
    FillWait,
    FillByte,
    FillEnd,
    Store,
    Stored,
    Run,
    Wait,
    Answer,
    Head,
    Send,
    Emit,
    Pause,
    Sent,
    Load,
    Latch,
    Settle,
}

#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
enum Part {
    Magic,
    Head,
    Row,
    Sum,
}

/// The executor.
#[derive(LogicBlock, Default)]
pub struct Executor {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Abandon everything.
    pub reset: Signal<In, Bit>,
    /// A request is complete.
    pub ready: Signal<In, Bit>,
    /// Waiting for a request.
    pub idle: Signal<Out, Bit>,
    /// Buffer address of the request.
    pub buffer_address: Signal<Out, Bits<12>>,
    /// The byte at the address of two cycles before.
    pub buffer_byte: Signal<In, Bits<8>>,
    /// Memory address.
    pub address: Signal<Out, Bits<16>>,
    /// Write `row` to `address`.
    pub write: Signal<Out, Bit>,
    /// The row to write.
    pub row: Signal<Out, Bits<256>>,
    /// The read bus, or a register.
    pub read_row: Signal<In, Bits<256>>,
    /// Run the list of jobs.
    pub start: Signal<Out, Bit>,
    /// Jobs are running.
    pub running: Signal<In, Bit>,
    /// Row of the first job.
    pub first_job: Signal<Out, Bits<16>>,
    /// Jobs of the list.
    pub jobs: Signal<Out, Bits<8>>,
    /// Repetitions of the list.
    pub repeats: Signal<Out, Bits<16>>,
    /// Send `octet`.
    pub send: Signal<Out, Bit>,
    /// The byte to send.
    pub octet: Signal<Out, Bits<8>>,
    /// The transmitter is ready.
    pub sendable: Signal<In, Bit>,
    crc: Crc32,
    work: DFF<Task>,
    part: DFF<Part>,
    position: DFF<Bits<12>>,
    count: DFF<Bits<8>>,
    header: DFF<Bits<144>>,
    header_top: Signal<Local, Bits<144>>,
    header_step: DFF<Bit>,
    known: DFF<Bit>,
    known_sequence: DFF<Bits<8>>,
    repetition: DFF<Bit>,
    established: DFF<Bit>,
    status: Signal<Local, Bits<8>>,
    rows_left: DFF<Bits<8>>,
    target: DFF<Bits<16>>,
    shift: DFF<Bits<256>>,
    shift_move: DFF<Bit>,
    shift_load: DFF<Bit>,
    top_byte: DFF<Bits<8>>,
    shift_top: Signal<Local, Bits<256>>,
    fill: DFF<Bits<8>>,
    to_send: DFF<Bits<8>>,
    delay: DFF<Bits<4>>,
    tag: Signal<Local, Bits<8>>,
    row_bytes: Signal<Local, Bits<8>>,
    sum: Signal<Local, Bits<32>>,
    sum_byte: Signal<Local, Bits<8>>,
}

impl Logic for Executor {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            work,
            part,
            position,
            count,
            header,
            header_step,
            known,
            known_sequence,
            repetition,
            rows_left,
            target,
            shift,
            shift_move,
            shift_load,
            top_byte,
            to_send,
            fill,
            delay,
            established
        );
        clock!(self, clock, crc);
        self.idle.next = false;
        self.buffer_address.next = self.position.q.val();
        self.address.next = self.target.q.val();
        self.write.next = false;
        self.row.next = self.shift.q.val();
        self.start.next = false;
        self.tag.next = self.header.q.val().get_bits::<8>(0);
        self.row_bytes.next = self.header.q.val().get_bits::<8>(56);
        self.first_job.next = self.header.q.val().get_bits::<16>(64);
        self.jobs.next = self.header.q.val().get_bits::<8>(80);
        self.repeats.next = self.header.q.val().get_bits::<16>(96);
        self.send.next = false;
        self.octet.next = self.to_send.q.val();
        self.crc.clear.next = false;
        self.crc.feed.next = false;
        self.crc.octet.next = self.to_send.q.val();
        self.sum.next = !self.crc.register.val();
        self.sum_byte.next = self.sum.val().get_bits::<8>(24);
        if self.count.q.val() == 4 {
            self.sum_byte.next = self.sum.val().get_bits::<8>(0);
        }
        if self.count.q.val() == 3 {
            self.sum_byte.next = self.sum.val().get_bits::<8>(8);
        }
        if self.count.q.val() == 2 {
            self.sum_byte.next = self.sum.val().get_bits::<8>(16);
        }
        self.status.next = 0.into();
        if self.repetition.q.val() {
            self.status.next = 1.into();
        }
        if !self.established.q.val() {
            self.status.next = 2.into();
        }
        // Wide registers move on flags of their own, one cycle after the decision, because these reach far.
        self.header_top.next = bit_cast::<144, 8>(self.buffer_byte.val());
        self.header_step.d.next = false;
        if self.header_step.q.val() {
            self.header.d.next = (self.header.q.val() >> 8) | (self.header_top.val() << 136);
        }
        self.top_byte.d.next = self.buffer_byte.val();
        if self.count.q.val() >= self.row_bytes.val() {
            self.top_byte.d.next = self.fill.q.val();
        }
        self.shift_top.next = bit_cast::<256, 8>(self.top_byte.q.val());
        self.shift_move.d.next = false;
        self.shift_load.d.next = false;
        if self.shift_move.q.val() {
            self.shift.d.next = (self.shift.q.val() >> 8) | (self.shift_top.val() << 248);
            if self.shift_load.q.val() {
                self.shift.d.next = self.read_row.val();
            }
        }
        match self.work.q.val() {
            Task::Idle => {
                self.idle.next = true;
                self.position.d.next = 0.into();
                self.count.d.next = 0.into();
                if self.ready.val() {
                    self.work.d.next = Task::HeaderAddress;
                }
            }
            Task::HeaderAddress => {
                self.work.d.next = Task::HeaderWait;
            }
            Task::HeaderWait => {
                self.work.d.next = Task::HeaderByte;
            }
            Task::HeaderByte => {
                self.header_step.d.next = true;
                self.position.d.next = self.position.q.val() + 1;
                self.count.d.next = self.count.q.val() + 1;
                self.work.d.next = Task::HeaderAddress;
                if self.count.q.val() == 17 {
                    self.work.d.next = Task::HeaderEnd;
                }
            }
            Task::HeaderEnd => {
                self.work.d.next = Task::Decide;
            }
            Task::Decide => {
                self.known.d.next = true;
                self.known_sequence.d.next = self.tag.val();
                self.target.d.next = self.header.q.val().get_bits::<16>(32);
                self.rows_left.d.next = self.header.q.val().get_bits::<8>(48);
                self.count.d.next = 0.into();
                self.fill.d.next = 0.into();
                self.repetition.d.next = false;
                self.work.d.next = Task::Run;
                if self.header.q.val().get_bits::<8>(48) != 0 {
                    self.work.d.next = Task::FillAddress;
                }
                if self.known.q.val() && (self.known_sequence.q.val() == self.tag.val()) {
                    self.repetition.d.next = true;
                    self.work.d.next = Task::Answer;
                }
            }
            Task::FillAddress => {
                self.work.d.next = Task::FillWait;
            }
            Task::FillWait => {
                self.work.d.next = Task::FillByte;
            }
            Task::FillByte => {
                self.shift_move.d.next = true;
                self.count.d.next = self.count.q.val() + 1;
                self.work.d.next = Task::FillAddress;
                if self.count.q.val() < self.row_bytes.val() {
                    self.position.d.next = self.position.q.val() + 1;
                    if self.header.q.val().get_bit(9) && self.buffer_byte.val().get_bit(7) {
                        self.fill.d.next = 0xff.into();
                    } else {
                        self.fill.d.next = 0.into();
                    }
                }
                if self.count.q.val() == 31 {
                    self.work.d.next = Task::FillEnd;
                }
            }
            Task::FillEnd => {
                self.work.d.next = Task::Store;
            }
            Task::Store => {
                self.write.next = true;
                self.target.d.next = self.target.q.val() + 1;
                self.rows_left.d.next = self.rows_left.q.val() - 1;
                self.count.d.next = 0.into();
                self.fill.d.next = 0.into();
                self.work.d.next = Task::FillAddress;
                if self.rows_left.q.val() == 1 {
                    self.work.d.next = Task::Stored;
                }
            }
            Task::Stored => {
                // The row is under way until the cycle in which the sequencer would take memory.
                self.work.d.next = Task::Run;
            }
            Task::Run => {
                self.work.d.next = Task::Answer;
                if self.jobs.val().any() && self.repeats.val().any() {
                    self.start.next = true;
                    self.work.d.next = Task::Wait;
                }
            }
            Task::Wait => {
                if !self.running.val() {
                    self.work.d.next = Task::Answer;
                }
            }
            Task::Answer => {
                self.target.d.next = self.header.q.val().get_bits::<16>(112);
                self.rows_left.d.next = self.header.q.val().get_bits::<8>(128);
                self.count.d.next = 2.into();
                self.part.d.next = Part::Magic;
                self.work.d.next = Task::Send;
            }
            Task::Head => {
                self.crc.clear.next = true;
                self.count.d.next = 4.into();
                self.part.d.next = Part::Head;
                self.work.d.next = Task::Send;
            }
            Task::Send => {
                match self.part.q.val() {
                    Part::Magic => {
                        self.to_send.d.next = 0x6b.into();
                        if self.count.q.val() == 1 {
                            self.to_send.d.next = 0x77.into();
                        }
                    }
                    Part::Head => {
                        self.to_send.d.next = 0.into();
                        if self.count.q.val() == 4 {
                            self.to_send.d.next = self.tag.val();
                        }
                        if self.count.q.val() == 3 {
                            self.to_send.d.next = self.status.val();
                        }
                        if self.count.q.val() == 2 {
                            self.to_send.d.next = self.rows_left.q.val();
                        }
                    }
                    Part::Sum => {
                        self.to_send.d.next = self.sum_byte.val();
                    }
                    _ => {
                        self.to_send.d.next = self.shift.q.val().get_bits::<8>(0);
                    }
                }
                self.work.d.next = Task::Emit;
            }
            Task::Emit => {
                if self.sendable.val() {
                    self.send.next = true;
                    self.crc.feed.next = true;
                    if self.part.q.val() == Part::Sum {
                        self.crc.feed.next = false;
                    }
                    self.shift_move.d.next = true;
                    self.count.d.next = self.count.q.val() - 1;
                    self.work.d.next = Task::Pause;
                    if self.count.q.val() == 1 {
                        self.work.d.next = Task::Sent;
                    }
                }
            }
            Task::Pause => {
                self.work.d.next = Task::Send;
            }
            Task::Sent => {
                self.delay.d.next = 0.into();
                match self.part.q.val() {
                    Part::Magic => {
                        self.work.d.next = Task::Head;
                    }
                    Part::Sum => {
                        self.work.d.next = Task::Idle;
                    }
                    _ => {
                        self.work.d.next = Task::Settle;
                        if self.rows_left.q.val().any() {
                            self.work.d.next = Task::Load;
                        }
                    }
                }
            }
            Task::Load => {
                // Seven cycles from a row's address to here.
                self.delay.d.next = self.delay.q.val() + 1;
                if self.delay.q.val() == 8 {
                    self.shift_move.d.next = true;
                    self.shift_load.d.next = true;
                    self.work.d.next = Task::Latch;
                }
            }
            Task::Latch => {
                self.target.d.next = self.target.q.val() + 1;
                self.rows_left.d.next = self.rows_left.q.val() - 1;
                self.count.d.next = 32.into();
                self.part.d.next = Part::Row;
                self.work.d.next = Task::Send;
            }
            Task::Settle => {
                if !self.crc.busy.val() {
                    self.count.d.next = 4.into();
                    self.part.d.next = Part::Sum;
                    self.work.d.next = Task::Send;
                }
            }
            _ => {
                self.work.d.next = Task::Idle;
            }
        }
        if self.reset.val() {
            self.known.d.next = false;
            self.established.d.next = true;
            self.work.d.next = Task::Idle;
        }
    }
}
