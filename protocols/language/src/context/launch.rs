//! Launching compiled kernels over grids.

use std::sync::Arc;

use kernelwise_core::circuit::{Circuit, CircuitId};
use kernelwise_core::kernels::{CircuitLaunch, Kernel, LaunchView, ProofSystem};
use kernelwise_core::program::{Launch, LookupTable, Range, Shape, TableId, TensorId, TensorKind};

use super::{Array, Context, misuse, tensor};
use crate::error::KernelError;
use crate::kernel::{CircuitKernel, Declared};
use crate::table::Table;

/// An argument of a launch: an array, and which axes of the grid it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    array: Array,
    along: Option<Vec<usize>>,
}

impl Array {
    /// Names the axes of the grid that the array has, in increasing order; along the others all instances get the same.
    pub fn along(self, axes: &[usize]) -> Argument {
        Argument {
            array: self,
            along: Some(axes.to_vec()),
        }
    }
}

impl From<Array> for Argument {
    fn from(array: Array) -> Self {
        Self { array, along: None }
    }
}

impl Context {
    /// Runs a kernel once for each point of `grid`; returns its outputs in order, each of shape grid, then output.
    ///
    /// An argument may lack axes of the grid: then all instances along them share it. Which axes it has follows from its shape where that
    /// is unambiguous; [`Array::along`] says it otherwise.
    ///
    /// # Errors
    /// [`KernelError::Misuse`] that names kernel and argument, with what was expected and what came.
    pub fn launch<A: Into<Argument>>(
        &mut self,
        kernel: &CircuitKernel,
        grid: &[usize],
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<Vec<Array>, KernelError> {
        let arguments: Vec<Argument> = arguments.into_iter().map(Into::into).collect();
        let expected = kernel.inputs().count();
        if arguments.len() != expected {
            return Err(misuse(
                kernel.name(),
                "arguments",
                expected,
                arguments.len(),
            ));
        }
        let mut axes = Vec::with_capacity(expected);
        for (argument, port) in arguments.iter().zip(kernel.inputs()) {
            axes.push(self.bind(kernel, grid, argument, port)?);
        }
        for (name, hint) in kernel.hints().iter() {
            // Two kernels of one name may have closures of one name: the registry is the program's.
            if self
                .hints
                .get(name)
                .is_some_and(|known| !Arc::ptr_eq(known, hint))
            {
                return Err(misuse(
                    kernel.name(),
                    name,
                    "one closure of this name in a program",
                    "two",
                ));
            }
            self.hints.insert(name, hint.clone());
        }
        let tables = kernel
            .tables()
            .iter()
            .map(|table| self.table(table))
            .collect();
        let circuit_id = self.circuit(kernel);
        let circuit = kernel.circuit();
        let launch_kernel = CircuitLaunch {
            circuit: circuit_id,
            grid: Shape::new(grid),
            axes,
            tables,
            system: ProofSystem::Gkr,
        };
        let all = vec![true; grid.len()];
        let ports = circuit
            .outputs
            .iter()
            .map(|output| &output.port)
            .chain(&circuit.hints);
        let mut outputs = Vec::new();
        for (index, port) in ports.enumerate() {
            let kind = if index < circuit.outputs.len() {
                TensorKind::Virtual
            } else {
                TensorKind::Advice
            };
            let shape = launch_kernel.tensor_shape(port, &all);
            let name = format!("{}/{}", kernel.name(), port.name);
            outputs.push(
                self.graph
                    .add_tensor(tensor(&name, shape.dims(), kind, Range::FIELD)),
            );
        }
        let launch = Launch {
            name: kernel.name().to_owned(),
            inputs: arguments.iter().map(|argument| argument.array.0).collect(),
            outputs: outputs.clone(),
            kernel: Kernel::Circuit(launch_kernel),
        };
        self.set_ranges(kernel, &launch);
        self.graph.launches.push(launch);
        let own = outputs.iter().copied().take(kernel.outputs().count());
        for (id, declared) in own.clone().zip(kernel.outputs()) {
            if let Some(range) = declared.range {
                self.declared.push((id, range));
            }
        }
        Ok(own.map(Array).collect())
    }

    /// Which axes of the grid an argument has.
    fn bind(
        &self,
        kernel: &CircuitKernel,
        grid: &[usize],
        argument: &Argument,
        port: Declared<'_>,
    ) -> Result<Vec<bool>, KernelError> {
        let tensor = self.tensor(argument.array)?;
        let name = format!("argument `{}`", port.name);
        if let Some(range) = port.range.filter(|range| !range.encloses(&tensor.range)) {
            return Err(misuse(
                kernel.name(),
                &name,
                format!("values in {range}"),
                format!("`{}` in {}", tensor.name, tensor.range),
            ));
        }
        let own = if port.is_scalar {
            vec![]
        } else {
            vec![port.len]
        };
        let wrong = |problem: &str| {
            let expected = format!("axes of the grid {grid:?}, then {own:?}{problem}");
            misuse(
                kernel.name(),
                &name,
                expected,
                format!("`{}` of shape {}", tensor.name, tensor.shape),
            )
        };
        let dims = tensor.shape.dims();
        let Some(prefix) = dims.len().checked_sub(own.len()).map(|rank| &dims[..rank]) else {
            return Err(wrong(""));
        };
        if dims[prefix.len()..] != own {
            return Err(wrong(""));
        }
        let candidates: Vec<Vec<bool>> = match &argument.along {
            Some(axes) => {
                let kept: Vec<bool> = (0..grid.len()).map(|axis| axes.contains(&axis)).collect();
                let in_order = axes.windows(2).all(|pair| pair[0] < pair[1]);
                let named = axes.iter().map(|&axis| grid.get(axis).copied());
                let fits = in_order && named.eq(prefix.iter().map(|&dim| Some(dim)));
                if fits { vec![kept] } else { Vec::new() }
            }
            None => subsequences(grid, prefix),
        };
        match candidates.as_slice() {
            [] => Err(wrong("")),
            [only] => Ok(only.clone()),
            _ => Err(wrong(", named by `along` where several fit")),
        }
    }

    /// Ranges of results: what the circuit is known to produce from what its arguments are known to hold.
    fn set_ranges(&mut self, kernel: &CircuitKernel, launch: &Launch) {
        let Kernel::Circuit(own) = &launch.kernel else {
            return;
        };
        let view = LaunchView {
            graph: &self.graph,
            launch,
        };
        let produced = own.output_ranges(&view);
        let circuit = kernel.circuit();
        let table = |index: u32| kernel.tables().get(index as usize);
        let mut ranges = Vec::new();
        for (index, produced) in produced.into_iter().enumerate() {
            let looked_up = circuit
                .lookups
                .iter()
                .find(|lookup| lookup.output as usize == index);
            let domain = looked_up
                .and_then(|lookup| table(lookup.table))
                .map(Table::domain);
            ranges.push(domain.unwrap_or(produced));
        }
        for (index, &boolean) in kernel.boolean_hints().iter().enumerate() {
            let found = circuit
                .lookups
                .iter()
                .find(|lookup| lookup.result == Some(index as u32));
            let image = found
                .and_then(|lookup| table(lookup.table))
                .map(Table::image);
            let own = if boolean { crate::BIT } else { Range::FIELD };
            ranges.push(image.unwrap_or(own));
        }
        for (id, range) in launch.outputs.iter().zip(ranges) {
            if let Some(tensor) = self.graph.tensors.get_mut(id.0 as usize) {
                tensor.range = range;
            }
        }
    }

    /// The circuit of a kernel, once for all its launches.
    fn circuit(&mut self, kernel: &CircuitKernel) -> CircuitId {
        let shared: &Arc<Circuit> = kernel.shared_circuit();
        if let Some((_, id)) = self
            .circuits
            .iter()
            .find(|(known, _)| Arc::ptr_eq(known, shared))
        {
            return *id;
        }
        let id = CircuitId(self.graph.circuits.len() as u32);
        self.graph.circuits.push(kernel.circuit().clone());
        self.circuits.push((shared.clone(), id));
        id
    }

    /// A table of the program, equal ones once.
    pub(super) fn table(&mut self, table: &Table) -> TableId {
        if let Some((_, id)) = self.tables.iter().find(|(known, _)| known.is_same(table)) {
            return *id;
        }
        /// Columns of the multiplicities; more would make the widest row of small proofs.
        const COLUMN_BITS: u32 = 9;
        let columns = table.bits.min(COLUMN_BITS);
        let dims = [1usize << (table.bits - columns), 1 << columns];
        let name = format!("{}: multiplicities", table.name);
        let multiplicities: TensorId = self.graph.add_tensor(tensor(
            &name,
            &dims,
            TensorKind::Advice,
            Range::new(0, 1 << 40),
        ));
        let id = TableId(self.graph.tables.len() as u32);
        self.graph.tables.push(LookupTable {
            name: table.name.clone(),
            lo: table.lo,
            bits: table.bits,
            function: table.function.clone(),
            multiplicities,
        });
        self.tables.push((table.clone(), id));
        id
    }
}

/// All ways to find `dims` among the axes of `grid`, in order; two at most.
fn subsequences(grid: &[usize], dims: &[usize]) -> Vec<Vec<bool>> {
    let mut found: Vec<(Vec<bool>, usize)> = vec![(Vec::new(), 0)];
    for (axis, dim) in grid.iter().enumerate() {
        let left = grid.len() - axis - 1;
        found = found
            .into_iter()
            .flat_map(|(kept, used)| {
                let with = (dims.get(used) == Some(dim))
                    .then(|| ([kept.as_slice(), &[true]].concat(), used + 1));
                let without = (dims.len() - used <= left)
                    .then(|| ([kept.as_slice(), &[false]].concat(), used));
                [with, without].into_iter().flatten()
            })
            .collect();
    }
    let complete = found.into_iter().filter(|(_, used)| *used == dims.len());
    complete.map(|(kept, _)| kept).take(2).collect()
}
