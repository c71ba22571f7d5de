//! Multi-scalar multiplication: buckets, running sums and the combination of windows all stay on the core.
//!
//! ```text
//! buckets[w][|d|−1] += ±base       for every nonzero digit d of every scalar, windows innermost
//! R_w += buckets[w][b], S_w += R_w  for b from the top down, all windows side by side
//! acc = 2^c·acc + S_w               for w from the top down
//! ```
//! Bases are resident while they fit beside a workspace; others are sent again with every use.

use std::time::Duration;

use kernelwise_hal::field::{AffineRepr, G1, G1Affine, Zero};
use kernelwise_hal::{BaseSet, DeviceError, Msm, Scalars};

use super::FpgaDevice;
use super::counters::Phase;
use super::curve::{CurvePrograms, Placed};
use super::element::{coordinate, coordinate_row};
use super::estimate::{Window, job_cycles};
use super::memory::Region;
use super::scalars::{Encoded, encode};
use crate::frame::Run;
use crate::isa::{Job, Recoding, Row};

const OPERATION: &str = "a multi-scalar multiplication";

/// Scalars, and bases that are not resident, that are on the core at a time.
const CHUNK: usize = 256;

/// Rows that loading bases leaves free for buckets.
const WORKSPACE: usize = 3072;

/// Rows of the jobs.
pub(super) const JOBS: usize = 6;

/// Bases of a set.
pub(super) struct Bases {
    /// Two rows each; zeros for the identity.
    rows: Vec<Row>,
    identity: Vec<bool>,
    pub(super) region: Option<Region>,
}

impl Msm for FpgaDevice {
    fn load(&self, bases: &[G1Affine]) -> Result<BaseSet, DeviceError> {
        let coordinates = |base: &G1Affine| {
            base.xy().map_or([[0; 4]; 2], |(x, y)| {
                [coordinate_row(&x), coordinate_row(&y)]
            })
        };
        let rows: Vec<Row> = bases.iter().flat_map(coordinates).collect();
        self.session.curve()?;
        let memory = self.session.memory();
        let fits = rows.len() + WORKSPACE <= memory.largest();
        let region = if fits { memory.take(rows.len()) } else { None };
        if let Some(region) = &region {
            self.session.write(region.start(), &rows, "loading bases")?;
        }
        let identity = bases.iter().map(AffineRepr::is_zero).collect();
        let prepared = Bases {
            rows,
            identity,
            region,
        };
        Ok(BaseSet::new(
            &self.info.name,
            bases.len(),
            Box::new(prepared),
        ))
    }

    fn msm(&self, bases: &BaseSet, scalars: Scalars<'_>) -> Result<G1, DeviceError> {
        self.msm_from(bases, 0, scalars)
    }

    fn msm_from(
        &self,
        bases: &BaseSet,
        start: usize,
        scalars: Scalars<'_>,
    ) -> Result<G1, DeviceError> {
        let prepared: &Bases = bases.prepared(&self.info.name)?;
        bases.covers(start.saturating_add(scalars.len()))?;
        if scalars.is_empty() {
            return Ok(G1::zero());
        }
        let mut encoded = encode(scalars);
        let identity = prepared.identity.iter().skip(start);
        for (scalar, identity) in encoded.bytes.chunks_mut(encoded.width).zip(identity) {
            if *identity {
                scalar.fill(0);
            }
        }
        self.multiply(prepared, start, &encoded)
    }

    fn estimate(&self, bases: &BaseSet, scalars: Scalars<'_>) -> Option<Duration> {
        let estimate = self.estimate_msm(bases, scalars).ok()?;
        Some(estimate.time(self.speed))
    }
}

/// Where everything of one multiplication lies.
struct Workspace {
    window: Window,
    chunk: usize,
    jobs: u16,
    scalars: u16,
    bases: u16,
    buckets: u16,
    running: u16,
    sums: u16,
    result: u16,
}

/// How a multiplication is cut to the room that there is.
pub(super) struct Cut {
    pub(super) window: Window,
    /// Scalars that are on the core at a time.
    pub(super) chunk: usize,
    /// Rows needed beside buckets.
    fixed: usize,
}

impl FpgaDevice {
    /// The cheapest window that there is room for beside as many scalars as there are, or as the smallest window leaves room for.
    pub(super) fn cut(&self, programs: &CurvePrograms, bases: &Bases, scalars: &Encoded) -> Cut {
        let count = scalars.bytes.len() / scalars.width;
        let smallest = Window {
            bits: 2,
            windows: scalars.bits.div_ceil(2) as u8,
        };
        let room = self.session.memory().largest();
        let each = if bases.region.is_some() { 1 } else { 3 };
        let left = room.saturating_sub(JOBS + smallest.rows()) / each;
        let chunk = count.min(CHUNK).min(left).max(1);
        let fixed = JOBS + each * chunk;
        let (add_affine, add) = (&programs.add_affine.program, &programs.add.program);
        let window = Window::candidates(scalars.bits)
            .filter(|window| fixed + window.rows() <= room)
            .min_by_key(|window| window.cycles(count, add_affine, add))
            .unwrap_or(smallest);
        Cut {
            window,
            chunk,
            fixed,
        }
    }

    fn multiply(&self, bases: &Bases, start: usize, scalars: &Encoded) -> Result<G1, DeviceError> {
        let programs = self.session.curve()?;
        let Cut {
            window,
            chunk,
            fixed,
        } = self.cut(&programs, bases, scalars);
        let region = self.session.take(fixed + window.rows())?;
        let at = |offset: usize| region.start() + offset as u16;
        let per_window = 3 * usize::from(window.windows);
        let all_buckets = per_window * usize::from(window.buckets());
        let space = Workspace {
            window,
            chunk,
            jobs: at(0),
            scalars: at(JOBS),
            bases: at(JOBS + chunk),
            buckets: at(fixed),
            running: at(fixed + all_buckets),
            sums: at(fixed + all_buckets + per_window),
            result: at(fixed + all_buckets + 2 * per_window),
        };
        self.accumulate(&space, &programs, bases, start, scalars)?;
        self.reduce(&space, &programs)
    }

