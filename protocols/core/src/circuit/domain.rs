//! What values a wire can take, whatever the prover does: a few integers, an interval of integers, or anything.

use std::collections::BTreeMap;

use super::{Circuit, Layer, TermRef};
use crate::program::Range;

/// The values that a wire can take, given that inputs keep their ranges and assertions hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Domain {
    /// These integers, in increasing order.
    Set(Vec<i64>),
    /// All integers of a range.
    Interval(Range),
    /// Any field element.
    Field,
}

/// How a prover can hold the values of a wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Width {
    /// 8-bit integers.
    I8,
    /// 16-bit integers.
    I16,
    /// 32-bit integers.
    I32,
    /// 64-bit integers.
    I64,
    /// Field elements.
    Field,
}

/// Sets are kept up to this many elements.
const MAX_SET: usize = 16;
/// Gates are tried out on up to this many combinations of their wires' values.
const MAX_COMBINATIONS: usize = 1024;
/// Beyond this, sums could come near the word size or, much later, the field's characteristic.
const MAX_MAGNITUDE: i128 = 1 << 62;

impl Domain {
    /// The integers of a range; [`Range::FIELD`] stands for any field element.
    pub fn of_range(range: Range) -> Self {
        let len = range.hi.saturating_sub(range.lo);
        if range == Range::FIELD {
            Self::Field
        } else if (0..MAX_SET as i64).contains(&len) {
            Self::Set((range.lo..=range.hi).collect())
        } else {
            Self::Interval(range)
        }
    }

    /// The smallest range that holds all values; [`Range::FIELD`] if there is none.
    pub fn range(&self) -> Range {
        match self {
            Self::Set(values) => match (values.first(), values.last()) {
                (Some(&lo), Some(&hi)) => Range::new(lo, hi),
                _ => Range::new(0, 0),
            },
            Self::Interval(range) => *range,
            Self::Field => Range::FIELD,
        }
    }

    /// The narrowest representation of all values.
    pub fn width(&self) -> Width {
        let range = self.range();
        let fits = |bits: u32| {
            Range::new(-(1i64 << (bits - 1)), (1i64 << (bits - 1)) - 1).encloses(&range)
        };
        match self {
            Self::Field => Width::Field,
            _ if fits(8) => Width::I8,
            _ if fits(16) => Width::I16,
            _ if fits(32) => Width::I32,
            _ => Width::I64,
        }
    }

    fn from_values(mut values: Vec<i64>) -> Self {
        values.sort_unstable();
        values.dedup();
        match (values.first(), values.last()) {
            (Some(&lo), Some(&hi)) if values.len() > MAX_SET => Self::Interval(Range::new(lo, hi)),
            _ => Self::Set(values),
        }
    }
}

/// The domains of the wires of level 0.
///
/// `ports` gives the range of each port, and `looked_up` the domain of the table that each output is looked up in. Wires that a
/// boolean assertion `c·(x² − x) = 0` of the first layer names are 0 or 1.
pub fn bottom_domains(
    circuit: &Circuit,
    ports: &[Range],
    looked_up: &[Option<Range>],
) -> Vec<Domain> {
    let mut bottom: Vec<Domain> = circuit
        .ports()
        .zip(ports)
        .flat_map(|(port, &range)| vec![Domain::of_range(range); port.len as usize])
        .collect();
    if let Some(first) = circuit.producer(1) {
        for wire in boolean_wires(circuit, first) {
            if let Some(domain) = bottom.get_mut(wire as usize) {
                *domain = Domain::Set(vec![0, 1]);
            }
        }
    }
    for (output, range) in circuit.outputs.iter().zip(looked_up) {
        let (0, Some(range)) = (output.level, range) else {
            continue;
        };
        for &wire in &output.wires {
            if let Some(domain) = bottom
                .get_mut(wire as usize)
                .filter(|d| **d == Domain::Field)
            {
                *domain = Domain::of_range(*range);
            }
        }
    }
    bottom
}

/// The domains of all wires, level by level, from the ranges of the ports.
///
/// # Cost
/// A few operations per term; gates over few values are tried out, up to 1024 combinations each.
pub fn domains(
    circuit: &Circuit,
    ports: &[Range],
    looked_up: &[Option<Range>],
) -> Vec<Vec<Domain>> {
    let mut levels = vec![bottom_domains(circuit, ports, looked_up)];
    for level in 1..circuit.levels() {
        let (Some(layer), Some(below)) = (circuit.producer(level), levels.last()) else {
            break;
        };
        let mut gates = vec![Domain::Set(vec![0]); layer.gates() as usize];
        for (gate, terms) in layer.by_gate() {
            if let Some(slot) = gates.get_mut(gate as usize) {
                *slot = gate_domain(circuit, &terms, below);
            }
        }
        levels.push(gates);
    }
    levels
}

