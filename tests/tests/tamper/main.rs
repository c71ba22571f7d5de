//! Bytes altered after proving: every message, every byte, every length, and keys and statements as well.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a broken helper must fail the test"
)]

mod files;
mod keys;
mod manifest;
