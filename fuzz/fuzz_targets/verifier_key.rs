//! See `kernelwise_fuzz`.
#![no_main]

use kernelwise_fuzz::{keys, write_seeds};

libfuzzer_sys::fuzz_target!(
    init: write_seeds(keys::verifier_key_seeds),
    |bytes: &[u8]| keys::verifier_key(bytes)
);
