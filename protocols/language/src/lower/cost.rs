//! What a circuit costs to prove, roughly, to choose between lowerings.
//!
//! Unit: what one factor of a term costs in one instance. A layer of degree `d` proves `log₂(instances)` rounds over instances and `d` times `log₂(width)` over
//! wires; a layer of linear gates alone needs no round at all.

use kernelwise_core::circuit::{Circuit, Layer};

/// A round: a polynomial hashed, sent and checked, and a little work on short tables.
const ROUND: f64 = 300.0;
/// A linear term of one instance.
const LINEAR_TERM: f64 = 0.2;

/// The cost of proving `instances` instances.
pub(crate) fn cost(circuit: &Circuit, instances: usize) -> f64 {
    let own: Vec<LayerCost> = circuit.layers.iter().map(LayerCost::new).collect();
    let rounds_over_instances = f64::from(instances.max(1).next_power_of_two().ilog2());
    let mut total = 0.0;
    for (below, &index) in circuit.sequence.iter().enumerate() {
        let Some(layer) = own.get(index as usize) else {
            continue;
        };
        total += layer.linear * LINEAR_TERM * instances as f64;
        if layer.degree < 2 {
            continue;
        }
        let width = circuit.width(below).max(1);
        let degree = layer.degree as f64;
        let rounds = rounds_over_instances + degree * f64::from(width.next_power_of_two().ilog2());
        total += rounds * ROUND + layer.factors * instances as f64;
        // Each phase over wires walks all terms and wires once, for all instances together.
        total += degree * (layer.factors + 2.0 * width as f64);
    }
    total
}

struct LayerCost {
    degree: usize,
    linear: f64,
    /// Factors beyond the first, of all terms.
    factors: f64,
}

impl LayerCost {
    fn new(layer: &Layer) -> Self {
        let mut own = Self {
            degree: 0,
            linear: 0.0,
            factors: 0.0,
        };
        for term in layer.terms() {
            own.degree = own.degree.max(term.wires.len());
            match term.wires.len() {
                0 | 1 => own.linear += 1.0,
                factors => own.factors += (factors - 1) as f64,
            }
        }
        own
    }
}
