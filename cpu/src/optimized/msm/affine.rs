//! Many independent additions of affine points with one shared inversion.
//!
//! ```text
//! λ = (y₂ − y₁)/(x₂ − x₁)   x₃ = λ² − x₁ − x₂   y₃ = λ(x₁ − x₃) − y₁
//! ```
//! Six multiplications per addition, three of them for [Montgomery's inversion trick].
//!
//! [Montgomery's inversion trick]: https://doi.org/10.1090/S0025-5718-1987-0866113-7

use kernelwise_field::{AdditiveGroup, AffineRepr, Field, Fq, G1Affine, Zero, batch_inversion};

/// Adds in batches; keeps its storage between them.
#[derive(Default)]
pub(super) struct Adder {
    inverses: Vec<Fq>,
}

impl Adder {
    /// `targets[i] += others[i]`.
    pub(super) fn add_assign(&mut self, targets: &mut [G1Affine], others: &[G1Affine]) {
        self.inverses.clear();
        self.inverses
            .extend(targets.iter().zip(others).map(|(a, b)| denominator(a, b)));
        batch_inversion(&mut self.inverses);
        for ((target, other), inverse) in targets.iter_mut().zip(others).zip(&self.inverses) {
            *target = add(target, other, inverse);
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
        mut points: Vec<G1Affine>,
        mut ends: Vec<usize>,
    ) -> Vec<G1Affine> {
        while self.halve(&mut points, &mut ends) {}
        let mut start = 0;
        ends.iter()
            .map(|&end| {
                let sum = if end > start {
                    points[start]
                } else {
                    G1Affine::identity()
                };
                start = end;
                sum
            })
            .collect()
    }

    /// Adds neighbours in every group, so that `m` points become `m.div_ceil(2)`; false if none had two.
    fn halve(&mut self, points: &mut Vec<G1Affine>, ends: &mut [usize]) -> bool {
        self.inverses.clear();
        let mut start = 0;
        for &end in &*ends {
            self.inverses.extend(
                points[start..end]
                    .chunks_exact(2)
                    .map(|pair| denominator(&pair[0], &pair[1])),
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
                    points[kept] = add(&points[from], &points[from + 1], inverse);
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
fn denominator(a: &G1Affine, b: &G1Affine) -> Fq {
    if a.is_zero() || b.is_zero() {
        Fq::ZERO
    } else if a.x != b.x {
        b.x - a.x
    } else if a.y == b.y {
        a.y.double()
    } else {
        Fq::ZERO
    }
}

/// `a + b`, given the inverse of [`denominator`] (zero stays zero).
fn add(a: &G1Affine, b: &G1Affine, inverse: &Fq) -> G1Affine {
    if inverse.is_zero() {
        return match (a.is_zero(), b.is_zero()) {
            (true, _) => *b,
            (_, true) => *a,
            // Opposite points.
            _ => G1Affine::identity(),
        };
    }
    let rise = if a.x == b.x {
        let square = a.x.square();
        square.double() + square
    } else {
        b.y - a.y
    };
    let slope = rise * inverse;
    let x = slope.square() - a.x - b.x;
    G1Affine::new_unchecked(x, slope * (a.x - x) - a.y)
}
