//! The forward pass of a circuit: hints, then levels, then outputs.

use kernelwise_core::Values;
use kernelwise_core::circuit::{Circuit, Width};
use kernelwise_core::field::Fr;
use kernelwise_core::kernels::{CircuitLaunch, LaunchView};
use kernelwise_core::program::{Range, Shape};
use rayon::prelude::*;

use super::advice::{Machine, to_integer};
use super::evaluate::Coefficient;
use super::forward::{Forward, offsets};
use super::levels::Row;
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
    let instances = padded_instances(&kernel.grid);
    let mut outputs: Vec<Option<Values>> = vec![None; circuit.outputs.len()];
    let machine = Forward {
        kernel,
        circuit,
        coefficients: &coefficients,
        widths,
    };
    machine.run(&ports, |index, level| {
        for (place, output) in circuit.outputs.iter().enumerate() {
            if output.level as usize != index {
                continue;
            }
            let id = view.launch.outputs.get(place);
            let range = id.and_then(|&id| view.graph.tensor(id)).map(|t| t.range);
            let rows: Vec<Row<'_>> = output.wires.iter().map(|&wire| level.row(wire)).collect();
            let found = output_values(&rows, &instances, range == Some(Range::FIELD));
            let found = found.ok_or_else(|| ProveError::Hint {
                launch: view.launch.name.clone(),
                problem: "an output is no 64-bit integer",
            })?;
            if let Some(slot) = outputs.get_mut(place) {
                *slot = Some(found);
            }
        }
        Ok(())
    })?;
    let missing = ProveError::Internal("a circuit without a level");
    let mut outputs: Vec<Values> = outputs.into_iter().collect::<Option<_>>().ok_or(missing)?;
    outputs.extend(hints);
    Ok(outputs)
}

/// The values of an output: integers if all are, or else field elements where those are allowed.
fn output_values(rows: &[Row<'_>], instances: &[usize], any: bool) -> Option<Values> {
    let integers: Option<Vec<i64>> = by_instance(rows, instances)
        .map(|(row, n)| match row {
            Row::Int(row) => row.get(n),
            Row::Field(row) => row.get(n).and_then(|&value| to_integer(value)),
        })
        .collect();
    let lifted = || by_instance(rows, instances).map(|(row, n)| row.lift(n));
    match integers {
        Some(integers) => Some(Values::Int(integers)),
        None => any.then(|| Values::Field(lifted().collect())),
    }
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
        // One hint that is no integer makes no others field elements: committing to those costs much more.
        let integers: Option<Vec<i64>> = found
            .iter()
            .flat_map(|values| integers_of(values, range.clone()))
            .collect();
        match integers {
            Some(integers) => Values::Int(integers),
            None => {
                let own =
                    |values: &Values| values.to_field().get(range.clone()).map(<[Fr]>::to_vec);
                Values::Field(found.iter().filter_map(own).flatten().collect())
            }
        }
    });
    Ok(ports.collect())
}

/// The values of a port as integers, each `None` that is not one.
fn integers_of(
    values: &Values,
    range: std::ops::Range<usize>,
) -> Box<dyn Iterator<Item = Option<i64>> + '_> {
    match values {
        Values::Int(values) => Box::new(
            values
                .get(range)
                .unwrap_or_default()
                .iter()
                .map(|&v| Some(v)),
        ),
        Values::Field(values) => Box::new(
            values
                .get(range)
                .unwrap_or_default()
                .iter()
                .map(|&v| to_integer(v)),
        ),
    }
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
