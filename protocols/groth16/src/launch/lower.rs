//! From levels of gates to constraints.

use std::collections::HashMap;

use kernelwise_core::circuit::{Circuit, Layer, TermRef};
use kernelwise_core::kernels::{CircuitLaunch, Kernel};
use kernelwise_core::program::{KernelGraph, LinkedLaunch, TensorId};
use kernelwise_field::{AdditiveGroup, Field, Fr};

use crate::error::Groth16ProveError;
use crate::r1cs::MatrixBuilder;

/// Most products and assertions of all instances: a key of this size has gigabytes.
const MAX_CONSTRAINTS: u64 = 1 << 22;

/// Sums of more terms that are used more than once get a wire of their own.
const MAX_COPY: usize = 32;

/// A sum of wires, sorted by wire, none twice; wire 0 is one.
type Sum = Vec<(u32, Fr)>;

/// Constraints in the making.
pub(super) struct Lowered {
    pub(super) boundary: usize,
    pub(super) hints: usize,
    pub(super) relation: [MatrixBuilder; 3],
    /// The factors of each product.
    pub(super) products: [MatrixBuilder; 2],
}

fn misfit(what: &'static str) -> Groth16ProveError {
    Groth16ProveError::Shape {
        what,
        expected: 1,
        got: 0,
    }
}

pub(super) fn lower(
    graph: &KernelGraph,
    linked: &LinkedLaunch,
) -> Result<Lowered, Groth16ProveError> {
    let launch = graph.launches.get(linked.launch);
    let launch = launch.ok_or_else(|| misfit("launch of the program"))?;
    let Kernel::Circuit(kernel) = &launch.kernel else {
        return Err(misfit("launch of a circuit"));
    };
    let circuit = graph.circuit(kernel.circuit);
    let circuit = circuit.ok_or_else(|| misfit("circuit of a launch"))?;
    check_size(kernel, circuit)?;
    let mut next = 1;
    let mut vectors = Vec::new();
    for shared in &linked.shared {
        vectors.push((shared.tensor, shared.is_result, next));
        next += shared.shape.len() as u32;
    }
    let boundary = next as usize - 1;
    // The wires of a port's tensor start here.
    let mut arguments = vectors.iter().filter(|(_, is_result, _)| !is_result);
    let mut ports = Vec::new();
    for kept in &kernel.axes {
        let start = arguments.next().map(|&(_, _, start)| start);
        ports.push((start.ok_or_else(|| misfit("shared input"))?, kept.clone()));
    }
    let all = vec![true; kernel.grid.rank()];
    let instances = kernel.grid.len();
    let result = |id: TensorId| {
        let mut results = vectors.iter();
        results.find_map(|&(own, is_result, start)| (is_result && own == id).then_some(start))
    };
    for (port, &id) in circuit
        .hints
        .iter()
        .zip(launch.outputs.iter().skip(circuit.outputs.len()))
    {
        let start = result(id).unwrap_or_else(|| {
            let start = next;
            next += port.len * instances as u32;
            start
        });
        ports.push((start, all.clone()));
    }
    let hints = next as usize - 1 - boundary;
    let mut outputs = Vec::new();
    for &id in launch.outputs.iter().take(circuit.outputs.len()) {
        outputs.push(result(id).ok_or_else(|| misfit("shared output"))?);
    }
    let mut writer = Writer {
        next,
        constants: CircuitLaunch::constants(circuit),
        relation: [const { None }; 3].map(|_: Option<()>| MatrixBuilder::default()),
        products: [const { None }; 2].map(|_: Option<()>| MatrixBuilder::default()),
        known: HashMap::new(),
    };
    let uses = uses(circuit);
    for instance in 0..instances {
        let bottom = circuit
            .ports()
            .zip(&ports)
            .flat_map(|(port, (start, kept))| {
                let element = kernel.grid().place(kept, instance) as u32 * port.len;
                (0..port.len).map(move |wire| vec![(start + element + wire, Fr::ONE)])
            });
        let mut level: Vec<Sum> = bottom.collect();
        for height in 0..circuit.levels() {
            if let Some(layer) = circuit.producer(height) {
                level = writer.layer(layer, &level, uses.get(height).map_or(&[], Vec::as_slice));
            }
            for (output, start) in circuit.outputs.iter().zip(&outputs) {
                if output.level as usize != height {
                    continue;
                }
                let first = start + instance as u32 * output.wires.len() as u32;
                for (place, &wire) in (first..).zip(&output.wires) {
                    let sum = level.get(wire as usize).cloned().unwrap_or_default();
                    writer.constrain(sum, one(), vec![(place, Fr::ONE)]);
                }
            }
        }
    }
    Ok(Lowered {
        boundary,
        hints,
        relation: writer.relation,
        products: writer.products,
    })
}

fn check_size(kernel: &CircuitLaunch, circuit: &Circuit) -> Result<(), Groth16ProveError> {
    let layers = (1..circuit.levels()).filter_map(|level| circuit.producer(level));
    let asserts: u64 = layers.map(|layer| u64::from(layer.asserts())).sum();
    let shared: u64 = circuit
        .ports()
        .chain(circuit.outputs.iter().map(|output| &output.port))
        .map(|port| u64::from(port.len))
        .sum();
    let each = circuit
        .products()
        .saturating_add(asserts)
        .saturating_add(shared);
    let all = each.saturating_mul(kernel.grid.len() as u64);
    if all <= MAX_CONSTRAINTS {
        return Ok(());
    }
    Err(Groth16ProveError::TooLarge {
        what: "constraints of a launch",
        limit: MAX_CONSTRAINTS as usize,
        got: usize::try_from(all).unwrap_or(usize::MAX),
    })
}

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

struct Writer {
    next: u32,
    constants: Vec<Fr>,
    relation: [MatrixBuilder; 3],
    products: [MatrixBuilder; 2],
    /// Products of wires of the level below, in increasing order.
    known: HashMap<Vec<u32>, Sum>,
}

impl Writer {
    /// The level above, as sums.
    fn layer(&mut self, layer: &Layer, below: &[Sum], uses: &[u32]) -> Vec<Sum> {
        self.known.clear();
        let mut above = vec![Sum::new(); layer.gates() as usize];
        for (gate, terms) in layer.by_gate() {
            let Some(slot) = above.get_mut(gate as usize) else {
                self.assert_zero(&terms, below);
                continue;
            };
            let mut sum = self.sum(&terms, below);
            if sum.len() > MAX_COPY && uses.get(gate as usize).is_some_and(|&uses| uses > 1) {
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
        match wires {
            [] => one(),
            &[only] => wire(below, only),
            _ => {
                let mut sorted = wires.to_vec();
                sorted.sort_unstable();
                let mut product = wire(below, sorted[0]);
                for end in 1..sorted.len() {
                    let key = &sorted[..=end];
                    product = match self.known.get(key) {
                        Some(known) => known.clone(),
                        None => {
                            let known = self.multiply(product, wire(below, sorted[end]));
                            self.known.insert(key.to_vec(), known.clone());
                            known
                        }
                    };
                }
                product
            }
        }
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
