//! Sumcheck with resident tables: one launch per round, one small copy back.
//!
//! - Tables are copied to the card once, in the width they have, and bound in place.
//! - Binding and evaluation are one pass over memory ([`program`]); where a request has very many terms, they are played by rows of the grid, after
//!   a pass that binds.
//! - An `eq` factor never becomes a table of `2^n` entries: a thread always meets the same entry of the lower half of it, and multiplies by
//!   that at its end ([`weights`]).
//! - Integers stay integers in the first round, and products of them are 64-bit products.
//! - What is left when launches take longer than the arithmetic is handed to another device ([`tail`]).

mod launch;
mod measure;
mod program;
mod rounds;
mod tables;
mod tail;
mod weights;

use std::sync::Arc;

use kernelwise_field::Fr;
use kernelwise_hal::rounds::RoundOrder;
use kernelwise_hal::{
    Device, DeviceError, RoundPoly, RoundProver, SumcheckDevice, SumcheckRequest, Table,
};

use crate::driver::Gpu;
use rounds::Rounds;
use tail::HandOver;

/// Threads of a block, as the kernels have it.
const THREADS: u32 = 128;

/// Threads that add up a round, at most: blocks of them fill the multiprocessors of the largest cards once, and being a power of two,
/// they meet every entry of the lower half of an `eq` table alike.
const LANES: usize = 1 << 16;

/// Entries of all tables together from which on another device goes on, unless it is [measured](measure): a launch and a copy take about as
/// long as a few CPU cores for these.
const HAND_OVER: usize = 1 << 11;

/// Sumchecks on a card.
pub(crate) struct CudaSumcheck {
    gpu: Gpu,
    tail: Option<HandOver>,
}

impl CudaSumcheck {
    /// With `tail`, what is small is handed to it.
    pub(crate) fn new(gpu: Gpu, tail: Option<Arc<dyn Device>>) -> Self {
        let entries = HAND_OVER;
        let tail = tail.map(|device| HandOver { device, entries });
        Self { gpu, tail }
    }

    /// Measures from which size on the other device is faster.
    ///
    /// # Errors
    /// What the devices report.
    pub(crate) fn measure(&mut self) -> Result<(), DeviceError> {
        let card = Self::new(self.gpu.clone(), None);
        if let Some(tail) = &mut self.tail
            && let Some(other) = tail.device.sumcheck()
        {
            tail.entries = measure::hand_over(&card, other)?;
        }
        Ok(())
    }
}

impl SumcheckDevice for CudaSumcheck {
    fn prepare<'a>(
        &self,
        request: SumcheckRequest<'a>,
    ) -> Result<Box<dyn RoundProver + 'a>, DeviceError> {
        let entries = tail::entries(request.num_vars(), request.tables().len());
        let small = self.tail.as_ref().filter(|tail| entries <= tail.entries);
        if let Some(device) = small.and_then(|tail| tail.device.sumcheck()) {
            return device.prepare(request);
        }
        if request.num_vars() == 0 {
            return Ok(Box::new(Constant {
                order: RoundOrder::new(self.gpu.name(), 0),
                values: request.tables().iter().map(only_entry).collect(),
            }));
        }
        let rounds = Rounds::new(self.gpu.clone(), request, self.tail.clone())?;
        Ok(Box::new(rounds))
    }

    fn opens(&self) -> bool {
        // What is small is prepared by the other device.
        let device = self.tail.as_ref().and_then(|tail| tail.device.sumcheck());
        device.is_none_or(|device| device.opens())
    }
}

/// A sumcheck without variables.
struct Constant {
    order: RoundOrder,
    values: Vec<Fr>,
}

fn only_entry(table: &Table<'_>) -> Fr {
    let entry = match table {
        Table::Fr(values) => values.first().copied(),
        Table::Int(values) => values.get(0).map(Fr::from),
        Table::Eq(_) => None,
    };
    entry.unwrap_or(Fr::from(1u64))
}

impl RoundProver for Constant {
    fn prove_round(&mut self, bind: Option<Fr>, _claim: Fr) -> Result<RoundPoly, DeviceError> {
        self.order.next_round(bind).map(|_| RoundPoly(Vec::new()))
    }

    fn open(&mut self) -> Result<RoundPoly, DeviceError> {
        self.prove_round(None, Fr::from(0u64))
    }

    fn finish(self: Box<Self>, bind: Option<Fr>) -> Result<Vec<Fr>, DeviceError> {
        self.order.finish(bind)?;
        Ok(self.values)
    }
}
