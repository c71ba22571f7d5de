//! The levels of a launch, from the tensors at its ports up.

use kernelwise_core::circuit::{Circuit, Width};
use kernelwise_core::field::Fr;
use kernelwise_core::kernels::CircuitLaunch;
use kernelwise_core::program::Shape;
use kernelwise_hal::{IntSlice, Scalars};
use rayon::prelude::*;

use super::evaluate::{Coefficient, PARALLEL_VALUES, next_level};
use super::levels::{Level, Rows, WIDTHS};
use super::schedule::Schedule;
use crate::error::ProveError;
use crate::room::Room;
use crate::tensor::TensorData;

/// A launch whose levels are computed.
#[derive(Clone, Copy)]
pub(super) struct Forward<'a> {
    pub(super) kernel: &'a CircuitLaunch,
    pub(super) circuit: &'a Circuit,
    pub(super) coefficients: &'a [Coefficient],
    pub(super) widths: &'a [Vec<Width>],
}

impl<'a> Forward<'a> {
    /// Shows `visit` each level in order; two are held at a time.
    pub(super) fn run(
        self,
        ports: &[&TensorData],
        mut visit: impl FnMut(usize, &Level) -> Result<(), ProveError>,
    ) -> Result<(), ProveError> {
        let (mut level, honest) = self.bottom(ports)?;
        visit(0, &level)?;
        let mut spare = Rows::default();
        for index in 1..self.circuit.levels() {
            let next = self.above(index, &level, honest, spare)?;
            spare = std::mem::replace(&mut level, next).into_rows();
            visit(index, &level)?;
        }
        Ok(())
    }

    /// All levels, to be taken from the top, of which as many are kept as there is room for.
    pub(super) fn stack(self, ports: &[&TensorData], room: Room) -> Result<Stack<'a>, ProveError> {
        let bytes: Vec<u64> = level_bytes(self.kernel, self.widths).collect();
        self.stack_by(Schedule::within(&bytes, room.level_bytes), ports)
    }

    fn stack_by(self, schedule: Schedule, ports: &[&TensorData]) -> Result<Stack<'a>, ProveError> {
        let (bottom, honest) = self.bottom(ports)?;
        let mut levels: Vec<Option<Level>> = vec![Some(bottom)];
        levels.resize_with(self.circuit.levels(), || None);
        Ok(Stack {
            forward: self,
            honest,
            schedule,
            levels,
            spare: Vec::new(),
        })
    }

    /// Level 0, and whether its values are as validation proved. If not, they are a cheat's, and all is held as it is.
    fn bottom(self, ports: &[&TensorData]) -> Result<(Level, bool), ProveError> {
        let missing = ProveError::Internal("a circuit without widths");
        let widths = self.widths.first().ok_or(missing.clone())?;
        if let Some(level) = bottom(self.kernel, self.circuit, widths, ports) {
            return Ok((level, true));
        }
        let any = vec![Width::Field; self.circuit.width(0)];
        let level = bottom(self.kernel, self.circuit, &any, ports);
        Ok((level.ok_or(missing)?, false))
    }

    fn above(
        self,
        index: usize,
        below: &Level,
        honest: bool,
        spare: Rows,
    ) -> Result<Level, ProveError> {
        let missing = ProveError::Internal("a circuit without widths");
        let layer = self.circuit.producer(index).ok_or(missing.clone())?;
        let any;
        let widths = if honest {
            self.widths.get(index).ok_or(missing)?
        } else {
            any = vec![Width::Field; layer.gates() as usize];
            &any
        };
        Ok(next_level(layer, self.coefficients, below, widths, spare))
    }
}

/// Levels that are taken from the top; those that were not kept are computed again from the nearest below.
pub(super) struct Stack<'a> {
    forward: Forward<'a>,
    honest: bool,
    schedule: Schedule,
    levels: Vec<Option<Level>>,
    /// Memory of levels that are gone.
    spare: Vec<Rows>,
}

impl Stack<'_> {
    /// Levels that are left.
    pub(super) fn len(&self) -> usize {
        self.levels.len()
    }

    /// Takes the highest level that is left.
    pub(super) fn pop(&mut self) -> Result<Option<Level>, ProveError> {
        self.top()?;
        Ok(self.levels.pop().flatten())
    }

    /// Gives back the memory of a level.
    pub(super) fn recycle(&mut self, level: Level) {
        self.spare.push(level.into_rows());
    }

    /// The highest level that is left.
    pub(super) fn top(&mut self) -> Result<Option<&Level>, ProveError> {
        let len = self.levels.len();
        if let Some((known, kept)) = self.schedule.refill(len) {
            for index in known + 1..len {
                self.push(index)?;
                let below = index - 1;
                if below != known && !kept.contains(&below) {
                    let level = self.levels.get_mut(below).and_then(Option::take);
                    self.spare.extend(level.map(Level::into_rows));
                }
            }
        }
        Ok(self.levels.last().and_then(Option::as_ref))
    }

    /// Computes a level from the one below.
    fn push(&mut self, index: usize) -> Result<(), ProveError> {
        let missing = ProveError::Internal("a level without the one below");
        let below = index
            .checked_sub(1)
            .and_then(|below| self.levels.get(below));
        let below = below.and_then(Option::as_ref).ok_or(missing.clone())?;
        let spare = self.spare.pop().unwrap_or_default();
        let level = self.forward.above(index, below, self.honest, spare)?;
        *self.levels.get_mut(index).ok_or(missing)? = Some(level);
        Ok(())
    }
}

