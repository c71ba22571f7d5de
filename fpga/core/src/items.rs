//! The items of a job: where they come from, when one may enter, and how many are under way.
//!
//! Items come from two affine counters, or from the [`Recoder`], whose items name the bucket to add to. An item whose
//! bucket one of the last seven items named waits until that item has left: the scoreboard.

use rust_hdl::prelude::*;

use crate::recoder::Recoder;

/// Iterations from an item to the next that may name its bucket.
pub const BUCKET_ITERATIONS: usize = 8;

/// Items that are offered, compared with those under way, and admitted at the boundaries of iterations.
#[derive(LogicBlock, Default)]
pub struct Items {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Forget everything.
    pub reset: Signal<In, Bit>,
    /// The job.
    pub descriptor: Signal<In, Bits<256>>,
    /// Take the first pointers.
    pub load: Signal<In, Bit>,
    /// Pointer a of the first item, where they are counted.
    pub first_a: Signal<In, Bits<16>>,
    /// Pointer b of the first item, where they are counted.
    pub first_b: Signal<In, Bits<16>>,
    /// Nothing is under way yet.
    pub clear: Signal<In, Bit>,
    /// An iteration ends: an item may enter.
    pub boundary: Signal<In, Bit>,
    /// The read bus.
    pub row: Signal<In, Bits<256>>,
    /// The scalar that was wanted is on `row`.
    pub fetched: Signal<In, Bit>,
    /// The scalar at `fetch_row` is wanted.
    pub fetch: Signal<Out, Bit>,
    /// The row of the next scalar.
    pub fetch_row: Signal<Out, Bits<16>>,
    /// An item enters.
    pub enters: Signal<Out, Bit>,
    /// The item: pointer a, pointer b, sign.
    pub item: Signal<Out, Bits<40>>,
    /// An item waits for its bucket.
    pub stalled: Signal<Out, Bit>,
    /// The last item leaves.
    pub finished: Signal<Out, Bit>,
    /// Counts iterations.
    pub iteration: Signal<Out, Bits<3>>,
    /// Bit `i`: an item entered `i` iterations ago.
    pub valid: Signal<Out, Bits<8>>,
    recoder: Recoder,
    count: Signal<Local, Bits<16>>,
    spacing: Signal<Local, Bits<8>>,
    stages: Signal<Local, Bits<8>>,
    stride_a: Signal<Local, Bits<16>>,
    stride_b: Signal<Local, Bits<16>>,
    recoding: Signal<Local, Bit>,
    left: DFF<Bits<16>>,
    affine_a: DFF<Bits<16>>,
    affine_b: DFF<Bits<16>>,
    have: Signal<Local, Bit>,
    exhausted: Signal<Local, Bit>,
    pointer_a: Signal<Local, Bits<16>>,
    pointer_b: Signal<Local, Bits<16>>,
    negative: Signal<Local, Bit>,
    word: Signal<Local, Bits<40>>,
    recent: DFF<Bits<112>>,
    recent_valid: DFF<Bits<8>>,
    same: [DFF<Bit>; 7],
    conflict: DFF<Bit>,
    exhausted_held: DFF<Bit>,
    drained: DFF<Bit>,
    ready: DFF<Bit>,
    waiting: DFF<Bit>,
    pause: DFF<Bits<8>>,
    drain: DFF<Bits<8>>,
    number: DFF<Bits<3>>,
    under_way: DFF<Bits<8>>,
    shifted: Signal<Local, Bits<8>>,
    admit: Signal<Local, Bit>,
}

