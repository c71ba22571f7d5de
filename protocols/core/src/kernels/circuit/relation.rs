//! Shapes, ranges and lookups of a circuit's launch.

use serde::{Deserialize, Serialize};

use super::{Grid, ProofSystem};
use crate::circuit::{
    Circuit, CircuitId, CircuitLookup, Domain, Output, Port, Width, bottom_domains, domains,
};
use crate::kernels::{LaunchView, LinearForm, LookupSpec, Relation};
use crate::program::{GraphError, Range, Shape, TableFunction, TableId, Tensor, TensorKind};

/// A circuit, once for each instance of a grid.
///
/// Inputs: one tensor per input port, of the shape of the grid's axes that it has, then the port's length (nothing for a scalar port). An input
/// that lacks an axis is the same for all instances along it. Outputs: one virtual tensor per output port, of shape grid, then port;
/// then one tensor per hint port, likewise: advice, or as [`ProofSystem::Groth16`] has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CircuitLaunch {
    /// Which circuit.
    pub circuit: CircuitId,
    /// The instances.
    pub grid: Shape,
    /// For each input: which axes of the grid it has.
    pub axes: Vec<Vec<bool>>,
    /// The tables that the circuit looks things up in.
    pub tables: Vec<TableId>,
    /// How the launch is proved.
    pub system: ProofSystem,
}

/// Most instances, in variables.
const MAX_GRID_VARS: usize = 26;
/// Longest axis of a grid.
const MAX_GRID_AXIS: usize = 1 << 20;

impl CircuitLaunch {
    /// The grid.
    pub fn grid(&self) -> Grid<'_> {
        Grid(&self.grid)
    }

    /// The circuit, of a validated launch.
    pub fn circuit<'a>(&self, view: &LaunchView<'a>) -> Option<&'a Circuit> {
        view.graph.circuit(self.circuit)
    }

    /// The shape of a tensor that is bound to `port` and has the axes of the grid named by `kept`.
    pub fn tensor_shape(&self, port: &Port, kept: &[bool]) -> Shape {
        let axes = self.grid.dims().iter().zip(kept);
        let mut dims: Vec<usize> = axes
            .filter(|&(_, &kept)| kept)
            .map(|(&dim, _)| dim)
            .collect();
        if !port.scalar {
            dims.push(port.len as usize);
        }
        Shape::new(dims)
    }

    fn all_axes(&self) -> Vec<bool> {
        vec![true; self.grid.rank()]
    }

    fn check_tables(&self, view: &LaunchView<'_>, circuit: &Circuit) -> Result<(), GraphError> {
        for lookup in &circuit.lookups {
            let id = self.tables.get(lookup.table as usize);
            let table = id.and_then(|&id| view.graph.table(id));
            let Some(table) = table else {
                return Err(view.misuse(
                    "tables",
                    format!("a table number {}", lookup.table),
                    format!("{:?}", self.tables),
                ));
            };
            let is_range = table.function == TableFunction::Range;
            view.require("tables", is_range == lookup.result.is_none(), || {
                let expected = if is_range {
                    "a table with outputs"
                } else {
                    "a range table"
                };
                (expected.to_owned(), table.name.clone())
            })?;
        }
        Ok(())
    }

    /// The ranges of level 0, port by port: what tensors are known to hold.
    fn port_ranges(&self, view: &LaunchView<'_>, circuit: &Circuit) -> Vec<Range> {
        let range = |tensor: Result<&Tensor, GraphError>| tensor.map_or(Range::FIELD, |t| t.range);
        let inputs = (0..circuit.inputs.len()).map(|index| range(view.input(index)));
        // What a lookup proves of a hint is known; all else about hints is for the circuit's assertions.
        let hints = (0..circuit.hints.len()).map(|index| {
            let proving = circuit
                .lookups
                .iter()
                .find(|lookup| lookup.result == Some(index as u32));
            let table = proving
                .and_then(|lookup| self.tables.get(lookup.table as usize))
                .and_then(|&id| view.graph.table(id));
            table.map_or(Range::FIELD, |table| table.image())
        });
        inputs.chain(hints).collect()
    }

    /// For each output, the domain of the table that it is looked up in.
    fn all_looked_up(&self, view: &LaunchView<'_>, circuit: &Circuit) -> Vec<Option<Range>> {
        (0..circuit.outputs.len())
            .map(|index| self.looked_up(view, circuit, index))
            .collect()
    }

    /// What each wire can hold, level by level, in a launch that passed [`check`](Relation::check).
    pub fn domains(&self, view: &LaunchView<'_>) -> Vec<Vec<Domain>> {
        self.circuit(view).map_or_else(Vec::new, |circuit| {
            let looked_up = self.all_looked_up(view, circuit);
            domains(circuit, &self.port_ranges(view, circuit), &looked_up)
        })
    }

    /// What the gates are known to give each output, from what tensors are known to hold.
    pub fn output_ranges(&self, view: &LaunchView<'_>) -> Vec<Range> {
        let domains = self.domains(view);
        let outputs = self.circuit(view).map_or(&[][..], |own| &own.outputs);
        let range = |output: &Output| {
            let level = domains.get(output.level as usize);
            let wires = output.wires.iter();
            wires
                .filter_map(|&wire| level?.get(wire as usize))
                .map(Domain::range)
                .reduce(|a, b| Range::new(a.lo.min(b.lo), a.hi.max(b.hi)))
                .unwrap_or(Range::FIELD)
        };
        outputs.iter().map(range).collect()
    }

    /// How the values of each wire can be held, level by level.
    pub fn widths(&self, view: &LaunchView<'_>) -> Vec<Vec<Width>> {
        let widths = |level: &Vec<Domain>| level.iter().map(Domain::width).collect();
        self.domains(view).iter().map(widths).collect()
    }

    /// The domain of the table that an output is looked up in.
    fn looked_up(&self, view: &LaunchView<'_>, circuit: &Circuit, output: usize) -> Option<Range> {
        let proving = circuit
            .lookups
            .iter()
            .find(|lookup| lookup.output as usize == output)?;
        let &id = self.tables.get(proving.table as usize)?;
        Some(view.graph.table(id)?.domain())
    }
}