/// Bytes of each level.
fn level_bytes(kernel: &CircuitLaunch, widths: &[Vec<Width>]) -> impl Iterator<Item = u64> {
    let instances = kernel.grid.padded_len() as u64;
    let bytes = |width: &Width| match width {
        Width::I8 => 1,
        Width::I16 => 2,
        Width::I32 => 4,
        Width::I64 => 8,
        Width::Field => 32,
    };
    widths
        .iter()
        .map(move |level| instances * level.iter().map(bytes).sum::<u64>())
}

/// Bytes of the levels that a proof holds at once, at most.
pub(crate) fn held_bytes(kernel: &CircuitLaunch, widths: &[Vec<Width>], room: Room) -> u64 {
    let bytes: Vec<u64> = level_bytes(kernel, widths).collect();
    Schedule::within(&bytes, room.level_bytes).held(&bytes)
}

/// Bytes of two levels, one on top of the other, at most.
pub(crate) fn adjacent_bytes(kernel: &CircuitLaunch, widths: &[Vec<Width>]) -> u64 {
    let bytes: Vec<u64> = level_bytes(kernel, widths).collect();
    let pairs = bytes.windows(2).map(|pair| pair.iter().sum());
    pairs.max().or(bytes.first().copied()).unwrap_or(0)
}

/// Level 0; `None` if a value does not fit its wire's width.
fn bottom(
    kernel: &CircuitLaunch,
    circuit: &Circuit,
    widths: &[Width],
    ports: &[&TensorData],
) -> Option<Level> {
    let padded: usize = kernel.grid.padded_len();
    let all = vec![true; kernel.grid.rank()];
    let offsets: Vec<Vec<usize>> = (0..circuit.ports().count())
        .map(|index| offsets(&kernel.grid, kernel.axes.get(index).unwrap_or(&all)))
        .collect();
    let ports = circuit.ports().zip(ports).zip(&offsets);
    let sources: Vec<Source<'_>> = ports
        .flat_map(|((port, tensor), offsets)| {
            let len = port.len as usize;
            (0..len).map(move |element| Source {
                scalars: tensor.scalars(),
                offsets,
                len,
                element,
            })
        })
        .collect();
    let mut level = Level::zeros(widths, padded, Rows::default());
    let wires = WIDTHS.map(|width| level.wires_of(width));
    let of = |width: usize| wires[width].iter().map(|&wire| sources.get(wire as usize));
    let sources: [Option<Vec<&Source<'_>>>; 5] = std::array::from_fn(|width| of(width).collect());
    let [i8, i16, i32, i64, field] = sources;
    let rows = level.rows_mut();
    fill_rows(&mut rows.i8, padded, &i8?, Source::integers)?;
    fill_rows(&mut rows.i16, padded, &i16?, Source::integers)?;
    fill_rows(&mut rows.i32, padded, &i32?, Source::integers)?;
    fill_rows(&mut rows.i64, padded, &i64?, Source::integers)?;
    fill_rows(&mut rows.field, padded, &field?, Source::elements)?;
    Some(level)
}

/// Where the values of a wire of level 0 come from.
struct Source<'a> {
    scalars: Scalars<'a>,
    /// By padded instance.
    offsets: &'a [usize],
    /// Elements of an instance, and which of them this is.
    len: usize,
    element: usize,
}

impl Source<'_> {
    fn places(&self) -> impl Iterator<Item = usize> {
        let place = |&offset: &usize| offset * self.len + self.element;
        self.offsets.iter().map(place)
    }

    /// `None` if a value does not fit.
    fn integers<T: TryFrom<i64>>(&self, row: &mut [T]) -> Option<()> {
        fn gather<S: Copy + Into<i64>, T: TryFrom<i64>>(
            values: &[S],
            places: impl Iterator<Item = usize>,
            row: &mut [T],
        ) -> Option<()> {
            for (slot, place) in row.iter_mut().zip(places) {
                *slot = T::try_from((*values.get(place)?).into()).ok()?;
            }
            Some(())
        }
        match self.scalars {
            Scalars::Int(IntSlice::I8(values)) => gather(values, self.places(), row),
            Scalars::Int(IntSlice::I16(values)) => gather(values, self.places(), row),
            Scalars::Int(IntSlice::I32(values)) => gather(values, self.places(), row),
            Scalars::Int(IntSlice::I64(values)) => gather(values, self.places(), row),
            Scalars::Fr(_) | Scalars::Bits(_) => None,
        }
    }

    fn elements(&self, row: &mut [Fr]) -> Option<()> {
        for (slot, place) in row.iter_mut().zip(self.places()) {
            *slot = match self.scalars {
                Scalars::Int(values) => values.get(place)?.into(),
                Scalars::Fr(values) => *values.get(place)?,
                Scalars::Bits(values) => (*values.get(place)?).into(),
            };
        }
        Some(())
    }
}

