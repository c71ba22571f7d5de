//! A table between rounds, and how the next bind reads and writes it.
//!
//! Tables are stowed in the memory of field elements: eight elements in lanes take the place of eight elements.
//! They are bound in place whenever the memory is the device's to write, and take no more of it than before.
//! Lanes hold what `pack_words` makes of elements, so that nothing is multiplied to get in or out; the constant
//! that each factor carries is divided out of the sums.

use std::borrow::Cow;

use kernelwise_field::{AdditiveGroup, Fr};
use kernelwise_hal::rounds::{EqPrefix, eq_table};
use kernelwise_hal::{IntSlice, Table};

use crate::optimized::ints::{magnitude_bits, part};
use crate::simd::{LaneOps, SIGNED_BITS, WIDTH};

/// Memory of eight elements.
pub(super) type Vector = [Fr; WIDTH];

/// A table between rounds.
pub(super) enum State<'a> {
    /// As the caller has it.
    Field(Cow<'a, [Fr]>),
    /// Small integers and the bits of the largest magnitude; lifted by the first bind.
    Int(IntSlice<'a>, u32),
    /// Bound at least once: this many vectors of lanes in memory that may be longer.
    Stowed(Vec<Fr>, usize),
    /// Too few entries to fill lanes.
    Short(Vec<Fr>),
    /// Factored out of every term that it occurs in: only its evaluation is asked for.
    Eq(EqPrefix),
}

impl<'a> State<'a> {
    /// `dense` asks for entries even of an `eq` table.
    pub(super) fn new(table: Table<'a>, dense: bool) -> Self {
        match table {
            Table::Fr(values) => Self::Field(values),
            Table::Int(values) => Self::Int(values, magnitude_bits(values)),
            Table::Eq(point) if dense => Self::Field(Cow::Owned(eq_table(&point))),
            Table::Eq(point) => Self::Eq(EqPrefix::new(point.into_owned())),
        }
    }

    /// Magnitude bits of a table that holds integers.
    pub(super) fn bits(&self) -> Option<u32> {
        match self {
            Self::Int(_, bits) => Some(*bits),
            _ => None,
        }
    }

    /// The single value of a table without free variables.
    pub(super) fn value(&self) -> Fr {
        match self {
            Self::Field(values) => values.first().copied(),
            Self::Int(values, _) => values.get(0).map(Fr::from),
            Self::Short(values) => values.first().copied(),
            Self::Eq(eq) => Some(eq.scale()),
            Self::Stowed(..) => None,
        }
        .unwrap_or(Fr::ZERO)
    }

    /// Leaves lanes, or the caller's form; gives back the memory of lanes.
    pub(super) fn shorten<S: LaneOps>(&mut self, ops: S) -> Option<Vec<Fr>> {
        let values = match self {
            Self::Field(values) => values.to_vec(),
            Self::Int(values, _) => values.to_field(),
            Self::Stowed(memory, len) => vectors(memory)[..*len]
                .iter()
                .flat_map(|vector| ops.unpack_words(ops.unstow::<Fr>(vector)))
                .collect(),
            Self::Short(_) | Self::Eq(_) => return None,
        };
        match std::mem::replace(self, Self::Short(values)) {
            Self::Stowed(memory, _) => Some(memory),
            _ => None,
        }
    }

    /// Binds the first free variable of a short table.
    pub(super) fn bind_short(&mut self, r: Fr) {
        match self {
            Self::Eq(eq) => eq.bind(r),
            Self::Short(values) => {
                let half = values.len() / 2;
                let (zero, one) = values.split_at_mut(half);
                zero.iter_mut()
                    .zip(&*one)
                    .for_each(|(zero, one)| *zero += r * (*one - *zero));
                values.truncate(half);
            }
            Self::Field(_) | Self::Int(..) | Self::Stowed(..) => {}
        }
    }

    /// Whether the next bind cannot be done in place.
    pub(super) fn needs_room(&self) -> bool {
        matches!(self, Self::Field(Cow::Borrowed(_)) | Self::Int(..))
    }

    /// The two halves of `len` vectors each, before the first bind.
    pub(super) fn halves(&self, len: usize) -> Feed<'_> {
        let [low, high] = [0..len, len..2 * len];
        match self {
            Self::Field(values) => {
                let values = vectors(values);
                Feed::Field([&values[low], &values[high]])
            }
            Self::Int(values, _) => Feed::Int([part(*values, low), part(*values, high)]),
            Self::Stowed(..) | Self::Short(_) | Self::Eq(_) => Feed::Factored,
        }
    }

    /// Gets ready to bind `4·len` vectors to `2·len`, in place or in `room`; binds an `eq` prefix at once.
    pub(super) fn binding<'b>(
        &'b mut self,
        room: Option<&'b mut [Fr]>,
        len: usize,
        r: Fr,
    ) -> Feed<'b> {
        let quarter = |k: usize| k * len..(k + 1) * len;
        let (from, target) = match (self, room) {
            (Self::Eq(eq), _) => {
                eq.bind(r);
                return Feed::Factored;
            }
            (Self::Stowed(memory, _), _) => in_place(memory, len, Unbound::Stowed),
            (Self::Field(Cow::Owned(values)), _) => in_place(values, len, Unbound::InPlace),
            (Self::Field(Cow::Borrowed(values)), Some(room)) => {
                let values = vectors(values);
                let quarters = [0, 1, 2, 3].map(|k| &values[quarter(k)]);
                (
                    Unbound::Field(quarters),
                    &mut room.as_chunks_mut().0[..2 * len],
                )
            }
            (Self::Int(values, bits), Some(room)) => {
                let quarters = [0, 1, 2, 3].map(|k| part(*values, quarter(k)));
                (
                    Unbound::Int(quarters, *bits <= SIGNED_BITS),
                    &mut room.as_chunks_mut().0[..2 * len],
                )
            }
            (Self::Field(_) | Self::Int(..) | Self::Short(_), _) => return Feed::Factored,
        };
        let (low, high) = target.split_at_mut(len);
        Feed::Bind(Binding { from, low, high })
    }

    /// Ends a bind that left `len` vectors, in place or in `room`.
    pub(super) fn set_bound(&mut self, room: Option<Vec<Fr>>, len: usize) {
        *self = match (room, std::mem::replace(self, Self::Short(Vec::new()))) {
            (Some(memory), _) => Self::Stowed(memory, len),
            (None, Self::Stowed(memory, _) | Self::Field(Cow::Owned(memory))) => {
                Self::Stowed(memory, len)
            }
            (None, other) => other,
        };
    }
}

