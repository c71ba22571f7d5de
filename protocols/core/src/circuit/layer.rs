//! Gates between two levels.

use serde::{Deserialize, Serialize};

/// One term of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TermRef<'a> {
    /// The gate that it belongs to; assertions follow the gates.
    pub gate: u32,
    /// Index of the coefficient among the circuit's constants.
    pub coefficient: u32,
    /// Wires of the level below that are multiplied; none for a constant.
    pub wires: &'a [u32],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Head {
    gate: u32,
    coefficient: u32,
    end: u32,
}

/// Gates and assertions as sums of products of wires.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Layer {
    gates: u32,
    asserts: u32,
    heads: Vec<Head>,
    wires: Vec<u32>,
}

impl Layer {
    /// A layer of `gates` gates and `asserts` assertions, all zero so far.
    pub fn new(gates: u32, asserts: u32) -> Self {
        Self {
            gates,
            asserts,
            ..Self::default()
        }
    }

    /// Adds a term; gates are filled in increasing order.
    pub fn push(&mut self, gate: u32, coefficient: u32, wires: &[u32]) {
        self.wires.extend_from_slice(wires);
        self.heads.push(Head {
            gate,
            coefficient,
            end: self.wires.len() as u32,
        });
    }

    /// Number of gates: the wires of the level above.
    pub fn gates(&self) -> u32 {
        self.gates
    }

    /// Number of assertions.
    pub fn asserts(&self) -> u32 {
        self.asserts
    }

    /// Number of terms.
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// Whether there are no terms.
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// All terms, gate by gate. Terms whose bounds make no sense have no wires; [`check`](super::Circuit::check) refuses them.
    pub fn terms(&self) -> impl Iterator<Item = TermRef<'_>> {
        let mut start = 0;
        self.heads.iter().map(move |head| {
            let wires = self.wires.get(start..head.end as usize).unwrap_or_default();
            start = head.end as usize;
            TermRef {
                gate: head.gate,
                coefficient: head.coefficient,
                wires,
            }
        })
    }

    /// The terms of one gate after the other: `(gate, terms)`, gates without terms left out.
    pub fn by_gate(&self) -> Vec<(u32, Vec<TermRef<'_>>)> {
        let mut gates: Vec<(u32, Vec<TermRef<'_>>)> = Vec::new();
        for term in self.terms() {
            match gates.last_mut() {
                Some((gate, terms)) if *gate == term.gate => terms.push(term),
                _ => gates.push((term.gate, vec![term])),
            }
        }
        gates
    }

    /// The largest number of factors of a term.
    pub fn degree(&self) -> usize {
        self.terms().map(|term| term.wires.len()).max().unwrap_or(0)
    }

    /// What is wrong with this layer over a level of `width` wires and `constants` coefficients, in words.
    pub(super) fn problem(&self, width: usize, constants: usize) -> Option<String> {
        let mut start = 0;
        let mut last = 0;
        for head in &self.heads {
            if head.end < start || head.end as usize > self.wires.len() {
                return Some("terms out of bounds".to_owned());
            }
            if head.gate < last || head.gate >= self.gates.saturating_add(self.asserts) {
                return Some(format!("gate {} out of order or out of bounds", head.gate));
            }
            if head.coefficient as usize >= constants {
                return Some(format!("coefficient {} of {constants}", head.coefficient));
            }
            start = head.end;
            last = head.gate;
        }
        if start as usize != self.wires.len() {
            return Some("wires that belong to no term".to_owned());
        }
        let wire = self.wires.iter().find(|&&wire| wire as usize >= width)?;
        Some(format!("wire {wire} of a level of {width}"))
    }
}
