//! The forward pass of a circuit: hints, then levels, then outputs.

use kernelwise_core::circuit::{Circuit, Width};
use kernelwise_core::kernels::{CircuitLaunch, LaunchView};
use kernelwise_core::program::Shape;
use kernelwise_hal::IntSlice;
use rayon::prelude::*;

use super::advice::{hints, to_integer};
use super::evaluate::{Coefficient, next_level};
use super::levels::{Level, Row};
use crate::error::ProveError;
use crate::tensor::IntTensor;

/// Values of all outputs, then of all hint ports.
pub(crate) fn execute(
    kernel: &CircuitLaunch,
    view: &LaunchView<'_>,
    widths: &[Vec<Width>],
    inputs: &[&IntTensor],
) -> Result<Vec<Vec<i64>>, ProveError> {
    let circuit = circuit_of(kernel, view)?;
    let coefficients = coefficients(circuit);
    let hints = all_hints(kernel, view, circuit, &coefficients, inputs)?;
    let all = vec![true; kernel.grid.rank()];
    let mut ports: Vec<Vec<i64>> = circuit
        .hints
        .iter()
        .map(|port| Vec::with_capacity(kernel.grid.len() * port.len as usize))
        .collect();
    for instance in hints.chunks_exact(circuit.advice.wires.len().max(1)) {
        let mut rest = instance;
        for (values, port) in ports.iter_mut().zip(&circuit.hints) {
            let (own, tail) = rest.split_at(port.len as usize);
            values.extend_from_slice(own);
            rest = tail;
        }
    }
    let tensors: Vec<IntTensor> = ports
        .iter()
        .zip(&circuit.hints)
        .map(|(values, port)| IntTensor::fitting(kernel.tensor_shape(port, &all), values))
        .collect();
    let all_ports: Vec<&IntTensor> = inputs.iter().copied().chain(&tensors).collect();
    let levels = evaluate(kernel, circuit, &coefficients, widths, &all_ports)?;
    let instances = padded_instances(&kernel.grid);
    let mut outputs = Vec::with_capacity(circuit.outputs.len() + ports.len());
    for output in &circuit.outputs {
        let level = levels
            .get(output.level as usize)
            .ok_or(ProveError::Internal("a circuit without a level"))?;
        let rows: Vec<Row<'_>> = output.wires.iter().map(|&wire| level.row(wire)).collect();
        let mut values = vec![0; instances.len() * rows.len()];
        for (x, row) in rows.iter().enumerate() {
            for (slot, &n) in values
                .iter_mut()
                .skip(x)
                .step_by(rows.len())
                .zip(&instances)
            {
                *slot = match row {
                    Row::Int(row) => row.get(n),
                    Row::Field(row) => row.get(n).and_then(|&value| to_integer(value)),
                }
                .ok_or_else(|| ProveError::Hint {
                    launch: view.launch.name.clone(),
                    problem: "an output is no 64-bit integer",
                })?;
            }
        }
        outputs.push(values);
    }
    outputs.extend(ports);
    Ok(outputs)
}

/// All levels, from the tensors bound to the ports of level 0.
pub(super) fn evaluate(
    kernel: &CircuitLaunch,
    circuit: &Circuit,
    coefficients: &[Coefficient],
    widths: &[Vec<Width>],
    ports: &[&IntTensor],
) -> Result<Vec<Level>, ProveError> {
    let missing = ProveError::Internal("a circuit without widths");
    let mut levels = Vec::with_capacity(circuit.levels());
    let bottom = bottom(
        kernel,
        circuit,
        widths.first().ok_or(missing.clone())?,
        ports,
    );
    // Values outside what validation proved are a cheat's; everything is held as it is, then.
    let honest = bottom.is_some();
    levels.push(match bottom {
        Some(level) => level,
        None => self::bottom(
            kernel,
            circuit,
            &vec![Width::Field; circuit.width(0)],
            ports,
        )
        .ok_or(missing.clone())?,
    });
    for level in 1..circuit.levels() {
        let (Some(layer), Some(below)) = (circuit.producer(level), levels.last()) else {
            return Err(missing);
        };
        let any = vec![Width::Field; layer.gates() as usize];
        let widths = if honest {
            widths.get(level).ok_or(missing.clone())?
        } else {
            &any
        };
        levels.push(next_level(layer, coefficients, below, widths));
    }
    Ok(levels)
}

