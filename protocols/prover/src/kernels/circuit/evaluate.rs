//! From one level to the next: gates over rows of instances.
//!
//! Integer gates are computed modulo `2^bits` of the width that their result is known to fit, where sums and products
//! are right whatever overflows on the way; only fractions need room for the sum before it is divided.

use kernelwise_core::circuit::{Layer, TermRef, Width};
use kernelwise_core::field::{AdditiveGroup, Fr};
use kernelwise_hal::IntSlice;
use rayon::prelude::*;

use super::levels::{Level, Row};
use super::spares::Spares;

/// Rows shorter than this in all are not worth a second thread.
pub(super) const PARALLEL_VALUES: usize = 1 << 14;

/// A coefficient in both forms.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coefficient {
    pub(crate) ratio: Option<(i64, i64)>,
    pub(crate) field: Fr,
}

/// The gates of `layer` for every instance of the level below, in memory that is no longer needed.
pub(super) fn next_level(
    layer: &Layer,
    coefficients: &[Coefficient],
    below: &Level,
    widths: &[Width],
    spares: &mut Spares,
) -> Level {
    let terms: Vec<TermRef<'_>> = layer.terms().collect();
    let mut starts = vec![0u32; layer.gates() as usize + 1];
    for term in &terms {
        if let Some(count) = starts.get_mut(term.gate as usize + 1) {
            *count += 1;
        }
    }
    for gate in 1..starts.len() {
        starts[gate] += starts[gate - 1];
    }
    let gate_terms =
        |gate: u32| &terms[starts[gate as usize] as usize..starts[gate as usize + 1] as usize];
    let instances = below.instances();
    let mut level = Level::zeros(widths, instances, spares);
    let wires = super::levels::WIDTHS.map(|width| level.wires_of(width));
    let rows = level.rows_mut();
    macro_rules! fill {
        ($rows:expr, $wires:expr, $gate:expr) => {
            if $rows.len() < PARALLEL_VALUES {
                $rows
                    .chunks_exact_mut(instances)
                    .zip($wires)
                    .for_each(|(row, &wire)| $gate(row, gate_terms(wire)));
            } else {
                $rows
                    .par_chunks_exact_mut(instances)
                    .zip($wires)
                    .for_each(|(row, &wire)| $gate(row, gate_terms(wire)));
            }
        };
    }
    fill!(rows.i8, &wires[0], |row: &mut [i8], terms| integer_gate(
        row,
        terms,
        coefficients,
        below
    ));
    fill!(rows.i16, &wires[1], |row: &mut [i16], terms| integer_gate(
        row,
        terms,
        coefficients,
        below
    ));
    fill!(rows.i32, &wires[2], |row: &mut [i32], terms| integer_gate(
        row,
        terms,
        coefficients,
        below
    ));
    fill!(rows.i64, &wires[3], |row: &mut [i64], terms| integer_gate(
        row,
        terms,
        coefficients,
        below
    ));
    fill!(rows.field, &wires[4], |row: &mut [Fr], terms| field_gate(
        row,
        terms,
        coefficients,
        below
    ));
    level
}