/// Splits `4·len` vectors into what is read only and what is overwritten.
fn in_place<'b>(
    memory: &'b mut [Fr],
    len: usize,
    unbound: impl FnOnce([&'b [Vector]; 2]) -> Unbound<'b>,
) -> (Unbound<'b>, &'b mut [Vector]) {
    let (target, upper) = memory.as_chunks_mut().0[..4 * len].split_at_mut(2 * len);
    let (c, d) = upper.split_at(len);
    (unbound([c, d]), target)
}

/// Whole vectors of a table, whose length is a power of two of at least one vector.
fn vectors(values: &[Fr]) -> &[Vector] {
    values.as_chunks().0
}

/// What a bind reads for one table.
pub(super) enum Unbound<'b> {
    /// Upper quarters in lanes; the lower ones are overwritten.
    Stowed([&'b [Vector]; 2]),
    /// Upper quarters of elements; the lower ones are overwritten.
    InPlace([&'b [Vector]; 2]),
    /// All quarters, in order.
    Field([&'b [Vector]; 4]),
    /// All quarters, in order, and whether they are small enough to multiply as integers.
    Int([IntSlice<'b>; 4], bool),
}

/// One table during a bind: what to read, and the two halves to write.
pub(super) struct Binding<'b> {
    pub(super) from: Unbound<'b>,
    pub(super) low: &'b mut [Vector],
    pub(super) high: &'b mut [Vector],
}

/// One table over a range of indices: what a round reads.
pub(super) enum Feed<'b> {
    /// First round: halves of field elements.
    Field([&'b [Vector]; 2]),
    /// First round: halves of integers.
    Int([IntSlice<'b>; 2]),
    /// Later rounds: bound while it is read.
    Bind(Binding<'b>),
    /// Never looked at.
    Factored,
}

impl Feed<'_> {
    /// Cuts off the first `len` vectors.
    pub(super) fn split(self, len: usize) -> (Self, Self) {
        match self {
            Self::Field(halves) => (
                Self::Field(halves.map(|h| &h[..len])),
                Self::Field(halves.map(|h| &h[len..])),
            ),
            Self::Int(halves) => (
                Self::Int(halves.map(|h| part(h, 0..len))),
                Self::Int(halves.map(|h| part(h, len..h.len() / WIDTH))),
            ),
            Self::Bind(Binding { from, low, high }) => {
                let (low, low_rest) = low.split_at_mut(len);
                let (high, high_rest) = high.split_at_mut(len);
                let (from, rest) = from.split(len);
                let rest = Binding {
                    from: rest,
                    low: low_rest,
                    high: high_rest,
                };
                (Self::Bind(Binding { from, low, high }), Self::Bind(rest))
            }
            Self::Factored => (Self::Factored, Self::Factored),
        }
    }
}

impl Unbound<'_> {
    fn split(self, len: usize) -> (Self, Self) {
        match self {
            Self::Stowed(quarters) => (
                Self::Stowed(quarters.map(|q| &q[..len])),
                Self::Stowed(quarters.map(|q| &q[len..])),
            ),
            Self::InPlace(quarters) => (
                Self::InPlace(quarters.map(|q| &q[..len])),
                Self::InPlace(quarters.map(|q| &q[len..])),
            ),
            Self::Field(quarters) => (
                Self::Field(quarters.map(|q| &q[..len])),
                Self::Field(quarters.map(|q| &q[len..])),
            ),
            Self::Int(quarters, small) => (
                Self::Int(quarters.map(|q| part(q, 0..len)), small),
                Self::Int(quarters.map(|q| part(q, len..q.len() / WIDTH)), small),
            ),
        }
    }
}
