//! Claims on their way, by tensor.

use std::collections::BTreeMap;

use kernelwise_field::Fr;

use super::{AxisWeights, Claim, Functional, as_point};
use crate::program::{Segment, TensorId};

/// How the claims on a launch's virtual output go on to its inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outstanding {
    /// Nobody uses the output.
    None,
    /// One separable claim, which the kernel takes as it is.
    Single(Vec<AxisWeights>, Fr),
    /// Several claims, or a dense one: a sumcheck merges them first.
    Merge(Vec<Claim>),
}

/// The claims collected so far, by tensor.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    by_tensor: BTreeMap<TensorId, Vec<Claim>>,
    /// How many of a tensor's claims are known from elsewhere, and settled there.
    known: BTreeMap<TensorId, usize>,
}

impl Claims {
    /// Adds a claim.
    pub fn add(&mut self, tensor: TensorId, functional: Functional, value: Fr) {
        self.by_tensor
            .entry(tensor)
            .or_default()
            .push(Claim { functional, value });
    }

    /// The value already claimed under the same weights, so that it is stated only once.
    pub fn find(&self, tensor: TensorId, functional: &Functional) -> Option<Fr> {
        self.by_tensor
            .get(&tensor)?
            .iter()
            .find(|claim| claim.functional == *functional)
            .map(|claim| claim.value)
    }

    /// Whether some claim on a tensor has dense weights.
    pub fn has_dense(&self, tensor: TensorId) -> bool {
        let claims = self.by_tensor.get(&tensor);
        claims.is_some_and(|claims| {
            claims
                .iter()
                .any(|claim| matches!(claim.functional, Functional::Dense(_)))
        })
    }

    /// Removes and returns all claims on a tensor, oldest first.
    pub fn take(&mut self, tensor: TensorId) -> Vec<Claim> {
        self.known.remove(&tensor);
        self.by_tensor.remove(&tensor).unwrap_or_default()
    }

    /// Removes the claims on a launch's output and says how they go on: prover and verifier decide alike.
    pub fn take_outstanding(&mut self, tensor: TensorId) -> Outstanding {
        let mut claims = self.take(tensor);
        match claims.pop() {
            None => Outstanding::None,
            Some(Claim {
                functional: Functional::Separable(weights),
                value,
            }) if claims.is_empty() => Outstanding::Single(weights, value),
            Some(last) => {
                claims.push(last);
                Outstanding::Merge(claims)
            }
        }
    }

    /// As [`take_outstanding`](Self::take_outstanding), where nothing but a claim at a point goes on as it is.
    pub fn take_at_point(&mut self, tensor: TensorId) -> Outstanding {
        match self.take_outstanding(tensor) {
            Outstanding::Single(weights, value) if as_point(&weights).is_none() => {
                Outstanding::Merge(vec![Claim {
                    functional: Functional::Separable(weights),
                    value,
                }])
            }
            other => other,
        }
    }

    /// The first claim on a tensor at a point: the point, axis by axis, and the value.
    pub fn find_at_point(&self, tensor: TensorId) -> Option<(Vec<Fr>, Fr)> {
        let mut claims = self.by_tensor.get(&tensor)?.iter();
        claims.find_map(|claim| match &claim.functional {
            Functional::Separable(weights) => Some((as_point(weights)?, claim.value)),
            Functional::Dense(_) => None,
        })
    }

    /// The claims that a segment starts from: those on its own tensors move there, of those on others it knows.
    pub fn fork(&mut self, segment: &Segment) -> Self {
        let mut own = Self::default();
        for &id in segment.own() {
            if let Some(claims) = self.by_tensor.remove(&id) {
                own.by_tensor.insert(id, claims);
            }
        }
        for &id in segment.shared() {
            if let Some(claims) = self.by_tensor.get(&id) {
                own.known.insert(id, claims.len());
                own.by_tensor.insert(id, claims.clone());
            }
        }
        own
    }

    /// Adds what a segment claimed beyond what it knew.
    pub fn join(&mut self, segment: Self) {
        for (id, claims) in segment.by_tensor {
            let known = segment.known.get(&id).copied().unwrap_or(0);
            let mut new = claims.into_iter().skip(known).peekable();
            if new.peek().is_some() {
                self.by_tensor.entry(id).or_default().extend(new);
            }
        }
    }

    /// Whether every claim has been taken.
    pub fn is_empty(&self) -> bool {
        self.by_tensor.is_empty()
    }
}
