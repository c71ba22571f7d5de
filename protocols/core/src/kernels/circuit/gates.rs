//! From a claim on the gates of a layer to claims on the wires below, for one instance.
//!
//! ```text
//! Σ_g W(g)·V_i(g) = K + Σ_x u(x)·V(x) + Σ_t w_t·Π_j V(x_tj),   V = V_{i−1}
//! ```
//! One phase per factor: phase `j` is a sumcheck of degree 2 over `x_j` that leaves `V(r_j)` and what the remaining factors make of it.
//!
//! # Source
//! [Libra](https://eprint.iacr.org/2019/317), section 3.2, for two factors; more factors are more phases.

use kernelwise_field::{AdditiveGroup, Field, Fr};

use crate::circuit::Layer;

/// Weights on gates, carried to the terms of the layer.
#[derive(Debug, Clone)]
pub struct LayerWeights<'a> {
    /// `K`: what constants contribute.
    pub constant: Fr,
    /// `u`: one weight per wire of the level below.
    pub linear: Vec<Fr>,
    /// `w_t` and the factors of each term of two factors or more.
    pub products: Vec<(Fr, &'a [u32])>,
}

impl<'a> LayerWeights<'a> {
    /// Spreads `weights`, one per gate and then one per assertion, over the layer's terms.
    ///
    /// # Cost
    /// One multiplication per term.
    pub fn new(layer: &'a Layer, constants: &[Fr], width: usize, weights: &[Fr]) -> Self {
        let mut own = Self {
            constant: Fr::ZERO,
            linear: vec![Fr::ZERO; width],
            products: Vec::new(),
        };
        // Terms of a gate mostly share their coefficient, up to sign.
        let mut last = (u32::MAX, Fr::ZERO, Fr::ZERO);
        for term in layer.terms() {
            let (Some(&weight), Some(&coefficient)) = (
                weights.get(term.gate as usize),
                constants.get(term.coefficient as usize),
            ) else {
                continue;
            };
            let weight = match last {
                (gate, known, product) if gate == term.gate && known == coefficient => product,
                (gate, known, product) if gate == term.gate && known == -coefficient => -product,
                _ if coefficient == Fr::ONE => weight,
                _ => weight * coefficient,
            };
            last = (term.gate, coefficient, weight);
            match term.wires {
                [] => own.constant += weight,
                &[wire] => {
                    if let Some(sum) = own.linear.get_mut(wire as usize) {
                        *sum += weight;
                    }
                }
                wires => own.products.push((weight, wires)),
            }
        }
        own
    }
}

/// The phases of one layer.
#[derive(Debug, Clone)]
pub struct GatePhase<'a> {
    /// Which factor is bound next.
    phase: usize,
    linear: Vec<Fr>,
    products: Vec<(Fr, &'a [u32])>,
}

impl<'a> GatePhase<'a> {
    /// Before the first factor. The constant is the caller's.
    pub fn new(weights: LayerWeights<'a>) -> Self {
        Self {
            phase: 0,
            linear: weights.linear,
            products: weights.products,
        }
    }

    /// The table that this phase's sumcheck multiplies with the wires' `values`.
    ///
    /// # Cost
    /// One multiplication per remaining factor of each term.
    pub fn table(&self, values: &[Fr]) -> Vec<Fr> {
        let mut table = if self.phase == 0 {
            self.linear.clone()
        } else {
            vec![Fr::ZERO; values.len()]
        };
        for &(weight, wires) in &self.products {
            let mut factors = wires.iter().skip(self.phase);
            let Some(slot) = factors
                .next()
                .and_then(|&wire| table.get_mut(wire as usize))
            else {
                continue;
            };
            *slot += factors
                .filter_map(|&wire| values.get(wire as usize))
                .fold(weight, |product, value| product * value);
        }
        table
    }

    /// Binds the current factor under `eq`, the table of its point; returns what the terms that end with it contribute. The
    /// next phase proves the rest.
    ///
    /// # Cost
    /// One multiplication per wire and term.
    pub fn bind(&mut self, eq: &[Fr]) -> Fr {
        let mut settled = Fr::ZERO;
        if self.phase == 0 {
            settled += crate::claim::dot(&std::mem::take(&mut self.linear), eq);
        }
        let phase = self.phase;
        self.products.retain_mut(|(weight, wires)| {
            if let Some(value) = wires.get(phase).and_then(|&wire| eq.get(wire as usize)) {
                *weight *= value;
            }
            if wires.len() == phase + 1 {
                settled += *weight;
            }
            wires.len() > phase + 1
        });
        self.phase += 1;
        settled
    }
}
