//! The forward pass: every tensor of a program, over integers.

use kernelwise_core::field::{AdditiveGroup, Fr};
use kernelwise_core::kernels::{Kernel, LaunchView};
use kernelwise_core::program::{KernelGraph, Launch, Program, Range, TensorId, TensorKind};
use kernelwise_core::{PublicTensors, Values};

use kernelwise_hal::Scalars;

use crate::error::ProveError;
use crate::hints::HintRegistry;
use crate::kernels;
use crate::key::{Parameters, check_range};
use crate::lookup::{add_term, form_values};
use crate::tensor::{IntTensor, TensorData};

/// The values of all tensors of one run.
#[derive(Debug, Clone)]
pub struct Witness {
    tensors: Vec<Option<TensorData>>,
}

impl Witness {
    /// The values of one tensor.
    ///
    /// # Errors
    /// [`ProveError::Internal`] if it has none.
    pub fn data(&self, id: TensorId) -> Result<&TensorData, ProveError> {
        let slot = self.tensors.get(id.0 as usize).and_then(Option::as_ref);
        slot.ok_or(ProveError::Internal("a tensor has no values"))
    }

    /// The values of one tensor of integers.
    ///
    /// # Errors
    /// [`ProveError::Internal`] if it has none, or holds field elements.
    pub fn tensor(&self, id: TensorId) -> Result<&IntTensor, ProveError> {
        let integers = self.data(id)?.as_int();
        integers.ok_or(ProveError::Internal(
            "field elements where a kernel takes integers",
        ))
    }

    /// Replaces the values of one tensor, consistent or not.
    pub fn set(&mut self, id: TensorId, tensor: impl Into<TensorData>) {
        if let Some(slot) = self.tensors.get_mut(id.0 as usize) {
            *slot = Some(tensor.into());
        }
    }

    /// Bytes of all values.
    pub fn bytes(&self) -> u64 {
        let bytes = |data: &TensorData| match data.scalars() {
            Scalars::Int(values) => (values.len() * values.value_bytes()) as u64,
            Scalars::Fr(values) => 32 * values.len() as u64,
            Scalars::Bits(values) => values.len() as u64,
        };
        self.tensors.iter().flatten().map(bytes).sum()
    }

    /// Counts all lookups anew, from the values as they are. Values outside a table are not counted.
    ///
    /// # Errors
    /// [`ProveError::Internal`] if a tensor has no values.
    pub fn count_lookups(&mut self, program: &Program) -> Result<(), ProveError> {
        let tables = &program.graph().tables;
        let mut counts: Vec<Vec<i64>> = tables
            .iter()
            .map(|table| vec![0; 1 << table.bits])
            .collect();
        for lookup in program.lookups() {
            let index = lookup.table.0 as usize;
            let (Some(table), Some(counts)) = (tables.get(index), counts.get_mut(index)) else {
                continue;
            };
            for value in form_values(self, &lookup.domain, &lookup.input)? {
                let entry = value
                    .wrapping_add(lookup.input.constant)
                    .wrapping_sub(table.lo);
                if let Some(count) = usize::try_from(entry)
                    .ok()
                    .and_then(|entry| counts.get_mut(entry))
                {
                    *count += 1;
                }
            }
        }
        for (table, counts) in tables.iter().zip(counts) {
            if let Some(tensor) = program.graph().tensor(table.multiplicities) {
                // Counts are far below their declared range: the narrowest width for the largest one.
                let largest = counts.iter().copied().max().unwrap_or(0);
                let range = kernelwise_core::program::Range::new(0, largest);
                self.set(
                    table.multiplicities,
                    IntTensor::new(tensor.shape.clone(), &counts, &range),
                );
            }
        }
        Ok(())
    }

