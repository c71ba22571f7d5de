//! Separable affine index maps: transposition, broadcast, slice, padding, concatenation, windows and sums in one form.
//!
//! A [`LinearTerm`] reads an input tensor at places that depend on the output index axis by axis:
//!
//! ```text
//! term(o) = coefficient · Π_axis multiplier_axis(o_axis) · Σ_{u} x[ … , stride·o_driver + offset + dilation·u , … ]
//! ```
//!
//! with `u` in `0..window` for each input axis, and zero where an index falls outside `x`. Because the map is separable, a
//! claim whose weights are a product over output axes becomes a claim whose weights are a product over
//! input axes ([`crate::claim`]), at the cost of the axis lengths.

use serde::{Deserialize, Serialize};

use super::{Range, Shape};

/// Reads along one axis that a verifier is willing to walk: positions times window.
pub(crate) const MAX_AXIS_WORK: usize = 1 << 26;

/// How one input axis is addressed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AxisMap {
    /// The output axis that moves this input axis; `None` for a fixed position (then `offset` alone, or a sum over the window).
    pub driver: Option<usize>,
    /// Input steps per output step.
    pub stride: i64,
    /// Input index at output index 0.
    pub offset: i64,
    /// Number of input positions summed per output position.
    pub window: usize,
    /// Input steps between them.
    pub dilation: i64,
}

impl AxisMap {
    /// Input index = output index of `driver`.
    pub const fn identity(driver: usize) -> Self {
        Self {
            driver: Some(driver),
            stride: 1,
            offset: 0,
            window: 1,
            dilation: 1,
        }
    }

    /// Input index = `stride · output index + offset`.
    pub const fn strided(driver: usize, stride: i64, offset: i64) -> Self {
        Self {
            driver: Some(driver),
            stride,
            offset,
            window: 1,
            dilation: 1,
        }
    }

    /// Always input index `offset`.
    pub const fn fixed(offset: i64) -> Self {
        Self {
            driver: None,
            stride: 0,
            offset,
            window: 1,
            dilation: 1,
        }
    }

    /// The sum over an input axis of length `dim`.
    pub const fn sum(dim: usize) -> Self {
        Self {
            driver: None,
            stride: 0,
            offset: 0,
            window: dim,
            dilation: 1,
        }
    }

    /// The sum over a window that moves with the output index.
    pub const fn window(
        driver: usize,
        stride: i64,
        offset: i64,
        window: usize,
        dilation: i64,
    ) -> Self {
        Self {
            driver: Some(driver),
            stride,
            offset,
            window,
            dilation,
        }
    }

    /// Whether output and input index are equal and nothing is summed.
    pub fn is_identity(&self, driver: usize) -> bool {
        *self
            == Self {
                dilation: self.dilation,
                ..Self::identity(driver)
            }
    }

    /// The input indices read at output index `o`, those outside `0..dim` left out.
    pub fn positions(&self, o: usize, dim: usize) -> impl Iterator<Item = usize> + '_ {
        let base = self
            .stride
            .saturating_mul(o as i64)
            .saturating_add(self.offset);
        (0..self.window).filter_map(move |u| {
            let index = base.saturating_add(self.dilation.saturating_mul(u as i64));
            usize::try_from(index).ok().filter(|&index| index < dim)
        })
    }
}

/// One [`AxisMap`] per input axis, outermost first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct IndexMap(pub Vec<AxisMap>);

impl IndexMap {
    /// The identity on `rank` axes.
    pub fn identity(rank: usize) -> Self {
        Self((0..rank).map(AxisMap::identity).collect())
    }

    /// Whether output and input index are equal on `rank` axes.
    pub fn is_identity(&self, rank: usize) -> bool {
        self.0.len() == rank
            && self
                .0
                .iter()
                .enumerate()
                .all(|(axis, map)| map.is_identity(axis))
    }

    /// The input axis driven by each of `rank` output axes; `None` where nothing is (a broadcast).
    pub fn driven(&self, rank: usize) -> Vec<Option<usize>> {
        (0..rank)
            .map(|out| self.0.iter().position(|map| map.driver == Some(out)))
            .collect()
    }
}

/// Integer factors along one output axis.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct AxisMultiplier {
    /// The output axis.
    pub axis: usize,
    /// One factor per index of that axis.
    pub values: Vec<i64>,
}

