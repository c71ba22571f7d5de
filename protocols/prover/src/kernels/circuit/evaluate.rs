//! From one level to the next: gates over rows of instances.
//!
//! Integer gates are computed modulo `2^bits` of the width that their result is known to fit, where sums and products
//! are right whatever overflows on the way; only fractions need room for the sum before it is divided.

use kernelwise_core::circuit::{Layer, TermRef, Width};
use kernelwise_core::field::{AdditiveGroup, Fr};
use kernelwise_hal::IntSlice;
use rayon::prelude::*;

use super::levels::{Level, Row};

/// Rows shorter than this in all are not worth a second thread.
const PARALLEL_VALUES: usize = 1 << 14;

/// A coefficient in both forms.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coefficient {
    pub(crate) ratio: Option<(i64, i64)>,
    pub(crate) field: Fr,
}

/// The gates of `layer` for every instance of the level below.
pub(crate) fn next_level(
    layer: &Layer,
    coefficients: &[Coefficient],
    below: &Level,
    widths: &[Width],
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
    let mut level = Level::zeros(widths, instances);
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
    fn cast(value: i64) -> Self;
    fn add(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn widen(self) -> i64;
}

macro_rules! cell {
    ($($t:ty),*) => {$(
        impl Cell for $t {
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
cell!(i8, i16, i32, i64);

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
    let common: i64 = terms
        .iter()
        .map(ratio)
        .fold(1, |common, (_, d)| common.saturating_mul(d));
    if common != 1 {
        let mut wide = vec![0i64; row.len()];
        sum_terms(
            &mut wide,
            terms,
            |term| {
                let (numerator, denominator) = ratio(term);
                numerator.wrapping_mul(common / denominator)
            },
            below,
        );
        row.iter_mut()
            .zip(wide)
            .for_each(|(out, sum)| *out = T::cast(sum / common));
        return;
    }
    sum_terms(row, terms, |term| ratio(term).0, below);
}

/// Adds all terms to a row of zeros.
fn sum_terms<T: Cell>(
    row: &mut [T],
    terms: &[TermRef<'_>],
    coefficient: impl Fn(&TermRef<'_>) -> i64,
    below: &Level,
) {
    let mut product = Vec::new();
    for term in terms {
        let factor = T::cast(coefficient(term));
        match term.wires {
            [] => row.iter_mut().for_each(|sum| *sum = sum.add(factor)),
            &[wire] => each(below.row(wire), row, |sum, value| {
                sum.add(factor.mul(value))
            }),
            &[first, ref rest @ ..] => {
                product.clear();
                product.resize(row.len(), factor);
                each(below.row(first), &mut product, T::mul);
                for &wire in rest {
                    each(below.row(wire), &mut product, T::mul);
                }
                row.iter_mut()
                    .zip(&product)
                    .for_each(|(sum, &value)| *sum = sum.add(value));
            }
        }
    }
}

/// Combines a row with another one, value by value.
fn each<T: Cell>(source: Row<'_>, row: &mut [T], f: impl Fn(T, T) -> T) {
    macro_rules! zip {
        ($values:expr) => {
            row.iter_mut()
                .zip($values)
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