/// Fills rows of `len` values, each from its source.
fn fill_rows<'a, T: Send>(
    rows: &mut [T],
    len: usize,
    sources: &[&Source<'a>],
    fill: impl Fn(&Source<'a>, &mut [T]) -> Option<()> + Sync,
) -> Option<()> {
    rows.par_chunks_exact_mut(len)
        .zip(sources)
        .with_min_len(PARALLEL_VALUES.div_ceil(len))
        .try_for_each(|(row, source)| fill(source, row))
}

/// For each padded instance, the index of its element in a tensor that has the axes named by `kept`; padded instances
/// copy index 0 of the padded axes.
pub(super) fn offsets(grid: &Shape, kept: &[bool]) -> Vec<usize> {
    let mut offsets = vec![0usize];
    for (&dim, &kept) in grid.dims().iter().zip(kept) {
        let axis = 0..dim.next_power_of_two();
        offsets = offsets
            .iter()
            .flat_map(|&base| {
                axis.clone().map(move |i| {
                    let i = if i < dim { i } else { 0 };
                    if kept { base * dim + i } else { base }
                })
            })
            .collect();
    }
    offsets
}

#[cfg(test)]
mod tests {
    use kernelwise_core::Values;
    use kernelwise_core::circuit::{CircuitId, Constant, Layer, Port};
    use kernelwise_core::kernels::ProofSystem;
    use kernelwise_core::program::Range;

    use super::super::witness::coefficients;
    use super::*;

    fn launch(instances: usize) -> CircuitLaunch {
        CircuitLaunch {
            circuit: CircuitId(0),
            grid: Shape::new([instances]),
            axes: vec![vec![true]],
            tables: Vec::new(),
            system: ProofSystem::Gkr,
        }
    }

    #[test]
    fn many_levels_are_not_all_held() {
        let widths = vec![vec![Width::I8; 1 << 10]; 100];
        let held = |instances, room| held_bytes(&launch(instances), &widths, room);
        assert_eq!(held(100, Room::default()), 100 << 17);
        // Ten that are kept, those of a stretch, and one more while it is computed.
        let square_root = Room {
            level_bytes: 21 << 20,
            ..Room::default()
        };
        assert!(held(1 << 10, square_root) > 16 << 20);
        let mut last = 100 << 20;
        for room in Room::shrinking() {
            let least = held(1 << 10, room);
            assert!(least <= last);
            last = least;
        }
        assert!(last <= 12 << 20, "{last}");
    }

    #[test]
    fn levels_are_the_same_however_few_are_kept() {
        // One wire, squared seven times; one more in the second layer of two that take turns.
        let mut square = Layer::new(1, 0);
        square.push(0, 0, &[0, 0]);
        let mut next = square.clone();
        next.push(0, 0, &[]);
        let circuit = Circuit {
            inputs: vec![Port {
                name: "x".to_owned(),
                len: 1,
                scalar: true,
            }],
            constants: vec![Constant::Ratio(1, 1)],
            layers: vec![square, next],
            sequence: vec![0, 1, 0, 1, 1, 0, 1],
            ..Circuit::default()
        };
        let (kernel, widths) = (launch(3), vec![vec![Width::Field]; 8]);
        let values = Values::Field([2u64, 3, 5].map(Fr::from).to_vec());
        let x = TensorData::new(Shape::new([3]), values, &Range::FIELD);
        let coefficients = coefficients(&circuit);
        let forward = Forward {
            kernel: &kernel,
            circuit: &circuit,
            coefficients: &coefficients,
            widths: &widths,
        };
        let show = |level: &Level| (0..4).map(|n| level.row(0).lift(n)).collect::<Vec<Fr>>();
        let mut expected = Vec::new();
        forward
            .run(&[&x], |index, level| {
                assert_eq!(index, expected.len());
                expected.push(show(level));
                Ok(())
            })
            .unwrap();
        assert_eq!(expected[2], [17u64, 82, 626, 17].map(Fr::from));
        for depth in 1..6 {
            let mut stack = forward.stack_by(Schedule::new(8, depth), &[&x]).unwrap();
            for (index, expected) in expected.iter().enumerate().rev() {
                assert_eq!(show(stack.top().unwrap().unwrap()), *expected, "{index}");
                let level = stack.pop().unwrap().unwrap();
                assert_eq!(show(&level), *expected, "{index}");
                stack.recycle(level);
                assert_eq!(stack.len(), index);
            }
            assert!(stack.pop().unwrap().is_none());
        }
    }
}