impl Relation for CircuitLaunch {
    fn name(&self) -> &'static str {
        "circuit"
    }

    fn check(&self, view: &LaunchView<'_>) -> Result<(), GraphError> {
        let Some(circuit) = self.circuit(view) else {
            return Err(view.misuse(
                "circuit",
                "a circuit".to_owned(),
                format!("{:?}", self.circuit),
            ));
        };
        let dims = self.grid.dims();
        let fits = dims.len() < 8
            && dims.iter().all(|dim| (1..=MAX_GRID_AXIS).contains(dim))
            && self.grid.num_vars() <= MAX_GRID_VARS;
        view.require("grid", fits, || {
            (
                format!("up to 7 non-empty axes and 2^{MAX_GRID_VARS} instances"),
                self.grid.to_string(),
            )
        })?;
        view.arity(
            circuit.inputs.len(),
            circuit.outputs.len() + circuit.hints.len(),
        )?;
        let axes_fit = self.axes.len() == circuit.inputs.len()
            && self.axes.iter().all(|axes| axes.len() == dims.len());
        view.require("axes", axes_fit, || {
            (
                format!("{} flags for each input", dims.len()),
                format!("{:?}", self.axes),
            )
        })?;
        self.check_tables(view, circuit)?;
        self.check_system(view, circuit)?;
        for (index, (port, axes)) in circuit.inputs.iter().zip(&self.axes).enumerate() {
            let (expected, tensor) = (self.tensor_shape(port, axes), view.input(index)?);
            view.require("inputs", tensor.shape == expected, || {
                (
                    format!("`{}` of shape {expected}", port.name),
                    format!("`{}` of shape {}", tensor.name, tensor.shape),
                )
            })?;
        }
        let ports = circuit
            .outputs
            .iter()
            .map(|output| &output.port)
            .chain(&circuit.hints);
        for (index, port) in ports.enumerate() {
            let (expected, tensor) = (
                self.tensor_shape(port, &self.all_axes()),
                view.output(index)?,
            );
            view.require("outputs", tensor.shape == expected, || {
                (
                    format!("`{}` of shape {expected}", port.name),
                    format!("`{}` of shape {}", tensor.name, tensor.shape),
                )
            })?;
        }
        for (index, produced) in self.output_ranges(view).into_iter().enumerate() {
            let tensor = view.output(index)?;
            // Public values are checked by the verifier itself, looked-up ones by the lookup.
            let public = view
                .launch
                .outputs
                .get(index)
                .is_some_and(|id| view.graph.outputs.contains(id));
            let proved = public
                || tensor.range.encloses(&produced)
                || self
                    .looked_up(view, circuit, index)
                    .is_some_and(|range| tensor.range.encloses(&range));
            view.require("output range", proved, || {
                (
                    format!("`{}` to enclose {produced}", tensor.name),
                    tensor.range.to_string(),
                )
            })?;
        }
        Ok(())
    }

    fn lookups(&self, view: &LaunchView<'_>) -> Vec<LookupSpec> {
        let Some(circuit) = self.circuit(view) else {
            return Vec::new();
        };
        let spec = |lookup: &CircuitLookup| {
            let port = &circuit.outputs.get(lookup.output as usize)?.port;
            let domain = self.tensor_shape(port, &self.all_axes());
            let tensor = |index: usize| {
                Some(LinearForm::tensor(
                    *view.launch.outputs.get(index)?,
                    domain.rank(),
                ))
            };
            let output = match lookup.result {
                Some(hint) => Some(tensor(circuit.outputs.len() + hint as usize)?),
                None => None,
            };
            Some(LookupSpec {
                table: *self.tables.get(lookup.table as usize)?,
                input: tensor(lookup.output as usize)?,
                output,
                domain: domain.clone(),
            })
        };
        circuit.lookups.iter().filter_map(spec).collect()
    }

    fn output_kind(&self, view: &LaunchView<'_>, index: usize) -> TensorKind {
        self.circuit(view).map_or(TensorKind::Virtual, |circuit| {
            self.system.output_kind(circuit, index)
        })
    }

    fn proves_range(&self, view: &LaunchView<'_>, index: usize) -> bool {
        let Some(circuit) = self.circuit(view) else {
            return false;
        };
        let (Some(hint), Ok(tensor)) =
            (index.checked_sub(circuit.outputs.len()), view.output(index))
        else {
            return false;
        };
        let ports = circuit.ports().take(circuit.inputs.len() + hint);
        let start: usize = ports.map(|port| port.len as usize).sum();
        let len = circuit.hints.get(hint).map_or(0, |port| port.len as usize);
        let looked_up = self.all_looked_up(view, circuit);
        let bottom = bottom_domains(circuit, &self.port_ranges(view, circuit), &looked_up);
        bottom.get(start..start + len).is_some_and(|wires| {
            wires
                .iter()
                .all(|domain| tensor.range.encloses(&domain.range()))
        })
    }

    fn macs(&self, view: &LaunchView<'_>) -> u64 {
        let products = self.circuit(view).map_or(0, Circuit::products);
        products.saturating_mul(self.grid.len() as u64)
    }
}