/// `coefficient · multipliers(o) · x[map(o)]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LinearTerm {
    /// Factor of the whole term.
    pub coefficient: i64,
    /// Factors by output axis; at most one entry per axis.
    pub multipliers: Vec<AxisMultiplier>,
    /// Where the input is read.
    pub map: IndexMap,
}

impl LinearTerm {
    /// `coefficient · x`, element by element, on `rank` axes.
    pub fn scaled(coefficient: i64, rank: usize) -> Self {
        Self {
            coefficient,
            multipliers: Vec::new(),
            map: IndexMap::identity(rank),
        }
    }

    /// The factors along output `axis`, if any.
    pub fn multiplier(&self, axis: usize) -> Option<&[i64]> {
        self.multipliers
            .iter()
            .find(|m| m.axis == axis)
            .map(|m| m.values.as_slice())
    }

    /// A problem with this term for these shapes, in words; `None` if it is well formed.
    pub fn problem(&self, output: &Shape, input: &Shape) -> Option<String> {
        if self.map.0.len() != input.rank() {
            return Some(format!(
                "{} axis maps for an input of shape {input}",
                self.map.0.len()
            ));
        }
        let mut used = vec![false; output.rank()];
        for map in &self.map.0 {
            if let Some(driver) = map.driver {
                match used.get_mut(driver) {
                    Some(seen) if !*seen => *seen = true,
                    Some(_) => return Some(format!("output axis {driver} drives two input axes")),
                    None => return Some(format!("output axis {driver} of {} axes", output.rank())),
                }
            }
            const LIMIT: i64 = 1 << 32;
            let small = |v: i64| (-LIMIT..=LIMIT).contains(&v);
            let window = i64::try_from(map.window).is_ok_and(small);
            if !(window && small(map.stride) && small(map.offset) && small(map.dilation)) {
                return Some("an axis map beyond 2^32".to_owned());
            }
            let length = map
                .driver
                .and_then(|driver| output.dims().get(driver))
                .copied()
                .unwrap_or(1);
            if length.saturating_mul(map.window) > MAX_AXIS_WORK {
                return Some(format!(
                    "a window of {} at {length} positions, more than {MAX_AXIS_WORK} reads along one axis",
                    map.window
                ));
            }
        }
        let mut multiplied = vec![false; output.rank()];
        for multiplier in &self.multipliers {
            match (
                multiplied.get_mut(multiplier.axis),
                output.dims().get(multiplier.axis),
            ) {
                (Some(seen), Some(&dim)) if !*seen && dim == multiplier.values.len() => {
                    *seen = true
                }
                _ => {
                    return Some(format!(
                        "{} multipliers for axis {} of output {output}",
                        multiplier.values.len(),
                        multiplier.axis
                    ));
                }
            }
        }
        None
    }

    /// The interval of this term when the input lies in `input`; `None` if it leaves 64 bits.
    ///
    /// Zero is always included: windows may reach outside the input.
    pub fn range(&self, input: &Range) -> Option<Range> {
        let window = self
            .map
            .0
            .iter()
            .try_fold(1i128, |w, map| w.checked_mul(map.window as i128))?;
        let mut factors = (i128::from(self.coefficient), i128::from(self.coefficient));
        for multiplier in &self.multipliers {
            let lo = i128::from(*multiplier.values.iter().min()?);
            let hi = i128::from(*multiplier.values.iter().max()?);
            factors = hull(factors, (lo, hi))?;
        }
        let sum = hull(
            (i128::from(input.lo.min(0)), i128::from(input.hi.max(0))),
            (window, window),
        )?;
        let (lo, hi) = hull(factors, sum)?;
        Some(Range::new(i64::try_from(lo).ok()?, i64::try_from(hi).ok()?))
    }
}

/// The interval of all products.
fn hull(a: (i128, i128), b: (i128, i128)) -> Option<(i128, i128)> {
    let products = [
        a.0.checked_mul(b.0)?,
        a.0.checked_mul(b.1)?,
        a.1.checked_mul(b.0)?,
        a.1.checked_mul(b.1)?,
    ];
    Some((*products.iter().min()?, *products.iter().max()?))
}
