//! Sums of fractions, pair by pair, as a tree: the layers that a lookup argument proves.
//!
//! Node `x` of a layer of `h` nodes is the sum of nodes `x` and `x + h` of the layer below, so that each layer's halves are contiguous:
//!
//! ```text
//! p(x) = p'(x)·q'(x + h) + p'(x + h)·q'(x),   q(x) = q'(x)·q'(x + h)
//! ```
//!
//! # Source
//! [Papini–Haböck 2023](https://eprint.iacr.org/2023/1284), section 3

use kernelwise_field::Fr;

use crate::{DeviceError, IntSlice};

/// One layer of a tree of fractions: numerators and denominators of equal length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FractionLayer {
    /// Numerators.
    pub numerators: Vec<Fr>,
    /// Denominators, not reduced against the numerators.
    pub denominators: Vec<Fr>,
}

/// A device that adds fractions.
pub trait FractionTree: Send + Sync {
    /// All layers above the leaves, from the widest to the root.
    ///
    /// # Shapes
    /// `2^n` numerators and denominators; returns `n` layers of `2^(n-1), …, 2, 1` nodes. Nothing is divided: a denominator may be zero.
    ///
    /// # Cost
    /// One product per node of the first layer whose numerators are zeros and ones, three per node of the others; memory for all layers.
    ///
    /// # Errors
    /// [`DeviceError::InvalidArgument`] unless the lengths are equal and a power of two; [`DeviceError::OutOfMemory`] if the layers do not
    /// fit.
    fn layers(
        &self,
        numerators: IntSlice<'_>,
        denominators: &[Fr],
    ) -> Result<Vec<FractionLayer>, DeviceError>;
}

/// Checks the leaves of a tree; for implementations.
///
/// # Errors
/// As [`FractionTree::layers`].
pub fn check_leaves(numerators: IntSlice<'_>, denominators: &[Fr]) -> Result<(), DeviceError> {
    if denominators.len().is_power_of_two() && numerators.len() == denominators.len() {
        return Ok(());
    }
    Err(DeviceError::InvalidArgument {
        what: "leaves of a tree of fractions",
        expected: "as many numerators as denominators, a power of two".to_owned(),
        got: format!(
            "{} numerators and {} denominators",
            numerators.len(),
            denominators.len()
        ),
    })
}
