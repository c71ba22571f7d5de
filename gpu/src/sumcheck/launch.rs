//! Launches of the kernel that plays a round, and what they share.

use kernelwise_field::{AdditiveGroup, Fr};
use kernelwise_hal::DeviceError;
use kernelwise_hal::rounds::At;

use super::program::Program;
use super::weights::by_pass;
use super::{LANES, THREADS};
use crate::driver::{Args, Buffer, DevicePtr, Gpu, Grid};

/// Points of one launch at most.
pub(super) const POINTS: usize = 3;

/// What the kernel has for the leading coefficient.
pub(super) const LEADING: u64 = 0xffff;

/// Blocks of a launch at most, all rows of the grid together.
pub(super) const BLOCKS: usize = 4096;

/// The launches of one sumcheck.
pub(super) struct Launches {
    gpu: Gpu,
    partial: Buffer<Fr>,
    finished: Buffer<u32>,
    results: Buffer<Fr>,
    /// By their order in a round.
    played: Vec<Played>,
}

/// What was last played at one place of a round: most rounds play the same again.
#[derive(Default)]
struct Played {
    program: Option<Program>,
    weights: Vec<Fr>,
    on_card: Option<OnCard>,
}

/// A program and its weights.
struct OnCard {
    operations: Buffer<u32>,
    segments: Buffer<u32>,
    weights: Buffer<Fr>,
}

/// One launch of a round.
pub(super) struct Pass<'a> {
    /// How many were before it in the round.
    pub(super) index: usize,
    pub(super) points: &'a [At],
    pub(super) views: DevicePtr,
    pub(super) half: usize,
    pub(super) bind: Option<Fr>,
    /// Coordinates of an `eq` factor after the free variable.
    pub(super) rest: Option<&'a [Fr]>,
    /// The lower factors of that `eq`.
    pub(super) low: Option<DevicePtr>,
    /// Where its sums go among the results.
    pub(super) results: usize,
}

impl Launches {
    /// For rounds of up to `sums` sums.
    pub(super) fn new(gpu: &Gpu, sums: usize) -> Result<Self, DeviceError> {
        Ok(Self {
            gpu: gpu.clone(),
            partial: gpu.allocate((BLOCKS + LANES / THREADS as usize) * POINTS)?,
            finished: gpu.zeroed(1)?,
            results: gpu.zeroed(sums)?,
            played: Vec::new(),
        })
    }

    /// Waits for the first `len` sums of a round.
    pub(super) fn results(&self, len: usize) -> Result<Vec<Fr>, DeviceError> {
        self.results.read_range(0..len)
    }

    /// Starts the sums of `program`; returns what they are still to be multiplied by.
    pub(super) fn start(&mut self, program: Program, pass: &Pass<'_>) -> Result<Fr, DeviceError> {
        let half = pass.half;
        let weights = by_pass(&program.weights, pass.rest, half);
        let passes = match weights.len() {
            0 => 0,
            _ => half.div_ceil(LANES),
        };
        let factor = match program.weights[..] {
            [weight] => weight,
            _ => Fr::from(1u64),
        };
        let code = |at: &At| match at {
            At::Point(x) => *x as u64,
            At::Leading => LEADING,
        };
        let codes = pass.points.iter().rev().map(code);
        let codes = codes.fold(0, |codes, code| codes << 16 | code);
        let mut grid = Grid::over(half.min(LANES), THREADS);
        grid.blocks[1] = program.rows() as u32;
        if self.played.len() <= pass.index {
            self.played.resize_with(pass.index + 1, Played::default);
        }
        let played = &mut self.played[pass.index];
        let on_card = played.on_card(&self.gpu, program, weights)?;
        let args = Args::new()
            .pointer(pass.views)
            .buffer(&on_card.operations)
            .buffer(&on_card.segments)
            .buffer(&on_card.weights)
            .u64(passes as u64)
            .pointer(pass.low.unwrap_or(DevicePtr(0)))
            .u64(half as u64)
            .u64(codes)
            .field(pass.bind.unwrap_or(Fr::ZERO))
            .buffer(&self.partial)
            .buffer(&self.finished)
            .offset(&self.results, pass.results);
        let kernel = format!("kw_sumcheck_round_{}", pass.points.len());
        self.gpu.launch(&kernel, grid, &args)?;
        Ok(factor)
    }
}

impl Played {
    /// The program and the weights on the card, copied there unless they are.
    fn on_card(
        &mut self,
        gpu: &Gpu,
        program: Program,
        weights: Vec<Fr>,
    ) -> Result<&OnCard, DeviceError> {
        let same = self.program.as_ref() == Some(&program) && self.weights == weights;
        let buffers = match self.on_card.take().filter(|_| same) {
            Some(buffers) => buffers,
            None => OnCard {
                operations: gpu.upload(&program.operations)?,
                segments: gpu.upload(&program.segments)?,
                weights: gpu.upload(&weights)?,
            },
        };
        (self.program, self.weights) = (Some(program), weights);
        Ok(self.on_card.insert(buffers))
    }
}
