//! Hints: what an honest prover commits to beside the inputs of a circuit.
//!
//! The program of hints ([`Advice`](kernelwise_core::circuit::Advice)) is made ready once (`tape`) and run on eight instances at a time
//! (`block`, `machine`). Values are 64-bit integers wherever they are integers, and field elements elsewhere; a step that provably stays
//! within 64 bits is a loop over lanes, any other one (`functions` among them) goes instance by instance.

mod block;
mod functions;
mod machine;
mod tape;
#[cfg(test)]
mod tests;
mod value;

use kernelwise_core::Values;
use kernelwise_core::circuit::Port;
use kernelwise_core::kernels::CircuitLaunch;
use kernelwise_core::program::{Range, Shape};
use kernelwise_hal::{IntSlice, Scalars};
use rayon::prelude::*;

use block::{Block, INTEGERS, LANES};
pub(super) use machine::Machine;
use tape::{ANY, Tape};
use value::Value;
pub(super) use value::to_integer;

use super::bottom::offsets;
use super::witness::padded_instances;
use crate::error::ProveError;
use crate::tensor::{IntTensor, TensorData};

/// Finds all hints of a launch, port by port.
pub(super) fn hints(
    kernel: &CircuitLaunch,
    machine: &Machine<'_>,
    inputs: &[&TensorData],
) -> Result<Vec<TensorData>, ProveError> {
    let circuit = machine.circuit;
    if circuit.advice.wires.is_empty() {
        return Ok(Vec::new());
    }
    let ports: Vec<Source<'_>> = circuit
        .inputs
        .iter()
        .zip(inputs)
        .zip(&kernel.axes)
        .map(|((port, tensor), kept)| Source {
            len: port.len as usize,
            scalars: tensor.scalars(),
            offsets: offsets(&kernel.grid, kept),
        })
        .collect();
    let bounds = ports.iter().flat_map(Source::bounds).collect();
    let tape = Tape::new(machine, bounds);
    let instances = padded_instances(&kernel.grid);
    let blocks: Vec<Vec<TensorData>> = instances
        .par_chunks(LANES)
        .map_init(Block::default, |block, instances| {
            block.clear();
            ports.iter().for_each(|port| port.load(instances, block));
            machine.run(&tape, block)?;
            let mut wires = circuit.advice.wires.as_slice();
            let parts = circuit.hints.iter().map(|port| {
                let (own, rest) = wires.split_at(wires.len().min(port.len as usize));
                wires = rest;
                part(block, own, instances.len())
            });
            Ok(parts.collect())
        })
        .collect::<Result<_, ProveError>>()?;
    let all = vec![true; kernel.grid.rank()];
    let tensor = |(index, port): (usize, &Port)| {
        let parts: Vec<&TensorData> = blocks.iter().filter_map(|block| block.get(index)).collect();
        // One hint that is no integer makes no others field elements: committing to those costs much more.
        TensorData::concat(kernel.tensor_shape(port, &all), &parts)
    };
    Ok(circuit.hints.iter().enumerate().map(tensor).collect())
}

/// The hints of one port and block, instance by instance.
fn part(block: &Block, wires: &[u32], instances: usize) -> TensorData {
    let shape = Shape::new([instances, wires.len()]);
    let (mut lo, mut hi) = (i64::MAX, i64::MIN);
    for &wire in wires {
        for &value in block.cell(wire).iter().take(instances) {
            (lo, hi) = (lo.min(value), hi.max(value));
        }
    }
    if lo >= INTEGERS {
        let lane = |lane: usize| wires.iter().map(move |&wire| block.cell(wire)[lane]);
        let values: Vec<i64> = (0..instances).flat_map(lane).collect();
        return IntTensor::new(shape, &values, &Range::new(lo, hi)).into();
    }
    let lane = |lane: usize| wires.iter().map(move |&wire| block.get(wire, lane).lift());
    let values = Values::Field((0..instances).flat_map(lane).collect());
    TensorData::new(shape, values, &Range::FIELD)
}

/// Where the values of an input port come from.
struct Source<'a> {
    len: usize,
    scalars: Scalars<'a>,
    /// By padded instance.
    offsets: Vec<usize>,
}

impl Source<'_> {
    /// The largest magnitude of each wire.
    fn bounds(&self) -> impl Iterator<Item = u64> {
        fn largest<T: Copy + Into<i64>>(values: &[T]) -> u64 {
            let magnitudes = values.iter().map(|&value| value.into().unsigned_abs());
            magnitudes.max().unwrap_or(0)
        }
        let bound = match self.scalars {
            Scalars::Int(IntSlice::I8(values)) => largest(values),
            Scalars::Int(IntSlice::I16(values)) => largest(values),
            Scalars::Int(IntSlice::I32(values)) => largest(values),
            Scalars::Int(IntSlice::I64(values)) => largest(values),
            Scalars::Fr(_) => ANY,
            Scalars::Bits(_) => 1,
        };
        std::iter::repeat_n(bound, self.len)
    }

    /// Appends the port's values of these instances; lanes without one repeat the last.
    fn load(&self, instances: &[usize], block: &mut Block) {
        let Some(last) = instances.len().checked_sub(1) else {
            return;
        };
        let starts: [usize; LANES] = std::array::from_fn(|lane| {
            let instance = instances[lane.min(last)];
            self.offsets.get(instance).copied().unwrap_or(0) * self.len
        });
        for wire in 0..self.len {
            let values = starts.map(|start| [self.value(start + wire)]);
            block.push(values.each_ref().map(|value| &value[..]));
        }
    }

    fn value(&self, index: usize) -> Value {
        match self.scalars {
            Scalars::Int(values) => Value::Int(values.get(index).unwrap_or(0)),
            Scalars::Fr(values) => values.get(index).copied().unwrap_or_default().into(),
            Scalars::Bits(values) => Value::Int(values.get(index).copied().unwrap_or(false).into()),
        }
    }
}
