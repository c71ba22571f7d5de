//! From a graph to a program: everything that proving and verifying rely on is checked once, here.

use std::collections::BTreeSet;

use super::error::{limit, tensor_error};
use super::linked::LinkedLaunches;
use super::segments::Segments;
use super::tables::check_tables;
use super::{Digest, GraphError, KernelGraph, Range, TensorId, TensorKind};
use crate::circuit::Width;
use crate::kernels::{Kernel, LaunchView, LookupSpec};
use crate::lookup::LookupLayout;

/// Largest number of variables of one tensor: 2^30 entries.
const MAX_TENSOR_VARS: usize = 30;
/// Longest axis: the verifier holds one field element per index of an axis.
const MAX_AXIS: usize = 1 << 20;
/// Largest number of axes.
const MAX_RANK: usize = 8;
/// Largest lookup argument, in variables.
const MAX_LOOKUP_VARS: usize = 36;

/// A validated graph: the only form that provers and verifiers accept.
#[derive(Debug, Clone)]
pub struct Program {
    graph: KernelGraph,
    digest: Digest,
    lookups: Vec<LookupSpec>,
    layout: LookupLayout,
    widths: Vec<WireWidths>,
    linked: LinkedLaunches,
    segments: Segments,
}

/// How the values of each wire of a launched circuit can be held, level by level.
pub type WireWidths = Vec<Vec<Width>>;

impl Program {
    /// The graph.
    pub fn graph(&self) -> &KernelGraph {
        &self.graph
    }

    /// Digest of the canonical serialisation.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// All lookups of all launches, in launch order.
    pub fn lookups(&self) -> &[LookupSpec] {
        &self.lookups
    }

    /// Where each lookup and table lies among the leaves of the lookup argument.
    pub fn layout(&self) -> &LookupLayout {
        &self.layout
    }

    /// How the wires of launch number `launch` can be held; empty unless it launches a circuit.
    pub fn wire_widths(&self, launch: usize) -> &[Vec<Width>] {
        self.widths.get(launch).map_or(&[], Vec::as_slice)
    }

    /// The launches that are proved by Groth16.
    pub fn linked(&self) -> &LinkedLaunches {
        &self.linked
    }

    /// The launches that go through the backward pass with transcripts of their own.
    pub fn segments(&self) -> &Segments {
        &self.segments
    }

    /// The tensors of one kind, in order.
    pub fn tensors_of(&self, kind: TensorKind) -> impl Iterator<Item = (TensorId, &super::Tensor)> {
        let ids = (0u32..).map(TensorId);
        ids.zip(&self.graph.tensors)
            .filter(move |(_, tensor)| tensor.kind == kind)
    }
}

impl KernelGraph {
    /// Checks the whole graph and fixes its digest.
    ///
    /// # Errors
    /// [`GraphError`] that names the launch, tensor or table and what would have been right.
    pub fn validate(self) -> Result<Program, GraphError> {
        check_tensors(&self)?;
        check_tables(&self)?;
        check_circuits(&self)?;
        let widths = check_launches(&self)?;
        check_interface(&self)?;
        let mut lookups = Vec::new();
        for launch in &self.launches {
            lookups.extend(launch.kernel.relation().lookups(&LaunchView {
                graph: &self,
                launch,
            }));
        }
        check_ranges_are_proved(&self, &lookups)?;
        let layout = LookupLayout::new(&self, &lookups);
        limit(
            "lookup argument",
            layout.num_vars() <= MAX_LOOKUP_VARS,
            MAX_LOOKUP_VARS,
            layout.num_vars(),
        )?;
        let bytes = postcard::to_stdvec(&self).map_err(|error| GraphError::Limit {
            what: "serialisation",
            expected: "a serialisable graph".to_owned(),
            got: error.to_string(),
        })?;
        let digest = Digest::of("kernelwise program v1", &bytes);
        let linked = LinkedLaunches::new(&self);
        let segments = Segments::new(&self);
        Ok(Program {
            graph: self,
            digest,
            lookups,
            layout,
            widths,
            linked,
            segments,
        })
    }
}