/// Level 0; `None` if a value does not fit its wire's width.
fn bottom(
    kernel: &CircuitLaunch,
    circuit: &Circuit,
    widths: &[Width],
    ports: &[&IntTensor],
) -> Option<Level> {
    let padded: usize = kernel.grid.padded_len();
    let mut level = Level::zeros(widths, padded);
    let all = vec![true; kernel.grid.rank()];
    let places = super::levels::WIDTHS.map(|width| level.wires_of(width));
    let mut row_of = vec![0usize; circuit.width(0)];
    for wires in &places {
        for (row, &wire) in wires.iter().enumerate() {
            *row_of.get_mut(wire as usize)? = row;
        }
    }
    let mut start = 0;
    for (index, (port, tensor)) in circuit.ports().zip(ports).enumerate() {
        let len = port.len as usize;
        let offsets = offsets(&kernel.grid, kernel.axes.get(index).unwrap_or(&all));
        let values = tensor.as_slice();
        for x in 0..len {
            let (wire, width) = (start + x, *widths.get(start + x)?);
            let range = row_of[wire] * padded..(row_of[wire] + 1) * padded;
            let rows = level.rows_mut();
            let source = offsets.iter().map(|&offset| offset * len + x);
            match width {
                Width::I8 => gather(values, source, rows.i8.get_mut(range)?)?,
                Width::I16 => gather(values, source, rows.i16.get_mut(range)?)?,
                Width::I32 => gather(values, source, rows.i32.get_mut(range)?)?,
                Width::I64 => gather(values, source, rows.i64.get_mut(range)?)?,
                Width::Field => {
                    for (slot, index) in rows.field.get_mut(range)?.iter_mut().zip(source) {
                        *slot = values.get(index)?.into();
                    }
                }
            }
        }
        start += len;
    }
    Some(level)
}

fn gather<T: TryFrom<i64>>(
    values: IntSlice<'_>,
    source: impl Iterator<Item = usize>,
    row: &mut [T],
) -> Option<()> {
    for (slot, index) in row.iter_mut().zip(source) {
        *slot = T::try_from(values.get(index)?).ok()?;
    }
    Some(())
}

/// For each padded instance, the index of its element in a tensor that has the axes named by `kept`; padded instances
/// copy index 0 of the padded axes.
fn offsets(grid: &Shape, kept: &[bool]) -> Vec<usize> {
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

/// The padded index of each logical instance.
fn padded_instances(grid: &Shape) -> Vec<usize> {
    let mut indices = vec![0usize];
    for &dim in grid.dims() {
        let size = dim.next_power_of_two();
        indices = indices
            .iter()
            .flat_map(|&base| (0..dim).map(move |i| base * size + i))
            .collect();
    }
    indices
}

fn all_hints(
    kernel: &CircuitLaunch,
    view: &LaunchView<'_>,
    circuit: &Circuit,
    coefficients: &[Coefficient],
    inputs: &[&IntTensor],
) -> Result<Vec<i64>, ProveError> {
    if circuit.advice.wires.is_empty() {
        return Ok(Vec::new());
    }
    let tables: Vec<_> = kernel
        .tables
        .iter()
        .filter_map(|&id| view.graph.table(id))
        .collect();
    let instances = padded_instances(&kernel.grid);
    let offsets: Vec<Vec<usize>> = kernel
        .axes
        .iter()
        .map(|kept| offsets(&kernel.grid, kept))
        .collect();
    let found: Vec<Vec<i64>> = instances
        .par_iter()
        .map(|&n| {
            let mut values = Vec::with_capacity(circuit.input_width());
            for ((port, tensor), offsets) in circuit.inputs.iter().zip(inputs).zip(&offsets) {
                let start = offsets[n] * port.len as usize;
                values.extend(
                    (start..start + port.len as usize)
                        .filter_map(|index| tensor.as_slice().get(index)),
                );
            }
            hints(&view.launch.name, circuit, coefficients, &tables, &values)
        })
        .collect::<Result<_, _>>()?;
    Ok(found.concat())
}

/// The circuit of a launch.
pub(super) fn circuit_of<'a>(
    kernel: &CircuitLaunch,
    view: &LaunchView<'a>,
) -> Result<&'a Circuit, ProveError> {
    kernel
        .circuit(view)
        .ok_or(ProveError::Internal("a launch without its circuit"))
}

/// The coefficients of a circuit in both forms.
pub(super) fn coefficients(circuit: &Circuit) -> Vec<Coefficient> {
    let both = |(constant, field): (&kernelwise_core::circuit::Constant, _)| Coefficient {
        ratio: constant.ratio(),
        field,
    };
    circuit
        .constants
        .iter()
        .zip(CircuitLaunch::constants(circuit))
        .map(both)
        .collect()
}
