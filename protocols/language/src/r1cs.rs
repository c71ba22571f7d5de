//! The same kernel as rank-one constraints.
//!
//! ```text
//! ⟨a_i, z⟩ · ⟨b_i, z⟩ = ⟨c_i, z⟩,   z = (1, inputs, outputs, the rest)
//! ```
//! Linear combinations cost nothing; each product of two costs one constraint, and an assertion that is a product of two sums plus something
//! linear is that constraint itself.

use std::collections::BTreeMap;

use kernelwise_core::field::{AdditiveGroup, Field, Fr};

use crate::error::KernelError;
use crate::ir::{Ir, Live, Node, NodeId};

/// Index of a variable; 0 is the constant one.
pub type Variable = u32;

/// A sparse vector: `(variable, coefficient)`, sorted by variable.
pub type Row = Vec<(Variable, Fr)>;

/// Rank-one constraints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct R1cs {
    /// Inputs, in order, are the variables from 1 on.
    pub inputs: usize,
    /// Outputs follow them.
    pub outputs: usize,
    /// Number of variables, the constant among them.
    pub variables: usize,
    /// One triple of rows per constraint.
    pub constraints: Vec<[Row; 3]>,
    /// The node that each variable but the first takes its value from.
    sources: Vec<NodeId>,
    /// Factors of products with more than two: the variable of a partial product is its left side times its right side.
    partial: BTreeMap<Variable, usize>,
}

/// Linear combinations used several times are copied up to this many terms.
const MAX_COPY: usize = 64;
/// Stands for a partial product.
const PARTIAL: NodeId = NodeId::MAX;

enum State {
    Empty,
    Row(Row),
}

struct Writer<'a> {
    ir: &'a Ir,
    live: Live,
    states: Vec<State>,
    own: R1cs,
    /// Nodes that only an assertion uses: its constraint holds them, and they have no row of their own.
    direct: Vec<bool>,
    /// Sums that the only sum that uses them flattens.
    nested: Vec<bool>,
    is_broken: bool,
}

impl R1cs {
    pub(crate) fn new(kernel: &str, ir: &Ir) -> Result<Self, KernelError> {
        if !ir.lookups.is_empty() {
            return Err(KernelError::Unsupported {
                kernel: kernel.to_owned(),
                what: "a table lookup as rank-one constraints",
            });
        }
        let live = Live::new(ir);
        let mut writer = Writer {
            ir,
            direct: direct(ir, &live),
            nested: nested_sums(ir, &live),
            live,
            states: (0..ir.len()).map(|_| State::Empty).collect(),
            own: Self {
                inputs: ir.input_width() as usize,
                outputs: ir.outputs.iter().map(|port| port.nodes.len()).sum(),
                variables: 1,
                constraints: Vec::new(),
                sources: Vec::new(),
                partial: BTreeMap::new(),
            },
            is_broken: false,
        };
        writer.write();
        if writer.is_broken {
            return Err(KernelError::Internal {
                kernel: kernel.to_owned(),
                problem: "a linear combination is missing",
            });
        }
        Ok(writer.own)
    }

    /// Whether all constraints hold; else the index of the first that does not.
    ///
    /// # Errors
    /// The index of a constraint, or the number of constraints if the assignment has the wrong length or does not start with one.
    pub fn check(&self, assignment: &[Fr]) -> Result<(), usize> {
        if assignment.len() != self.variables || assignment.first() != Some(&Fr::ONE) {
            return Err(self.constraints.len());
        }
        let violated = self.constraints.iter().position(|[a, b, c]| {
            evaluate(a, assignment) * evaluate(b, assignment) != evaluate(c, assignment)
        });
        violated.map_or(Ok(()), Err)
    }

    /// Non-zero entries of all rows.
    pub fn entries(&self) -> usize {
        self.constraints.iter().flatten().map(Vec::len).sum()
    }

