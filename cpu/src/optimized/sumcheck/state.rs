//! A table between rounds, and its blocks within one.

use std::borrow::Cow;

use kernelwise_field::{AdditiveGroup, Fr};
use kernelwise_hal::{IntSlice, Table};

use super::eq::{self, EqPrefix};

/// A table between rounds.
pub(super) enum State<'a> {
    /// Bound at least once, or owned from the start: bound in place.
    Owned(Vec<Fr>),
    /// As the caller has it; the first bind makes an owned table of half the size.
    Borrowed(&'a [Fr]),
    /// Small integers, lifted by the first bind.
    Int(IntSlice<'a>),
    /// Factored out of every term that it occurs in: only its evaluation is asked for.
    Eq(EqPrefix),
}

impl<'a> State<'a> {
    /// `dense` asks for entries even of an `eq` table.
    pub(super) fn new(table: Table<'a>, dense: bool) -> Self {
        match table {
            Table::Fr(Cow::Owned(values)) => Self::Owned(values),
            Table::Fr(Cow::Borrowed(values)) => Self::Borrowed(values),
            Table::Int(values) => Self::Int(values),
            Table::Eq(point) if dense => Self::Owned(eq::table(&point)),
            Table::Eq(point) => Self::Eq(EqPrefix::new(point.into_owned())),
        }
    }

    /// The single value of a table without free variables.
    pub(super) fn value(&self) -> Fr {
        match self {
            Self::Owned(values) => values.first().copied(),
            Self::Borrowed(values) => values.first().copied(),
            Self::Int(values) => values.get(0).map(Fr::from),
            Self::Eq(eq) => Some(eq.scale()),
        }
        .unwrap_or(Fr::ZERO)
    }

    /// Both halves, of `len` entries each, before the first bind.
    pub(super) fn halves(&self, len: usize) -> Halves<'_> {
        match self {
            Self::Owned(values) => Halves::Field(&values[..len], &values[len..]),
            Self::Borrowed(values) => Halves::Field(&values[..len], &values[len..]),
            Self::Int(values) => Halves::Int(part(*values, 0..len), part(*values, len..2 * len)),
            Self::Eq(_) => Halves::Factored,
        }
    }

    /// Whether the next bind cannot be done in place.
    pub(super) fn needs_room(&self) -> bool {
        matches!(self, Self::Borrowed(_) | Self::Int(_))
    }

    /// Gets ready to bind `4·len` entries to `2·len`, in place or in `room`; binds an `eq` prefix at once.
    pub(super) fn binding<'b>(
        &'b mut self,
        room: Option<&'b mut [Fr]>,
        len: usize,
        r: Fr,
    ) -> Option<Binding<'b>> {
        let (from, target) = match self {
            Self::Eq(eq) => {
                eq.bind(r);
                return None;
            }
            Self::Owned(values) => {
                let (target, upper) = values.split_at_mut(2 * len);
                let (c, d) = upper.split_at(len);
                (Unbound::InPlace([c, d]), target)
            }
            Self::Borrowed(values) => (
                Unbound::Field([0, 1, 2, 3].map(|k| &values[k * len..(k + 1) * len])),
                room?,
            ),
            Self::Int(values) => (
                Unbound::Int([0, 1, 2, 3].map(|k| part(*values, k * len..(k + 1) * len))),
                room?,
            ),
        };
        let (low, high) = target.split_at_mut(len);
        Some(Binding { from, low, high })
    }

    /// Ends a bind that left `len` entries, in place or in `room`.
    pub(super) fn set_bound(&mut self, room: Option<Vec<Fr>>, len: usize) {
        match (room, &mut *self) {
            (Some(values), _) => *self = Self::Owned(values),
            (None, Self::Owned(values)) => values.truncate(len),
            (None, _) => {}
        }
    }

    /// Binds the only free variable.
    pub(super) fn bind_last(&mut self, r: Fr) {
        let line = |zero: Fr, one: Fr| Self::Owned(vec![zero + r * (one - zero)]);
        let bound = match self {
            Self::Eq(eq) => return eq.bind(r),
            Self::Owned(values) => values.first().zip(values.get(1)).map(|(a, b)| line(*a, *b)),
            Self::Borrowed(values) => values.first().zip(values.get(1)).map(|(a, b)| line(*a, *b)),
            Self::Int(values) => values
                .get(0)
                .zip(values.get(1))
                .map(|(a, b)| line(Fr::from(a), Fr::from(b))),
        };
        if let Some(bound) = bound {
            *self = bound;
        }
    }
}

