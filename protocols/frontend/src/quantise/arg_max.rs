//! Arg-max: a kernel of gates, launched once for each row.

use kernelwise_core::circuit::CircuitId;
use kernelwise_core::kernels::{CircuitLaunch, Kernel, LaunchView, ProofSystem};
use kernelwise_core::program::{Launch, Range, Shape, TensorKind};
use kernelwise_language::kernels::arg_max::arg_max;
use kernelwise_language::{BIT, KernelError};

use super::builder::{Builder, Quantised, wrong};
use crate::error::QuantiseError;
use crate::layers::Layer;

impl Builder<'_> {
    /// The place of the largest element of each row, exactly: elements are compared as the integers that they are.
    pub(super) fn arg_max(&mut self, layer: &Layer) -> Result<Quantised, QuantiseError> {
        let input = layer.inputs[0];
        let shape = self.model.shape(input).to_vec();
        let x = self.tensor_of_shape(layer, input, &shape)?;
        let Some((&len, grid)) = shape.split_last() else {
            return Err(wrong(layer, "input", "an axis", "none"));
        };
        let kernel = arg_max(len, self.range(x)).map_err(|error| match error {
            KernelError::Misuse { expected, got, .. } => wrong(layer, "input", expected, got),
            other => wrong(layer, "kernel", "one that compiles", other.to_string()),
        })?;
        let circuit = kernel.circuit().clone();
        let launch = CircuitLaunch {
            circuit: CircuitId(self.graph.circuits.len() as u32),
            grid: Shape::new(grid),
            axes: vec![vec![true; grid.len()]],
            tables: Vec::new(),
            system: ProofSystem::Gkr,
        };
        let bound = Range::new(0, len as i64 - 1);
        let index = self.tensor(&layer.name, grid, TensorKind::Virtual, bound);
        self.set_scale(index, 1.0);
        let all = vec![true; grid.len()];
        let mut outputs = vec![index];
        for (port, &is_boolean) in circuit.hints.iter().zip(kernel.boolean_hints()) {
            let range = if is_boolean { BIT } else { Range::FIELD };
            let dims = launch.tensor_shape(port, &all);
            let name = format!("{}.{}", layer.name, port.name);
            outputs.push(self.tensor(name, dims.dims(), TensorKind::Advice, range));
        }
        self.graph.circuits.push(circuit);
        let own = Launch {
            name: layer.name.clone(),
            kernel: Kernel::Circuit(launch.clone()),
            inputs: vec![x],
            outputs,
        };
        let view = LaunchView {
            graph: &self.graph,
            launch: &own,
        };
        // Of long rows, the gates are not known to give indices only.
        let range = launch.output_ranges(&view).first().copied();
        if let (Some(tensor), Some(range)) = (self.graph.tensors.get_mut(index.0 as usize), range) {
            tensor.range = range;
        }
        self.graph.launches.push(own);
        Ok(Quantised {
            tensor: index,
            scale: 1.0,
            bound,
        })
    }
}
