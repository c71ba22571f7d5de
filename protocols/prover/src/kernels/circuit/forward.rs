//! The levels of a launch, from the tensors at its ports up.

use kernelwise_core::circuit::{Circuit, Width};
use kernelwise_core::kernels::CircuitLaunch;

use super::bottom::bottom;
use super::evaluate::{Coefficient, next_level};
use super::levels::Level;
use super::schedule::Schedule;
use super::spares::Spares;
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
        let mut spares = Spares::default();
        let (mut level, honest) = self.bottom(ports, &mut spares)?;
        visit(0, &level)?;
        for index in 1..self.circuit.levels() {
            let next = self.above(index, &level, honest, &mut spares)?;
            spares.recycle(std::mem::replace(&mut level, next));
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
        let mut spares = Spares::default();
        let (bottom, honest) = self.bottom(ports, &mut spares)?;
        let mut levels: Vec<Option<Level>> = vec![Some(bottom)];
        levels.resize_with(self.circuit.levels(), || None);
        Ok(Stack {
            forward: self,
            honest,
            schedule,
            levels,
            spares,
        })
    }

    /// Level 0, and whether its values are as validation proved. If not, they are a cheat's, and all is held as it is.
    fn bottom(
        self,
        ports: &[&TensorData],
        spares: &mut Spares,
    ) -> Result<(Level, bool), ProveError> {
        let missing = ProveError::Internal("a circuit without widths");
        let widths = self.widths.first().ok_or(missing.clone())?;
        if let Some(level) = bottom(self.kernel, self.circuit, widths, ports, spares) {
            return Ok((level, true));
        }
        let any = vec![Width::Field; self.circuit.width(0)];
        let level = bottom(self.kernel, self.circuit, &any, ports, spares);
        Ok((level.ok_or(missing)?, false))
    }

    fn above(
        self,
        index: usize,
        below: &Level,
        honest: bool,
        spares: &mut Spares,
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
        Ok(next_level(layer, self.coefficients, below, widths, spares))
    }
}

/// Levels that are taken from the top; those that were not kept are computed again from the nearest below.
pub(super) struct Stack<'a> {
    forward: Forward<'a>,
    honest: bool,
    schedule: Schedule,
    levels: Vec<Option<Level>>,
    spares: Spares,
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
        self.spares.recycle(level);
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
                    level
                        .into_iter()
                        .for_each(|level| self.spares.recycle(level));
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
        let spares = &mut self.spares;
        let level = self.forward.above(index, below, self.honest, spares)?;
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

#[cfg(test)]
mod tests {
    use kernelwise_core::Values;
    use kernelwise_core::circuit::{CircuitId, Constant, Layer, Port};
    use kernelwise_core::field::Fr;
    use kernelwise_core::kernels::ProofSystem;
    use kernelwise_core::program::{Range, Shape};

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
