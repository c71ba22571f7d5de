//! Builds constraint systems wire by wire.

use std::ops::{Add, Mul, Sub};

use kernelwise_field::{AdditiveGroup, Field, Fr};

use super::{MatrixBuilder, R1cs, WireCounts};
use crate::error::Groth16ProveError;

/// A wire of a system in the making.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Wire {
    kind: Kind,
    index: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    One,
    Public,
    Boundary,
    Private,
}

impl Wire {
    /// The constant one.
    pub const ONE: Self = Self {
        kind: Kind::One,
        index: 0,
    };
}

/// A linear combination of wires.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Linear(Vec<(Wire, Fr)>);

impl Linear {
    /// A constant.
    pub fn constant(value: Fr) -> Self {
        Self(vec![(Wire::ONE, value)])
    }

    /// Zero.
    pub fn zero() -> Self {
        Self::default()
    }
}

impl From<Wire> for Linear {
    fn from(wire: Wire) -> Self {
        Self(vec![(wire, Fr::ONE)])
    }
}

impl Add for Linear {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

impl Sub for Linear {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + other * -Fr::ONE
    }
}

impl Mul<Fr> for Linear {
    type Output = Self;

    fn mul(mut self, factor: Fr) -> Self {
        self.0
            .iter_mut()
            .for_each(|(_, coefficient)| *coefficient *= factor);
        self
    }
}

/// A system in the making: wires in any order, constraints one after the other.
///
/// The order in which the finished system has its wires is `(1, public, boundary, private)`, each kind in the order of
/// allocation.
#[derive(Debug, Default)]
pub struct R1csBuilder {
    counts: [u32; 3],
    constraints: Vec<[Linear; 3]>,
}

impl R1csBuilder {
    /// Nothing yet but the constant one.
    pub fn new() -> Self {
        Self::default()
    }

    fn wire(&mut self, kind: Kind, slot: usize) -> Wire {
        let index = self.counts[slot];
        self.counts[slot] += 1;
        Wire { kind, index }
    }

    /// A public input.
    pub fn public(&mut self) -> Wire {
        self.wire(Kind::Public, 0)
    }

    /// A wire that the carried commitment covers.
    pub fn boundary(&mut self) -> Wire {
        self.wire(Kind::Boundary, 1)
    }

    /// A wire that only the prover knows.
    pub fn private(&mut self) -> Wire {
        self.wire(Kind::Private, 2)
    }

    /// Demands `a · b = c`.
    pub fn constrain(&mut self, a: impl Into<Linear>, b: impl Into<Linear>, c: impl Into<Linear>) {
        self.constraints.push([a.into(), b.into(), c.into()]);
    }

    /// Number of constraints so far.
    pub fn num_constraints(&self) -> usize {
        self.constraints.len()
    }

    /// Where a wire is in the finished system, if no wire is allocated after this call.
    pub fn position(&self, wire: Wire) -> usize {
        let [public, boundary, _] = self.counts.map(|count| count as usize);
        let index = wire.index as usize;
        match wire.kind {
            Kind::One => 0,
            Kind::Public => 1 + index,
            Kind::Boundary => 1 + public + index,
            Kind::Private => 1 + public + boundary + index,
        }
    }

    /// The finished system.
    ///
    /// # Errors
    /// As [`R1cs::new`].
    pub fn build(mut self) -> Result<R1cs, Groth16ProveError> {
        let counts = self.counts.map(|count| count as usize);
        let constraints = std::mem::take(&mut self.constraints);
        let mut matrices = [const { None }; 3].map(|_: Option<()>| MatrixBuilder::default());
        for constraint in constraints {
            for (matrix, linear) in matrices.iter_mut().zip(constraint) {
                let mut terms: Vec<(usize, Fr)> = linear
                    .0
                    .iter()
                    .map(|&(wire, coefficient)| (self.position(wire), coefficient))
                    .collect();
                terms.sort_by_key(|&(position, _)| position);
                for same in terms.chunk_by(|left, right| left.0 == right.0) {
                    let sum: Fr = same.iter().map(|&(_, coefficient)| coefficient).sum();
                    if sum != Fr::ZERO {
                        matrix.push(same[0].0 as u32, sum);
                    }
                }
                matrix.end_row();
            }
        }
        R1cs::new(
            WireCounts {
                public: counts[0],
                boundary: counts[1],
                total: 1 + counts.iter().sum::<usize>(),
            },
            matrices.map(MatrixBuilder::build),
        )
    }
}
