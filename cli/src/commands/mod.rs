//! One file per command.

pub mod devices;
pub mod fpga;
pub mod groth16;
pub mod inspect;
pub mod launch_keys;
pub mod model;
pub mod plan;
pub mod prove;
pub mod setup;
pub mod systems;
pub mod verify;
