//! Which nodes become wires, and what their gates compute.
//!
//! Nodes are visited in order. A node used once stays a polynomial that its user absorbs; a product whose degree or number of
//! terms would exceed the strategy's bounds has factors turned into wires first, those of the lowest level before others. What is not
//! linear and used several times becomes a wire, unless it is small enough to be copied.

use crate::ir::{Coefficient, Coefficients, Ir, Live, Node, NodeId, ONE, ZERO};
use crate::lower::form::{Form, WireId};

/// Bounds that decide between few layers and few terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Strategy {
    /// Most factors of a term.
    pub degree: usize,
    /// Most terms that a product of sums is multiplied out to.
    pub expansion: usize,
    /// Most terms of a polynomial, not linear, that is copied into several users.
    pub copies: usize,
}

/// Linear combinations used several times are copied up to this many terms: linear terms cost next to nothing, levels do not.
const MAX_LINEAR_COPY: usize = 64;

/// What a wire holds.
#[derive(Debug, Clone)]
pub(crate) enum Definition {
    /// An input or a hint.
    Bottom(NodeId),
    /// A gate.
    Gate(Form),
}

/// All wires with their levels, and what becomes of outputs, assertions and lookups.
#[derive(Debug)]
pub(crate) struct Plan {
    pub coefficients: Coefficients,
    pub wires: Vec<Definition>,
    pub levels: Vec<u32>,
    /// One list per output port.
    pub outputs: Vec<Vec<WireId>>,
    /// Index of the assertion, and what must vanish.
    pub assertions: Vec<(usize, Form)>,
    /// One argument per lookup.
    pub lookups: Vec<WireId>,
    /// The wire of each node that is one.
    pub wire_of: Vec<Option<WireId>>,
    /// Whether a polynomial was needed that is not there; never so.
    pub is_broken: bool,
}

enum State {
    /// Not visited, absorbed by its only user, or dead.
    Empty,
    Wire(WireId),
    Form(Form),
}

struct Planner<'a> {
    ir: &'a Ir,
    live: &'a Live,
    strategy: Strategy,
    states: Vec<State>,
    /// Nodes that their only user flattens.
    deferred: Vec<bool>,
    plan: Plan,
}

/// A factor of a product under construction.
#[derive(Clone, Copy)]
enum Factor {
    Node(NodeId),
    Wire(WireId),
}

struct Size {
    count: usize,
    degree: usize,
    level: u32,
}

/// Plans all wires.
///
/// # Cost
/// Linear in the size of the form and of what is copied.
pub(crate) fn plan(ir: &Ir, live: &Live, strategy: Strategy) -> Plan {
    let mut planner = Planner {
        ir,
        live,
        strategy,
        states: (0..ir.len()).map(|_| State::Empty).collect(),
        deferred: live.nested(ir),
        plan: Plan {
            coefficients: ir.coefficients.clone(),
            wires: Vec::new(),
            levels: Vec::new(),
            outputs: Vec::new(),
            assertions: Vec::new(),
            lookups: Vec::new(),
            wire_of: Vec::new(),
            is_broken: false,
        },
    };
    for id in 0..ir.len() as NodeId {
        if live.is_live(id) && !planner.deferred[id as usize] {
            planner.visit(id);
        }
    }
    planner.finish()
}