fn check_tensors(graph: &KernelGraph) -> Result<(), GraphError> {
    limit(
        "tensors",
        graph.tensors.len() < 1 << 20,
        1 << 20,
        graph.tensors.len(),
    )?;
    limit(
        "launches",
        graph.launches.len() < 1 << 20,
        1 << 20,
        graph.launches.len(),
    )?;
    limit(
        "commitment columns",
        (1..=1 << 20).contains(&graph.max_columns),
        1 << 20,
        graph.max_columns,
    )?;
    for (id, tensor) in (0u32..).map(TensorId).zip(&graph.tensors) {
        let shape = &tensor.shape;
        let fits = shape.rank() <= MAX_RANK
            && shape
                .dims()
                .iter()
                .all(|&dim| (1..=MAX_AXIS).contains(&dim))
            && shape.num_vars() <= MAX_TENSOR_VARS;
        if !fits {
            let expected =
                format!("1 to {MAX_RANK} non-empty axes and 2^{MAX_TENSOR_VARS} entries at most");
            return Err(tensor_error(
                graph,
                id,
                format!("shape {shape}, expected {expected}"),
            ));
        }
        if !tensor.range.is_valid() {
            return Err(tensor_error(
                graph,
                id,
                format!("the range {} is empty", tensor.range),
            ));
        }
        // Relations negate bounds, and the least integer has no negative.
        if tensor.range.lo == i64::MIN && tensor.range != Range::FIELD {
            return Err(tensor_error(
                graph,
                id,
                format!(
                    "the range {} reaches the least 64-bit integer",
                    tensor.range
                ),
            ));
        }
    }
    Ok(())
}

fn check_circuits(graph: &KernelGraph) -> Result<(), GraphError> {
    limit(
        "circuits",
        graph.circuits.len() < 1 << 16,
        1 << 16,
        graph.circuits.len(),
    )?;
    graph
        .circuits
        .iter()
        .try_for_each(|circuit| Ok(circuit.check()?))
}

fn check_launches(graph: &KernelGraph) -> Result<Vec<WireWidths>, GraphError> {
    let mut widths = Vec::with_capacity(graph.launches.len());
    let mut available: BTreeSet<TensorId> = (0u32..)
        .map(TensorId)
        .zip(&graph.tensors)
        .filter(|(_, tensor)| matches!(tensor.kind, TensorKind::Input | TensorKind::Parameter))
        .map(|(id, _)| id)
        .collect();
    for launch in &graph.launches {
        if let Some(&id) = launch.inputs.iter().find(|id| !available.contains(id)) {
            return Err(tensor_error(
                graph,
                id,
                format!("used by `{}` before it is produced", launch.name),
            ));
        }
        let relation = launch.kernel.relation();
        let private = |id: &&TensorId| {
            graph
                .tensor(**id)
                .is_some_and(|tensor| tensor.kind == TensorKind::Private)
        };
        if let Some(&id) = launch.inputs.iter().find(private) {
            let problem = format!("is private to its launch, and used by `{}`", launch.name);
            return Err(tensor_error(graph, id, problem));
        }
        if let Some(&id) = launch
            .inputs
            .iter()
            .find(|&&id| !takes(&launch.kernel, graph.tensor(id)))
        {
            let problem = format!(
                "holds {}, which `{}` ({}) does not take",
                Range::FIELD,
                launch.name,
                relation.name()
            );
            return Err(tensor_error(graph, id, problem));
        }
        relation.check(&LaunchView { graph, launch })?;
        let view = LaunchView { graph, launch };
        widths.push(match &launch.kernel {
            Kernel::Circuit(kernel) => kernel.widths(&view),
            _ => Vec::new(),
        });
        for (index, &id) in launch.outputs.iter().enumerate() {
            let kind = relation.output_kind(&view, index);
            match graph.tensor(id) {
                Some(tensor) if tensor.kind == kind => {}
                _ => {
                    let problem = format!("must be {kind:?}, as a result of {}", relation.name());
                    return Err(tensor_error(graph, id, problem));
                }
            }
            let is_multiplicity = graph.tables.iter().any(|table| table.multiplicities == id);
            if is_multiplicity || !available.insert(id) {
                return Err(tensor_error(
                    graph,
                    id,
                    format!("produced a second time by `{}`", launch.name),
                ));
            }
        }
    }
    available.extend(graph.tables.iter().map(|table| table.multiplicities));
    match (0..graph.tensors.len() as u32)
        .map(TensorId)
        .find(|id| !available.contains(id))
    {
        Some(id) => Err(tensor_error(graph, id, "is produced by nothing")),
        None => Ok(widths),
    }
}