/// The two halves of a table over a range of indices, ready to be evaluated.
#[derive(Clone, Copy)]
pub(super) enum Halves<'b> {
    Field(&'b [Fr], &'b [Fr]),
    Int(IntSlice<'b>, IntSlice<'b>),
    /// An `eq` that is factored out: never looked at.
    Factored,
}

impl<'b> Halves<'b> {
    /// The halves over the indices in `range`.
    pub(super) fn part(&self, range: std::ops::Range<usize>) -> Self {
        match *self {
            Self::Field(low, high) => Self::Field(&low[range.clone()], &high[range]),
            Self::Int(low, high) => Self::Int(part(low, range.clone()), part(high, range)),
            Self::Factored => Self::Factored,
        }
    }
}

/// What a bind reads for one table over a range of indices: the quarters that are not written.
pub(super) enum Unbound<'b> {
    /// Upper quarters; the lower ones are overwritten.
    InPlace([&'b [Fr]; 2]),
    /// All quarters, in order.
    Field([&'b [Fr]; 4]),
    /// All quarters, in order.
    Int([IntSlice<'b>; 4]),
}

/// One table over a range of indices during a bind: what to read and the two halves to write.
pub(super) struct Binding<'b> {
    pub(super) from: Unbound<'b>,
    pub(super) low: &'b mut [Fr],
    pub(super) high: &'b mut [Fr],
}

impl<'b> Binding<'b> {
    /// Cuts off the first `len` indices.
    pub(super) fn split(self, len: usize) -> (Self, Self) {
        let (low, low_rest) = self.low.split_at_mut(len);
        let (high, high_rest) = self.high.split_at_mut(len);
        let (from, from_rest) = match self.from {
            Unbound::InPlace(quarters) => (
                Unbound::InPlace(quarters.map(|q| &q[..len])),
                Unbound::InPlace(quarters.map(|q| &q[len..])),
            ),
            Unbound::Field(quarters) => (
                Unbound::Field(quarters.map(|q| &q[..len])),
                Unbound::Field(quarters.map(|q| &q[len..])),
            ),
            Unbound::Int(quarters) => (
                Unbound::Int(quarters.map(|q| part(q, 0..len))),
                Unbound::Int(quarters.map(|q| part(q, len..q.len()))),
            ),
        };
        (
            Self { from, low, high },
            Self {
                from: from_rest,
                low: low_rest,
                high: high_rest,
            },
        )
    }

    /// Binds the indices in `range` to `r` and returns their halves.
    pub(super) fn bind(&mut self, range: std::ops::Range<usize>, r: Fr) -> Halves<'_> {
        let (low, high) = (&mut self.low[range.clone()], &mut self.high[range.clone()]);
        match &self.from {
            Unbound::InPlace([c, d]) => {
                for (half, upper) in [(&mut *low, c), (&mut *high, d)] {
                    for (zero, one) in half.iter_mut().zip(&upper[range.clone()]) {
                        *zero += r * (*one - *zero);
                    }
                }
            }
            Unbound::Field([a, b, c, d]) => {
                for (half, zero, one) in [(&mut *low, a, c), (&mut *high, b, d)] {
                    let lines = zero[range.clone()].iter().zip(&one[range.clone()]);
                    for (out, (zero, one)) in half.iter_mut().zip(lines) {
                        *out = *zero + r * (*one - *zero);
                    }
                }
            }
            Unbound::Int([a, b, c, d]) => {
                for (half, zero, one) in [(&mut *low, a, c), (&mut *high, b, d)] {
                    let lines = part(*zero, range.clone())
                        .iter()
                        .zip(part(*one, range.clone()).iter());
                    for (out, (zero, one)) in half.iter_mut().zip(lines) {
                        // The difference of two 64-bit integers needs 65 bits.
                        let rise = i128::from(one) - i128::from(zero);
                        *out = Fr::from(zero) + r * Fr::from(rise);
                    }
                }
            }
        }
        Halves::Field(low, high)
    }
}

/// The part of `values` in `range`, which lies inside.
pub(super) fn part(values: IntSlice<'_>, range: std::ops::Range<usize>) -> IntSlice<'_> {
    values.slice(range).unwrap_or(IntSlice::I8(&[]))
}