    /// The statement: public inputs and outputs.
    ///
    /// # Errors
    /// [`ProveError::Internal`] if one has no values.
    pub fn public(&self, program: &Program) -> Result<PublicTensors, ProveError> {
        let values = |ids: &[TensorId]| -> Result<Vec<Values>, ProveError> {
            ids.iter()
                .map(|&id| {
                    let range = program
                        .graph()
                        .tensor(id)
                        .map_or(Range::FIELD, |tensor| tensor.range);
                    Ok(self.data(id)?.to_values().for_range(&range))
                })
                .collect()
        };
        Ok(PublicTensors {
            inputs: values(&program.graph().inputs)?,
            outputs: values(&program.graph().outputs)?,
        })
    }
}

/// Runs a program; `registry` holds the hints that its circuits name.
///
/// # Errors
/// [`ProveError::Interface`], [`ProveError::Length`] or [`ProveError::OutOfRange`] if the inputs do not fit;
/// [`ProveError::OutOfDomain`] if a value leaves a table; [`ProveError::Hint`] if a hint cannot be computed.
pub fn execute(
    program: &Program,
    parameters: &Parameters,
    registry: &HintRegistry,
    inputs: &[Values],
) -> Result<Witness, ProveError> {
    let graph = program.graph();
    let mut witness = Witness {
        tensors: vec![None; graph.tensors.len()],
    };
    if inputs.len() != graph.inputs.len() {
        return Err(ProveError::Interface {
            what: "inputs",
            expected: graph.inputs.len(),
            got: inputs.len(),
        });
    }
    for (&id, values) in graph.inputs.iter().zip(inputs) {
        let Some(tensor) = graph.tensor(id) else {
            continue;
        };
        if values.len() != tensor.shape.len() {
            return Err(ProveError::Length {
                tensor: tensor.name.clone(),
                expected: tensor.shape.len(),
                got: values.len(),
            });
        }
        let values = TensorData::new(tensor.shape.clone(), values.clone(), &tensor.range);
        match &values {
            TensorData::Int(values) => check_range(tensor, values)?,
            TensorData::Field(_) if tensor.range == Range::FIELD => {}
            TensorData::Field(_) => {
                return Err(ProveError::NotIntegers {
                    tensor: tensor.name.clone(),
                    expected: tensor.range,
                });
            }
        }
        witness.set(id, values);
    }
    for (id, _) in program.tensors_of(TensorKind::Parameter) {
        let values = parameters
            .get(&id)
            .ok_or(ProveError::Internal("a parameter has no values"))?;
        witness.set(id, values.clone());
    }
    for (index, launch) in graph.launches.iter().enumerate() {
        if let Kernel::Circuit(kernel) = &launch.kernel {
            let inputs = launch.inputs.iter().map(|&id| witness.data(id));
            let inputs = inputs.collect::<Result<Vec<_>, _>>()?;
            let view = LaunchView { graph, launch };
            let widths = program.wire_widths(index);
            let found = kernels::circuit::execute(kernel, &view, widths, registry, &inputs)?;
            for (&id, data) in launch.outputs.iter().zip(found) {
                witness.set(id, data);
            }
            continue;
        }
        let outputs = match &launch.kernel {
            Kernel::Reshape(_) | Kernel::Linear(_) if moves_field(launch, &witness) => {
                vec![moved(graph, launch, &witness)?]
            }
            _ => run(graph, launch, &witness)?
                .into_iter()
                .map(Values::Int)
                .collect(),
        };
        for (&id, values) in launch.outputs.iter().zip(outputs) {
            let Some(tensor) = graph.tensor(id) else {
                continue;
            };
            witness.set(
                id,
                TensorData::new(tensor.shape.clone(), values, &tensor.range),
            );
        }
    }
    witness.count_lookups(program)?;
    Ok(witness)
}

/// Whether a launch moves field elements about.
fn moves_field(launch: &Launch, witness: &Witness) -> bool {
    let mut data = launch.inputs.iter().filter_map(|&id| witness.data(id).ok());
    data.any(|data| data.as_int().is_none())
}

