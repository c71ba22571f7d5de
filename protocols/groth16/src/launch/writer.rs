//! From levels of gates to constraints, for one instance after the other.

use std::collections::HashMap;

use kernelwise_core::circuit::{Circuit, Layer, TermRef};
use kernelwise_core::kernels::CircuitLaunch;
use kernelwise_field::{AdditiveGroup, Field, Fr};

use crate::r1cs::MatrixBuilder;

/// Sums of more terms that are used more than once get a wire of their own.
const MAX_COPY: usize = 64;

/// A sum of wires, sorted by wire, none twice; wire 0 is one.
pub(super) type Sum = Vec<(u32, Fr)>;

/// How often each wire of each level is used by the level above and by outputs.
fn uses(circuit: &Circuit) -> Vec<Vec<u32>> {
    let mut uses: Vec<Vec<u32>> = (0..circuit.levels())
        .map(|level| vec![0; circuit.width(level)])
        .collect();
    for level in 1..circuit.levels() {
        let terms = circuit.producer(level).into_iter().flat_map(Layer::terms);
        for &wire in terms.flat_map(|term| term.wires) {
            uses[level - 1][wire as usize] += 1;
        }
    }
    for output in &circuit.outputs {
        for &wire in &output.wires {
            uses[output.level as usize][wire as usize] += 1;
        }
    }
    uses
}

/// Constraints in the making.
pub(super) struct Writer<'c> {
    circuit: &'c Circuit,
    uses: Vec<Vec<u32>>,
    next: u32,
    constants: Vec<Fr>,
    pub(super) relation: [MatrixBuilder; 3],
    /// The factors of each product.
    pub(super) products: [MatrixBuilder; 2],
    /// Products of wires of the level below, in increasing order.
    known: HashMap<Vec<u32>, Sum>,
}

impl<'c> Writer<'c> {
    /// Nothing yet; products get the wires from `next` on.
    pub(super) fn new(circuit: &'c Circuit, next: u32) -> Self {
        Self {
            circuit,
            uses: uses(circuit),
            next,
            constants: CircuitLaunch::constants(circuit),
            relation: [const { None }; 3].map(|_: Option<()>| MatrixBuilder::default()),
            products: [const { None }; 2].map(|_: Option<()>| MatrixBuilder::default()),
            known: HashMap::new(),
        }
    }

    /// One instance, whose inputs and hints are `bottom`; wire `w` of output `o` must equal the wire `outputs[o] + w`.
    pub(super) fn instance(&mut self, bottom: Vec<Sum>, outputs: &[u32]) {
        let circuit = self.circuit;
        let mut level = bottom;
        for height in 0..circuit.levels() {
            if let Some(layer) = circuit.producer(height) {
                level = self.layer(layer, &level, height);
            }
            for (output, &first) in circuit.outputs.iter().zip(outputs) {
                if output.level as usize != height {
                    continue;
                }
                for (place, &wire) in (first..).zip(&output.wires) {
                    let sum = level.get(wire as usize).cloned().unwrap_or_default();
                    self.constrain(sum, one(), vec![(place, Fr::ONE)]);
                }
            }
        }
    }

    /// The level above, as sums.
    fn layer(&mut self, layer: &Layer, below: &[Sum], height: usize) -> Vec<Sum> {
        self.known.clear();
        let mut above = vec![Sum::new(); layer.gates() as usize];
        for (gate, terms) in layer.by_gate() {
            let Some(slot) = above.get_mut(gate as usize) else {
                self.assert_zero(&terms, below);
                continue;
            };
            let mut sum = self.sum(&terms, below);
            let uses = self
                .uses
                .get(height)
                .and_then(|uses| uses.get(gate as usize));
            if sum.len() > MAX_COPY && uses.is_some_and(|&uses| uses > 1) {
                sum = self.define(sum, one());
            }
            *slot = sum;
        }
        above
    }

