//! Where the wires of a launch, or of a circuit on its own, are.

use kernelwise_core::circuit::Circuit;
use kernelwise_core::kernels::{Grid, Kernel};
use kernelwise_core::program::{KernelGraph, LinkedLaunch, Shape, TensorId};
use kernelwise_field::{Field, Fr};

use super::writer::{Sum, Writer};
use crate::error::Groth16ProveError;

/// Most products and assertions of all instances: a key of this size has gigabytes.
const MAX_CONSTRAINTS: u64 = 1 << 22;

/// The wires of all instances before their products.
pub(super) struct Layout<'c> {
    circuit: &'c Circuit,
    grid: Shape,
    /// Where the tensor of each port of the circuit starts, and the axes of the grid that it has.
    ports: Vec<(u32, Vec<bool>)>,
    /// Where the tensor of each output starts.
    outputs: Vec<u32>,
    /// Elements of all tensors that others know.
    pub(super) shared: usize,
    pub(super) hints: usize,
}

fn misfit(what: &'static str) -> Groth16ProveError {
    Groth16ProveError::Shape {
        what,
        expected: 1,
        got: 0,
    }
}

impl<'c> Layout<'c> {
    /// Shared tensors first, then the hints that nobody else knows.
    pub(super) fn of_launch(
        graph: &'c KernelGraph,
        linked: &LinkedLaunch,
    ) -> Result<Self, Groth16ProveError> {
        let launch = graph.launches.get(linked.launch);
        let launch = launch.ok_or_else(|| misfit("launch of the program"))?;
        let Kernel::Circuit(kernel) = &launch.kernel else {
            return Err(misfit("launch of a circuit"));
        };
        let circuit = graph.circuit(kernel.circuit);
        let circuit = circuit.ok_or_else(|| misfit("circuit of a launch"))?;
        check_size(circuit, &kernel.grid)?;
        let mut next = 1;
        let mut vectors = Vec::new();
        for tensor in &linked.shared {
            vectors.push((tensor.tensor, tensor.is_result, next));
            next += tensor.shape.len() as u32;
        }
        let shared = next as usize - 1;
        // The wires of a port's tensor start here.
        let mut arguments = vectors.iter().filter(|(_, is_result, _)| !is_result);
        let mut ports = Vec::new();
        for kept in &kernel.axes {
            let start = arguments.next().map(|&(_, _, start)| start);
            ports.push((start.ok_or_else(|| misfit("shared input"))?, kept.clone()));
        }
        let all = vec![true; kernel.grid.rank()];
        let instances = kernel.grid.len();
        let result = |id: TensorId| {
            let mut results = vectors.iter();
            results.find_map(|&(own, is_result, start)| (is_result && own == id).then_some(start))
        };
        for (port, &id) in circuit
            .hints
            .iter()
            .zip(launch.outputs.iter().skip(circuit.outputs.len()))
        {
            let start = result(id).unwrap_or_else(|| {
                let start = next;
                next += port.len * instances as u32;
                start
            });
            ports.push((start, all.clone()));
        }
        let hints = next as usize - 1 - shared;
        let mut outputs = Vec::new();
        for &id in launch.outputs.iter().take(circuit.outputs.len()) {
            outputs.push(result(id).ok_or_else(|| misfit("shared output"))?);
        }
        Ok(Self {
            circuit,
            grid: kernel.grid.clone(),
            ports,
            outputs,
            shared,
            hints,
        })
    }

    /// One instance: inputs and outputs first, then all hints.
    pub(super) fn of_circuit(circuit: &'c Circuit) -> Result<Self, Groth16ProveError> {
        if !circuit.lookups.is_empty() {
            return Err(Groth16ProveError::Unsupported {
                operation: "a constraint system of its own",
                what: "circuits that look things up in tables",
            });
        }
        let grid = Shape::new([]);
        check_size(circuit, &grid)?;
        let mut next = 1;
        let mut place = |len: u32| {
            next += len;
            next - len
        };
        let inputs = circuit
            .inputs
            .iter()
            .map(|port| (place(port.len), Vec::new()));
        let mut ports: Vec<(u32, Vec<bool>)> = inputs.collect();
        let outputs = circuit.outputs.iter().map(|output| place(output.port.len));
        let outputs: Vec<u32> = outputs.collect();
        let shared = place(0) as usize - 1;
        ports.extend(
            circuit
                .hints
                .iter()
                .map(|port| (place(port.len), Vec::new())),
        );
        let hints = place(0) as usize - 1 - shared;
        Ok(Self {
            circuit,
            grid,
            ports,
            outputs,
            shared,
            hints,
        })
    }

    /// The constraints of all instances.
    pub(super) fn write(&self) -> Writer<'c> {
        let circuit = self.circuit;
        let mut writer = Writer::new(circuit, (1 + self.shared + self.hints) as u32);
        for instance in 0..self.grid.len() {
            let bottom = circuit.ports().zip(&self.ports);
            let bottom = bottom.flat_map(|(port, (start, kept))| {
                let element = Grid(&self.grid).place(kept, instance) as u32 * port.len;
                (0..port.len).map(move |wire| vec![(start + element + wire, Fr::ONE)])
            });
            let bottom: Vec<Sum> = bottom.collect();
            let outputs = circuit.outputs.iter().zip(&self.outputs);
            let outputs =
                outputs.map(|(output, start)| start + instance as u32 * output.wires.len() as u32);
            writer.instance(bottom, &outputs.collect::<Vec<u32>>());
        }
        writer
    }
}

fn check_size(circuit: &Circuit, grid: &Shape) -> Result<(), Groth16ProveError> {
    let layers = (1..circuit.levels()).filter_map(|level| circuit.producer(level));
    let asserts: u64 = layers.map(|layer| u64::from(layer.asserts())).sum();
    let shared: u64 = circuit
        .ports()
        .chain(circuit.outputs.iter().map(|output| &output.port))
        .map(|port| u64::from(port.len))
        .sum();
    let each = circuit
        .products()
        .saturating_add(asserts)
        .saturating_add(shared);
    let all = each.saturating_mul(grid.len() as u64);
    if all <= MAX_CONSTRAINTS {
        return Ok(());
    }
    Err(Groth16ProveError::TooLarge {
        what: "constraints of a circuit's instances",
        limit: MAX_CONSTRAINTS as usize,
        got: usize::try_from(all).unwrap_or(usize::MAX),
    })
}