    /// Variables from the values of all nodes.
    pub(crate) fn assign(&self, values: &[Fr]) -> Vec<Fr> {
        let mut assignment = vec![Fr::ONE];
        for (variable, &source) in (1..).zip(&self.sources) {
            let value = match self.partial.get(&variable) {
                Some(&constraint) => {
                    let [a, b, _] = &self.constraints[constraint];
                    evaluate(a, &assignment) * evaluate(b, &assignment)
                }
                None => values[source as usize],
            };
            assignment.push(value);
        }
        assignment
    }
}

fn evaluate(row: &Row, assignment: &[Fr]) -> Fr {
    row.iter()
        .map(|&(variable, coefficient)| assignment[variable as usize] * coefficient)
        .sum()
}

impl Writer<'_> {
    fn write(&mut self) {
        let mut inputs = vec![None; self.own.inputs];
        for id in 0..self.ir.len() as NodeId {
            if let Node::Input(wire) = self.ir.node(id) {
                inputs[wire as usize] = Some(id);
            }
        }
        for id in inputs.into_iter().flatten() {
            let variable = self.variable(id);
            self.states[id as usize] = State::Row(vec![(variable, Fr::ONE)]);
        }
        let outputs: Vec<NodeId> = self
            .ir
            .outputs
            .iter()
            .flat_map(|port| port.nodes.clone())
            .collect();
        let outputs: Vec<(NodeId, Variable)> = outputs
            .into_iter()
            .map(|id| (id, self.variable(id)))
            .collect();
        for id in 0..self.ir.len() as NodeId {
            let elsewhere = self.direct[id as usize] || self.nested[id as usize];
            if self.live.is_live(id) && !elsewhere {
                self.visit(id);
            }
        }
        for assertion in &self.ir.assertions {
            self.assert_zero(assertion.node);
        }
        for (id, variable) in outputs {
            let row = self.take(id);
            self.own
                .constraints
                .push([row, one(), vec![(variable, Fr::ONE)]]);
        }
    }

    fn visit(&mut self, id: NodeId) {
        let row = match self.ir.node(id) {
            Node::Input(_) => return,
            Node::Hint { .. } => vec![(self.variable(id), Fr::ONE)],
            Node::Linear(constant, terms) => self.linear(constant, terms),
            Node::Product(factors) => {
                let (left, right) = self.sides(factors);
                let variable = self.variable(id);
                let product = vec![(variable, Fr::ONE)];
                self.own.constraints.push([left, right, product.clone()]);
                product
            }
        };
        let is_long = self.live.uses(id) > 1 && row.len() > MAX_COPY;
        let row = if is_long {
            let variable = self.variable(id);
            self.own
                .constraints
                .push([row, one(), vec![(variable, Fr::ONE)]]);
            vec![(variable, Fr::ONE)]
        } else {
            row
        };
        self.states[id as usize] = State::Row(row);
    }

    fn linear(&mut self, constant: u32, terms: &[(u32, NodeId)]) -> Row {
        let ir = self.ir;
        let mut row = vec![(0, ir.coefficients.value(constant))];
        let lift =
            |&(coefficient, node): &(u32, NodeId)| (ir.coefficients.value(coefficient), node);
        let mut stack: Vec<(Fr, NodeId)> = terms.iter().map(lift).collect();
        while let Some((coefficient, node)) = stack.pop() {
            match ir.node(node) {
                Node::Linear(added, inner) if self.nested[node as usize] => {
                    row.push((0, coefficient * ir.coefficients.value(added)));
                    stack.extend(
                        inner
                            .iter()
                            .map(lift)
                            .map(|(own, node)| (coefficient * own, node)),
                    );
                }
                _ => {
                    let operand = self.take(node);
                    row.extend(
                        operand
                            .into_iter()
                            .map(|(variable, own)| (variable, own * coefficient)),
                    );
                }
            }
        }
        normalise(row)
    }

    /// All factors but the last multiplied, and the last.
    fn sides(&mut self, factors: &[NodeId]) -> (Row, Row) {
        let mut rows: Vec<Row> = factors.iter().map(|&factor| self.take(factor)).collect();
        let last = rows.pop().unwrap_or_default();
        let mut rows = rows.into_iter();
        let mut left = rows.next().unwrap_or_else(one);
        for row in rows {
            let variable = self.variable(PARTIAL);
            self.own
                .partial
                .insert(variable, self.own.constraints.len());
            let product = vec![(variable, Fr::ONE)];
            self.own.constraints.push([left, row, product.clone()]);
            left = product;
        }
        (left, last)
    }

    /// `product + rest = 0` as `left · right = −rest`.
    fn assert_zero(&mut self, node: NodeId) {
        let (product, row) = match self.ir.node(node) {
            Node::Product(factors) if self.direct[node as usize] => {
                (Some((Fr::ONE, factors)), Vec::new())
            }
            Node::Linear(constant, terms) if self.direct[node as usize] => {
                let (inner, rest): (Vec<_>, Vec<_>) = terms
                    .iter()
                    .copied()
                    .partition(|&(_, term)| self.direct[term as usize]);
                let product =
                    inner
                        .first()
                        .and_then(|&(coefficient, term)| match self.ir.node(term) {
                            Node::Product(factors) => {
                                Some((self.ir.coefficients.value(coefficient), factors))
                            }
                            _ => None,
                        });
                (product, self.linear(constant, &rest))
            }
            _ => (None, self.take(node)),
        };
        match product {
            Some((coefficient, factors)) => {
                let (mut left, right) = self.sides(factors);
                left.iter_mut().for_each(|(_, own)| *own *= coefficient);
                let rest = row
                    .into_iter()
                    .map(|(variable, own)| (variable, -own))
                    .collect();
                self.own.constraints.push([left, right, rest]);
            }
            None if row.is_empty() => {}
            None => self.own.constraints.push([row, one(), Vec::new()]),
        }
    }

    fn take(&mut self, node: NodeId) -> Row {
        let state = &mut self.states[node as usize];
        let taken = if self.live.uses(node) > 1 {
            match state {
                State::Row(row) => Some(row.clone()),
                State::Empty => None,
            }
        } else {
            match std::mem::replace(state, State::Empty) {
                State::Row(row) => Some(row),
                State::Empty => None,
            }
        };
        // Something that is gone must not pass for zero.
        self.is_broken |= taken.is_none();
        taken.unwrap_or_default()
    }

    fn variable(&mut self, source: NodeId) -> Variable {
        self.own.sources.push(source);
        self.own.variables += 1;
        (self.own.variables - 1) as Variable
    }
}

