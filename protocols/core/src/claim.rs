//! Claims: what is asserted of a tensor on the way backward through the graph.
//!
//! A claim says `Σ_x weights(x)·T[x] = value` over the logical elements of a tensor. Weights are a product over axes
//! wherever kernels allow it: per axis either a point (weights `eq(point, ·)`, logarithmic for the verifier) or a short
//! vector that the verifier computes itself (per-channel multipliers, window sums, masks). Claims are the gradients of the
//! backward pass: every launch turns claims on its output into claims on its inputs, and a tensor that is used several times
//! collects several.

mod claims;
mod dot;

use kernelwise_field::{AdditiveGroup, Field, Fr};

pub use claims::{Claims, Outstanding};
pub use dot::{dot, dot_integers};

use crate::poly::{eq_eval, eq_table};
use crate::program::{LinearTerm, Shape};
use crate::values::Values;

/// The weights along one axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AxisWeights {
    /// `eq(point, ·)`, one coordinate per variable of the axis.
    Point(Vec<Fr>),
    /// One weight per logical index; zero on padding.
    Vector(Vec<Fr>),
}

impl AxisWeights {
    /// One weight per logical index of an axis of length `dim`.
    pub fn to_vector(&self, dim: usize) -> Vec<Fr> {
        match self {
            Self::Point(point) => {
                let mut table = eq_table(point);
                table.truncate(dim);
                table
            }
            // A weight beyond the axis would weigh what is no part of the tensor.
            Self::Vector(weights) => weights.iter().copied().take(dim).collect(),
        }
    }

    /// The multilinear extension of the weights at `point`.
    pub fn evaluate(&self, point: &[Fr]) -> Fr {
        match self {
            Self::Point(own) => eq_eval(own, point),
            Self::Vector(weights) => dot(weights, &eq_table(point)),
        }
    }
}

/// The weights of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Functional {
    /// A product over axes.
    Separable(Vec<AxisWeights>),
    /// One weight per logical element, row-major.
    Dense(Vec<Fr>),
}

impl Functional {
    /// `eq(point, ·)` over all variables of `shape`, axis by axis.
    pub fn at_point(shape: &Shape, point: &[Fr]) -> Self {
        Self::Separable(
            split_point(shape, point)
                .map(|part| AxisWeights::Point(part.to_vec()))
                .collect(),
        )
    }

    /// One weight per logical element.
    ///
    /// # Cost
    /// One multiplication per element.
    pub fn to_dense(&self, shape: &Shape) -> Vec<Fr> {
        match self {
            Self::Dense(weights) => weights.clone(),
            Self::Separable(axes) => outer_product(axes, shape.dims()),
        }
    }

    /// The multilinear extension of the weights at `point`.
    pub fn evaluate(&self, shape: &Shape, point: &[Fr]) -> Fr {
        match self {
            Self::Separable(axes) => axes
                .iter()
                .zip(split_point(shape, point))
                .map(|(weights, part)| weights.evaluate(part))
                .product(),
            Self::Dense(weights) => {
                let axes: Vec<_> = split_point(shape, point)
                    .map(|part| AxisWeights::Point(part.to_vec()))
                    .collect();
                dot(weights, &outer_product(&axes, shape.dims()))
            }
        }
    }

    /// `Σ_x weights(x)·values[x]`.
    pub fn apply(&self, shape: &Shape, values: &Values) -> Fr {
        match values {
            Values::Int(values) => self.sum(shape, values, dot_integers),
            Values::Field(values) => self.sum(shape, values, dot),
        }
    }