/// The result of a launch that moves field elements: validation has it read each at most once, unscaled.
fn moved(graph: &KernelGraph, launch: &Launch, witness: &Witness) -> Result<Values, ProveError> {
    let wrong = || ProveError::Internal("a launch does not fit its kernel");
    let data = |index: usize| witness.data(*launch.inputs.get(index).ok_or_else(wrong)?);
    let Kernel::Linear(kernel) = &launch.kernel else {
        return Ok(data(0)?.to_values());
    };
    let output = launch
        .outputs
        .first()
        .and_then(|&id| graph.tensor(id))
        .ok_or_else(wrong)?;
    let mut sums = vec![Fr::ZERO; output.shape.len()];
    for (index, term) in kernel.terms.iter().enumerate() {
        let (shape, elements) = (
            data(index)?.shape().clone(),
            data(index)?.to_values().to_field(),
        );
        // Where the elements go is where their indices go; 0 is nowhere.
        let indices: Vec<i64> = (1..=elements.len() as i64).collect();
        let mut places = vec![0; sums.len()];
        add_term(
            &mut places,
            &output.shape,
            term,
            &IntTensor::fitting(shape, &indices),
        );
        for (sum, place) in sums.iter_mut().zip(places) {
            let element = usize::try_from(place - 1)
                .ok()
                .and_then(|place| elements.get(place));
            *sum += element.copied().unwrap_or(Fr::ZERO);
        }
    }
    Ok(Values::Field(sums))
}

fn run(
    graph: &KernelGraph,
    launch: &Launch,
    witness: &Witness,
) -> Result<Vec<Vec<i64>>, ProveError> {
    let wrong = || ProveError::Internal("a launch does not fit its kernel");
    let input = |index: usize| witness.tensor(*launch.inputs.get(index).ok_or_else(wrong)?);
    let output = launch
        .outputs
        .first()
        .and_then(|&id| graph.tensor(id))
        .ok_or_else(wrong)?;
    let single = |values| Ok(vec![values]);
    match &launch.kernel {
        Kernel::MatMul(kernel) => {
            let (x, w) = (input(0)?, input(1)?);
            let shape = kernel.split(x.shape(), w.shape()).ok_or_else(wrong)?;
            single(kernels::matmul::execute(&shape, &x.to_vec(), w.as_slice()))
        }
        Kernel::Conv2d(kernel) => {
            let (x, w) = (input(0)?, input(1)?);
            let shape = kernel
                .split(x.shape(), w.shape(), &output.shape)
                .ok_or_else(wrong)?;
            single(kernels::conv2d::execute(
                kernel,
                &shape,
                &x.to_vec(),
                w.as_slice(),
            ))
        }
        Kernel::Linear(kernel) => {
            let inputs = launch
                .inputs
                .iter()
                .map(|&id| witness.tensor(id))
                .collect::<Result<Vec<_>, _>>()?;
            single(kernels::linear::execute(kernel, &output.shape, &inputs))
        }
        Kernel::Reshape(_) => single(input(0)?.to_vec()),
        Kernel::Rescale(kernel) => {
            let bits = graph.table(kernel.range_table).ok_or_else(wrong)?.bits;
            Ok(kernels::rescale::execute(
                kernel,
                &output.shape,
                input(0)?,
                bits,
            ))
        }
        Kernel::Lookup(kernel) => {
            let table = graph.table(kernel.table).ok_or_else(wrong)?;
            single(kernels::lookup::execute(
                &launch.name,
                table,
                &input(0)?.to_vec(),
            )?)
        }
        Kernel::MaxPool(kernel) => {
            let x = input(0)?;
            let range = launch
                .inputs
                .first()
                .and_then(|&id| graph.tensor(id))
                .ok_or_else(wrong)?
                .range;
            single(kernels::max_pool::execute(
                kernel,
                x.shape(),
                &output.shape,
                &x.to_vec(),
                &range,
            ))
        }
        _ => Err(ProveError::Internal("a kernel without an executor")),
    }
}
