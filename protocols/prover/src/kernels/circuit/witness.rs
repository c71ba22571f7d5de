//! The forward pass of a circuit: hints, then levels, then outputs.

use kernelwise_core::Values;
use kernelwise_core::circuit::{Circuit, Width};
use kernelwise_core::field::Fr;
use kernelwise_core::kernels::{CircuitLaunch, LaunchView};
use kernelwise_core::program::{Range, Shape};
use kernelwise_hal::{IntSlice, Scalars};
use rayon::prelude::*;

use super::advice::{Machine, to_integer};
use super::evaluate::{Coefficient, next_level};
use super::levels::{Level, Row, Rows};
use crate::error::ProveError;
use crate::hints::HintRegistry;
use crate::tensor::TensorData;

/// Values of all outputs, then of all hint ports.
pub(crate) fn execute(
    kernel: &CircuitLaunch,
    view: &LaunchView<'_>,
    widths: &[Vec<Width>],
    registry: &HintRegistry,
    inputs: &[&TensorData],
) -> Result<Vec<Values>, ProveError> {
    let circuit = circuit_of(kernel, view)?;
    let coefficients = coefficients(circuit);
    let tables = kernel.tables.iter().filter_map(|&id| view.graph.table(id));
    let machine = Machine {
        launch: &view.launch.name,
        circuit,
        coefficients: &coefficients,
        tables: &tables.collect::<Vec<_>>(),
        registry,
    };
    let hints = all_hints(kernel, &machine, inputs)?;
    let all = vec![true; kernel.grid.rank()];
    let tensors: Vec<TensorData> = hints
        .iter()
        .zip(&circuit.hints)
        .map(|(values, port)| {
            TensorData::new(
                kernel.tensor_shape(port, &all),
                values.clone(),
                &Range::FIELD,
            )
        })
        .collect();
    let ports: Vec<&TensorData> = inputs.iter().copied().chain(&tensors).collect();
    let levels = evaluate(kernel, circuit, &coefficients, widths, &ports)?;
    let instances = padded_instances(&kernel.grid);
    let mut outputs = Vec::with_capacity(circuit.outputs.len() + hints.len());
    for (index, output) in circuit.outputs.iter().enumerate() {
        let level = levels
            .get(output.level as usize)
            .ok_or(ProveError::Internal("a circuit without a level"))?;
        let rows: Vec<Row<'_>> = output.wires.iter().map(|&wire| level.row(wire)).collect();
        let integers: Option<Vec<i64>> = by_instance(&rows, &instances)
            .map(|(row, n)| match row {
                Row::Int(row) => row.get(n),
                Row::Field(row) => row.get(n).and_then(|&value| to_integer(value)),
            })
            .collect();
        let range = view
            .launch
            .outputs
            .get(index)
            .and_then(|&id| view.graph.tensor(id));
        outputs.push(match integers {
            Some(integers) => Values::Int(integers),
            None if range.is_some_and(|tensor| tensor.range == Range::FIELD) => Values::Field(
                by_instance(&rows, &instances)
                    .map(|(row, n)| row.lift(n))
                    .collect(),
            ),
            None => {
                return Err(ProveError::Hint {
                    launch: view.launch.name.clone(),
                    problem: "an output is no 64-bit integer",
                });
            }
        });
    }
    outputs.extend(hints);
    Ok(outputs)
}

/// All values of an output, instance by instance.
fn by_instance<'r, 'a>(
    rows: &'r [Row<'a>],
    instances: &'r [usize],
) -> impl Iterator<Item = (Row<'a>, usize)> + 'r {
    instances
        .iter()
        .flat_map(move |&n| rows.iter().map(move |&row| (row, n)))
}

/// All levels, from the tensors bound to the ports of level 0.
pub(super) fn evaluate(
    kernel: &CircuitLaunch,
    circuit: &Circuit,
    coefficients: &[Coefficient],
    widths: &[Vec<Width>],
    ports: &[&TensorData],
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
    ports: &[&TensorData],
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
        for x in 0..len {
            let (wire, width) = (start + x, *widths.get(start + x)?);
            let range = row_of[wire] * padded..(row_of[wire] + 1) * padded;
            let source = offsets.iter().map(|&offset| offset * len + x);
            fill(level.rows_mut(), width, range, tensor, source)?;
        }
        start += len;
    }
    Some(level)
}

/// Fills one row; `None` if a value does not fit the width.
fn fill(
    rows: &mut Rows,
    width: Width,
    range: std::ops::Range<usize>,
    tensor: &TensorData,
    source: impl Iterator<Item = usize>,
) -> Option<()> {
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
    match (tensor.scalars(), width) {
        (Scalars::Int(values), Width::I8) => gather(values, source, rows.i8.get_mut(range)?),
        (Scalars::Int(values), Width::I16) => gather(values, source, rows.i16.get_mut(range)?),
        (Scalars::Int(values), Width::I32) => gather(values, source, rows.i32.get_mut(range)?),
        (Scalars::Int(values), Width::I64) => gather(values, source, rows.i64.get_mut(range)?),
        (Scalars::Int(values), Width::Field) => {
            for (slot, index) in rows.field.get_mut(range)?.iter_mut().zip(source) {
                *slot = values.get(index)?.into();
            }
            Some(())
        }
        (Scalars::Fr(values), Width::Field) => {
            for (slot, index) in rows.field.get_mut(range)?.iter_mut().zip(source) {
                *slot = *values.get(index)?;
            }
            Some(())
        }
        _ => None,
    }
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
    machine: &Machine<'_>,
    inputs: &[&TensorData],
) -> Result<Vec<Values>, ProveError> {
    let circuit = machine.circuit;
    if circuit.advice.wires.is_empty() {
        return Ok(Vec::new());
    }
    let instances = padded_instances(&kernel.grid);
    let offsets: Vec<Vec<usize>> = kernel
        .axes
        .iter()
        .map(|kept| offsets(&kernel.grid, kept))
        .collect();
    let found: Vec<Values> = instances
        .par_iter()
        .map(|&n| {
            let mut values = Vec::with_capacity(circuit.input_width());
            for ((port, tensor), offsets) in circuit.inputs.iter().zip(inputs).zip(&offsets) {
                let start = offsets[n] * port.len as usize;
                let wires = start..start + port.len as usize;
                values.extend(wires.filter_map(|index| tensor.element(index)));
            }
            machine.run(&values)
        })
        .collect::<Result<_, _>>()?;
    let mut start = 0;
    let ports = circuit.hints.iter().map(|port| {
        let range = start..start + port.len as usize;
        start = range.end;
        let integers: Option<Vec<&[i64]>> = found
            .iter()
            .map(|values| values.as_integers()?.get(range.clone()))
            .collect();
        match integers {
            Some(integers) => Values::Int(integers.concat()),
            None => {
                let own =
                    |values: &Values| values.to_field().get(range.clone()).map(<[Fr]>::to_vec);
                Values::Field(found.iter().filter_map(own).flatten().collect())
            }
        }
    });
    Ok(ports.collect())
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
