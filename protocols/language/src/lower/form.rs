//! Polynomials over wires: what a gate will compute.

use smallvec::{SmallVec, smallvec};

use crate::ir::{Coefficient, Coefficients, ONE, ZERO};

/// Index of a wire, whatever its level.
pub(crate) type WireId = u32;

/// `coefficient · Π wires`; wires are sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Term {
    pub coefficient: Coefficient,
    pub wires: SmallVec<[WireId; 4]>,
}

/// `constant + Σ terms`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Form {
    pub constant: Coefficient,
    pub terms: Vec<Term>,
    /// The highest level of a wire.
    pub level: u32,
    /// The largest number of wires of a term, or more before terms are merged.
    pub degree: usize,
}

impl Form {
    pub fn constant(constant: Coefficient) -> Self {
        Self {
            constant,
            ..Self::default()
        }
    }

    pub fn wire(wire: WireId, level: u32) -> Self {
        Self {
            constant: ZERO,
            terms: vec![Term {
                coefficient: ONE,
                wires: smallvec![wire],
            }],
            level,
            degree: 1,
        }
    }

    /// Number of terms, the constant among them.
    pub fn count(&self) -> usize {
        self.terms.len() + usize::from(self.constant != ZERO)
    }

    /// The wire that this is, if it is nothing else.
    pub fn as_wire(&self) -> Option<WireId> {
        match self.terms.as_slice() {
            [term] if self.constant == ZERO && term.coefficient == ONE => match *term.wires {
                [wire] => Some(wire),
                _ => None,
            },
            _ => None,
        }
    }

    /// The wire `x`, if this is `c·(x² − x)`.
    pub fn as_boolean(&self, coefficients: &Coefficients) -> Option<WireId> {
        let [a, b] = self.terms.as_slice() else {
            return None;
        };
        let (linear, square) = if a.wires.len() == 1 { (a, b) } else { (b, a) };
        match (linear.wires.as_slice(), square.wires.as_slice()) {
            (&[x], &[y, z]) if x == y && y == z && self.constant == ZERO => {
                let opposite = coefficients.value(linear.coefficient)
                    == -coefficients.value(square.coefficient);
                opposite.then_some(x)
            }
            _ => None,
        }
    }

    /// Adds `coefficient · other`.
    pub fn add(&mut self, coefficient: Coefficient, other: Self, coefficients: &mut Coefficients) {
        let added = coefficients.product(coefficient, other.constant);
        self.constant = coefficients.sum(self.constant, added);
        self.level = self.level.max(other.level);
        self.degree = self.degree.max(other.degree);
        let mut terms = other.terms;
        if coefficient != ONE {
            for term in &mut terms {
                term.coefficient = coefficients.product(coefficient, term.coefficient);
            }
        }
        if self.terms.is_empty() {
            self.terms = terms;
        } else {
            self.terms.append(&mut terms);
        }
    }

    /// The product of two forms, term by term.
    pub fn multiply(&self, other: &Self, coefficients: &mut Coefficients) -> Self {
        let one = |form: &Self| Term {
            coefficient: form.constant,
            wires: SmallVec::new(),
        };
        let mut product = Self::constant(coefficients.product(self.constant, other.constant));
        let (own, others) = (one(self), one(other));
        for a in self.terms.iter().chain(std::iter::once(&own)) {
            for b in other.terms.iter().chain(std::iter::once(&others)) {
                let coefficient = coefficients.product(a.coefficient, b.coefficient);
                let mut wires = a.wires.clone();
                wires.extend_from_slice(&b.wires);
                if coefficient == ZERO || wires.is_empty() {
                    continue;
                }
                wires.sort_unstable();
                product.terms.push(Term { coefficient, wires });
            }
        }
        product.level = self.level.max(other.level);
        product.degree = self.degree + other.degree;
        product
    }

    /// Merges equal terms and drops those that vanish.
    ///
    /// # Cost
    /// `n log n` in the number of terms.
    pub fn normalise(&mut self, coefficients: &mut Coefficients, levels: &[u32]) {
        let ordered = self
            .terms
            .windows(2)
            .all(|pair| pair[0].wires < pair[1].wires);
        if !ordered {
            self.terms.sort_by(|a, b| a.wires.cmp(&b.wires));
            let mut merged: Vec<Term> = Vec::with_capacity(self.terms.len());
            for term in self.terms.drain(..) {
                match merged.last_mut() {
                    Some(last) if last.wires == term.wires => {
                        last.coefficient = coefficients.sum(last.coefficient, term.coefficient);
                    }
                    _ => merged.push(term),
                }
            }
            self.terms = merged;
        }
        self.terms.retain(|term| term.coefficient != ZERO);
        let wires = self.terms.iter().flat_map(|term| &term.wires);
        self.level = wires.map(|&wire| levels[wire as usize]).max().unwrap_or(0);
        self.degree = self
            .terms
            .iter()
            .map(|term| term.wires.len())
            .max()
            .unwrap_or(0);
    }
}
