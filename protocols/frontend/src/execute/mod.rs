//! The reference executor: plain loops over integers, one function per kernel. What it computes is what a program means.
//!
//! Nothing here is fast. Every value is checked against the declared range of its tensor, and every lookup is
//! evaluated from its specification, independently of the kernel that asked for it.

mod circuit;
mod kernels;
mod lookups;

use std::collections::BTreeMap;

use kernelwise_core::program::{Program, Shape, TensorId, TensorKind};

use crate::error::ExecuteError;
use crate::model::QuantisedModel;

/// The values of every tensor, row-major over logical shapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    tensors: Vec<Vec<i64>>,
    outputs: Vec<TensorId>,
}

impl Execution {
    /// The values of a tensor.
    pub fn tensor(&self, id: TensorId) -> Option<&[i64]> {
        self.tensors.get(id.0 as usize).map(Vec::as_slice)
    }

    /// The values of all tensors, by index.
    pub fn tensors(&self) -> &[Vec<i64>] {
        &self.tensors
    }

    /// The values of the outputs, in order.
    pub fn outputs(&self) -> Vec<Vec<i64>> {
        let values = self.outputs.iter().map(|&id| self.tensor(id));
        values.map(|v| v.unwrap_or_default().to_vec()).collect()
    }
}

impl QuantisedModel {
    /// Executes the program on quantised inputs.
    ///
    /// # Errors
    /// [`ExecuteError`] if the inputs do not fit.
    pub fn execute(&self, inputs: &[Vec<i64>]) -> Result<Execution, ExecuteError> {
        let parameters = self.parameters().iter();
        let parameters = parameters.map(|(&id, values)| (id, values.iter().collect()));
        execute(self.program(), inputs, &parameters.collect())
    }
}

/// Executes a program: every tensor, advice and multiplicities included.
///
/// # Errors
/// [`ExecuteError`] if inputs or parameters are missing, or a value leaves its declared range or a table's domain.
pub fn execute(
    program: &Program,
    inputs: &[Vec<i64>],
    parameters: &BTreeMap<TensorId, Vec<i64>>,
) -> Result<Execution, ExecuteError> {
    let graph = program.graph();
    let mut state = State {
        program,
        tensors: vec![Vec::new(); graph.tensors.len()],
    };
    if inputs.len() != graph.inputs.len() {
        return Err(ExecuteError::Length {
            tensor: "inputs".to_owned(),
            expected: graph.inputs.len(),
            got: inputs.len(),
        });
    }
    for (&id, values) in graph.inputs.iter().zip(inputs) {
        state.set(id, values.clone())?;
    }
    for (id, _) in program.tensors_of(TensorKind::Parameter) {
        state.set(id, parameters.get(&id).cloned().unwrap_or_default())?;
    }
    for launch in &graph.launches {
        let results = kernels::run(&state, launch)?;
        for (&id, values) in launch.outputs.iter().zip(results) {
            state.set(id, values)?;
        }
    }
    lookups::count(&mut state)?;
    Ok(Execution {
        tensors: state.tensors,
        outputs: graph.outputs.clone(),
    })
}

/// Values so far.
struct State<'a> {
    program: &'a Program,
    tensors: Vec<Vec<i64>>,
}

impl State<'_> {
    fn values(&self, id: TensorId) -> &[i64] {
        self.tensors
            .get(id.0 as usize)
            .map_or(&[], |values| values.as_slice())
    }

    fn set(&mut self, id: TensorId, values: Vec<i64>) -> Result<(), ExecuteError> {
        let (Some(tensor), Some(slot)) = (
            self.program.graph().tensor(id),
            self.tensors.get_mut(id.0 as usize),
        ) else {
            return Ok(());
        };
        if values.len() != tensor.shape.len() {
            return Err(ExecuteError::Length {
                tensor: tensor.name.clone(),
                expected: tensor.shape.len(),
                got: values.len(),
            });
        }
        if let Some(index) = values.iter().position(|&v| !tensor.range.contains(v)) {
            return Err(ExecuteError::OutOfRange {
                tensor: tensor.name.clone(),
                expected: tensor.range.to_string(),
                got: values[index].into(),
                index,
            });
        }
        *slot = values;
        Ok(())
    }
}

/// Calls `visit` with every index of a shape, in row-major order.
fn for_each_index(shape: &Shape, mut visit: impl FnMut(&[usize])) {
    let dims = shape.dims();
    if shape.is_empty() {
        return;
    }
    let mut index = vec![0usize; dims.len()];
    loop {
        visit(&index);
        let mut axis = dims.len();
        loop {
            if axis == 0 {
                return;
            }
            axis -= 1;
            index[axis] += 1;
            if index[axis] < dims[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
}

/// The place of an index in a row-major array.
fn offset(shape: &Shape, index: &[usize]) -> usize {
    let dims = shape.dims().iter().zip(index);
    dims.fold(0, |offset, (&dim, &i)| offset * dim + i)
}

#[cfg(test)]
mod tests;
