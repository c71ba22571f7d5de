//! Merkle paths: the root of a binary tree of [Poseidon2](super::poseidon2::compress) from a leaf and its siblings.
//!
//! The nodes along the path are hints, so that hashes do not wait for each other: all lie side by side in as many layers as one has, and
//! each result is asserted to be the hint that the next one took.

use kernelwise_core::program::Range;

use super::poseidon2::{OPTIONS, compress};
use crate::builder::{KernelBuilder, Var};
use crate::error::KernelError;
use crate::kernel::CircuitKernel;

/// The root above `leaf`. Level by level from the leaf, `siblings` holds the other child, and `directions`, asserted to be bits, is 1
/// where the path comes from the right.
///
/// # Cost
/// One compression and, but for the last, one committed field element for each level.
pub fn root<'k>(
    k: &'k KernelBuilder,
    leaf: Var<'k>,
    siblings: &[Var<'k>],
    directions: &[Var<'k>],
) -> Var<'k> {
    if siblings.len() != directions.len() {
        k.misuse("directions", siblings.len(), directions.len());
    }
    let mut node = leaf;
    for (level, (&sibling, &direction)) in siblings.iter().zip(directions).enumerate() {
        if level > 0 {
            let name = format!("node {level}");
            let hint = k.hint_with(&name, &[node], 1, <[_]>::to_vec)[0];
            k.assert_eq(hint, node);
            node = hint;
        }
        k.assert_bool(direction);
        let left = k.select(direction, sibling, node);
        node = compress(k, left, node + sibling - left);
    }
    node
}

/// A path of `depth` levels: inputs `leaf`, `siblings` and `directions` as [`root`] takes them, output `root`.
///
/// # Errors
/// [`KernelError::Misuse`] for a depth of 0.
pub fn path(depth: usize) -> Result<CircuitKernel, KernelError> {
    CircuitKernel::compile_with(&format!("merkle path of {depth}"), &OPTIONS, |k| {
        let leaf = k.scalar("leaf", Range::FIELD);
        let siblings = k.input("siblings", depth, Range::FIELD);
        let directions = k.input("directions", depth, Range::FIELD);
        k.output_scalar("root", root(k, leaf, &siblings, &directions));
    })
}
