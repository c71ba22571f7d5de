//! The proving engine: from integers to a proof, over any device.
//!
//! | module | what |
//! |---|---|
//! | [`tensor`] | values of tensors, in the narrowest integers that hold their range |
//! | [`stored`] | integers in the bytes in which they are stored |
//! | [`witness`] | the forward pass: every tensor of a program, with advice |
//! | [`hints`] | functions of the host that circuits ask for advice |
//! | [`groth16`] | launches that are proved by Groth16 |
//! | [`key`] | setup: parameters committed once |
//! | [`mod@prove`] | commitments, lookups, backward pass, opening |
//! | [`memory`] | peak memory per phase |
//! | [`mod@plan`] | what a proof will cost: exact counts, times from measured rates |
//! | [`observer`] | phases, for progress bars and reports |
//!
//! Devices see field elements and return canonical values; only this crate and the verifier touch the transcript.
#![forbid(unsafe_code)]
#![deny(missing_docs)]

mod backward;
mod channel;
mod commit;
mod devices;
mod error;
mod evaluate;
pub mod groth16;
pub mod hints;
mod kernels;
pub mod key;
mod lookup;
pub mod memory;
pub mod observer;
mod opening;
pub mod plan;
pub mod prove;
pub mod room;
mod segments;
pub mod stored;
mod sumcheck;
pub mod tensor;
pub mod witness;

#[cfg(feature = "cheat")]
pub use channel::{CarriedCheat, Cheat};
pub use devices::Devices;
pub use error::ProveError;
pub use groth16::Groth16Keys;
pub use hints::{HintClosure, HintRegistry, digits};
pub use key::{ProverKey, setup, setup_with};
pub use memory::{Peaks, PhasePeaks};
pub use observer::{Observer, Phase, Quiet};
pub use plan::{Beside, Plan, Rates, plan, plan_within, project};
pub use prove::{LaunchReport, Proved, prove, prove_witness};
pub use room::Room;
pub use tensor::{IntData, IntTensor, TensorData};
pub use witness::{Witness, execute};
