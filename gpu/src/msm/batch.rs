//! The launches of one batch of sums.

use std::marker::PhantomData;

use kernelwise_hal::{DeviceError, IntSlice, Scalars};

use super::group::{KernelGroup, Loose, Pairs};
use super::plan::Plan;
use crate::driver::{Args, Buffer, Element, Gpu, Grid};

/// Threads of kernels that add points.
const ADD_THREADS: u32 = 128;
/// Threads of other kernels; that of the scans is the kernels' constant.
const THREADS: u32 = 256;
/// Buckets that a block of a scan takes; the kernels' constant.
const SCAN_LEN: usize = 2048;
/// Below so many rows their windows are joined on the host, which doubles faster than one thread of a card.
const JOIN_ROWS: usize = 64;

/// Bytes of one scalar on the device.
pub(super) fn scalar_bytes(scalars: Scalars<'_>) -> usize {
    match scalars {
        Scalars::Fr(_) => 32,
        Scalars::Int(ints) => ints.value_bytes(),
        Scalars::Bits(_) => 1,
    }
}

/// Starts the sums of all rows, over the bases from `first` on. Nothing waits for the card.
pub(super) fn start<G: KernelGroup>(
    gpu: &Gpu,
    plan: Plan,
    points: &Buffer<G::Affine>,
    first: usize,
    scalars: Scalars<'_>,
) -> Result<Pending<G>, DeviceError> {
    let batch = Batch { gpu, plan: &plan };
    let digits = batch.digits(scalars)?;
    let sorted = batch.sort(&digits)?;
    drop(digits);
    let sums = batch.segments::<G>(&sorted, points, first)?;
    let sums = batch.joined::<G>(batch.tasks::<G>(&sorted, sums)?)?;
    Ok(Pending {
        plan,
        sums,
        group: PhantomData,
    })
}

/// A batch that was started: the sums of its rows, or of their windows.
pub(super) struct Pending<G> {
    plan: Plan,
    sums: Buffer<Loose>,
    group: PhantomData<fn() -> G>,
}

impl<G: KernelGroup> Pending<G> {
    /// Waits for the sum of each row.
    pub(super) fn finish(self) -> Result<Vec<G>, DeviceError> {
        let words = self.sums.read()?;
        let sums = words.chunks_exact(G::SUM_ELEMENTS).map(G::from_sum);
        if self.plan.windows == 1 || joins_on_card(&self.plan) {
            return Ok(sums.collect());
        }
        let double = |sum: G| (0..self.plan.bits).fold(sum, |sum, _| sum.double());
        let windows: Vec<G> = sums.collect();
        let rows = windows.chunks_exact(self.plan.windows);
        let joined = rows.map(|windows| {
            let windows = windows.iter().rev();
            windows.fold(G::zero(), |sum, window| double(sum) + window)
        });
        Ok(joined.collect())
    }
}

/// Whether the windows of rows are joined on the card.
fn joins_on_card(plan: &Plan) -> bool {
    plan.windows > 1 && plan.rows >= JOIN_ROWS
}

/// A batch under way.
struct Batch<'a> {
    gpu: &'a Gpu,
    plan: &'a Plan,
}

/// Entries by bucket, and their segments.
struct Sorted {
    /// Base index and sign of each entry.
    entries: Buffer<u32>,
    /// The first entry of each bucket, and the number of entries.
    starts: Buffer<u32>,
    /// The first segment of each bucket, and the number of segments.
    segment_starts: Buffer<u32>,
    /// Four words per segment, longest first.
    jobs: Buffer<u32>,
}

