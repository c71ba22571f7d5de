//! Items of a multi-scalar multiplication, digit by digit, cycle by cycle.

use crate::isa::{Job, Recoding, Row};

use super::machine::Item;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Load,
    Digit,
    Sign,
    /// A cycle to compare, three to the row of the bucket, and one for the scoreboard.
    Place(u8),
    Offer,
    Shift,
    /// The last shift takes effect.
    Settle,
    Finished,
}

/// The recoder's registers.
pub(super) struct Recoder {
    job: Job,
    recoding: Recoding,
    step: Step,
    left: u16,
    scalar: u16,
    base: u16,
    bits: Row,
    carry: u16,
    value: u16,
    magnitude: u16,
    negative: bool,
    window_base: u16,
    windows_left: u8,
    shifts_left: u8,
    fetching: bool,
}

impl Recoder {
    pub(super) fn new(job: Job, recoding: Recoding) -> Self {
        Self {
            job,
            recoding,
            step: Step::Load,
            left: job.items,
            scalar: recoding.scalar_row,
            base: job.b,
            bits: [0; 4],
            carry: 0,
            value: 0,
            magnitude: 0,
            negative: false,
            window_base: 0,
            windows_left: 0,
            shifts_left: 0,
            fetching: false,
        }
    }

    /// The item on offer.
    pub(super) fn item(&self) -> Option<Item> {
        let offered = self.step == Step::Offer && self.magnitude != 0;
        offered.then(|| Item {
            a: self
                .window_base
                .wrapping_add((self.magnitude - 1).wrapping_mul(3)),
            b: self.base,
            negative: self.negative,
        })
    }

    pub(super) fn finished(&self) -> bool {
        self.step == Step::Finished
    }

    /// One clock cycle, the `cycle`-th of its frame.
    pub(super) fn step(&mut self, cycle: u64, taken: bool, rows: &[Row]) {
        let mask = (1u16 << self.recoding.window_bits) - 1;
        let fetch = self.step == Step::Load && self.left != 0;
        match self.step {
            Step::Load if self.left == 0 => self.step = Step::Finished,
            Step::Load => {
                if cycle == 2 && self.fetching {
                    self.bits = rows[usize::from(self.scalar) % rows.len()];
                    self.window_base = self.job.a;
                    self.windows_left = self.recoding.windows;
                    self.carry = 0;
                    self.step = Step::Digit;
                }
            }
            Step::Digit => {
                self.value = (self.bits[0] as u16 & mask).wrapping_add(self.carry);
                self.step = Step::Sign;
            }
            Step::Sign => {
                self.shifts_left = self.recoding.window_bits;
                self.windows_left = self.windows_left.wrapping_sub(1);
                self.negative = self.value > (mask >> 1) + 1;
                self.carry = u16::from(self.negative);
                self.magnitude = if self.negative {
                    mask.wrapping_sub(self.value).wrapping_add(1)
                } else {
                    self.value
                };
                self.step = Step::Place(5);
            }
            Step::Place(1) => self.step = Step::Offer,
            Step::Place(left) => self.step = Step::Place(left - 1),
            Step::Offer => {
                if self.magnitude == 0 || taken {
                    self.step = Step::Shift;
                }
            }
            Step::Shift => {
                let bits = self.bits;
                self.bits = std::array::from_fn(|i| {
                    bits[i] >> 1 | bits.get(i + 1).map_or(0, |limb| limb << 63)
                });
                self.shifts_left = self.shifts_left.wrapping_sub(1) & 15;
                if self.shifts_left == 0 {
                    self.window_base = self.window_base.wrapping_add(self.recoding.window_rows);
                    self.step = Step::Settle;
                    if self.windows_left == 0 {
                        self.left = self.left.wrapping_sub(1);
                        self.scalar = self.scalar.wrapping_add(1);
                        self.base = self.base.wrapping_add(self.job.b_step);
                    }
                }
            }
            Step::Settle if self.windows_left == 0 => self.step = Step::Load,
            Step::Settle => self.step = Step::Digit,
            Step::Finished => {}
        }
        if cycle == 14 {
            self.fetching = fetch;
        }
    }
}
