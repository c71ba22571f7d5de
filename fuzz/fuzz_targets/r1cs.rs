//! See `kernelwise_fuzz`.
#![no_main]

use kernelwise_fuzz::{circom, write_seeds};

libfuzzer_sys::fuzz_target!(
    init: write_seeds(circom::r1cs_seeds),
    |bytes: &[u8]| circom::r1cs(bytes)
);
