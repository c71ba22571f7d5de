//! Writing a kernel: a Rust function over a [`KernelBuilder`].
//!
//! Misuse does not panic and needs no `?`: the first problem is kept, the operation gives zero, and compiling reports the problem.

mod advice;
mod bits;
mod var;
mod word;

use std::cell::RefCell;

use kernelwise_core::field::{AdditiveGroup, Field, Fr};
use kernelwise_core::program::Range;
use kernelwise_prover::HintRegistry;

pub use var::{Operand, Var};
pub use word::U32;

use crate::error::KernelError;
use crate::ir::{InputPort, Ir, NodeId, OutputPort};

/// 0 and 1.
pub const BIT: Range = Range::new(0, 1);
/// 0 to 255.
pub const BYTE: Range = Range::new(0, 255);

/// Most wires of one input or output.
const MAX_LEN: usize = 1 << 22;

/// Collects what a kernel computes.
#[derive(Debug)]
pub struct KernelBuilder {
    name: String,
    ir: RefCell<Ir>,
    problem: RefCell<Option<KernelError>>,
    registry: RefCell<HintRegistry>,
}

impl KernelBuilder {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ir: RefCell::default(),
            problem: RefCell::default(),
            registry: RefCell::default(),
        }
    }

    /// What was built, or the first problem.
    pub(crate) fn finish(self) -> Result<(Ir, HintRegistry), KernelError> {
        match self.problem.into_inner() {
            Some(problem) => Err(problem),
            None => Ok((self.ir.into_inner(), self.registry.into_inner())),
        }
    }

    /// The kernel's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Records that `argument` is wrong; compiling will fail with the first such record.
    pub fn misuse(&self, argument: impl Into<String>, expected: impl ToString, got: impl ToString) {
        self.problem
            .borrow_mut()
            .get_or_insert_with(|| KernelError::Misuse {
                kernel: self.name.clone(),
                argument: argument.into(),
                expected: expected.to_string(),
                got: got.to_string(),
            });
    }

    fn wrap(&self, node: NodeId) -> Var<'_> {
        Var {
            builder: self,
            node,
        }
    }

    /// `var`, if it belongs to this kernel.
    fn own<'k>(&'k self, var: Var<'k>) -> Var<'k> {
        if std::ptr::eq(self, var.builder) {
            return var;
        }
        self.misuse(
            "a value",
            "one of this kernel",
            format!("one of kernel `{}`", var.builder.name),
        );
        self.constant(Fr::ZERO)
    }

    fn nodes(&self, vars: &[Var<'_>]) -> Vec<NodeId> {
        vars.iter().map(|&var| self.own(var).node).collect()
    }

    /// A named input of `len` values in `range`; [`Range::FIELD`] for any field element.
    pub fn input(&self, name: &str, len: usize, range: Range) -> Vec<Var<'_>> {
        self.add_input(name, len, range, false)
    }

    /// A named input of one value, whose tensors have no axis beyond the grid's.
    pub fn scalar(&self, name: &str, range: Range) -> Var<'_> {
        self.add_input(name, 1, range, true)[0]
    }

    fn add_input(&self, name: &str, len: usize, range: Range, scalar: bool) -> Vec<Var<'_>> {
        if !(1..=MAX_LEN).contains(&len) || !range.is_valid() {
            self.misuse(
                format!("input `{name}`"),
                format!("1 to {MAX_LEN} values of a range"),
                format!("{len} in {range}"),
            );
            return vec![self.constant(Fr::ZERO); len.clamp(1, MAX_LEN)];
        }
        if self.ir.borrow().inputs.iter().any(|port| port.name == name) {
            self.misuse(format!("input `{name}`"), "one declaration", "two");
        }
        let mut ir = self.ir.borrow_mut();
        let start = ir.input_width();
        ir.inputs.push(InputPort {
            name: name.to_owned(),
            len: len as u32,
            scalar,
            range,
        });
        (start..start + len as u32)
            .map(|wire| self.wrap(ir.input(wire)))
            .collect()
    }

    /// A named output, in the order of `vars`.
    pub fn output(&self, name: &str, vars: &[Var<'_>]) {
        self.add_output(name, vars, false, None);
    }

    /// A named output whose values lie in `range`, where they are public: the verifier checks it.
    pub fn output_in(&self, name: &str, vars: &[Var<'_>], range: Range) {
        self.add_output(name, vars, false, Some(range));
    }

    /// A named output of one value, whose tensor has no axis beyond the grid's.
    pub fn output_scalar(&self, name: &str, var: Var<'_>) {
        self.add_output(name, &[var], true, None);
    }

    /// As [`output_scalar`](Self::output_scalar), with the range of [`output_in`](Self::output_in).
    pub fn output_scalar_in(&self, name: &str, var: Var<'_>, range: Range) {
        self.add_output(name, &[var], true, Some(range));
    }

    fn add_output(&self, name: &str, vars: &[Var<'_>], scalar: bool, range: Option<Range>) {
        if !(1..=MAX_LEN).contains(&vars.len()) {
            self.misuse(
                format!("output `{name}`"),
                format!("1 to {MAX_LEN} values"),
                vars.len(),
            );
            return;
        }
        if self
            .ir
            .borrow()
            .outputs
            .iter()
            .any(|port| port.name == name)
        {
            self.misuse(format!("output `{name}`"), "one declaration", "two");
        }
        let nodes = self.nodes(vars);
        self.ir.borrow_mut().outputs.push(OutputPort {
            name: name.to_owned(),
            nodes,
            scalar,
            range,
        });
    }

    /// A constant.
    pub fn constant(&self, value: impl Into<Fr>) -> Var<'_> {
        let node = self.ir.borrow_mut().constant(value.into());
        self.wrap(node)
    }

    /// A constant on a wire of its own: expressions with it keep the shape that they have with any other value.
    pub fn wired_constant(&self, value: impl Into<Fr>) -> Var<'_> {
        let node = self.ir.borrow_mut().wired_constant(value.into());
        self.wrap(node)
    }

    /// `constant + Σ coefficient · var`: one node, however long.
    pub fn linear<'k>(&'k self, constant: impl Into<Fr>, terms: &[(Fr, Var<'k>)]) -> Var<'k> {
        let nodes: Vec<NodeId> = terms.iter().map(|(_, var)| self.own(*var).node).collect();
        let mut ir = self.ir.borrow_mut();
        let constant = ir.coefficients.intern(constant.into());
        let terms: Vec<_> = terms
            .iter()
            .zip(nodes)
            .map(|((coefficient, _), node)| (ir.coefficients.intern(*coefficient), node))
            .collect();
        let node = ir.linear(constant, &terms);
        self.wrap(node)
    }

    /// The sum of all; zero of none.
    pub fn sum<'k>(&'k self, vars: &[Var<'k>]) -> Var<'k> {
        let terms: Vec<_> = vars.iter().map(|&var| (Fr::ONE, var)).collect();
        self.linear(0, &terms)
    }

    /// The product of all; one of none.
    pub fn product<'k>(&'k self, vars: &[Var<'k>]) -> Var<'k> {
        let nodes = self.nodes(vars);
        let node = self.ir.borrow_mut().product(&nodes);
        self.wrap(node)
    }

    /// The product of all, for this use alone: it stays a term of the gate that uses it even where an equal product has a gate elsewhere,
    /// so that the gate's values are known from its factors.
    pub fn term<'k>(&'k self, vars: &[Var<'k>]) -> Var<'k> {
        let nodes = self.nodes(vars);
        let node = self.ir.borrow_mut().unshared_product(&nodes);
        self.wrap(node)
    }

    /// The same value, with a gate of its own: what is known of its range is then not lost where its polynomial would be merged into
    /// others.
    pub fn wire<'k>(&'k self, x: Var<'k>) -> Var<'k> {
        let node = self.own(x).node;
        let mut ir = self.ir.borrow_mut();
        if ir.as_constant(node).is_none() {
            ir.wires.insert(node);
        }
        x
    }

    /// `a` where `condition` is 1, `b` where it is 0. The condition must be known to be a bit.
    pub fn select<'k>(
        &'k self,
        condition: Var<'k>,
        a: impl Operand<'k>,
        b: impl Operand<'k>,
    ) -> Var<'k> {
        let (a, b) = (a.var(self), b.var(self));
        b + condition * (a - b)
    }

    /// Requires `x = 0` in every instance.
    pub fn assert_zero(&self, x: Var<'_>) {
        let label = format!("#{}", self.ir.borrow().assertions.len());
        self.assert_named(&label, x);
    }

    /// Requires `x = 0`, under a name for messages.
    pub fn assert_named(&self, label: &str, x: Var<'_>) {
        let node = self.own(x).node;
        self.ir.borrow_mut().assert_zero(label.to_owned(), node);
    }

    /// Requires `a = b`.
    pub fn assert_eq<'k>(&'k self, a: impl Operand<'k>, b: impl Operand<'k>) {
        self.assert_zero(a.var(self) - b.var(self));
    }

    /// Requires `x` to be 0 or 1.
    pub fn assert_bool(&self, x: Var<'_>) {
        self.assert_zero(x * x - x);
    }
}
