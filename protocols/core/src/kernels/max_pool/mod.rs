//! Maximum over windows.

mod relation;
mod verify;

pub use relation::{MaxPool, PoolAxis};
