//! Level 0 of a launch: the elements of its tensors, instance by instance.

use kernelwise_core::circuit::{Circuit, Width};
use kernelwise_core::field::Fr;
use kernelwise_core::kernels::CircuitLaunch;
use kernelwise_core::program::Shape;
use kernelwise_hal::{IntSlice, Scalars};
use rayon::prelude::*;

use super::evaluate::PARALLEL_VALUES;
use super::levels::{Level, WIDTHS};
use super::spares::Spares;
use crate::tensor::TensorData;

/// Level 0; `None` if a value does not fit its wire's width.
pub(super) fn bottom(
    kernel: &CircuitLaunch,
    circuit: &Circuit,
    widths: &[Width],
    ports: &[&TensorData],
    spares: &mut Spares,
) -> Option<Level> {
    let padded: usize = kernel.grid.padded_len();
    let all = vec![true; kernel.grid.rank()];
    let offsets: Vec<Vec<usize>> = (0..circuit.ports().count())
        .map(|index| offsets(&kernel.grid, kernel.axes.get(index).unwrap_or(&all)))
        .collect();
    let ports = circuit.ports().zip(ports).zip(&offsets);
    let sources: Vec<Source<'_>> = ports
        .flat_map(|((port, tensor), offsets)| {
            let len = port.len as usize;
            (0..len).map(move |element| Source {
                scalars: tensor.scalars(),
                offsets,
                len,
                element,
            })
        })
        .collect();
    let mut level = Level::zeros(widths, padded, spares);
    let wires = WIDTHS.map(|width| level.wires_of(width));
    let of = |width: usize| wires[width].iter().map(|&wire| sources.get(wire as usize));
    let sources: [Option<Vec<&Source<'_>>>; 5] = std::array::from_fn(|width| of(width).collect());
    let [i8, i16, i32, i64, field] = sources;
    let rows = level.rows_mut();
    fill_rows(&mut rows.i8, padded, &i8?, Source::integers)?;
    fill_rows(&mut rows.i16, padded, &i16?, Source::integers)?;
    fill_rows(&mut rows.i32, padded, &i32?, Source::integers)?;
    fill_rows(&mut rows.i64, padded, &i64?, Source::integers)?;
    fill_rows(&mut rows.field, padded, &field?, Source::elements)?;
    Some(level)
}

/// Where the values of a wire of level 0 come from.
struct Source<'a> {
    scalars: Scalars<'a>,
    /// By padded instance.
    offsets: &'a [usize],
    /// Elements of an instance, and which of them this is.
    len: usize,
    element: usize,
}

impl Source<'_> {
    fn places(&self) -> impl Iterator<Item = usize> {
        let place = |&offset: &usize| offset * self.len + self.element;
        self.offsets.iter().map(place)
    }

    /// `None` if a value does not fit.
    fn integers<T: TryFrom<i64>>(&self, row: &mut [T]) -> Option<()> {
        fn gather<S: Copy + Into<i64>, T: TryFrom<i64>>(
            values: &[S],
            places: impl Iterator<Item = usize>,
            row: &mut [T],
        ) -> Option<()> {
            for (slot, place) in row.iter_mut().zip(places) {
                *slot = T::try_from((*values.get(place)?).into()).ok()?;
            }
            Some(())
        }
        match self.scalars {
            Scalars::Int(IntSlice::I8(values)) => gather(values, self.places(), row),
            Scalars::Int(IntSlice::I16(values)) => gather(values, self.places(), row),
            Scalars::Int(IntSlice::I32(values)) => gather(values, self.places(), row),
            Scalars::Int(IntSlice::I64(values)) => gather(values, self.places(), row),
            Scalars::Fr(_) | Scalars::Bits(_) => None,
        }
    }

    fn elements(&self, row: &mut [Fr]) -> Option<()> {
        for (slot, place) in row.iter_mut().zip(self.places()) {
            *slot = match self.scalars {
                Scalars::Int(values) => values.get(place)?.into(),
                Scalars::Fr(values) => *values.get(place)?,
                Scalars::Bits(values) => (*values.get(place)?).into(),
            };
        }
        Some(())
    }
}

/// Fills rows of `len` values, each from its source.
fn fill_rows<'a, T: Send>(
    rows: &mut [T],
    len: usize,
    sources: &[&Source<'a>],
    fill: impl Fn(&Source<'a>, &mut [T]) -> Option<()> + Sync,
) -> Option<()> {
    rows.par_chunks_exact_mut(len)
        .zip(sources)
        .with_min_len(PARALLEL_VALUES.div_ceil(len))
        .try_for_each(|(row, source)| fill(source, row))
}

/// For each padded instance, the index of its element in a tensor that has the axes named by `kept`; padded instances
/// copy index 0 of the padded axes.
pub(super) fn offsets(grid: &Shape, kept: &[bool]) -> Vec<usize> {
    let mut offsets = vec![0usize];
    for (&dim, &kept) in grid.dims().iter().zip(kept) {
        let axis = 0..dim.next_power_of_two();
        offsets = offsets
            .iter()
            .flat_map(|&base| {
                axis.clone().map(move |i| {
                    let i = if i < dim { i } else { 0 };
                    if kept { base * dim + i } else { base }
                })
            })
            .collect();
    }
    offsets
}
