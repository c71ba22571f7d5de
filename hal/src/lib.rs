//! The hardware abstraction layer: what a prover asks of a device.
//!
//! # Design
//! - **Concrete field, dynamic device.** `Fr`, G1 and G2 are fixed in [`kernelwise_field`]; every trait is
//!   object-safe, so that a prover holds `&dyn Device` and never a type parameter per back end.
//! - **Two verbs and their helpers.** A device offers [`Msm`] and [`SumcheckDevice`], and may offer
//!   [`FractionTree`], [`Contract`] and [`Ntt`]. Nothing here knows of kernels, tensors or transcripts.
//! - **Capabilities are asked when planning** ([`Device::msm`] and friends return `Option`), never
//!   found missing in the middle of a proof.
//! - **Devices return canonical values.** Proof bytes do not depend on the device, its thread count
//!   or its lane width; [`DualDevice`] and the conformance tables check that.
//! - **Rounds are fused**: binding the last challenge and producing the next round polynomial is one
//!   call, because a serial link, a PCIe bus and a network all want one message per round.
//! - **Every call may fail**, with a [`DeviceError`] that says which bytes, lengths or limits.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

pub mod contract;
pub mod device;
pub mod dual;
pub mod error;
pub mod factors;
pub mod fallback;
pub mod fractions;
pub mod ints;
pub mod msm;
pub mod ntt;
pub mod null;
pub mod pool;
mod rates;
pub mod registry;
pub mod rounds;
pub mod split;
pub mod sumcheck;

#[cfg(feature = "conformance")]
pub mod conformance;

pub use contract::{Contract, ContractAxis, IntMatrix, ResidentMatrix};
pub use device::{Capabilities, Device, DeviceInfo, DeviceKind, Peak};
pub use dual::DualDevice;
pub use error::{DeviceError, ErrorKind};
pub use factors::Factors;
pub use fallback::Fallback;
pub use fractions::{FractionLayer, FractionTree};
pub use ints::IntSlice;
pub use kernelwise_field as field;
pub use msm::{BaseSet, Msm, MsmGroup, Scalars};
pub use ntt::Ntt;
pub use null::NullDevice;
pub use pool::{Grain, Pool};
pub use registry::{DeviceFactory, Registry};
pub use split::{Limits, Served, Split};
pub use sumcheck::{RoundPoly, RoundProver, SumcheckDevice, SumcheckRequest, Table, Term};
