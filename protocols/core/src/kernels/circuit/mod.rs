//! A circuit launched over a grid: data-parallel layered GKR.

mod gates;
mod grid;
mod relation;
mod verify;

pub use gates::{GatePhase, LayerWeights};
pub use grid::{Grid, GridWeights};
pub use relation::CircuitLaunch;
pub use verify::{LevelClaim, Pending, combine};