impl Planner<'_> {
    fn visit(&mut self, id: NodeId) {
        let form = match self.ir.node(id) {
            Node::Input(_) | Node::Hint { .. } => {
                let wire = self.add_wire(Definition::Bottom(id), 0);
                self.states[id as usize] = State::Wire(wire);
                return;
            }
            Node::Linear(constant, terms) => self.linear(constant, terms),
            Node::Product(factors) => self.product(factors),
        };
        self.keep(id, form);
    }

    /// Stores the polynomial of a node, as a wire if several users would otherwise each compute it.
    fn keep(&mut self, id: NodeId, mut form: Form) {
        if self.ir.wires.contains(&id) {
            let wire = self.gate(form);
            self.states[id as usize] = State::Wire(wire);
            return;
        }
        if self.live.uses(id) == 1 {
            self.states[id as usize] = State::Form(form);
            return;
        }
        form.normalise(&mut self.plan.coefficients, &self.plan.levels);
        let limit = if form.degree <= 1 {
            MAX_LINEAR_COPY
        } else {
            self.strategy.copies
        };
        let copied = form.terms.len() <= limit;
        self.states[id as usize] = State::Form(form);
        if !copied {
            self.materialise(id);
        }
    }

    fn linear(&mut self, constant: Coefficient, terms: &[(Coefficient, NodeId)]) -> Form {
        let mut sum = Form::constant(constant);
        let mut stack: Vec<(Coefficient, NodeId)> = terms.iter().rev().copied().collect();
        while let Some((coefficient, node)) = stack.pop() {
            let ir = self.ir;
            let coefficients = &mut self.plan.coefficients;
            match ir.node(node) {
                Node::Linear(added, inner) if self.deferred[node as usize] => {
                    sum.add(coefficient, Form::constant(added), coefficients);
                    let scaled = inner.iter().rev();
                    stack.extend(
                        scaled.map(|&(own, node)| (coefficients.product(coefficient, own), node)),
                    );
                }
                _ => {
                    let operand = self.take(node);
                    sum.add(coefficient, operand, &mut self.plan.coefficients);
                }
            }
        }
        sum
    }

    fn product(&mut self, factors: &[NodeId]) -> Form {
        let mut factors = self.flatten(factors);
        self.bound_expansion(&mut factors);
        self.bound_degree(&mut factors);
        self.multiply(&factors)
    }

    /// Replaces deferred products by their factors.
    fn flatten(&self, factors: &[NodeId]) -> Vec<Factor> {
        let mut flat = Vec::with_capacity(factors.len());
        let mut stack: Vec<NodeId> = factors.iter().rev().copied().collect();
        while let Some(node) = stack.pop() {
            match self.ir.node(node) {
                Node::Product(inner) if self.deferred[node as usize] => {
                    stack.extend(inner.iter().rev())
                }
                _ => flat.push(Factor::Node(node)),
            }
        }
        flat
    }

    /// Turns sums into wires until the product of all has few terms.
    fn bound_expansion(&mut self, factors: &mut [Factor]) {
        loop {
            let sizes: Vec<Size> = factors.iter().map(|&factor| self.size(factor)).collect();
            let terms = sizes.iter().fold(1usize, |product, size| {
                product.saturating_mul(size.count.max(1))
            });
            // The expansion of one sum alone is a scaling, which is free.
            if terms <= self.strategy.expansion.max(1) {
                return;
            }
            let widest = sizes
                .iter()
                .enumerate()
                .max_by_key(|(_, size)| (size.count, std::cmp::Reverse(size.level)));
            let Some((index, _)) = widest else { return };
            factors[index] = Factor::Wire(self.wire(factors[index]));
        }
    }

    /// Groups factors into wires, lowest levels first, until the degree is within bounds.
    fn bound_degree(&mut self, factors: &mut Vec<Factor>) {
        let cap = self.strategy.degree.max(2);
        loop {
            let mut sized: Vec<(Size, Factor)> = factors
                .drain(..)
                .map(|factor| (self.size(factor), factor))
                .collect();
            let total: usize = sized.iter().map(|(size, _)| size.degree).sum();
            // Stable: equal levels keep the order in which they were written.
            sized.sort_by_key(|(size, _)| size.level);
            if total <= cap {
                factors.extend(sized.into_iter().map(|(_, factor)| factor));
                return;
            }
            let mut degree = 0;
            let fitting = sized
                .iter()
                .take_while(|(size, _)| {
                    degree += size.degree;
                    degree <= cap
                })
                .count();
            let group: Vec<Factor> = match fitting {
                // Alone it is of some degree, or the next one is: that one becomes a wire by itself.
                0 | 1 => {
                    let index = usize::from(fitting == 1 && sized[0].0.degree <= 1);
                    vec![sized.remove(index).1]
                }
                _ => sized.drain(..fitting).map(|(_, factor)| factor).collect(),
            };
            let wire = match *group {
                [single] => self.wire(single),
                _ => {
                    let form = self.multiply(&group);
                    self.gate(form)
                }
            };
            factors.push(Factor::Wire(wire));
            factors.extend(sized.into_iter().map(|(_, factor)| factor));
        }
    }

    fn multiply(&mut self, factors: &[Factor]) -> Form {
        let mut product = Form::constant(ONE);
        for &factor in factors {
            let factor = match factor {
                Factor::Node(node) => self.take(node),
                Factor::Wire(wire) => Form::wire(wire, self.plan.levels[wire as usize]),
            };
            product = product.multiply(&factor, &mut self.plan.coefficients);
        }
        product
    }

    fn size(&self, factor: Factor) -> Size {
        let wire = |wire: WireId| Size {
            count: 1,
            degree: 1,
            level: self.plan.levels[wire as usize],
        };
        match factor {
            Factor::Wire(id) => wire(id),
            Factor::Node(node) => match &self.states[node as usize] {
                State::Wire(id) => wire(*id),
                State::Form(form) => Size {
                    count: form.count(),
                    degree: form.degree,
                    level: form.level,
                },
                State::Empty => Size {
                    count: 0,
                    degree: 0,
                    level: 0,
                },
            },
        }
    }

    fn wire(&mut self, factor: Factor) -> WireId {
        match factor {
            Factor::Wire(wire) => wire,
            Factor::Node(node) => self.materialise(node),
        }
    }

    /// The polynomial of a node, moved out if nobody else needs it.
    fn take(&mut self, node: NodeId) -> Form {
        let state = &mut self.states[node as usize];
        match state {
            State::Wire(wire) => Form::wire(*wire, self.plan.levels[*wire as usize]),
            State::Form(form) if self.live.uses(node) > 1 => form.clone(),
            State::Form(_) => match std::mem::replace(state, State::Empty) {
                State::Form(form) => form,
                _ => Form::default(),
            },
            State::Empty => {
                // A polynomial that is gone must not pass for zero.
                self.plan.is_broken = true;
                Form::default()
            }
        }
    }

    fn materialise(&mut self, node: NodeId) -> WireId {
        if let State::Wire(wire) = self.states[node as usize] {
            return wire;
        }
        let form = self.take(node);
        let wire = self.gate(form);
        self.states[node as usize] = State::Wire(wire);
        wire
    }

    fn gate(&mut self, mut form: Form) -> WireId {
        form.normalise(&mut self.plan.coefficients, &self.plan.levels);
        if let Some(wire) = form.as_wire() {
            return wire;
        }
        let level = form.level + 1;
        self.add_wire(Definition::Gate(form), level)
    }

    fn add_wire(&mut self, definition: Definition, level: u32) -> WireId {
        self.plan.wires.push(definition);
        self.plan.levels.push(level);
        (self.plan.wires.len() - 1) as WireId
    }

    fn finish(mut self) -> Plan {
        // Assertions come first: a polynomial that only an assertion uses needs no wire.
        for (index, assertion) in self.ir.assertions.iter().enumerate() {
            let mut form = self.take(assertion.node);
            form.normalise(&mut self.plan.coefficients, &self.plan.levels);
            if form.constant != ZERO || !form.terms.is_empty() {
                self.plan.assertions.push((index, form));
            }
        }
        for lookup in &self.ir.lookups {
            let wire = self.materialise(lookup.argument);
            self.plan.lookups.push(wire);
        }
        for output in &self.ir.outputs {
            let wires = output
                .nodes
                .iter()
                .map(|&node| self.materialise(node))
                .collect();
            self.plan.outputs.push(wires);
        }
        self.plan.wire_of = self
            .states
            .iter()
            .map(|state| match state {
                State::Wire(wire) => Some(*wire),
                _ => None,
            })
            .collect();
        self.plan
    }
}
