//! A circuit launched over a grid: data-parallel layered GKR, or one Groth16 proof.

mod gates;
mod grid;
mod groth16;
mod relation;
mod system;
mod verify;

pub use gates::{GatePhase, LayerWeights};
pub use grid::{Grid, GridWeights};
pub use relation::CircuitLaunch;
pub use system::ProofSystem;
pub use verify::{LevelClaim, Pending, combine};
