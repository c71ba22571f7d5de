//! Rejects expressions whose simulation differs from the Verilog that rust-hdl emits for them.
//!
//! rust-hdl cuts every subexpression to its Rust width and prints it without parentheses of its own. Verilog widens
//! operands to their context, literals have 32 or 64 bits, and its precedence is not Rust's. Hence the rules:
//!
//! 1. A cast holds a signal, a slice, a bit, a product or a literal, nothing that could carry out of its width.
//! 2. A comparison with a literal anywhere in it holds no sum, difference, shift to the left or complement.
//! 3. Operators of different precedence are parenthesised wherever Verilog would read them otherwise than Rust.
//! 4. Slices and bits are taken of signals only; anything else is no Verilog.

use rust_hdl::core::ast::{
    VerilogBlock, VerilogBlockOrConditional, VerilogExpression, VerilogOp, VerilogOpUnary,
    VerilogStatement,
};
use rust_hdl::prelude::*;

/// A rejected expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The block, by its path from the outermost.
    pub block: String,
    /// The rule, from 1.
    pub rule: u8,
    /// What rust-hdl parsed.
    pub expression: String,
}

/// Checks `block` and everything in it.
pub fn lint<B: Block>(block: &B) -> Vec<Finding> {
    let mut linter = Linter::default();
    block.accept("top", &mut linter);
    linter.findings
}

#[derive(Default)]
struct Linter {
    path: Vec<String>,
    findings: Vec<Finding>,
}

impl Probe for Linter {
    fn visit_start_scope(&mut self, name: &str, node: &dyn Block) {
        self.path.push(name.to_owned());
        if let Verilog::Combinatorial(body) = node.hdl() {
            self.block(&body);
        }
    }

    fn visit_end_scope(&mut self, _name: &str, _node: &dyn Block) {
        self.path.pop();
    }
}

use VerilogExpression as E;

impl Linter {
    fn block(&mut self, body: &VerilogBlock) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &VerilogStatement) {
        match statement {
            VerilogStatement::Assignment(_, value) => self.expression(value),
            VerilogStatement::SliceAssignment {
                offset,
                replacement,
                ..
            } => {
                self.expression(offset);
                self.expression(replacement);
            }
            VerilogStatement::If(condition) => {
                self.expression(&condition.test);
                self.block(&condition.then);
                match &condition.otherwise {
                    VerilogBlockOrConditional::Block(body) => self.block(body),
                    VerilogBlockOrConditional::Conditional(next) => self.statement(next),
                    VerilogBlockOrConditional::None => {}
                }
            }
            VerilogStatement::Match(choice) => {
                self.expression(&choice.test);
                choice.cases.iter().for_each(|case| self.block(&case.block));
            }
            VerilogStatement::Loop(repeated) => self.block(&repeated.block),
            VerilogStatement::Macro(body) => self.block(body),
            VerilogStatement::Comment(_) | VerilogStatement::Link(_) => {}
        }
    }

    fn find(&mut self, rule: u8, expression: &E) {
        self.findings.push(Finding {
            block: self.path.join("."),
            rule,
            expression: format!("{expression:?}"),
        });
    }

    fn expression(&mut self, expression: &E) {
        match expression {
            E::Cast(inner, _) if !fits(inner) => self.find(1, expression),
            E::Binary(left, op, right) => {
                let arithmetic = overflows(left) || overflows(right);
                if compares(op) && arithmetic && (literal(left) || literal(right)) {
                    self.find(2, expression);
                }
                let misread = |child: &E, least: u8| matches!(child, E::Binary(_, inner, _) if precedence(inner) < least);
                let own = precedence(op);
                if misread(left, own) || misread(right, own + 1) {
                    self.find(3, expression);
                }
            }
            E::Unary(VerilogOpUnary::Not, inner) if matches!(**inner, E::Binary(..)) => {
                self.find(3, expression);
            }
            E::Slice(base, _, _) | E::Index(base, _) if !matches!(**base, E::Signal(_)) => {
                self.find(4, expression);
            }
            _ => {}
        }
        children(expression)
            .into_iter()
            .for_each(|child| self.expression(child));
    }
}

fn children(expression: &E) -> Vec<&E> {
    match expression {
        E::Signal(_) | E::Literal(_) => vec![],
        E::Cast(a, _) | E::Signed(a) | E::Unsigned(a) | E::Paren(a) | E::Unary(_, a) => vec![a],
        E::Binary(a, _, b) | E::Index(a, b) | E::Slice(a, _, b) => vec![a, b],
        E::IndexReplace(a, b, c) => vec![a, b, c],
    }
}

/// Whether a cast of the expression cannot see bits beyond its Rust width.
fn fits(expression: &E) -> bool {
    match expression {
        E::Signal(_) | E::Literal(_) | E::Slice(..) | E::Index(..) | E::Cast(..) => true,
        E::Paren(inner) => fits(inner),
        E::Binary(_, VerilogOp::Mul, _) => true,
        _ => false,
    }
}

/// Whether the value in a wider context could differ from the value in its own width.
fn overflows(expression: &E) -> bool {
    match expression {
        E::Binary(_, VerilogOp::Add | VerilogOp::Sub | VerilogOp::Shl, _)
        | E::Unary(VerilogOpUnary::Not | VerilogOpUnary::Neg, _) => true,
        E::Signal(_) | E::Literal(_) | E::Slice(..) | E::Index(..) => false,
        E::Binary(_, op, _) if compares(op) => false,
        E::Binary(_, VerilogOp::LogicalAnd | VerilogOp::LogicalOr, _) => false,
        _ => children(expression).into_iter().any(overflows),
    }
}

/// Whether a literal widens the expression.
fn literal(expression: &E) -> bool {
    match expression {
        E::Literal(_) => true,
        E::Slice(..) | E::Index(..) | E::Cast(..) => false,
        // The shift amount does not count.
        E::Binary(left, VerilogOp::Shl | VerilogOp::Shr, _) => literal(left),
        _ => children(expression).into_iter().any(literal),
    }
}

fn compares(op: &VerilogOp) -> bool {
    matches!(
        op,
        VerilogOp::Eq
            | VerilogOp::Ne
            | VerilogOp::Lt
            | VerilogOp::Le
            | VerilogOp::Gt
            | VerilogOp::Ge
    )
}

/// Verilog's, higher binds tighter.
fn precedence(op: &VerilogOp) -> u8 {
    match op {
        VerilogOp::Mul => 10,
        VerilogOp::Add | VerilogOp::Sub => 9,
        VerilogOp::Shl | VerilogOp::Shr => 8,
        VerilogOp::Lt | VerilogOp::Le | VerilogOp::Gt | VerilogOp::Ge => 7,
        VerilogOp::Eq | VerilogOp::Ne => 6,
        VerilogOp::BitAnd => 5,
        VerilogOp::BitXor => 4,
        VerilogOp::BitOr => 3,
        VerilogOp::LogicalAnd => 2,
        VerilogOp::LogicalOr => 1,
    }
}
