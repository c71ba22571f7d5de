//! Workloads by devices: verified records of time, work and memory, against references of the same run.
//!
//! # Rules
//! - **Nothing is recorded unless it is right.** Every sample's result is compared, bit by bit, with the reference's.
//! - **Ratios, not times.** References run in the same process and alternate with the devices, sample by sample.
//! - **Processor time.** Machines are shared; ratios of devices that compute on host cores are of processor time, those of
//!   other devices of wall time. Both are recorded.
//! - **Work beside time.** Counters of what was asked of a device do not depend on the machine.
//!
//! | module | what |
//! |---|---|
//! | [`ops`] | the operations, each a list of cases |
//! | [`mod@reference`] | the libraries that devices are compared with |
//! | [`case`] and [`mod@measure`] | one comparison, and how it is sampled |
//! | [`mod@floor`] | the least time that the hardware of a device allows |
//! | [`mod@models`] | whole proofs |
//! | [`mod@fpga`] | the FPGA core: counted cycles and bytes, and the times that follow from them |
//! | [`mod@isolated`] | Groth16 proofs, each contender in a process of its own |
//! | [`record`] and [`machine`] | what is kept |
//! | [`render`] | tables, JSON, CSV, HTML |
//! | [`mod@compare`] | two reports, and what changed between them |
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod args;
pub mod case;
pub mod clock;
pub mod commands;
pub mod compare;
pub mod devices;
pub mod error;
pub mod floor;
pub mod fpga;
pub mod inputs;
pub mod isolated;
pub mod machine;
pub mod measure;
pub mod meter;
pub mod models;
pub mod ops;
pub mod record;
pub mod reference;
pub mod render;
pub mod samples;
pub mod stats;

pub use case::{Case, Contender, Role, Task};
pub use error::BenchError;
pub use measure::{Sampling, measure};
pub use record::{BenchRecord, Report};
