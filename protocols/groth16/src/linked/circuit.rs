//! A relation over shared vectors, extended by their evaluation.

use kernelwise_core::groth16::linked::VectorClaim;
use kernelwise_field::{Field, Fr};

use super::fold;
use crate::error::Groth16ProveError;
use crate::r1cs::{MatrixBuilder, R1cs, WireCounts, check_wires};

/// A constraint system that shows a relation and the claims on its vectors.
///
/// Its wires are `(1, public, points and values of claims, shared vectors, private, folds)`, where those of the relation
/// are `(1, public, shared vectors, private)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedCircuit {
    r1cs: R1cs,
    relation: WireCounts,
    shapes: Vec<Vec<usize>>,
}

impl LinkedCircuit {
    /// Extends `relation`, whose boundary wires are row-major vectors of the given `shapes`, one after the other.
    ///
    /// # Cost
    /// About one constraint per element.
    ///
    /// # Errors
    /// [`Groth16ProveError::Shape`] if the shapes do not hold all boundary wires, or there are none.
    pub fn new(relation: R1cs, shapes: Vec<Vec<usize>>) -> Result<Self, Groth16ProveError> {
        let counts = relation.counts();
        let elements = shapes.iter().try_fold(0usize, |sum, shape| {
            let len = shape
                .iter()
                .try_fold(1usize, |len, &axis| len.checked_mul(axis));
            sum.checked_add(len?)
        });
        if elements != Some(counts.boundary) || counts.boundary == 0 {
            return Err(Groth16ProveError::Shape {
                what: "elements of shared vectors",
                expected: counts.boundary.max(1),
                got: elements.unwrap_or(usize::MAX),
            });
        }
        if let Some(empty) = shapes.iter().position(|shape| shape.contains(&0)) {
            return Err(Groth16ProveError::Shape {
                what: "shared vector without elements",
                expected: shapes.len(),
                got: empty,
            });
        }
        let claims: usize = shapes.iter().map(|shape| fold::num_vars(shape) + 1).sum();
        let folds: usize = shapes.iter().map(|shape| fold::size(shape).1).sum();
        let extended = WireCounts {
            public: counts.public + claims,
            boundary: counts.boundary,
            total: counts.total + claims + folds,
        };
        if u32::try_from(extended.total).is_err() {
            return Err(Groth16ProveError::TooLarge {
                what: "wires",
                limit: u32::MAX as usize,
                got: extended.total,
            });
        }
        // The inputs of the claims move everything after the relation's own.
        let outside = 1 + counts.public as u32;
        let place = |wire: u32| {
            if wire < outside {
                wire
            } else {
                wire + claims as u32
            }
        };
        let mut rows = Rows(relation.into_matrices().map(|m| m.relabelled(place)));
        let mut inputs = outside;
        let mut boundary = outside + claims as u32;
        let mut folded = (counts.total + claims) as u32;
        for shape in &shapes {
            let len = shape.iter().product::<usize>() as u32;
            let vars = fold::num_vars(shape) as u32;
            rows.evaluate(
                shape,
                Places {
                    vector: boundary,
                    point: inputs,
                    value: inputs + vars,
                    folded: &mut folded,
                },
            );
            inputs += vars + 1;
            boundary += len;
        }
        Ok(Self {
            r1cs: R1cs::new(extended, rows.0.map(MatrixBuilder::build))?,
            relation: counts,
            shapes,
        })
    }

    /// The extended system.
    pub fn r1cs(&self) -> &R1cs {
        &self.r1cs
    }

    /// Wires of the relation.
    pub fn relation(&self) -> WireCounts {
        self.relation
    }

    /// Variables of each shared vector.
    pub fn num_vars(&self) -> Vec<usize> {
        self.shapes
            .iter()
            .map(|shape| fold::num_vars(shape))
            .collect()
    }

    /// All wires, and the claims, from the relation's wires and one point per vector.
    ///
    /// # Errors
    /// [`Groth16ProveError::Shape`] if they do not fit.
    pub fn assign(
        &self,
        relation: &[Fr],
        points: &[Vec<Fr>],
    ) -> Result<(Vec<Fr>, Vec<VectorClaim>), Groth16ProveError> {
        check_wires(relation, self.relation.total)?;
        let vars = self.num_vars();
        let fitting = points.iter().map(Vec::len).eq(vars.iter().copied());
        if !fitting {
            return Err(Groth16ProveError::Shape {
                what: "coordinates of points",
                expected: vars.iter().sum(),
                got: points.iter().map(Vec::len).sum(),
            });
        }
        let (outside, rest) = relation.split_at(1 + self.relation.public);
        let mut elements = rest;
        let mut folds = Vec::new();
        let mut claims = Vec::with_capacity(points.len());
        for (shape, point) in self.shapes.iter().zip(points) {
            let (vector, after) = elements.split_at(shape.iter().product());
            elements = after;
            let (results, value) = fold::values(shape, vector, point);
            folds.extend(results);
            claims.push(VectorClaim {
                point: point.clone(),
                value,
            });
        }
        let mut wires = outside.to_vec();
        for claim in &claims {
            wires.extend_from_slice(&claim.point);
            wires.push(claim.value);
        }
        wires.extend_from_slice(rest);
        wires.extend(folds);
        Ok((wires, claims))
    }
}

/// Where the parts of one evaluation are.
struct Places<'a> {
    vector: u32,
    point: u32,
    value: u32,
    /// The next free wire.
    folded: &'a mut u32,
}

/// The matrices in the making.
struct Rows([MatrixBuilder; 3]);

impl Rows {
    fn push(&mut self, rows: [&[(u32, Fr)]; 3]) {
        for (matrix, row) in self.0.iter_mut().zip(rows) {
            for &(wire, coefficient) in row {
                matrix.push(wire, coefficient);
            }
            matrix.end_row();
        }
    }

    /// Demands that the vector's extension has the value at the point.
    fn evaluate(&mut self, shape: &[usize], places: Places<'_>) {
        let Places {
            vector,
            point,
            value,
            folded,
        } = places;
        let (one, minus_one) = (Fr::ONE, -Fr::ONE);
        let len = shape.iter().product::<usize>() as u32;
        let (constraints, wires) = fold::size(shape);
        let first = *folded;
        let mut made = 0;
        let elements: Vec<u32> = (vector..vector + len).collect();
        let last = fold::fold(shape, elements, |halving| {
            let result = if made < wires {
                first + made as u32
            } else {
                value
            };
            made += 1;
            let r = [(point + halving.coordinate as u32, one)];
            let minus_even = (halving.even, minus_one);
            let result_row = [(result, one), minus_even];
            match halving.odd {
                Some(odd) => self.push([&r, &[(odd, one), minus_even], &result_row]),
                None => self.push([&r, &[minus_even], &result_row]),
            }
            result
        });
        *folded += wires as u32;
        if made < constraints
            && let Some(element) = last
        {
            self.push([&[(element, one)], &[(0, one)], &[(value, one)]]);
        }
    }
}
