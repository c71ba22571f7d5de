//! See `kernelwise_fuzz`.
#![no_main]

use kernelwise_fuzz::{proofs, write_seeds};

libfuzzer_sys::fuzz_target!(
    init: write_seeds(proofs::proof_seeds),
    |bytes: &[u8]| proofs::proof(bytes)
);