/// Kernels over integers take tensors of known range only; the others move, look up or constrain field elements as they are.
fn takes(kernel: &Kernel, tensor: Option<&super::Tensor>) -> bool {
    let any = matches!(
        kernel,
        Kernel::Circuit(_) | Kernel::Linear(_) | Kernel::Reshape(_) | Kernel::Lookup(_)
    );
    any || tensor.is_none_or(|tensor| tensor.range != Range::FIELD)
}

fn check_interface(graph: &KernelGraph) -> Result<(), GraphError> {
    let declared: BTreeSet<_> = graph.inputs.iter().copied().collect();
    let inputs = (0u32..)
        .map(TensorId)
        .zip(&graph.tensors)
        .filter(|(_, tensor)| tensor.kind == TensorKind::Input);
    let expected: BTreeSet<_> = inputs.map(|(id, _)| id).collect();
    if declared != expected || declared.len() != graph.inputs.len() {
        return Err(GraphError::Limit {
            what: "inputs",
            expected: format!("each of {expected:?} once"),
            got: format!("{:?}", graph.inputs),
        });
    }
    for &id in &graph.outputs {
        match graph.tensor(id) {
            Some(tensor) if matches!(tensor.kind, TensorKind::Advice | TensorKind::Virtual) => {}
            _ => return Err(tensor_error(graph, id, "cannot be an output")),
        }
    }
    if graph.outputs.is_empty() {
        return Err(GraphError::Limit {
            what: "outputs",
            expected: "at least one".to_owned(),
            got: "none".to_owned(),
        });
    }
    Ok(())
}

/// Every advice tensor is a table's multiplicities, or looked up as it stands, or bounded by its kernel's own constraints.
fn check_ranges_are_proved(graph: &KernelGraph, lookups: &[LookupSpec]) -> Result<(), GraphError> {
    let mut proved: BTreeSet<TensorId> = graph
        .tables
        .iter()
        .map(|table| table.multiplicities)
        .collect();
    for launch in &graph.launches {
        let view = LaunchView { graph, launch };
        let relation = launch.kernel.relation();
        let own = launch.outputs.iter().enumerate();
        proved.extend(
            own.filter_map(|(index, id)| relation.proves_range(&view, index).then_some(id)),
        );
    }
    let encloses = |id: TensorId, range: Range| {
        graph
            .tensor(id)
            .is_some_and(|tensor| tensor.range.encloses(&range))
    };
    for lookup in lookups {
        let Some(table) = graph.table(lookup.table) else {
            continue;
        };
        let rank = lookup.domain.rank();
        let covers = |id: &TensorId| {
            graph
                .tensor(*id)
                .is_some_and(|tensor| tensor.shape == lookup.domain)
        };
        if let Some(id) = lookup.input.as_tensor(rank).filter(covers)
            && encloses(id, table.domain())
        {
            proved.insert(id);
        }
        if let Some(id) = lookup
            .output
            .as_ref()
            .and_then(|form| form.as_tensor(rank))
            .filter(covers)
            && encloses(id, table.image())
        {
            proved.insert(id);
        }
    }
    let advice = (0u32..)
        .map(TensorId)
        .zip(&graph.tensors)
        .filter(|(_, tensor)| tensor.kind == TensorKind::Advice);
    for (id, tensor) in advice {
        if tensor.range != Range::FIELD && !proved.contains(&id) {
            return Err(tensor_error(
                graph,
                id,
                format!("no lookup proves that it lies in {}", tensor.range),
            ));
        }
    }
    Ok(())
}