    fn sum(&mut self, terms: &[TermRef<'_>], below: &[Sum]) -> Sum {
        let mut sum = Sum::new();
        for term in terms {
            let coefficient = self.constant(term);
            let product = self.product(term.wires, below);
            sum.extend(scaled(&product, coefficient));
        }
        normalised(sum)
    }

    /// `coefficient · left · last + rest = 0`, for the first term of several factors, is a constraint itself.
    fn assert_zero(&mut self, terms: &[TermRef<'_>], below: &[Sum]) {
        let place = terms.iter().position(|term| term.wires.len() > 1);
        let Some((place, (last, left))) =
            place.and_then(|place| Some((place, terms[place].wires.split_last()?)))
        else {
            let sum = self.sum(terms, below);
            if !sum.is_empty() {
                self.constrain(sum, one(), Sum::new());
            }
            return;
        };
        let others = [&terms[..place], &terms[place + 1..]].concat();
        let coefficient = self.constant(&terms[place]);
        let left = scaled(&self.product(left, below), coefficient).collect();
        let rest = self.sum(&others, below);
        let rest = scaled(&rest, -Fr::ONE).collect();
        self.constrain(left, wire(below, *last), rest);
    }

    fn constant(&self, term: &TermRef<'_>) -> Fr {
        let constant = self.constants.get(term.coefficient as usize);
        constant.copied().unwrap_or(Fr::ZERO)
    }

    /// The product of wires of the level below; equal ones are computed once.
    fn product(&mut self, wires: &[u32], below: &[Sum]) -> Sum {
        let mut sorted = wires.to_vec();
        sorted.sort_unstable();
        self.sorted_product(&sorted, below)
    }

    /// By halves, so that powers are squared.
    fn sorted_product(&mut self, wires: &[u32], below: &[Sum]) -> Sum {
        match wires {
            [] => return one(),
            &[only] => return wire(below, only),
            _ => {}
        }
        if let Some(known) = self.known.get(wires) {
            return known.clone();
        }
        let (left, right) = wires.split_at(wires.len().div_ceil(2));
        let left = self.sorted_product(left, below);
        let right = self.sorted_product(right, below);
        let product = self.multiply(left, right);
        self.known.insert(wires.to_vec(), product.clone());
        product
    }

    fn multiply(&mut self, a: Sum, b: Sum) -> Sum {
        match (constant(&a), constant(&b)) {
            (Some(factor), _) => normalised(scaled(&b, factor).collect()),
            (_, Some(factor)) => normalised(scaled(&a, factor).collect()),
            _ => self.define(a, b),
        }
    }

    /// A wire for the product of two sums.
    fn define(&mut self, a: Sum, b: Sum) -> Sum {
        let own = vec![(self.next, Fr::ONE)];
        self.next += 1;
        for (matrix, sum) in self.products.iter_mut().zip([&a, &b]) {
            push(matrix, sum);
        }
        self.constrain(a, b, own.clone());
        own
    }

    fn constrain(&mut self, a: Sum, b: Sum, c: Sum) {
        for (matrix, sum) in self.relation.iter_mut().zip([&a, &b, &c]) {
            push(matrix, sum);
        }
    }
}

fn push(matrix: &mut MatrixBuilder, sum: &Sum) {
    for &(wire, coefficient) in sum {
        matrix.push(wire, coefficient);
    }
    matrix.end_row();
}

fn one() -> Sum {
    vec![(0, Fr::ONE)]
}

/// A validated circuit has the wire.
fn wire(below: &[Sum], index: u32) -> Sum {
    below.get(index as usize).cloned().unwrap_or_default()
}

/// The value of a sum of no wires but one.
fn constant(sum: &Sum) -> Option<Fr> {
    match sum.as_slice() {
        [] => Some(Fr::ZERO),
        &[(0, value)] => Some(value),
        _ => None,
    }
}

fn scaled(sum: &Sum, factor: Fr) -> impl Iterator<Item = (u32, Fr)> {
    sum.iter()
        .map(move |&(wire, coefficient)| (wire, coefficient * factor))
}

fn normalised(mut sum: Sum) -> Sum {
    if sum.len() > 1 {
        sum.sort_unstable_by_key(|&(wire, _)| wire);
    }
    let mut merged = Sum::with_capacity(sum.len());
    for (wire, coefficient) in sum {
        match merged.last_mut() {
            Some((last, sum)) if *last == wire => *sum += coefficient,
            _ => merged.push((wire, coefficient)),
        }
    }
    merged.retain(|&(_, coefficient)| coefficient != Fr::ZERO);
    merged
}