impl Logic for Items {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            left,
            affine_a,
            affine_b,
            recent,
            recent_valid,
            conflict,
            exhausted_held,
            drained,
            ready,
            waiting,
            pause,
            drain,
            number,
            under_way
        );
        clock!(self, clock, recoder);
        // The job's parameters.
        self.count.next = self.descriptor.val().get_bits::<16>(32);
        self.spacing.next = self.descriptor.val().get_bits::<8>(48);
        self.stages.next = self.descriptor.val().get_bits::<8>(56);
        self.stride_a.next = self.descriptor.val().get_bits::<16>(80);
        self.stride_b.next = self.descriptor.val().get_bits::<16>(128);
        self.recoding.next = self.descriptor.val().get_bit(177);
        self.recoder.scalars.next = self.count.val();
        self.recoder.bucket_row.next = self.descriptor.val().get_bits::<16>(64);
        self.recoder.base_row.next = self.descriptor.val().get_bits::<16>(112);
        self.recoder.base_rows.next = self.stride_b.val();
        self.recoder.scalar_row.next = self.descriptor.val().get_bits::<16>(192);
        self.recoder.windows.next = self.descriptor.val().get_bits::<8>(208);
        self.recoder.window_bits.next = self.descriptor.val().get_bits::<4>(216);
        self.recoder.window_rows.next = self.descriptor.val().get_bits::<16>(224);
        self.recoder.window_mask.next = self.descriptor.val().get_bits::<16>(240);
        self.recoder.row.next = self.row.val();
        self.recoder.fetched.next = self.fetched.val();
        self.recoder.start.next = self.load.val() && self.recoding.val();
        self.recoder.reset.next = self.reset.val();
        self.recoder.take.next = false;
        self.fetch.next = self.recoder.fetch.val();
        self.fetch_row.next = self.recoder.fetch_row.val();

        // The next item.
        self.have.next = self.left.q.val().any();
        self.exhausted.next = !self.left.q.val().any();
        self.pointer_a.next = self.affine_a.q.val();
        self.pointer_b.next = self.affine_b.q.val();
        self.negative.next = false;
        self.conflict.d.next = false;
        for i in 0..7 {
            self.same[i].clock.next = self.clock.val();
            self.same[i].d.next = false;
            if self.same[i].q.val() {
                self.conflict.d.next = true;
            }
        }
        if self.recoding.val() {
            self.have.next = self.recoder.have.val();
            self.exhausted.next = self.recoder.finished.val();
            self.pointer_a.next = self.recoder.bucket.val();
            self.pointer_b.next = self.recoder.base.val();
            self.negative.next = self.recoder.negative.val();
            for i in 0..7 {
                if self.recent_valid.q.val().get_bit(i)
                    && (self.recent.q.val().get_bits::<16>(i * 16) == self.recoder.bucket.val())
                {
                    self.same[i].d.next = true;
                }
            }
        }
        self.word.next = bit_cast::<40, 16>(self.pointer_a.val())
            | (bit_cast::<40, 16>(self.pointer_b.val()) << 16);
        self.item.next = self.word.val();
        if self.negative.val() {
            self.item.next = self.word.val() | 0x1_0000_0000_u64;
        }

        // All of this holds still for many cycles before it is looked at, so that it can be decided ahead of the boundary.
        self.ready.d.next = self.have.val() && !self.pause.q.val().any() && !self.conflict.q.val();
        self.waiting.d.next = self.have.val() && self.conflict.q.val();
        self.exhausted_held.d.next = self.exhausted.val();
        self.drained.d.next = self.drain.q.val() == 1;
        self.admit.next = self.boundary.val() && self.ready.q.val();
        self.enters.next = self.admit.val();
        self.stalled.next = self.boundary.val() && self.waiting.q.val();
        self.finished.next = self.boundary.val()
            && !self.ready.q.val()
            && self.exhausted_held.q.val()
            && self.drained.q.val();
        self.iteration.next = self.number.q.val();
        self.valid.next = self.under_way.q.val();
        self.shifted.next = self.under_way.q.val() << 1;
        if self.boundary.val() {
            self.number.d.next = self.number.q.val() + 1;
            self.under_way.d.next = self.shifted.val();
            self.recent.d.next = self.recent.q.val() << 16;
            self.recent_valid.d.next = self.recent_valid.q.val() << 1;
            if self.pause.q.val().any() {
                self.pause.d.next = self.pause.q.val() - 1;
            }
            if self.admit.val() {
                self.under_way.d.next = self.shifted.val() | 1;
                self.recent.d.next =
                    (self.recent.q.val() << 16) | bit_cast::<112, 16>(self.pointer_a.val());
                self.recent_valid.d.next = (self.recent_valid.q.val() << 1) | 1;
                self.pause.d.next = self.spacing.val() - 1;
                self.drain.d.next = self.stages.val();
                self.left.d.next = self.left.q.val() - 1;
                self.affine_a.d.next = self.affine_a.q.val() + self.stride_a.val();
                self.affine_b.d.next = self.affine_b.q.val() + self.stride_b.val();
                self.recoder.take.next = self.recoding.val();
            } else if self.exhausted_held.q.val() {
                self.drain.d.next = self.drain.q.val() - 1;
            }
        }
        if self.load.val() {
            self.affine_a.d.next = self.first_a.val();
            self.affine_b.d.next = self.first_b.val();
            self.left.d.next = self.count.val();
        }
        if self.clear.val() {
            self.under_way.d.next = 0.into();
            self.recent_valid.d.next = 0.into();
            self.pause.d.next = 0.into();
            self.drain.d.next = 1.into();
        }
    }
}
