//! The tables of a sumcheck on the card.

use std::collections::HashSet;

use kernelwise_field::{Field, Fr};
use kernelwise_hal::rounds::{EqPrefix, Group};
use kernelwise_hal::{DeviceError, IntSlice, Table};

use super::THREADS;
use super::program::Form;
use super::weights::suffix_tables;
use crate::driver::{Args, Buffer, DevicePtr, Gpu, Grid};

/// Rows of the grid in one launch at most.
const MAX_ROWS: usize = 65535;

// Kinds of entries, as the kernel has them.
const FIELD: u64 = 0;
const INT8: u64 = 1;
const INT16: u64 = 2;
const INT32: u64 = 3;
const INT64: u64 = 4;

/// A table as the kernel sees it.
#[derive(Debug, Clone, Copy)]
struct View {
    data: DevicePtr,
    bound: DevicePtr,
    kind: u64,
    /// Bits of an integer besides its sign.
    bits: u32,
}

/// What the request has in one place.
#[derive(Debug)]
enum Content {
    /// Entries on the card, seen through the view of this index.
    Entries(usize),
    /// Only its evaluation is asked for.
    Eq(EqPrefix),
}

/// All tables.
pub(super) struct Tables {
    gpu: Gpu,
    contents: Vec<Content>,
    views: Vec<View>,
    /// The views on the card; absent after they changed.
    resident: Option<Buffer<u64>>,
    /// Variables that are not bound.
    num_vars: usize,
    _memory: Memory,
}

/// What the views point into.
struct Memory {
    _fields: Buffer<Fr>,
    _eqs: Vec<Buffer<Fr>>,
    _integers: (Buffer<i8>, Buffer<i16>, Buffer<i32>, Buffer<i64>),
    /// Where tables of integers are bound to; allocated at once, so that what does not fit is refused before the first round.
    _rooms: Buffer<Fr>,
}