/// A number that the plan keeps below 2^32.
fn word(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

impl Batch<'_> {
    fn digits(&self, scalars: Scalars<'_>) -> Result<Buffer<u16>, DeviceError> {
        match scalars {
            Scalars::Fr(values) => self.digits_of("kw_msm_digits_fr", values),
            Scalars::Bits(values) => self.digits_of("kw_msm_digits_bits", values),
            Scalars::Int(IntSlice::I8(values)) => self.digits_of("kw_msm_digits_i8", values),
            Scalars::Int(IntSlice::I16(values)) => self.digits_of("kw_msm_digits_i16", values),
            Scalars::Int(IntSlice::I32(values)) => self.digits_of("kw_msm_digits_i32", values),
            Scalars::Int(IntSlice::I64(values)) => self.digits_of("kw_msm_digits_i64", values),
        }
    }

    fn digits_of<T: Element>(
        &self,
        kernel: &str,
        values: &[T],
    ) -> Result<Buffer<u16>, DeviceError> {
        let (gpu, plan) = (self.gpu, self.plan);
        let scalars = gpu.upload(values)?;
        let digits = gpu.allocate(plan.entries())?;
        let args = Args::new()
            .buffer(&digits)
            .buffer(&scalars)
            .u64(values.len() as u64)
            .u32(word(plan.row_len))
            .u32(word(plan.windows))
            .u32(plan.bits);
        gpu.launch(kernel, Grid::over(values.len(), THREADS), &args)?;
        Ok(digits)
    }

    /// Brings the entries of each bucket together and orders its segments.
    fn sort(&self, digits: &Buffer<u16>) -> Result<Sorted, DeviceError> {
        let (gpu, plan) = (self.gpu, self.plan);
        let buckets = plan.all_buckets();
        let counts = gpu.zeroed::<u32>(buckets)?;
        let offsets = gpu.allocate::<u32>(buckets * plan.tiles)?;
        let tile_threads = (plan.tile_len.max(plan.buckets) / 8)
            .next_power_of_two()
            .clamp(32, 1024);
        let tiles = Grid {
            shared_bytes: word(4 * plan.buckets),
            ..Grid::line(word(plan.tasks() * plan.tiles), word(tile_threads))
        };
        let tiling = |args: Args| {
            args.buffer(&offsets)
                .buffer(digits)
                .u32(word(plan.row_len))
                .u32(word(plan.buckets))
                .u32(word(plan.tiles))
                .u32(word(plan.tile_len))
        };
        gpu.launch("kw_msm_count", tiles, &tiling(Args::new().buffer(&counts)))?;

        let (starts, segment_starts) = self.scan(&counts)?;
        drop(counts);
        let entries = match plan.rounds {
            0 => gpu.allocate::<u32>(plan.entries())?,
            // Nothing where buckets are filled up.
            _ => gpu.zeroed::<u32>(plan.padded_entries())?,
        };
        let args = tiling(Args::new().buffer(&entries).buffer(&starts));
        gpu.launch("kw_msm_scatter", tiles, &args)?;

        let jobs = self.jobs(&starts, &segment_starts)?;
        Ok(Sorted {
            entries,
            starts,
            segment_starts,
            jobs,
        })
    }

    /// Where the entries and the segments of each bucket start.
    fn scan(&self, counts: &Buffer<u32>) -> Result<(Buffer<u32>, Buffer<u32>), DeviceError> {
        let (gpu, plan) = (self.gpu, self.plan);
        let buckets = plan.all_buckets();
        let blocks = buckets.div_ceil(SCAN_LEN);
        let sums = gpu.allocate::<u64>(blocks)?;
        let grid = Grid::line(word(blocks), THREADS);
        let sizes = |args: Args| {
            args.buffer(counts)
                .u32(word(buckets))
                .u32(word(plan.segment_len))
                .u32(plan.rounds)
        };
        gpu.launch(
            "kw_msm_scan_blocks",
            grid,
            &sizes(Args::new().buffer(&sums)),
        )?;
        let args = Args::new().buffer(&sums).u32(word(blocks));
        gpu.launch("kw_msm_scan_sums", Grid::line(1, THREADS), &args)?;
        let starts = gpu.allocate(buckets + 1)?;
        let segment_starts = gpu.allocate(buckets + 1)?;
        let args = Args::new()
            .buffer(&starts)
            .buffer(&segment_starts)
            .buffer(&sums);
        gpu.launch("kw_msm_scan_starts", grid, &sizes(args))?;
        Ok((starts, segment_starts))
    }

    /// The segments, longest first.
    fn jobs(
        &self,
        starts: &Buffer<u32>,
        segment_starts: &Buffer<u32>,
    ) -> Result<Buffer<u32>, DeviceError> {
        let (gpu, plan) = (self.gpu, self.plan);
        let lengths = gpu.zeroed::<u32>(plan.segment_len + 1)?;
        let jobs = gpu.allocate::<u32>(4 * plan.max_segments())?;
        let grid = Grid::over(plan.max_segments(), THREADS);
        let shape = |args: Args| {
            args.buffer(&lengths)
                .buffer(starts)
                .buffer(segment_starts)
                .u32(word(plan.all_buckets()))
                .u32(word(plan.segment_len))
                .u32(plan.rounds)
        };
        gpu.launch("kw_msm_lengths", grid, &shape(Args::new()))?;
        let args = Args::new().buffer(&lengths).u32(word(plan.segment_len));
        gpu.launch("kw_msm_longer", Grid::line(1, THREADS), &args)?;
        gpu.launch("kw_msm_jobs", grid, &shape(Args::new().buffer(&jobs)))?;
        Ok(jobs)
    }

    fn allocate_sums<G: KernelGroup>(&self, len: usize) -> Result<Buffer<Loose>, DeviceError> {
        self.gpu.allocate(len * G::SUM_ELEMENTS)
    }

    /// The points that rounds of additions by pairs leave.
    fn pairs<G: KernelGroup>(
        &self,
        kernels: &Pairs,
        sorted: &Sorted,
        points: &Buffer<G::Affine>,
        first: usize,
    ) -> Result<Buffer<G::Affine>, DeviceError> {
        let (gpu, plan) = (self.gpu, self.plan);
        let prefixes = gpu.allocate::<Loose>(plan.pairs(0) * G::DEGREE)?;
        let mut left: Option<Buffer<G::Affine>> = None;
        for round in 0..plan.rounds {
            let pairs = plan.pairs(round);
            let sums = gpu.allocate::<G::Affine>(pairs)?;
            let args = Args::new().buffer(&sums).buffer(&prefixes);
            let total = |args: Args| args.offset(&sorted.starts, plan.all_buckets());
            let (kernel, args) = match &left {
                None => {
                    let args = args.offset(points, first).buffer(&sorted.entries);
                    (kernels.first, total(args))
                }
                Some(points) => (kernels.next, total(args.buffer(points)).u32(round)),
            };
            let (blocks, threads) = plan.pair_grid(pairs);
            let args = args.u32(word(plan.pairs_each(pairs)));
            gpu.launch(kernel, Grid::line(word(blocks), word(threads)), &args)?;
            left = Some(sums);
        }
        left.ok_or_else(|| gpu.invariant("no rounds of pairs".to_owned()))
    }

    /// The sum of each bucket, in the place of its first segment.
    fn segments<G: KernelGroup>(
        &self,
        sorted: &Sorted,
        points: &Buffer<G::Affine>,
        first: usize,
    ) -> Result<Buffer<Loose>, DeviceError> {
        let (gpu, plan) = (self.gpu, self.plan);
        let paired = match G::PAIRS.filter(|_| plan.rounds > 0) {
            Some(kernels) => {
                let left = self.pairs::<G>(&kernels, sorted, points, first)?;
                Some((kernels.accumulate, left))
            }
            None => None,
        };
        let sums = self.allocate_sums::<G>(plan.max_segments())?;
        let grid = Grid::over(plan.max_segments(), ADD_THREADS);
        let args = Args::new().buffer(&sums);
        let (kernel, args) = match &paired {
            Some((kernel, left)) => (*kernel, args.buffer(left)),
            None => {
                let args = args.offset(points, first).buffer(&sorted.entries);
                (G::ACCUMULATE, args)
            }
        };
        let args = args
            .buffer(&sorted.jobs)
            .offset(&sorted.segment_starts, plan.all_buckets());
        gpu.launch(kernel, grid, &args)?;
        drop(paired);
        for stride in plan.combine_strides() {
            let args = Args::new()
                .buffer(&sums)
                .buffer(&sorted.jobs)
                .buffer(&sorted.segment_starts)
                .offset(&sorted.segment_starts, plan.all_buckets())
                .u32(word(stride));
            gpu.launch(G::COMBINE, grid, &args)?;
        }
        Ok(sums)
    }

    /// The sum of each task.
    fn tasks<G: KernelGroup>(
        &self,
        sorted: &Sorted,
        sums: Buffer<Loose>,
    ) -> Result<Buffer<Loose>, DeviceError> {
        let (gpu, plan) = (self.gpu, self.plan);
        let (tasks, chunks) = (plan.tasks(), plan.chunks());
        let parts = self.allocate_sums::<G>(tasks * chunks)?;
        let args = Args::new()
            .buffer(&parts)
            .buffer(&sums)
            .buffer(&sorted.segment_starts)
            .u32(word(tasks))
            .u32(word(plan.buckets))
            .u32(word(plan.chunk));
        gpu.launch(G::REDUCE, Grid::over(tasks * chunks, ADD_THREADS), &args)?;
        if chunks == 1 {
            return Ok(parts);
        }
        let results = self.allocate_sums::<G>(tasks)?;
        let threads = word(
            chunks
                .div_ceil(2)
                .next_power_of_two()
                .min(ADD_THREADS as usize),
        );
        let grid = Grid {
            shared_bytes: threads * word(32 * G::SUM_ELEMENTS),
            ..Grid::line(word(tasks), threads)
        };
        let args = Args::new()
            .buffer(&results)
            .buffer(&parts)
            .u32(word(chunks));
        gpu.launch(G::SUM, grid, &args)?;
        Ok(results)
    }

    /// The sum of each row where there are many, else the sum of each task still.
    fn joined<G: KernelGroup>(&self, tasks: Buffer<Loose>) -> Result<Buffer<Loose>, DeviceError> {
        let (gpu, plan) = (self.gpu, self.plan);
        if !joins_on_card(plan) {
            return Ok(tasks);
        }
        let results = self.allocate_sums::<G>(plan.rows)?;
        let args = Args::new()
            .buffer(&results)
            .buffer(&tasks)
            .u32(word(plan.rows))
            .u32(word(plan.windows))
            .u32(plan.bits);
        gpu.launch(G::JOIN, Grid::over(plan.rows, ADD_THREADS), &args)?;
        Ok(results)
    }
}
