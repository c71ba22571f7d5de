//! Many independent additions of affine points with one shared inversion.
//!
//! ```text
//! λ = (y₂ − y₁)/(x₂ − x₁)   x₃ = λ² − x₁ − x₂   y₃ = λ(x₁ − x₃) − y₁
//! ```
//! Six multiplications per addition, three of them for [Montgomery's inversion trick].
//!
//! [Montgomery's inversion trick]: https://doi.org/10.1090/S0025-5718-1987-0866113-7

use kernelwise_field::{AdditiveGroup, AffineRepr, Field, Zero, batch_inversion};

use super::group::SumGroup;

/// Adds in batches; keeps its storage between them.
pub(super) struct Adder<G: SumGroup> {
    inverses: Vec<G::BaseField>,
}

impl<G: SumGroup> Default for Adder<G> {
    fn default() -> Self {
        Self {
            inverses: Vec::new(),
        }
    }
}

impl<G: SumGroup> Adder<G> {
    /// `targets[i] += others[i]`.
    pub(super) fn add_assign(&mut self, targets: &mut [G::Affine], others: &[G::Affine]) {
        self.inverses.clear();
        self.inverses.extend(
            targets
                .iter()
                .zip(others)
                .map(|(a, b)| denominator::<G>(a, b)),
        );
        batch_inversion(&mut self.inverses);
        for ((target, other), inverse) in targets.iter_mut().zip(others).zip(&self.inverses) {
            *target = add::<G>(target, other, inverse);
        }
    }

    /// Sums groups of consecutive points: group `g` is `points[ends[g-1]..ends[g]]`.
    ///
    /// Returns one point per group; an empty group gives the identity.
    ///
    /// # Cost
    /// One batched addition per point; as many inversions as the longest group has bits.
    pub(super) fn sum_groups(
        &mut self,
        mut points: Vec<G::Affine>,
        mut ends: Vec<usize>,
    ) -> Vec<G::Affine> {
        while self.halve(&mut points, &mut ends) {}
        let mut start = 0;
        ends.iter()
            .map(|&end| {
                let sum = if end > start {
                    points[start]
                } else {
                    G::Affine::zero()
                };
                start = end;
                sum
            })
            .collect()
    }

    /// Adds neighbours in every group, so that `m` points become `m.div_ceil(2)`; false if none had two.
    fn halve(&mut self, points: &mut Vec<G::Affine>, ends: &mut [usize]) -> bool {
        self.inverses.clear();
        let mut start = 0;
        for &end in &*ends {
            self.inverses.extend(
                points[start..end]
                    .chunks_exact(2)
                    .map(|pair| denominator::<G>(&pair[0], &pair[1])),
            );
            start = end;
        }
        if self.inverses.is_empty() {
            return false;
        }
        batch_inversion(&mut self.inverses);
        let mut inverses = self.inverses.iter();
        // Sums move down over points that are already used: `kept` never passes `from`.
        let (mut start, mut kept) = (0, 0);
        for end in ends {
            let mut from = start;
            while from + 1 < *end {
                if let Some(inverse) = inverses.next() {
                    points[kept] = add::<G>(&points[from], &points[from + 1], inverse);
                }
                kept += 1;
                from += 2;
            }
            if from < *end {
                points[kept] = points[from];
                kept += 1;
            }
            start = *end;
            *end = kept;
        }
        points.truncate(kept);
        true
    }
}

/// The denominator of the slope of `a + b`, or zero where the sum needs none.
fn denominator<G: SumGroup>(a: &G::Affine, b: &G::Affine) -> G::BaseField {
    match (a.xy(), b.xy()) {
        (Some((x1, _)), Some((x2, _))) if x1 != x2 => x2 - x1,
        (Some((_, y1)), Some((_, y2))) if y1 == y2 => y1.double(),
        _ => G::BaseField::ZERO,
    }
}

/// `a + b`, given the inverse of [`denominator`] (zero stays zero).
fn add<G: SumGroup>(a: &G::Affine, b: &G::Affine, inverse: &G::BaseField) -> G::Affine {
    let (Some((x1, y1)), Some((x2, y2))) = (a.xy(), b.xy()) else {
        return if a.is_zero() { *b } else { *a };
    };
    if inverse.is_zero() {
        // Opposite points.
        return G::Affine::zero();
    }
    let rise = if x1 == x2 {
        let square = x1.square();
        square.double() + square
    } else {
        y2 - y1
    };
    let slope = rise * inverse;
    let x = slope.square() - x1 - x2;
    G::point(x, slope * (x1 - x) - y1)
}