/// Assertions that are one product plus something linear, and those products.
fn direct(ir: &Ir, live: &Live) -> Vec<bool> {
    let mut direct = vec![false; ir.len()];
    let alone = |node: NodeId| live.uses(node) == 1;
    for assertion in ir
        .assertions
        .iter()
        .filter(|assertion| alone(assertion.node))
    {
        match ir.node(assertion.node) {
            Node::Product(_) => direct[assertion.node as usize] = true,
            Node::Linear(_, terms) => {
                let is_product = |&&(_, node): &&(_, NodeId)| {
                    matches!(ir.node(node), Node::Product(_)) && alone(node)
                };
                if let Some(&(_, product)) = terms.iter().find(is_product) {
                    direct[product as usize] = true;
                    direct[assertion.node as usize] = true;
                }
            }
            _ => {}
        }
    }
    direct
}

fn nested_sums(ir: &Ir, live: &Live) -> Vec<bool> {
    let mut nested = live.nested(ir);
    for id in 0..ir.len() as NodeId {
        nested[id as usize] &= matches!(ir.node(id), Node::Linear(..));
    }
    nested
}

fn one() -> Row {
    vec![(0, Fr::ONE)]
}

fn normalise(mut row: Row) -> Row {
    row.sort_by_key(|&(variable, _)| variable);
    let mut merged: Row = Vec::with_capacity(row.len());
    for (variable, coefficient) in row {
        match merged.last_mut() {
            Some((last, sum)) if *last == variable => *sum += coefficient,
            _ => merged.push((variable, coefficient)),
        }
    }
    merged.retain(|&(_, coefficient)| coefficient != Fr::ZERO);
    merged
}