    fn accumulate(
        &self,
        space: &Workspace,
        programs: &CurvePrograms,
        bases: &Bases,
        start: usize,
        scalars: &Encoded,
    ) -> Result<(), DeviceError> {
        let points = (space.window.rows() / 3) as u16;
        let clear = Job {
            items: points,
            a: space.buckets,
            a_step: 3,
            ..job(&programs.clear)
        };
        let mut jobs = vec![clear.encode()];
        jobs.extend(self.reduction_jobs(space, programs));
        self.session.write(space.jobs + 1, &jobs, OPERATION)?;
        let run = Run {
            first: space.jobs + 1,
            jobs: 1,
            repeats: 1,
        };
        self.session.run(
            run,
            job_cycles(&programs.clear.program, points.into(), 1),
            Phase::Clear,
            OPERATION,
        )?;
        for (index, chunk) in scalars
            .bytes
            .chunks(space.chunk * scalars.width)
            .enumerate()
        {
            let items = chunk.len() / scalars.width;
            self.session
                .write_narrow(space.scalars, scalars.width, true, chunk, OPERATION)?;
            let first = 2 * (start + space.chunk * index);
            let base_row = match &bases.region {
                Some(region) => region.start() + first as u16,
                None => {
                    let rows = bases.rows.get(first..first + 2 * items);
                    let rows = rows.unwrap_or_default();
                    self.session.write(space.bases, rows, OPERATION)?;
                    space.bases
                }
            };
            let job = Job {
                items: items as u16,
                a: space.buckets,
                b: base_row,
                b_step: 2,
                recoding: Some(Recoding {
                    scalar_row: space.scalars,
                    windows: space.window.windows,
                    window_bits: space.window.bits,
                    window_rows: 3 * space.window.buckets(),
                }),
                ..job(&programs.add_affine)
            };
            self.session.write(space.jobs, &[job.encode()], OPERATION)?;
            let program = &programs.add_affine.program;
            let most = items as u64 * u64::from(space.window.windows);
            // Every item may have to wait for the one before.
            let cycles = job_cycles(program, most, u64::from(program.stages));
            self.session.run(
                Run {
                    first: space.jobs,
                    jobs: 1,
                    repeats: 1,
                },
                cycles,
                Phase::Accumulate,
                OPERATION,
            )?;
        }
        Ok(())
    }

    /// Two jobs for the running sums of all windows, two for the combination of windows.
    fn reduction_jobs(&self, space: &Workspace, programs: &CurvePrograms) -> Vec<Row> {
        let windows = u16::from(space.window.windows);
        let buckets = space.window.buckets();
        let add = job(&programs.add);
        let down = 0u16.wrapping_sub(3);
        let running = Job {
            items: windows,
            a: space.running,
            a_step: 3,
            b: space.buckets + 3 * (buckets - 1),
            b_step: 3 * buckets,
            b_outer: down,
            ..add
        };
        let sums = Job {
            items: windows,
            a: space.sums,
            a_step: 3,
            b: space.running,
            b_step: 3,
            ..add
        };
        let double = Job {
            items: u16::from(space.window.bits),
            spacing: programs.add.program.stages,
            a: space.result,
            b: space.result,
            ..add
        };
        let combine = Job {
            items: 1,
            a: space.result,
            b: space.sums + 3 * (windows - 1),
            b_outer: down,
            ..add
        };
        [running, sums, double, combine]
            .iter()
            .map(Job::encode)
            .collect()
    }

    fn reduce(&self, space: &Workspace, programs: &CurvePrograms) -> Result<G1, DeviceError> {
        let add = &programs.add.program;
        let (windows, buckets) = (u64::from(space.window.windows), space.window.buckets());
        let cycles = 2 * u64::from(buckets) * job_cycles(add, windows, 1);
        let run = Run {
            first: space.jobs + 2,
            jobs: 2,
            repeats: buckets,
        };
        self.session.run(run, cycles, Phase::Reduce, OPERATION)?;
        let bits = u64::from(space.window.bits);
        let chain = u64::from(add.stages);
        let cycles = windows * (job_cycles(add, bits, chain) + job_cycles(add, 1, 1));
        let run = Run {
            first: space.jobs + 4,
            jobs: 2,
            repeats: windows as u16,
        };
        self.session.run(run, cycles, Phase::Combine, OPERATION)?;
        let rows = self.session.read(space.result, 3, OPERATION)?;
        let wrong = |reason: &str| DeviceError::InvariantViolation {
            device: self.info.name.clone(),
            reason: reason.to_owned(),
        };
        let point = rows.into_iter().map(coordinate).collect::<Option<Vec<_>>>();
        let Some(&[x, y, z]) = point.as_deref() else {
            return Err(wrong("the core returned a coordinate outside its range"));
        };
        if z.is_zero() {
            return Ok(G1::zero());
        }
        let affine = G1Affine::new_unchecked(x / z, y / z);
        if !affine.is_on_curve() {
            return Err(wrong("the core returned no point of the curve"));
        }
        Ok(affine.into())
    }
}

/// A job of a program in memory, one item an iteration.
fn job(placed: &Placed) -> Job {
    Job {
        program: placed.row,
        interval: placed.program.interval() as u16,
        stages: placed.program.stages,
        spacing: 1,
        ..Job::default()
    }
}