impl Tables {
    /// Copies `tables` to the card; `eq` tables only where they are more than the factor common to a group.
    pub(super) fn new(
        gpu: &Gpu,
        tables: &[Table<'_>],
        groups: &[Group],
        num_vars: usize,
    ) -> Result<Self, DeviceError> {
        let factors: HashSet<usize> = groups
            .iter()
            .flat_map(|group| &group.products)
            .flat_map(|product| product.factors.iter().copied())
            .collect();
        let len = 1usize << num_vars;
        let mut fields: Vec<&[Fr]> = Vec::new();
        let (mut i8s, mut i16s, mut i32s, mut i64s) = (vec![], vec![], vec![], vec![]);
        for table in tables {
            match table {
                Table::Fr(values) => fields.push(values),
                Table::Int(IntSlice::I8(values)) => i8s.push(*values),
                Table::Int(IntSlice::I16(values)) => i16s.push(*values),
                Table::Int(IntSlice::I32(values)) => i32s.push(*values),
                Table::Int(IntSlice::I64(values)) => i64s.push(*values),
                Table::Eq(_) => {}
            }
        }
        let integers = (
            gpu.upload_parts(&i8s)?,
            gpu.upload_parts(&i16s)?,
            gpu.upload_parts(&i32s)?,
            gpu.upload_parts(&i64s)?,
        );
        let fields = gpu.upload_parts(&fields)?;
        let is_int = |table: &&Table<'_>| matches!(table, Table::Int(_));
        let half = len.div_ceil(2);
        let rooms = gpu.allocate(tables.iter().filter(is_int).count() * half)?;
        let mut rooms_used = 0;
        let mut eqs = Vec::new();
        let mut next = [0; 5];
        let mut place = |kind: u64| {
            let start = next[kind as usize];
            next[kind as usize] += len;
            start
        };
        let mut contents = Vec::new();
        let mut views: Vec<View> = Vec::new();
        for (index, table) in tables.iter().enumerate() {
            let (data, kind, bits) = match table {
                Table::Fr(_) => (fields.pointer(place(FIELD)), FIELD, 0),
                Table::Int(IntSlice::I8(_)) => (integers.0.pointer(place(INT8)), INT8, 7),
                Table::Int(IntSlice::I16(_)) => (integers.1.pointer(place(INT16)), INT16, 15),
                Table::Int(IntSlice::I32(_)) => (integers.2.pointer(place(INT32)), INT32, 31),
                Table::Int(IntSlice::I64(_)) => (integers.3.pointer(place(INT64)), INT64, 63),
                Table::Eq(point) if factors.contains(&index) => {
                    let tables = suffix_tables(gpu, point, num_vars)?;
                    let data = tables.pointer(len);
                    eqs.push(tables);
                    (data, FIELD, 0)
                }
                Table::Eq(point) => {
                    contents.push(Content::Eq(EqPrefix::new(point.to_vec())));
                    continue;
                }
            };
            let bound = match kind {
                FIELD => data,
                _ => {
                    rooms_used += half;
                    rooms.pointer(rooms_used - half)
                }
            };
            contents.push(Content::Entries(views.len()));
            views.push(View {
                data,
                bound,
                kind,
                bits,
            });
        }
        Ok(Self {
            gpu: gpu.clone(),
            contents,
            views,
            resident: None,
            num_vars,
            _memory: Memory {
                _fields: fields,
                _eqs: eqs,
                _integers: integers,
                _rooms: rooms,
            },
        })
    }

    /// Number of tables.
    pub(super) fn len(&self) -> usize {
        self.contents.len()
    }

    /// Variables that are not bound.
    pub(super) fn num_vars(&self) -> usize {
        self.num_vars
    }

    /// The form of each table before it is bound by the next round. Tables without entries on the card are never operated on.
    pub(super) fn forms(&self, binds: bool) -> Vec<Form> {
        let form = |content: &Content| match content {
            Content::Entries(view) => match self.views[*view] {
                View { kind: FIELD, .. } if binds => Form::Unbound,
                View { kind: FIELD, .. } => Form::Field,
                View { bits, .. } => Form::Int(bits),
            },
            Content::Eq(_) => Form::Field,
        };
        self.contents.iter().map(form).collect()
    }

    /// The views on the card, one for each table of the request.
    pub(super) fn resident(&mut self) -> Result<DevicePtr, DeviceError> {
        let buffer = match self.resident.take() {
            Some(buffer) => buffer,
            None => {
                let null = View {
                    data: DevicePtr(0),
                    bound: DevicePtr(0),
                    kind: FIELD,
                    bits: 0,
                };
                let view = |content: &Content| match content {
                    Content::Entries(view) => self.views[*view],
                    Content::Eq(_) => null,
                };
                let words = |view: View| [view.data.0, view.bound.0, view.kind];
                let all: Vec<u64> = self.contents.iter().map(view).flat_map(words).collect();
                self.gpu.upload(&all)?
            }
        };
        let pointer = buffer.pointer(0);
        self.resident = Some(buffer);
        Ok(pointer)
    }

    /// Binds the first variable of tables of integers, which become tables of elements.
    pub(super) fn bind_integers(&mut self, r: Fr) -> Result<(), DeviceError> {
        let integers: Vec<usize> = (0..self.views.len())
            .filter(|&view| self.views[view].kind != FIELD)
            .collect();
        if integers.is_empty() {
            return Ok(());
        }
        self.bind(&integers, r)
    }

    /// Binds the first variable of all tables of elements, each in a pass of its own.
    pub(super) fn bind_fields(&mut self, r: Fr) -> Result<(), DeviceError> {
        let fields: Vec<usize> = (0..self.views.len())
            .filter(|&view| self.views[view].kind == FIELD)
            .collect();
        self.bind(&fields, r)
    }

    /// Notes that the first variable of every table is bound.
    pub(super) fn shorten(&mut self, r: Fr) {
        self.num_vars -= 1;
        for content in &mut self.contents {
            if let Content::Eq(eq) = content {
                eq.bind(r);
            }
        }
    }

    /// Binds the first variable of all tables, and copies what is left to the host: the entries of each table, or its bound prefix.
    pub(super) fn take(mut self: Box<Self>, r: Fr) -> Result<Vec<Taken>, DeviceError> {
        let half = 1usize << (self.num_vars - 1);
        let packed: Buffer<Fr> = self.gpu.allocate(self.views.len() * half)?;
        for (place, view) in self.views.iter_mut().enumerate() {
            view.bound = packed.pointer(place * half);
        }
        let (fields, integers): (Vec<usize>, Vec<usize>) =
            (0..self.views.len()).partition(|&view| self.views[view].kind == FIELD);
        self.bind(&fields, r)?;
        self.bind(&integers, r)?;
        self.shorten(r);
        let values = packed.read()?;
        let taken = |content: Content| match content {
            Content::Entries(view) => {
                Taken::Entries(values[view * half..(view + 1) * half].to_vec())
            }
            Content::Eq(eq) => Taken::Eq(eq),
        };
        Ok(self.contents.into_iter().map(taken).collect())
    }

    /// Binds the tables of these views, all of integers or all of elements, to where they say.
    fn bind(&mut self, views: &[usize], r: Fr) -> Result<(), DeviceError> {
        let half = 1usize << (self.num_vars - 1);
        let mut all = Vec::with_capacity(3 * views.len());
        let mut scale = Fr::ONE;
        for &view in views {
            let view = &mut self.views[view];
            all.extend([view.data.0, view.bound.0, view.kind]);
            if view.kind != FIELD {
                // Integers come divided by 2^256.
                scale = Fr::from(2u64).pow([256]);
            }
            view.data = view.bound;
            view.kind = FIELD;
        }
        let seen = self.gpu.upload(&all)?;
        let which = self
            .gpu
            .upload(&(0..views.len() as u32).collect::<Vec<_>>())?;
        for start in (0..views.len()).step_by(MAX_ROWS) {
            let mut grid = Grid::over(half.min(super::LANES), THREADS);
            grid.blocks[1] = (views.len() - start).min(MAX_ROWS) as u32;
            let args = Args::new()
                .buffer(&seen)
                .offset(&which, start)
                .u64(half as u64)
                .field(r * scale)
                .field(scale);
            self.gpu.launch("kw_sumcheck_bind", grid, &args)?;
        }
        self.resident = None;
        Ok(())
    }
}

/// A table that came back.
pub(super) enum Taken {
    /// Its entries.
    Entries(Vec<Fr>),
    /// An `eq` that was never a table.
    Eq(EqPrefix),
}
