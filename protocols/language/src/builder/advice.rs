//! Values that the prover finds: hints, and what tables hold.

use std::sync::Arc;

use kernelwise_core::circuit::HintFunction;
use kernelwise_core::field::{AdditiveGroup, Fr};

use super::{KernelBuilder, MAX_LEN, Var};
use crate::ir::{HintCall, NodeId};
use crate::table::Table;

impl KernelBuilder {
    /// Values that the prover finds with `function`; nothing about them is proved unless assertions or lookups do.
    ///
    /// Compiling refuses a result that neither constrains, unless [`allow_unconstrained`](Self::allow_unconstrained) names the hint.
    pub fn hint<'k>(
        &'k self,
        name: &str,
        function: HintFunction,
        arguments: &[Var<'k>],
        results: usize,
    ) -> Vec<Var<'k>> {
        let expected = match &function {
            HintFunction::Digits { width } => {
                if *width == 0 || *width > 62 {
                    self.misuse(format!("hint `{name}`"), "digits of 1 to 62 bits", width);
                }
                (1, None)
            }
            HintFunction::Inverse => (1, Some(1)),
            HintFunction::Division => (2, Some(2)),
            HintFunction::Custom(_) => (arguments.len(), None),
            _ => {
                self.misuse(
                    format!("hint `{name}`"),
                    "a function other than a lookup",
                    format!("{function:?}"),
                );
                (arguments.len(), None)
            }
        };
        let fits = arguments.len() == expected.0 && expected.1.is_none_or(|n| n == results);
        if !fits || !(1..=MAX_LEN).contains(&results) {
            let want = expected
                .1
                .map_or_else(|| format!("1 to {MAX_LEN}"), |n: usize| n.to_string());
            self.misuse(
                format!("hint `{name}`"),
                format!("{} arguments, {want} results", expected.0),
                format!("{} arguments, {results} results", arguments.len()),
            );
            return vec![self.constant(Fr::ZERO); results.clamp(1, MAX_LEN)];
        }
        let arguments = self.nodes(arguments);
        let call = HintCall {
            name: name.to_owned(),
            function,
            arguments,
            results: results as u32,
        };
        let nodes = self.ir.borrow_mut().hint(call);
        nodes.into_iter().map(|node| self.wrap(node)).collect()
    }

    /// As [`hint`](Self::hint), computed by a closure; its name is the kernel's, then the hint's.
    pub fn hint_with<'k>(
        &'k self,
        name: &str,
        arguments: &[Var<'k>],
        results: usize,
        function: impl Fn(&[Fr]) -> Vec<Fr> + Send + Sync + 'static,
    ) -> Vec<Var<'k>> {
        let full = format!("{}/{name}", self.name);
        if !self
            .registry
            .borrow_mut()
            .insert(full.clone(), Arc::new(function))
        {
            self.misuse(
                format!("hint `{name}`"),
                "a name of its own for each closure",
                "one used before",
            );
        }
        self.hint(name, HintFunction::Custom(full), arguments, results)
    }

    /// Lets the hints of this name stay unconstrained.
    ///
    /// # Soundness
    /// A prover chooses such values freely: only what holds for all of them is proved.
    pub fn allow_unconstrained(&self, name: &str) {
        self.ir.borrow_mut().waived.push(name.to_owned());
    }

    /// `1 / x`, which requires `x ≠ 0`.
    pub fn inverse<'k>(&'k self, x: Var<'k>) -> Var<'k> {
        let inverse = self.hint("inverse", HintFunction::Inverse, &[x], 1)[0];
        self.assert_eq(x * inverse, 1);
        inverse
    }

    /// 1 where `x = 0`, else 0.
    pub fn is_zero<'k>(&'k self, x: Var<'k>) -> Var<'k> {
        let inverse = self.hint("is_zero", HintFunction::Inverse, &[x], 1)[0];
        let is_zero = 1 - x * inverse;
        self.assert_zero(x * is_zero);
        is_zero
    }

    /// The entry of `table` at `x`, which requires `x` to lie in its domain.
    pub fn lookup<'k>(&'k self, table: &Table, x: Var<'k>) -> Var<'k> {
        if table.is_range() {
            self.misuse(
                format!("table `{}`", table.name),
                "a table with outputs",
                "a range",
            );
        }
        match self.look_up(table, x, true) {
            Some(node) => self.wrap(node),
            None => self.constant(Fr::ZERO),
        }
    }

    /// Requires `x` to be an integer below `2^bits`, by a table of that size.
    pub fn range(&self, x: Var<'_>, bits: u32) {
        self.look_up(&Table::range(bits), x, false);
    }

    fn look_up(&self, table: &Table, x: Var<'_>, has_result: bool) -> Option<NodeId> {
        if let Some((expected, got)) = table.problem() {
            self.misuse(format!("table `{}`", table.name), expected, got);
            return None;
        }
        let argument = self.own(x).node;
        let mut ir = self.ir.borrow_mut();
        let index = ir
            .tables
            .iter()
            .position(|known| known.is_same(table))
            .unwrap_or_else(|| {
                ir.tables.push(table.clone());
                ir.tables.len() - 1
            });
        ir.lookup(index as u32, argument, has_result)
    }
}
