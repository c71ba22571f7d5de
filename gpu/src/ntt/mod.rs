//! Number-theoretic transforms in passes of large radix through shared memory.

mod roots;

use kernelwise_field::{Field, Fr};
use kernelwise_hal::ntt::check_transform;
use kernelwise_hal::{DeviceError, Ntt};

use crate::driver::{Args, Buffer, DevicePtr, Gpu, Grid};
use roots::{Powers, Roots, RootsCache};

/// The largest radix of a pass: its values fill the shared memory that every card has, with as much again to spare.
const MAX_LOG_RADIX: u32 = 10;
/// Values that a block transforms.
const LOG_BLOCK: u32 = 10;
/// Threads of a block; the kernel's bound.
const THREADS: u32 = 256;

/// Transforms on one card.
pub(crate) struct CudaNtt {
    gpu: Gpu,
    roots: RootsCache,
    /// At most [`MAX_LOG_RADIX`].
    max_log_radix: u32,
}

/// What a transform multiplies values with besides roots.
#[derive(Default)]
struct Scales {
    /// Input i is multiplied by the i-th power.
    before: Option<Powers>,
    /// Output i is multiplied by the i-th power.
    after: Option<Powers>,
    /// Every output is multiplied by this.
    scale: Option<Fr>,
}

impl CudaNtt {
    pub(crate) fn new(gpu: Gpu) -> Self {
        Self {
            gpu,
            roots: RootsCache::default(),
            max_log_radix: MAX_LOG_RADIX,
        }
    }

    fn transform(
        &self,
        values: &mut [Fr],
        roots: &Roots,
        scales: &Scales,
    ) -> Result<(), DeviceError> {
        let mut from = self.gpu.upload(values)?;
        let mut to = self.gpu.allocate::<Fr>(values.len())?;
        let radices = radices(values.len().ilog2(), self.max_log_radix);
        let mut log_done = 0;
        for (pass, &log_radix) in radices.iter().enumerate() {
            let first = pass == 0;
            let last = pass + 1 == radices.len();
            let scales = Scales {
                before: scales.before.clone().filter(|_| first),
                after: scales.after.clone().filter(|_| last),
                scale: scales.scale.filter(|_| last),
            };
            self.pass([&from, &to], log_radix, log_done, roots, &scales)?;
            log_done += log_radix;
            std::mem::swap(&mut from, &mut to);
        }
        values.copy_from_slice(&from.read()?);
        Ok(())
    }

    fn pass(
        &self,
        [from, to]: [&Buffer<Fr>; 2],
        log_radix: u32,
        log_done: u32,
        roots: &Roots,
        scales: &Scales,
    ) -> Result<(), DeviceError> {
        let log_len = from.len().ilog2();
        let log_columns = LOG_BLOCK.saturating_sub(log_radix).min(log_len - log_radix);
        let block = 1u32 << (log_radix + log_columns);
        let grid = Grid {
            shared_bytes: block * 32,
            ..Grid::line(
                1 << (log_len - log_radix - log_columns),
                (block / 2).clamp(32, THREADS),
            )
        };
        let args = Args::new()
            .buffer(to)
            .buffer(from)
            .u32(log_len)
            .u32(log_radix)
            .u32(log_columns)
            .u32(log_done)
            .buffer(&roots.powers.low)
            .buffer(&roots.powers.high)
            .u32(roots.powers.log_low)
            .buffer(&roots.inner)
            .u32(roots.log_inner);
        let args = [&scales.before, &scales.after]
            .into_iter()
            .fold(args, |args, powers| {
                let null = DevicePtr(0);
                match powers {
                    None => args.pointer(null).pointer(null),
                    Some(powers) => args.buffer(&powers.low).buffer(&powers.high),
                }
            });
        let args = args
            .field(scales.scale.unwrap_or(Fr::ONE))
            .u32(scales.scale.is_some().into());
        self.gpu.launch("kw_ntt_pass", grid, &args)
    }

    /// Powers of a shift, unless it is one.
    fn shift_powers(&self, shift: Fr, log_len: u32) -> Result<Option<Powers>, DeviceError> {
        if shift == Fr::ONE {
            return Ok(None);
        }
        Powers::new(&self.gpu, shift, log_len).map(Some)
    }
}

/// The radices of the passes of a transform, as equal as can be.
fn radices(log_len: u32, max_log_radix: u32) -> Vec<u32> {
    let passes = log_len.div_ceil(max_log_radix);
    (0..passes).map(|pass| (log_len + pass) / passes).collect()
}

impl Ntt for CudaNtt {
    fn forward(&self, values: &mut [Fr], shift: Fr) -> Result<(), DeviceError> {
        let omega = check_transform(values, shift)?;
        if values.len() == 1 {
            return Ok(());
        }
        let log_len = values.len().ilog2();
        let roots = self.roots.get(&self.gpu, omega, log_len)?;
        let scales = Scales {
            before: self.shift_powers(shift, log_len)?,
            ..Scales::default()
        };
        self.transform(values, &roots, &scales)
    }

    fn inverse(&self, values: &mut [Fr], shift: Fr) -> Result<(), DeviceError> {
        let omega = invert(check_transform(values, shift)?);
        if values.len() == 1 {
            return Ok(());
        }
        let log_len = values.len().ilog2();
        let roots = self.roots.get(&self.gpu, omega, log_len)?;
        let scales = Scales {
            after: self.shift_powers(invert(shift), log_len)?,
            scale: Some(invert(Fr::from(values.len() as u64))),
            ..Scales::default()
        };
        self.transform(values, &roots, &scales)
    }
}

/// The inverse of an element that is not zero.
fn invert(x: Fr) -> Fr {
    x.inverse().unwrap_or(Fr::ONE)
}

#[cfg(all(test, feature = "host-shim"))]
mod tests;