/// Integers modulo a power of two.
pub(super) trait Cell: Copy + Default + Send + Sync {
    /// Twice as many bits, up to 64.
    type Wide: Cell;
    fn cast(value: i64) -> Self;
    fn add(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn widen(self) -> i64;
}

macro_rules! cell {
    ($($t:ty => $wide:ty),*) => {$(
        impl Cell for $t {
            type Wide = $wide;
            fn cast(value: i64) -> Self {
                value as Self
            }
            fn add(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            fn mul(self, other: Self) -> Self {
                self.wrapping_mul(other)
            }
            fn widen(self) -> i64 {
                i64::from(self)
            }
        }
    )*};
}
cell!(i8 => i16, i16 => i32, i32 => i64, i64 => i64);

/// Instances computed at a time: a gate's intermediate results stay in a few vector registers.
const BLOCK: usize = 64;

fn integer_gate<T: Cell>(
    row: &mut [T],
    terms: &[TermRef<'_>],
    coefficients: &[Coefficient],
    below: &Level,
) {
    let ratio = |term: &TermRef<'_>| {
        coefficients
            .get(term.coefficient as usize)
            .and_then(|c| c.ratio)
            .unwrap_or((0, 1))
    };
    let common: i64 = terms.iter().map(ratio).fold(1, |common, (_, d)| {
        if common % d == 0 {
            common
        } else {
            common.saturating_mul(d)
        }
    });
    let scaled = |term: &TermRef<'_>| {
        let (numerator, denominator) = ratio(term);
        numerator.wrapping_mul(common / denominator)
    };
    for (index, out) in row.chunks_mut(BLOCK).enumerate() {
        let start = index * BLOCK;
        match common {
            1 => sum_terms(out, terms, scaled, below, start),
            // The result fits `T`, its multiple fits twice the width for small denominators.
            2..=127 => divided::<T, T::Wide>(out, terms, scaled, below, start, common),
            _ => divided::<T, i64>(out, terms, scaled, below, start, common),
        }
    }
}

fn divided<T: Cell, W: Cell>(
    out: &mut [T],
    terms: &[TermRef<'_>],
    scaled: impl Fn(&TermRef<'_>) -> i64,
    below: &Level,
    start: usize,
    common: i64,
) {
    let mut wide = [W::default(); BLOCK];
    let wide = &mut wide[..out.len()];
    sum_terms(wide, terms, scaled, below, start);
    let zip = out.iter_mut().zip(&*wide);
    if common == 2 {
        zip.for_each(|(out, sum)| *out = T::cast(sum.widen() >> 1));
    } else {
        zip.for_each(|(out, sum)| *out = T::cast(sum.widen() / common));
    }
}

/// Adds all terms to a block of zeros that starts at instance `start`.
fn sum_terms<T: Cell>(
    block: &mut [T],
    terms: &[TermRef<'_>],
    coefficient: impl Fn(&TermRef<'_>) -> i64,
    below: &Level,
    start: usize,
) {
    let mut product = [T::default(); BLOCK];
    let product = &mut product[..block.len()];
    for term in terms {
        let factor = T::cast(coefficient(term));
        match term.wires {
            [] => block.iter_mut().for_each(|sum| *sum = sum.add(factor)),
            &[wire] => each(below.row(wire), start, block, |sum, value| {
                sum.add(factor.mul(value))
            }),
            &[first, ref middle @ .., last] => {
                each(below.row(first), start, product, |_, value| {
                    factor.mul(value)
                });
                for &wire in middle {
                    each(below.row(wire), start, product, T::mul);
                }
                each(below.row(last), start, product, T::mul);
                block
                    .iter_mut()
                    .zip(&*product)
                    .for_each(|(sum, &value)| *sum = sum.add(value));
            }
        }
    }
}

/// Combines a block with the values of a row from instance `start` on.
fn each<T: Cell>(source: Row<'_>, start: usize, block: &mut [T], f: impl Fn(T, T) -> T) {
    macro_rules! zip {
        ($values:expr) => {
            block
                .iter_mut()
                .zip(&$values[start..])
                .for_each(|(out, &value)| *out = f(*out, T::cast(value.widen())))
        };
    }
    match source {
        Row::Int(IntSlice::I8(values)) => zip!(values),
        Row::Int(IntSlice::I16(values)) => zip!(values),
        Row::Int(IntSlice::I32(values)) => zip!(values),
        Row::Int(IntSlice::I64(values)) => zip!(values),
        // A gate whose result fits integers reads no field elements: its domain would be unknown.
        Row::Field(_) => {}
    }
}

fn field_gate(row: &mut [Fr], terms: &[TermRef<'_>], coefficients: &[Coefficient], below: &Level) {
    for term in terms {
        let coefficient = coefficients
            .get(term.coefficient as usize)
            .map_or(Fr::ZERO, |c| c.field);
        let rows: Vec<Row<'_>> = term.wires.iter().map(|&wire| below.row(wire)).collect();
        for (n, sum) in row.iter_mut().enumerate() {
            *sum += rows
                .iter()
                .fold(coefficient, |product, row| product * row.lift(n));
        }
    }
}
