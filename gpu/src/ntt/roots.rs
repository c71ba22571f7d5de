//! Tables of powers, in the memory of the card.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use kernelwise_field::{Field, Fr};
use kernelwise_hal::DeviceError;

use super::MAX_LOG_RADIX;
use crate::driver::{Buffer, Gpu};

/// All powers of a base below 2^`log_len`, as products of one entry of each of two tables.
#[derive(Clone)]
pub(super) struct Powers {
    /// base^i for i < 2^`log_low`.
    pub(super) low: Arc<Buffer<Fr>>,
    /// base^(2^`log_low`·i).
    pub(super) high: Arc<Buffer<Fr>>,
    pub(super) log_low: u32,
}

impl Powers {
    /// # Cost
    /// About 2·2^(`log_len`/2) products on the host.
    pub(super) fn new(gpu: &Gpu, base: Fr, log_len: u32) -> Result<Self, DeviceError> {
        let log_low = log_len / 2;
        let step = base.pow([1u64 << log_low]);
        Ok(Self {
            low: Arc::new(gpu.upload(&powers(base, 1 << log_low))?),
            high: Arc::new(gpu.upload(&powers(step, 1 << (log_len - log_low)))?),
            log_low,
        })
    }
}

/// The first `len` powers of `base`.
fn powers(base: Fr, len: usize) -> Vec<Fr> {
    std::iter::successors(Some(Fr::ONE), |&power| Some(power * base))
        .take(len)
        .collect()
}

/// What a transform needs to know of its root of unity.
pub(super) struct Roots {
    pub(super) powers: Powers,
    /// ω_M^i for i < M/2, M the largest radix.
    pub(super) inner: Buffer<Fr>,
    /// log M.
    pub(super) log_inner: u32,
}

impl Roots {
    fn new(gpu: &Gpu, omega: Fr, log_len: u32) -> Result<Self, DeviceError> {
        let log_inner = log_len.min(MAX_LOG_RADIX);
        let inner = omega.pow([1u64 << (log_len - log_inner)]);
        Ok(Self {
            powers: Powers::new(gpu, omega, log_len)?,
            inner: gpu.upload(&powers(inner, 1 << (log_inner - 1)))?,
            log_inner,
        })
    }
}

/// The roots of every length and direction that was asked for: two tables of 2^(`log_len`/2) elements each.
#[derive(Default)]
pub(super) struct RootsCache {
    roots: Mutex<HashMap<Fr, Arc<Roots>>>,
}

impl RootsCache {
    /// The tables of `omega`, whose order is 2^`log_len` ≥ 2.
    pub(super) fn get(
        &self,
        gpu: &Gpu,
        omega: Fr,
        log_len: u32,
    ) -> Result<Arc<Roots>, DeviceError> {
        let mut cached = self.roots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(roots) = cached.get(&omega) {
            return Ok(roots.clone());
        }
        let roots = Arc::new(Roots::new(gpu, omega, log_len)?);
        cached.insert(omega, roots.clone());
        Ok(roots)
    }
}
