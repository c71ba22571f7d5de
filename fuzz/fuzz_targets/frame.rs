//! See `kernelwise_fuzz`.
#![no_main]

use kernelwise_fuzz::{frames, write_seeds};

libfuzzer_sys::fuzz_target!(
    init: write_seeds(frames::seeds),
    |bytes: &[u8]| frames::frame(bytes)
);