    fn sum<T>(&self, shape: &Shape, values: &[T], dot: impl Fn(&[Fr], &[T]) -> Fr) -> Fr {
        match self {
            Self::Dense(weights) => dot(weights, values),
            Self::Separable(axes) => {
                let Some((last, outer)) = axes.split_last() else {
                    return dot(&vec![Fr::ONE; values.len()], values);
                };
                let dim = shape.dims().last().copied().unwrap_or(1).max(1);
                let inner = last.to_vector(dim);
                let rows = outer_product(outer, shape.dims());
                let sums = values.chunks(dim).map(|values| dot(&inner, values));
                rows.iter()
                    .zip(sums)
                    .map(|(weight, sum)| *weight * sum)
                    .sum()
            }
        }
    }
}

/// The coordinates of each axis of `shape` within a point of all its variables.
pub fn split_point<'a>(shape: &'a Shape, point: &'a [Fr]) -> impl Iterator<Item = &'a [Fr]> {
    let mut rest = point;
    shape.axis_vars().map(move |vars| {
        let (part, tail) = rest.split_at(vars.min(rest.len()));
        rest = tail;
        part
    })
}

/// All products of per-axis weights, row-major over the first `axes.len()` of `dims`.
pub fn outer_product(axes: &[AxisWeights], dims: &[usize]) -> Vec<Fr> {
    let mut product = vec![Fr::ONE];
    for (weights, &dim) in axes.iter().zip(dims) {
        let axis = weights.to_vector(dim);
        product = if product.len() == 1 && product[0] == Fr::ONE {
            axis
        } else {
            product
                .iter()
                .flat_map(|&left| axis.iter().map(move |&right| left * right))
                .collect()
        };
    }
    product
}

/// Carries weights on the output of a [`LinearTerm`] back to its input.
///
/// ```text
/// Σ_o weights(o)·term(o) = scale · Σ_a pulled(a)·x[a]
/// ```
/// # Cost
/// The sum of the axis lengths, times windows.
pub fn pull_back(
    term: &LinearTerm,
    output: &Shape,
    input: &Shape,
    weights: &[AxisWeights],
) -> (Fr, Vec<AxisWeights>) {
    let weighted = |axis: usize| -> Option<Vec<Fr>> {
        let mut vector = weights.get(axis)?.to_vector(*output.dims().get(axis)?);
        if let Some(multipliers) = term.multiplier(axis) {
            vector
                .iter_mut()
                .zip(multipliers)
                .for_each(|(weight, &m)| *weight *= Fr::from(m));
        }
        Some(vector)
    };
    let mut scale = Fr::from(term.coefficient);
    for (axis, driven) in term.map.driven(output.rank()).iter().enumerate() {
        if driven.is_none() {
            scale *= weighted(axis).unwrap_or_default().iter().sum::<Fr>();
        }
    }
    let pulled = term.map.0.iter().zip(input.dims()).map(|(map, &dim)| {
        let Some(driver) = map.driver else {
            let mut vector = vec![Fr::ZERO; dim];
            map.positions(0, dim).for_each(|a| vector[a] += Fr::ONE);
            return AxisWeights::Vector(vector);
        };
        let same = map.is_identity(driver) && output.dims().get(driver) == Some(&dim);
        if let (true, None, Some(weights)) = (same, term.multiplier(driver), weights.get(driver)) {
            return weights.clone();
        }
        let mut vector = vec![Fr::ZERO; dim];
        for (o, weight) in weighted(driver).unwrap_or_default().into_iter().enumerate() {
            map.positions(o, dim).for_each(|a| vector[a] += weight);
        }
        AxisWeights::Vector(vector)
    });
    let pulled = pulled.collect();
    (scale, pulled)
}

/// The point that weights on all axes are together, if they are one.
pub fn as_point(weights: &[AxisWeights]) -> Option<Vec<Fr>> {
    let mut point = Vec::new();
    for axis in weights {
        match axis {
            AxisWeights::Point(part) => point.extend_from_slice(part),
            AxisWeights::Vector(_) => return None,
        }
    }
    Some(point)
}

/// One asserted value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The weights.
    pub functional: Functional,
    /// What the weighted sum is said to be.
    pub value: Fr,
}
