//! Launches that are proved by Groth16: their keys, and their part of a proof.

mod keys;
mod run;

pub use keys::{Groth16Keys, groth16_circuits};
pub(crate) use keys::{LaunchKey, fresh_key, keys_of, launch_keys, verifying_keys};
pub(crate) use run::{LinkedRun, Provers};