/// Wires of level 0 that an assertion of `layer` makes 0 or 1.
fn boolean_wires(circuit: &Circuit, layer: &Layer) -> Vec<u32> {
    let is_boolean = |terms: &[TermRef<'_>]| -> Option<u32> {
        let (linear, square) = match terms {
            [a, b] if a.wires.len() == 1 => (a, b),
            [b, a] => (a, b),
            _ => return None,
        };
        let &[wire] = linear.wires else { return None };
        if square.wires != [wire, wire] {
            return None;
        }
        let value =
            |term: &TermRef<'_>| circuit.constants.get(term.coefficient as usize)?.to_field();
        let (a, b) = (value(linear)?, value(square)?);
        (a == -b && a != b).then_some(wire)
    };
    layer
        .by_gate()
        .iter()
        .filter(|(gate, _)| *gate >= layer.gates())
        .filter_map(|(_, terms)| is_boolean(terms))
        .collect()
}

fn gate_domain(circuit: &Circuit, terms: &[TermRef<'_>], below: &[Domain]) -> Domain {
    let ratios: Option<Vec<(i64, i64)>> = terms
        .iter()
        .map(|term| circuit.constants.get(term.coefficient as usize)?.ratio())
        .collect();
    let Some(ratios) = ratios else {
        return Domain::Field;
    };
    // One linear term is by far the most common gate.
    if let ([term], [(1, 1)]) = (terms, ratios.as_slice())
        && let &[wire] = term.wires
    {
        return below.get(wire as usize).cloned().unwrap_or(Domain::Field);
    }
    try_out(terms, &ratios, below)
        .or_else(|| interval(terms, &ratios, below))
        .unwrap_or(Domain::Field)
}

/// Evaluates the gate on all combinations of its wires' values, if they are few.
fn try_out(terms: &[TermRef<'_>], ratios: &[(i64, i64)], below: &[Domain]) -> Option<Domain> {
    let mut places: BTreeMap<u32, usize> = BTreeMap::new();
    let mut sets: Vec<&[i64]> = Vec::new();
    let mut combinations = 1usize;
    for &wire in terms.iter().flat_map(|term| term.wires) {
        if places.contains_key(&wire) {
            continue;
        }
        let Domain::Set(values) = below.get(wire as usize)? else {
            return None;
        };
        combinations = combinations.checked_mul(values.len())?;
        if combinations > MAX_COMBINATIONS {
            return None;
        }
        places.insert(wire, sets.len());
        sets.push(values);
    }
    let common = ratios.iter().try_fold(1i128, |common, &(_, d)| {
        let common = common.checked_mul(i128::from(d))?;
        (common < MAX_MAGNITUDE).then_some(common)
    })?;
    let mut values = Vec::with_capacity(combinations);
    for combination in 0..combinations {
        let mut rest = combination;
        let chosen: Vec<i64> = sets
            .iter()
            .map(|set| {
                let value = set.get(rest % set.len()).copied();
                rest /= set.len();
                value
            })
            .collect::<Option<_>>()?;
        let mut sum = 0i128;
        for (term, &(numerator, denominator)) in terms.iter().zip(ratios) {
            let mut product = i128::from(numerator) * (common / i128::from(denominator));
            for wire in term.wires {
                let value = chosen.get(*places.get(wire)?)?;
                product = product.checked_mul(i128::from(*value))?;
            }
            sum = sum.checked_add(product)?;
        }
        if sum % common != 0 || (sum / common).abs() >= MAX_MAGNITUDE {
            return None;
        }
        values.push((sum / common) as i64);
    }
    Some(Domain::from_values(values))
}

/// Interval arithmetic, term by term.
fn interval(terms: &[TermRef<'_>], ratios: &[(i64, i64)], below: &[Domain]) -> Option<Domain> {
    let (mut lo, mut hi) = (0i128, 0i128);
    for (term, &(numerator, denominator)) in terms.iter().zip(ratios) {
        if denominator != 1 {
            return None;
        }
        let (mut low, mut high) = (i128::from(numerator), i128::from(numerator));
        for &wire in term.wires {
            let domain = below.get(wire as usize)?;
            if *domain == Domain::Field {
                return None;
            }
            let range = domain.range();
            let corners = [
                low.checked_mul(i128::from(range.lo))?,
                low.checked_mul(i128::from(range.hi))?,
                high.checked_mul(i128::from(range.lo))?,
                high.checked_mul(i128::from(range.hi))?,
            ];
            low = *corners.iter().min()?;
            high = *corners.iter().max()?;
            if low.abs().max(high.abs()) >= MAX_MAGNITUDE {
                return None;
            }
        }
        lo += low;
        hi += high;
    }
    let fits = lo.abs().max(hi.abs()) < MAX_MAGNITUDE;
    fits.then(|| Domain::Interval(Range::new(lo as i64, hi as i64)))
}
