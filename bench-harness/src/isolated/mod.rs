//! Groth16 proofs from files, each contender in a process of its own: time, and peak memory that is nobody else's.
//!
//! | contender | what it reads | what it keeps |
//! |---|---|---|
//! | `ark-0.6` | its own encoding of the key, `.r1cs` | key and matrices in arkworks' types |
//! | `cpu` | `.zkey` | bases on the device |
//! | `cpu-streamed` | `.zkey` | the circuit; bases are read for every proof |
//!
//! All read the same witness (`.wtns`). arkworks computes with coefficients of the quotient and snarkjs' keys hold values, so that the two
//! keys are of two setups.

mod contenders;
mod files;

use std::path::Path;

use crate::error::BenchError;
use crate::measure::{Sampling, measure};
use crate::record::{BenchRecord, Ratio};

pub use contenders::Prover;
pub use files::write;

/// Measures one contender in this process, which should do nothing else: its peak memory counts from the begin.
///
/// # Errors
/// What reading, proving or verifying reports.
pub fn one(
    prover: Prover,
    folder: &Path,
    log_size: u32,
    sampling: Sampling,
) -> Result<Vec<BenchRecord>, BenchError> {
    let case = contenders::case(prover, folder, log_size)?;
    let loading = kernelwise_prover::memory::peak_bytes();
    let mut records = measure(case, sampling)?;
    for record in &mut records {
        record.peak_memory_bytes = record.peak_memory_bytes.max(loading);
    }
    Ok(records)
}

/// Adds ratios of times to the records of one size, the first of which is the reference.
pub fn compare(records: &mut [BenchRecord]) {
    let Some((reference, others)) = records.split_first_mut() else {
        return;
    };
    for record in others {
        let ratio = Ratio {
            reference: reference.device.clone(),
            ratio: reference.median_ns / record.median_ns.max(1.0),
            ratio_min: reference.min_ns / record.min_ns.max(1.0),
        };
        record.reference = Some(ratio.reference.clone());
        record.ratio = Some(ratio.ratio);
        record.ratios = vec![ratio];
    }
}
