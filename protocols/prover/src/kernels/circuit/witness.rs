//! The forward pass of a circuit: hints, then levels, then outputs.

use kernelwise_core::Values;
use kernelwise_core::circuit::{Circuit, Width};
use kernelwise_core::kernels::{CircuitLaunch, LaunchView};
use kernelwise_core::program::{Range, Shape};
use rayon::prelude::*;

use super::advice::{Machine, hints, to_integer};
use super::evaluate::{Coefficient, PARALLEL_VALUES};
use super::forward::Forward;
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
) -> Result<Vec<TensorData>, ProveError> {
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
    let hints = hints(kernel, &machine, inputs)?;
    let ports: Vec<&TensorData> = inputs.iter().copied().chain(&hints).collect();
    let instances = padded_instances(&kernel.grid);
    let mut outputs: Vec<Option<TensorData>> = vec![None; circuit.outputs.len()];
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
            let Some(tensor) = id.and_then(|&id| view.graph.tensor(id)) else {
                continue;
            };
            let rows: Vec<Row<'_>> = output.wires.iter().map(|&wire| level.row(wire)).collect();
            let found = output_values(&rows, &instances, tensor.range == Range::FIELD);
            let found = found.ok_or_else(|| ProveError::Hint {
                launch: view.launch.name.clone(),
                problem: "an output is no 64-bit integer",
            })?;
            if let Some(slot) = outputs.get_mut(place) {
                *slot = Some(TensorData::new(tensor.shape.clone(), found, &tensor.range));
            }
        }
        Ok(())
    })?;
    let missing = ProveError::Internal("a circuit without a level");
    let outputs: Option<Vec<TensorData>> = outputs.into_iter().collect();
    let mut outputs = outputs.ok_or(missing)?;
    outputs.extend(hints);
    Ok(outputs)
}

/// The values of an output: integers if all are, or else field elements where those are allowed.
fn output_values(rows: &[Row<'_>], instances: &[usize], any: bool) -> Option<Values> {
    fn gather<T: Copy + Default + Send>(
        rows: &[Row<'_>],
        instances: &[usize],
        value: impl Fn(&Row<'_>, usize) -> Option<T> + Sync,
    ) -> Option<Vec<T>> {
        let mut values = vec![T::default(); rows.len() * instances.len()];
        let chunks = values.par_chunks_mut(rows.len().max(1)).zip(instances);
        let fill = |(values, &n): (&mut [T], &usize)| {
            for (slot, row) in values.iter_mut().zip(rows) {
                *slot = value(row, n)?;
            }
            Some(())
        };
        let least = PARALLEL_VALUES.div_ceil(rows.len().max(1));
        chunks.with_min_len(least).try_for_each(fill)?;
        Some(values)
    }
    let integer = |row: &Row<'_>, n: usize| match row {
        Row::Int(row) => row.get(n),
        Row::Field(row) => row.get(n).and_then(|&value| to_integer(value)),
    };
    match gather(rows, instances, integer) {
        Some(integers) => Some(Values::Int(integers)),
        None if any => gather(rows, instances, |row, n| Some(row.lift(n))).map(Values::Field),
        None => None,
    }
}

/// The padded index of each logical instance.
pub(super) fn padded_instances(grid: &Shape) -> Vec<usize> {
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
